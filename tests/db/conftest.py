"""A database without anybody in it, for tests whose work has to be committed: several workers, processes that die."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from db.engine import Sessions
from db.tables import Base

GAZETTEER = ("place",)


@pytest.fixture
def nobody_yet(sessions: Sessions) -> Iterator[Sessions]:
    """Sessions that really commit, on tables that are empty before and after; only the gazetteer stays."""
    forget_everybody(sessions)
    yield sessions
    forget_everybody(sessions)


def forget_everybody(sessions: Sessions) -> None:
    names = [name for name in Base.metadata.tables if not name.startswith(GAZETTEER)]
    with sessions.begin() as session:
        session.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
