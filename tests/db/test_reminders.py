"""Reminders: laid out once, at the hour of the town, queued once, and only for those who want them."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.store import Folder
from covenant import reminders
from db.engine import Sessions
from db.messages import Outbound
from db.people import AddressState, Purpose
from db.records import Membership, Municipality, Reminder
from tests.people import SECRET, Somebody, somebody

COMMITTED = date(2026, 11, 30)


def town(session: Session, *team: Somebody, country: str = "ID", committed: date | None = COMMITTED) -> Municipality:
    row = Municipality(name="Kupang", country=country, committed_on=committed)
    session.add(row)
    session.flush()
    session.add_all(Membership(municipality_id=row.id, contact_id=one.contact.id) for one in team)
    session.flush()
    return row


def officer(session: Session) -> Somebody:
    return somebody(session, Purpose.KEEPING, Purpose.REMINDERS)


def of(session: Session, municipality: Municipality) -> list[Reminder]:
    query = select(Reminder).where(Reminder.municipality_id == municipality.id)
    return list(session.scalars(query.order_by(Reminder.due_at, Reminder.id)))


def queued(session: Session, person: Somebody) -> list[Outbound]:
    return list(session.scalars(select(Outbound).where(Outbound.contact_id == person.contact.id).order_by(Outbound.id)))


def test_laying_out_again_changes_nothing(session: Session) -> None:
    place = town(session)
    reminders.lay_out(session, place)
    before = [(one.id, one.due_at) for one in of(session, place)]
    reminders.lay_out(session, place)
    assert [(one.id, one.due_at) for one in of(session, place)] == before
    plan = reminders.schedule()
    assert len(before) == len(plan.milestones) * len(plan.days_before)


def test_a_town_that_has_not_committed_has_no_reminders(session: Session) -> None:
    place = town(session, committed=None)
    reminders.lay_out(session, place)
    assert not of(session, place)


def test_milestones_are_counted_in_months_from_the_commitment(session: Session) -> None:
    place = town(session, committed=date(2028, 2, 29))
    reminders.lay_out(session, place)
    due = {one.milestone: one.due_on for one in of(session, place)}
    assert due["milestone_inventory"] == date(2030, 2, 28)
    assert due["milestone_assessment"] == date(2030, 2, 28)
    assert due["milestone_plan"] == date(2031, 2, 28)


@pytest.mark.parametrize(
    ("country", "hour", "minute"), [("ID", 2, 30), ("PH", 1, 30), ("MM", 3, 0), ("LA", 2, 30), ("TL", 0, 30)]
)
def test_a_reminder_leaves_at_half_past_nine_in_the_town(
    session: Session, country: str, hour: int, minute: int
) -> None:
    place = town(session, country=country)
    reminders.lay_out(session, place)
    first = of(session, place)[0].due_at.astimezone(UTC)
    assert (first.hour, first.minute) == (hour, minute)


def test_nothing_is_queued_a_minute_too_early(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    reminders.lay_out(session, place)
    first = of(session, place)[0]
    assert reminders.queue_due(session, first.due_at - timedelta(minutes=1)) == 0
    assert reminders.queue_due(session, first.due_at) == 2, "the inventory and the assessment are due on the same day"
    assert len(queued(session, person)) == 2


def test_queueing_twice_queues_once(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    reminders.lay_out(session, place)
    end = of(session, place)[-1].due_at
    total = len(of(session, place))
    assert reminders.queue_due(session, end) == total
    assert reminders.queue_due(session, end) == 0
    for one in of(session, place):  # even when a tick forgot that it had been there
        one.queued = False
    session.flush()
    assert reminders.queue_due(session, end) == 0
    assert len(queued(session, person)) == total


def test_only_members_of_the_team_who_want_reminders_get_them(session: Session) -> None:
    willing = officer(session)
    silent = somebody(session, Purpose.KEEPING)
    changed = somebody(session, Purpose.REMINDERS, refused=(Purpose.REMINDERS,))
    stopped = somebody(session, Purpose.REMINDERS, state=AddressState.OPTED_OUT)
    waiting, stranger = officer(session), officer(session)
    place = town(session, willing, silent, changed, stopped)
    session.add(Membership(municipality_id=place.id, contact_id=waiting.contact.id, pending=True))
    reminders.lay_out(session, place)
    reminders.queue_due(session, of(session, place)[0].due_at)
    reached = [bool(queued(session, one)) for one in (willing, silent, changed, stopped, waiting, stranger)]
    assert reached == [True, False, False, False, False, False]


def test_before_the_day_and_after_it_the_words_differ(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    reminders.lay_out(session, place)
    reminders.queue_due(session, of(session, place)[-1].due_at)
    said = [row.content["says"][0] for row in queued(session, person)]
    assert {one["response"] for one in said} == {"utter_reminder", "utter_reminder_late"}
    assert all(one["args"]["days"] > 0 for one in said)
    assert {one["args"]["municipality"] for one in said} == {"Kupang"}


def test_clocks_that_tick_at_the_same_time_queue_once(nobody_yet: Sessions, tmp_path: Path) -> None:
    with nobody_yet.begin() as session:
        team = [officer(session) for _ in range(3)]
        places = [town(session, *team, committed=date(2020, 1, day)) for day in range(1, 9)]
        for place in places:
            reminders.lay_out(session, place)
        total = session.scalar(select(func.count(Reminder.id))) or 0
    clock, start = Clock(nobody_yet, SECRET, Folder(tmp_path)), threading.Barrier(4)

    def tick() -> None:
        start.wait()
        clock.remind()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.remind()
    with nobody_yet() as session:
        keys = session.scalars(select(Outbound.key)).all()
        assert len(keys) == total * len(team)
        assert session.scalar(select(func.count(Reminder.id)).where(Reminder.queued.is_(False))) == 0


def test_a_reminder_that_became_due_while_nobody_ticked_is_made_up_for(nobody_yet: Sessions, tmp_path: Path) -> None:
    with nobody_yet.begin() as session:
        person = officer(session)
        due = datetime.now(UTC).date() + timedelta(days=180 - 5)
        place = town(session, person, committed=due - relativedelta(months=24))
        reminders.lay_out(session, place)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).remind()
    with nobody_yet() as session:
        said = [row.content["says"][0]["args"]["milestone"]["say"] for row in queued(session, person)]
        assert sorted(said) == ["milestone_assessment", "milestone_inventory"]
