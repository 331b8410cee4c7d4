"""Reminders: one person at a time, at work, one message a day; never twice, never forgotten, never a storm."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.store import Folder
from covenant import reminder_answers, reminders, schedule
from covenant.hours import is_working
from covenant.milestones import schedule as rules
from covenant.teams import climbs
from db.engine import Sessions
from db.messages import Outbound
from db.milestones import Milestone, Notice, Phase, Reminder, ReminderState
from db.people import AddressState, Contact, Purpose
from db.records import Membership, Ticket
from tests.committed import COMMITTED, milestone, notice, officer, queued, reminders_of, town
from tests.people import SECRET, said, somebody

JAKARTA = ZoneInfo("Asia/Jakarta")
INVENTORY = "milestone_inventory"
DUE = date(2029, 3, 10)  # of the inventory and the assessment; the plan a year later


def at(day: date, hour: int = 10, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)


def run(session: Session, begin: date, end: date) -> None:
    """Let the clock tick at three and at ten in the morning, and at ten at night."""
    for number in range((end - begin).days + 1):
        for hour in (3, 10, 22):
            reminders.queue_due(session, at(begin + timedelta(days=number), hour))


def tickets(session: Session, kind: str = reminders.SILENT) -> list[Ticket]:
    return list(session.scalars(select(Ticket).where(Ticket.kind == kind).order_by(Ticket.id)))


# --- laying out -----------------------------------------------------------------------------------------------------


def test_laying_out_again_changes_nothing(session: Session) -> None:
    place = town(session)
    before = [(one.id, one.due_at) for one in reminders_of(session, place)]
    reminders.lay_out(session, place)
    assert [(one.id, one.due_at) for one in reminders_of(session, place)] == before
    certain = [one for one in rules().milestones if one.is_certain]
    assert len(before) == len(certain) * len(rules().days_before)


def test_a_town_that_has_not_committed_has_nothing(session: Session) -> None:
    place = town(session, committed=None)
    assert not reminders_of(session, place)
    assert session.scalar(select(func.count(Milestone.id)).where(Milestone.municipality_id == place.id)) == 0


def test_of_a_date_that_nobody_confirmed_nobody_is_reminded(session: Session) -> None:
    place = town(session)
    assert milestone(session, place, "milestone_target").due_on == DUE
    assert not reminders_of(session, place, "milestone_target")
    schedule.move(session, milestone(session, place, "milestone_target"), DUE, "agreed by letter", at(COMMITTED))
    assert len(reminders_of(session, place, "milestone_target")) == len(rules().days_before)


# --- whom and when --------------------------------------------------------------------------------------------------


def test_nothing_is_queued_too_early_and_what_falls_on_one_day_is_one_message(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    first = reminders_of(session, place)[0].due_at
    assert reminders.queue_due(session, first - timedelta(minutes=1)) == 0
    assert reminders.queue_due(session, first) == 1
    [row] = queued(session, person)
    [says] = row.content["says"]
    assert says["response"] == "utter_reminder_digest"
    assert [line[1]["say"] for line in says["args"]["lines"]["lines"]] == [INVENTORY, "milestone_assessment"]
    assert [one["payload"].partition("{")[0] for one in says["choices"]] == ["/manage_reminders"] * 4


def test_before_the_day_and_after_it_the_words_differ(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    schedule.waive(session, milestone(session, place, "milestone_assessment"), "not here")
    reminders.queue_due(session, at(date(2029, 2, 8)))
    reminders.queue_due(session, at(date(2029, 3, 20)))
    before, after = (row.content["says"][0] for row in queued(session, person))
    assert (before["response"], before["args"]["days"]) == ("utter_reminder", 30)
    assert (after["response"], after["args"]["days"]) == ("utter_reminder_late", 10)


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Europe/London", "America/New_York"])
def test_nobody_is_written_to_at_night_wherever_they_are(session: Session, zone: str) -> None:
    person = officer(session, zone)
    place = town(session, person)
    now = reminders_of(session, place)[0].due_at - timedelta(days=1)
    for _ in range(24 * 6):
        now += timedelta(hours=1)
        reminders.queue_due(session, now)
    assert is_working(notice(session, person).sent_at, "ID", ZoneInfo(zone))


def test_the_focal_point_is_asked_first_and_only_who_wants_it(session: Session) -> None:
    silent = somebody(session, Purpose.KEEPING)
    changed = somebody(session, Purpose.REMINDERS, refused=(Purpose.REMINDERS,))
    stopped = somebody(session, Purpose.REMINDERS, state=AddressState.OPTED_OUT)
    first, second, waiting = officer(session), officer(session), officer(session)
    place = town(session, silent, changed, stopped, first, second)
    session.add(Membership(municipality_id=place.id, contact_id=waiting.contact.id, pending=True))
    session.flush()
    reminders.queue_due(session, reminders_of(session, place)[0].due_at)
    people = (silent, changed, stopped, first, second, waiting)
    assert [len(queued(session, one)) for one in people] == [0, 0, 0, 1, 0, 0]
    assert [one.id for one in climbs(session, [place.id])[place.id]] == [one.contact.id for one in people[:-1]]


def test_who_works_for_two_towns_gets_one_message_a_day(session: Session) -> None:
    person = officer(session)
    town(session, person)
    town(session, person, name="Ende", committed=COMMITTED + timedelta(days=1))
    run(session, date(2028, 9, 1), date(2029, 4, 30))
    days = Counter(session.scalars(select(Notice.sent_on).where(Notice.contact_id == person.contact.id)))
    assert max(days.values()) == 1
    said_of = {line[0] for row in queued(session, person) for line in row.content["says"][0]["args"]["lines"]["lines"]}
    assert said_of == {"Kupang", "Ende"}


# --- climbing -------------------------------------------------------------------------------------------------------


def test_whoever_is_silent_is_followed_by_the_next_and_the_last_by_the_secretariat(session: Session) -> None:
    team = [officer(session) for _ in range(4)]
    town(session, *team)
    first = date(2028, 9, 11)
    run(session, first, first + timedelta(days=30))
    asked = [session.scalars(select(Notice.sent_on).where(Notice.contact_id == one.contact.id)).all() for one in team]
    assert [len(days) for days in asked] == [1, 1, 1, 0], "three of a team, then the secretariat"
    assert asked[0][0] < asked[1][0] < asked[2][0]
    assert asked[1][0] - asked[0][0] >= timedelta(days=7)
    [ticket] = tickets(session)
    assert ticket.message == f"Kupang (ID): {INVENTORY} {DUE}, milestone_assessment {DUE}"


def test_where_nobody_can_be_asked_the_secretariat_has_it_at_once(session: Session) -> None:
    place = town(session)
    reminders.queue_due(session, reminders_of(session, place)[0].due_at)
    assert len(tickets(session)) == 1
    assert reminders_of(session, place, INVENTORY)[0].state == ReminderState.SETTLED


def test_where_nobody_agreed_a_milestone_has_one_ticket_however_often_it_would_be_reminded_of(session: Session) -> None:
    person = somebody(session, Purpose.KEEPING)
    place = town(session, person)
    run(session, date(2028, 9, 1), DUE + timedelta(days=30))
    [ticket] = tickets(session)
    assert ticket.message == f"Kupang (ID): {INVENTORY} {DUE}, milestone_assessment {DUE}"
    assert {one.state for one in reminders_of(session, place, INVENTORY)} == {ReminderState.SETTLED}
    run(session, date(2029, 8, 1), date(2030, 4, 30))
    assert len(tickets(session)) == 2, "the plan is another milestone"


def test_who_agreed_and_changes_their_mind_is_another_ticket(session: Session) -> None:
    person = somebody(session, Purpose.KEEPING)
    town(session, person)
    run(session, date(2028, 9, 1), date(2028, 10, 1))
    session.add(said(person.contact, Purpose.REMINDERS, given=True))
    session.flush()
    run(session, date(2028, 12, 1), date(2028, 12, 12))
    assert len(queued(session, person)) == 1
    session.add(said(person.contact, Purpose.REMINDERS, given=False))
    session.flush()
    run(session, date(2028, 12, 13), DUE + timedelta(days=30))
    assert len(tickets(session)) == 2


def test_an_answer_ends_the_climbing(session: Session) -> None:
    first, second = officer(session), officer(session)
    place = town(session, first, second)
    now = reminders_of(session, place)[0].due_at
    reminders.queue_due(session, now)
    told = reminder_answers.note_answer(session, first.contact, "help", now)
    reminder_answers.leave_to_secretariat(session, reminder_answers.held(session, told))
    run(session, now.date(), now.date() + timedelta(days=60))
    assert (len(queued(session, first)), len(queued(session, second))) == (1, 0)


def test_later_asks_the_same_person_after_two_weeks(session: Session) -> None:
    first, second = officer(session), officer(session)
    place = town(session, first, second)
    now = reminders_of(session, place)[0].due_at
    reminders.queue_due(session, now)
    told = reminder_answers.note_answer(session, first.contact, "later", now)
    day = reminder_answers.ask_later(session, told, reminder_answers.held(session, told), now)
    run(session, now.date(), now.date() + timedelta(days=18))
    sent = session.scalars(select(Notice.sent_on).where(Notice.contact_id == first.contact.id)).all()
    assert sent == [now.astimezone(JAKARTA).date(), day]
    assert day - sent[0] >= timedelta(days=14)
    assert not queued(session, second)


def test_later_also_holds_the_next_reminder_back(session: Session) -> None:
    person = officer(session)
    town(session, person)
    reminders.queue_due(session, at(date(2029, 3, 1), 10))  # the one of thirty days before, late
    told = reminder_answers.note_answer(session, person.contact, "later", at(date(2029, 3, 1), 11))
    milestones = reminder_answers.held(session, told)
    reminder_answers.ask_later(session, told, milestones, at(date(2029, 3, 1), 11))
    run(session, date(2029, 3, 1), date(2029, 3, 14))
    assert len(queued(session, person)) == 1, "the one of seven days before fell into the two weeks"
    run(session, date(2029, 3, 15), date(2029, 3, 16))  # the fifteenth is Nyepi
    assert len(queued(session, person)) == 2


def test_who_says_not_me_is_followed_at_once_and_never_asked_again(session: Session) -> None:
    first, second = officer(session), officer(session)
    place = town(session, first, second)
    now = reminders_of(session, place)[0].due_at
    reminders.queue_due(session, now)
    session.add(said(first.contact, Purpose.REMINDERS, given=False))
    session.flush()
    passed = reminder_answers.pass_on(session, first.contact, now + timedelta(minutes=5))
    assert {one.key for one in passed} == {INVENTORY, "milestone_assessment"}
    reminders.queue_due(session, now + timedelta(minutes=6))
    run(session, now.date(), DUE + timedelta(days=30))
    assert len(queued(session, first)) == 1
    assert queued(session, second)[0].content["says"][0]["args"] == queued(session, first)[0].content["says"][0]["args"]


def test_while_somebody_pauses_others_are_asked_and_alone_they_are_asked_when_they_are_back(session: Session) -> None:
    resting, other = officer(session), officer(session)
    together, alone = town(session, resting, other), town(session, resting, name="Ende")
    now = reminders_of(session, together)[0].due_at
    reminder_answers.pause(session, resting.contact, now + timedelta(days=30))
    run(session, now.date(), now.date() + timedelta(days=5))
    assert (len(queued(session, resting)), len(queued(session, other))) == (0, 1)
    assert not tickets(session)
    run(session, now.date() + timedelta(days=30), now.date() + timedelta(days=34))
    [row] = queued(session, resting)
    assert {line[0] for line in row.content["says"][0]["args"]["lines"]["lines"]} >= {alone.name}


# --- what needs no reminder -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.HANDED_IN, Phase.DONE, Phase.NOT_APPLICABLE])
def test_of_what_is_not_open_nobody_is_reminded(session: Session, phase: Phase) -> None:
    person = officer(session)
    place = town(session, person)
    for one in session.scalars(select(Milestone).where(Milestone.municipality_id == place.id)):
        one.phase = phase
    session.flush()
    run(session, date(2028, 9, 1), date(2028, 12, 31))
    assert not queued(session, person)
    assert not tickets(session)


def test_a_date_that_moves_takes_its_reminders_along(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    reminders.queue_due(session, at(date(2028, 9, 12)))
    row = milestone(session, place)
    schedule.move(session, row, DUE + timedelta(days=365), "the flood", at(date(2028, 9, 13)))
    assert all(one.state == ReminderState.WAITING for one in reminders_of(session, place, INVENTORY))
    assert reminders_of(session, place, INVENTORY)[0].due_at.date() == date(2029, 9, 11)
    schedule.waive(session, milestone(session, place, "milestone_assessment"), "not here")
    run(session, date(2028, 9, 13), date(2029, 3, 30))
    assert len(queued(session, person)) == 1, "until the new date comes near"


def test_a_date_that_moves_nearer_says_once_what_is_true(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    today = date(2027, 6, 16)
    schedule.move(session, milestone(session, place), today + timedelta(days=40), "a new law", at(today))
    run(session, today, today + timedelta(days=3))
    [row] = queued(session, person)
    assert row.content["says"][0]["args"]["days"] == 40


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_that_was_off_for_months_says_only_what_is_still_true_in_one_message(session: Session) -> None:
    person = officer(session)
    town(session, person)
    today = date(2029, 3, 13)
    assert reminders.queue_due(session, at(today)) == 1
    assert reminders.queue_due(session, at(today, 11)) == 0
    [row] = queued(session, person)
    lines = row.content["says"][0]["args"]["lines"]["lines"]
    assert [line[1]["say"] for line in lines] == [INVENTORY, "milestone_assessment"]
    assert all(line[2]["say"] == "utter_due_overdue" for line in lines)


def test_a_clock_that_is_set_back_sends_nothing_twice_and_no_second_message_of_a_day(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    now = reminders_of(session, place)[0].due_at + timedelta(hours=1)
    reminders.queue_due(session, now)
    for back in (timedelta(minutes=30), timedelta(days=1), timedelta(days=7)):
        assert reminders.queue_due(session, now - back) == 0
    other = town(session, person, name="Ende", committed=COMMITTED - timedelta(days=3))
    assert reminders_of(session, other)[0].due_at < now - timedelta(days=1)
    reminders.queue_due(session, now - timedelta(days=1))
    assert len(queued(session, person)) == 1, "their last message is of tomorrow"


def settle_in(sessions: Sessions, towns: int) -> list[int]:
    """Put towns with teams into the database, whose first reminders are due; some people work for two."""
    with sessions.begin() as session:
        team = [officer(session) for _ in range(towns)]
        for number in range(towns):
            town(session, team[number], team[number - 1], name=f"Town {number}")
        return [one.contact.id for one in team]


NOW = at(date(2028, 9, 12))


def test_clocks_that_tick_at_the_same_time_queue_once(nobody_yet: Sessions) -> None:
    people = settle_in(nobody_yet, 12)
    start = threading.Barrier(4)
    problems: list[BaseException] = []

    def tick() -> None:
        start.wait()
        try:
            for _ in range(6):
                with nobody_yet.begin() as session:
                    reminders.queue_due(session, NOW)
        except BaseException as problem:  # noqa: BLE001 - shown below
            problems.append(problem)

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    with nobody_yet.begin() as session:
        reminders.queue_due(session, NOW)
    with nobody_yet() as session:
        assert sorted(session.scalars(select(Outbound.contact_id))) == sorted(people)
        asked = select(func.count(Reminder.id)).where(Reminder.state == ReminderState.ASKED)
        assert session.scalar(asked) == 2 * len(people)


def test_whoever_is_in_the_middle_of_a_turn_is_told_at_the_next_tick(nobody_yet: Sessions) -> None:
    people = settle_in(nobody_yet, 2)
    with nobody_yet.begin() as turn:
        turn.scalars(select(Contact).where(Contact.id == people[0]).with_for_update()).one()
        with nobody_yet.begin() as session:
            assert reminders.queue_due(session, NOW) == 1, "and does not wait"
    with nobody_yet.begin() as session:
        assert reminders.queue_due(session, NOW) == 1


class Killed(Exception):
    """What stands for the end of a process."""


@pytest.fixture
def dies(engine: Engine) -> Iterator[list[int]]:
    """Let the statement of that number fail; 0: none."""
    when = [0]

    def count(*_args: object) -> None:
        if when[0]:
            when[0] -= 1
            if not when[0]:
                raise Killed

    event.listen(engine, "before_cursor_execute", count)
    yield when
    event.remove(engine, "before_cursor_execute", count)


def test_killed_at_any_statement_nothing_is_half_done_and_everything_is_sent_once(
    nobody_yet: Sessions, dies: list[int]
) -> None:
    people = settle_in(nobody_yet, 2)
    for statement in range(1, 100):
        dies[0] = statement
        try:
            with nobody_yet.begin() as session:
                reminders.queue_due(session, NOW)
        except Killed:
            with nobody_yet() as session:
                assert session.scalar(select(func.count(Outbound.id))) == 0
                assert session.scalar(select(func.count(Notice.id))) == 0
                assert set(session.scalars(select(Reminder.state))) == {ReminderState.WAITING}
        else:
            break
    dies[0] = 0
    assert 8 < statement < 99
    with nobody_yet.begin() as session:
        assert reminders.queue_due(session, NOW) == 0
        assert sorted(session.scalars(select(Outbound.contact_id))) == sorted(people)


def test_the_clock_of_a_worker_calls_it(nobody_yet: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(nobody_yet, 2)

    class Noon(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return NOW.astimezone(UTC)

    monkeypatch.setattr("bot.clock.datetime", Noon)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).remind()
    with nobody_yet() as session:
        assert session.scalar(select(func.count(Outbound.id))) == 2
