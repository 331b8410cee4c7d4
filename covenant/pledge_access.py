"""Whose pledges somebody may see and change: those they made, and those of the municipalities they speak for."""

import re
import unicodedata

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from covenant.teams import BELONGS
from covenant.turn import Turn
from db.people import Contact
from db.pledges import Pledge
from db.records import Membership

LONGEST = 500  # letters of a message that are searched for a reference
REFERENCE = re.compile(r"(?<![A-Z0-9])[2-9A-HJKMNP-TV-Z]{8}(?![A-Z0-9])")  # as `db.columns.new_reference` makes them


def theirs(contact: Contact) -> ColumnElement[bool]:
    """Return the condition for the pledges that a contact may see."""
    teams = select(Membership.municipality_id).where(Membership.contact_id == contact.id, BELONGS)
    return (Pledge.contact_id == contact.id) | Pledge.municipality_id.in_(teams)


def find_theirs(session: Session, contact: Contact, *references: str) -> Pledge | None:
    """Return the pledge of these references that a contact may see; None also for one of somebody else."""
    query = select(Pledge).where(Pledge.reference.in_(references), theirs(contact))
    return session.scalars(query.order_by(Pledge.id.desc()).limit(1)).first()


def named(turn: Turn) -> Pledge | None:
    """Return the person's pledge that a button or their words name, or None."""
    written = str(turn.entities.get("reference") or turn.text)
    return find_theirs(turn.session, turn.contact, *references_in(written))


def references_in(text: str) -> list[str]:
    """Return everything in a text that has the form of a reference, in capital letters."""
    return REFERENCE.findall(unicodedata.normalize("NFKC", text[:LONGEST]).upper())
