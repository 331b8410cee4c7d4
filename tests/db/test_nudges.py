"""Nudges: after 3, 14 and 30 days of silence, once each, at working hours, one at most after an outage."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from covenant import nudges
from covenant.nudges import AFTER
from db.engine import Sessions
from db.messages import Outbound
from db.people import AddressState, Purpose
from db.records import ApplicationState, Draft, DraftState, Membership
from tests.db.applicants import NOW, Town, officer, told, town
from tests.people import Somebody, said

MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
DAY = timedelta(days=1)


def quiet(session: Session, person: Somebody, since: datetime) -> Somebody:
    """Somebody whose last word was at that moment."""
    person.contact.seen_at = since
    session.flush()
    return person


def drafted(session: Session, since: datetime, *purposes: Purpose, journey: str = "join") -> tuple[Somebody, Draft]:
    person = quiet(session, officer(session, *purposes), since)
    draft = Draft(contact_id=person.contact.id, journey=journey, field="mandate_body", values={}, changed_at=since)
    session.add(draft)
    session.flush()
    return person, draft


def sent(session: Session, since: datetime, country: str = "ID") -> Town:
    place = town(session, country=country, at=since)
    quiet(session, place.person, since)
    return place


def heard(session: Session, person: Somebody) -> list[object]:
    return [one["response"] for one in told(session, person)]


@given(st.integers(0, 400), st.integers(0, 86_399))
def test_a_stage_is_the_last_that_was_reached(days: int, seconds: int) -> None:
    reached = nudges.stage(NOW - timedelta(days=days, seconds=seconds), NOW)
    assert reached == max([one for one in AFTER if one <= days], default=0)


@given(st.integers(0, 4 * 365 * 24 * 60), st.sampled_from(["ID", "MM", "TL", "PH"]))
def test_nobody_is_nudged_at_night_or_on_a_weekend(minute: int, country: str) -> None:
    moment = NOW + timedelta(minutes=minute)
    zones = {"ID": "Asia/Jakarta", "MM": "Asia/Yangon", "TL": "Asia/Dili", "PH": "Asia/Manila"}
    local = moment.astimezone(ZoneInfo(zones[country]))
    if nudges.is_working_time(moment, country):
        assert local.weekday() < 5
        assert 9 <= local.hour < 17


def test_a_monday_morning_is_working_time_and_a_holiday_is_not() -> None:
    assert nudges.is_working_time(MONDAY, "ID")
    assert not nudges.is_working_time(MONDAY, "PH"), "Bonifacio Day"


@pytest.mark.parametrize("days", AFTER)
def test_a_draft_is_nudged_when_its_days_are_over_and_not_a_minute_before(session: Session, days: int) -> None:
    person, draft = drafted(session, MONDAY - timedelta(days=days))
    draft.nudged = max([one for one in AFTER if one < days], default=0)
    session.flush()
    assert nudges.queue_due(session, MONDAY - timedelta(minutes=1)) == 0
    assert nudges.queue_due(session, MONDAY) == 1
    assert nudges.queue_due(session, MONDAY) == 0
    assert heard(session, person) == ["utter_nudge_draft"]
    assert draft.nudged == days


def test_three_nudges_are_all_that_ever_come(session: Session) -> None:
    person, _draft = drafted(session, MONDAY - timedelta(days=1))
    hours = [timedelta(hours=hour) for hour in range(0, 24 * 120, 12)]
    at = [(DAY + since).days for since in hours if nudges.queue_due(session, MONDAY + since)]
    assert at == [3, 15, 30], "the fourteenth day is a Sunday"
    assert len(heard(session, person)) == 3


def test_after_weeks_of_outage_only_one_comes(session: Session) -> None:
    person, draft = drafted(session, MONDAY - timedelta(days=45))
    for hours in range(5):
        nudges.queue_due(session, MONDAY + timedelta(hours=hours))
    nudges.queue_due(session, MONDAY + DAY)
    assert heard(session, person) == ["utter_nudge_draft"]
    assert draft.nudged == 30


def test_who_writes_meanwhile_is_not_silent(session: Session) -> None:
    person, _draft = drafted(session, MONDAY - timedelta(days=5))
    quiet(session, person, MONDAY - timedelta(days=2))
    assert nudges.queue_due(session, MONDAY) == 0


def test_nothing_comes_at_night_and_it_comes_in_the_morning(session: Session) -> None:
    person, _draft = drafted(session, MONDAY - timedelta(days=4))
    assert nudges.queue_due(session, MONDAY.replace(hour=3)) == 0
    assert nudges.queue_due(session, MONDAY - DAY) == 0, "a Sunday"
    assert nudges.queue_due(session, MONDAY.replace(hour=9, minute=30)) == 1
    assert len(heard(session, person)) == 1


def test_every_country_has_its_own_hours(session: Session) -> None:
    east, west = (sent(session, MONDAY - timedelta(days=4), country) for country in ("TL", "MM"))
    morning = datetime(2026, 11, 30, 0, 45, tzinfo=UTC)  # 9:45 in Dili, 7:15 in Yangon
    assert nudges.queue_due(session, morning) == 1
    assert (len(heard(session, east.person)), len(heard(session, west.person))) == (1, 0)


@pytest.mark.parametrize(
    ("state", "nudged"),
    [
        (ApplicationState.SUBMITTED, True),
        (ApplicationState.LETTER_ISSUED, True),
        (ApplicationState.RETURNED, True),
        (ApplicationState.LETTER_RECEIVED, False),
        (ApplicationState.IN_REVIEW, False),
        (ApplicationState.ACCEPTED, False),
        (ApplicationState.DECLINED, False),
        (ApplicationState.WITHDRAWN, False),
    ],
)
def test_an_application_is_nudged_while_the_town_owes_something(
    session: Session, state: ApplicationState, *, nudged: bool
) -> None:
    place = sent(session, MONDAY - timedelta(days=3))
    place.at(state)
    session.flush()
    assert nudges.queue_due(session, MONDAY) == int(nudged)
    assert heard(session, place.person) == ["utter_nudge_application"] * nudged


def test_who_left_the_team_is_not_nudged_for_it(session: Session) -> None:
    place = sent(session, MONDAY - timedelta(days=3))
    session.query(Membership).filter_by(contact_id=place.person.contact.id).delete()
    assert nudges.queue_due(session, MONDAY) == 0


@pytest.mark.parametrize("state", [DraftState.SENT, DraftState.CANCELLED])
def test_what_was_sent_or_given_up_is_left_alone(session: Session, state: DraftState) -> None:
    _person, draft = drafted(session, MONDAY - timedelta(days=4))
    draft.state = state
    session.flush()
    assert nudges.queue_due(session, MONDAY) == 0


def test_other_journeys_are_left_alone(session: Session) -> None:
    drafted(session, MONDAY - timedelta(days=4), journey="pledge")
    assert nudges.queue_due(session, MONDAY) == 0


def test_two_unfinished_things_do_not_come_on_one_day(session: Session) -> None:
    place = sent(session, MONDAY - timedelta(days=4))
    draft = Draft(contact_id=place.person.contact.id, journey="join", values={}, changed_at=MONDAY - timedelta(days=4))
    session.add(draft)
    session.flush()
    assert nudges.queue_due(session, MONDAY) == 1
    assert nudges.queue_due(session, MONDAY + timedelta(hours=1)) == 0
    assert nudges.queue_due(session, MONDAY + DAY) == 1
    assert sorted(map(str, heard(session, place.person))) == ["utter_nudge_application", "utter_nudge_draft"]


def test_a_no_to_reminders_a_stop_and_a_missing_consent_are_kept(session: Session) -> None:
    since = MONDAY - timedelta(days=4)
    willing, _ = drafted(session, since, Purpose.REMINDERS)
    unwilling, _ = drafted(session, since)
    session.add(said(unwilling.contact, Purpose.REMINDERS, given=False))
    stopped, _ = drafted(session, since)
    stopped.address.state = AddressState.OPTED_OUT
    withdrawn, _ = drafted(session, since)
    session.add(said(withdrawn.contact, Purpose.KEEPING, given=False))
    session.flush()
    assert nudges.queue_due(session, MONDAY) == 1
    assert [len(heard(session, one)) for one in (willing, unwilling, stopped, withdrawn)] == [1, 0, 0, 0]


def test_a_nudge_leaves_only_while_the_person_still_agrees(session: Session) -> None:
    person, _draft = drafted(session, MONDAY - timedelta(days=4))
    nudges.queue_due(session, MONDAY)
    row = session.scalars(select(Outbound).where(Outbound.contact_id == person.contact.id)).one()
    assert row.content["purpose"] == Purpose.KEEPING


def test_clocks_that_tick_at_the_same_time_nudge_once(nobody_yet: Sessions) -> None:
    with nobody_yet.begin() as session:
        for _ in range(6):
            drafted(session, MONDAY - timedelta(days=4))
            sent(session, MONDAY - timedelta(days=15))
    start = threading.Barrier(4)

    def tick() -> None:
        start.wait()
        with nobody_yet.begin() as session:
            nudges.queue_due(session, MONDAY)

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with nobody_yet.begin() as session:
        nudges.queue_due(session, MONDAY)
    with nobody_yet() as session:
        assert session.scalar(select(func.count(Outbound.id))) == 12
