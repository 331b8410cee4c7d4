"""A small region over some years: everything a reminder promises holds, and the simulation would see if it did not."""

from datetime import UTC, date, datetime, time

import pytest

from bot import simulation
from bot.cli_simulate import is_good
from bot.simulation import Simulation
from bot.simulation_ledger import Figures, Ledger, Sent
from covenant import hours, reminders, tickets
from db.engine import Sessions
from tests.db.conftest import forget_everybody


def simulate(sessions: Sessions, seed: int, cities: int = 22, years: int = 1) -> Figures:
    return Simulation(sessions, cities, years, seed).run()


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_gets_two_a_day_or_any_at_night_and_nothing_is_forgotten(nobody_yet: Sessions, seed: int) -> None:
    figures = simulate(nobody_yet, seed)
    assert is_good(figures), figures
    assert figures.towns == 22
    assert figures.reminders > 40
    assert figures.milestones_met > 5
    assert figures.escalated > 3
    assert {"done", "help", "later"} <= set(figures.answers)


def at_once(now: datetime, _country: str, _zone: object) -> datetime:
    return now


def nothing(*_args: object) -> int:
    return 0


BROKEN = {
    "written to at night": (
        [(reminders, "next_working", at_once), (hours, "AT", time(2))],
        lambda figures: figures.night_sends,
    ),
    "written to on days off": (
        [(hours, "is_working_day", lambda *_: True)],
        lambda figures: figures.holiday_sends,
    ),
    "never reminded": ([(reminders, "queue_due", nothing)], lambda figures: figures.forgotten),
    "silent and never a task": (
        [(tickets, "open_task", nothing), (simulation, "ANSWERS", {"": 1.0})],
        lambda figures: figures.forgotten,
    ),
}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_what_is_broken_is_seen(nobody_yet: Sessions, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    patches, seen = BROKEN[what]
    for module, name, instead in patches:
        monkeypatch.setattr(module, name, instead)
    assert seen(simulate(nobody_yet, 3))


def test_two_messages_of_one_day_would_be_seen() -> None:
    says = {"args": {"municipality": "Town 1", "milestone": {"say": "milestone_plan"}}}
    ledger = Ledger(towns={"Town 1": (1, "ID", date(2027, 1, 1))})
    for hour in (2, 8):
        ledger.note_message(Sent(1, datetime(2027, 6, 16, hour, tzinfo=UTC), "Asia/Jakarta", says))
    figures = ledger.figures([date(2027, 6, 16)])
    assert (figures.max_per_person_per_day, figures.night_sends) == (2, 0)
    assert not is_good(figures)


def test_the_same_seed_tells_the_same_story(nobody_yet: Sessions) -> None:
    first = simulate(nobody_yet, 7, cities=5)
    forget_everybody(nobody_yet)
    assert simulate(nobody_yet, 7, cities=5) == first
