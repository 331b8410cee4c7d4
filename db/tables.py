"""Imports every table once, so that `Base.metadata` is complete for migrations and tests."""

from db import messages, milestones, people, place, pledges, records, teams
from db.base import Base

__all__ = ["Base", "messages", "milestones", "people", "place", "pledges", "records", "teams"]
