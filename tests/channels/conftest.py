"""Both doors on a database in which only the people of the tables are."""

import pytest

from bot import ports
from db.engine import Sessions
from locales import Catalogues
from tests.channels.doors import Doors, meet_everybody, open_doors
from tests.db.conftest import nobody_yet

__all__ = ["nobody_yet"]


@pytest.fixture(autouse=True)
def _time_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the library warns at every span of time that it will count differently one day."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def doors(nobody_yet: Sessions, catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch) -> Doors:
    """The doors, with a Telegram that is away: nobody listens at its address."""
    meet_everybody(nobody_yet)
    return open_doors(nobody_yet, catalogues, f"http://127.0.0.1:{ports.free_port()}")
