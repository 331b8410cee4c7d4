"""Both doors on a database in which only the people of the tables are."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, text

from bot import ports
from db.base import Base
from db.engine import Sessions
from locales import Catalogues
from tests.channels.doors import Doors, meet_everybody, open_doors
from tests.db.conftest import forget_everybody

# What these tests write, the last first. Emptying a table by DELETE is quick where there are a handful of rows in it.
WRITTEN = (
    *("turn_effect", "inbound", "outbound", "conversation", "consent", "draft_event", "draft"),
    *("tip_shown", "suppression", "erasure", "address", "contact"),
)


@pytest.fixture(autouse=True)
def _time_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the library warns at every span of time that it will count differently one day."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture(scope="module")
def empty(sessions: Sessions) -> Iterator[Sessions]:
    """A database without anybody in it, and nobody is left there."""
    forget_everybody(sessions)
    yield sessions
    forget_everybody(sessions)


@pytest.fixture
def nobody_yet(empty: Sessions) -> Iterator[Sessions]:
    """The same for each test."""
    yield empty
    with empty.begin() as session:
        session.execute(text("UPDATE contact SET draft_id = NULL"))
        for table in WRITTEN:
            session.execute(delete(Base.metadata.tables[table]))


@pytest.fixture
def doors(nobody_yet: Sessions, catalogues: Catalogues) -> Doors:
    """The doors, with a Telegram that is away: nobody listens at its address."""
    meet_everybody(nobody_yet)
    return open_doors(nobody_yet, catalogues, f"http://127.0.0.1:{ports.free_port()}")
