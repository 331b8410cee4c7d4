"""What is due: always an answer for a committed town; nothing unconfirmed said as certain; the dates as a calendar."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy.orm import Session

from bot.handouts import Handouts
from covenant import deadlines, progress, schedule
from covenant.calendar_file import make_ics
from covenant.messages import Say
from covenant.turn import Turn
from db.engine import Sessions
from db.messages import Lane, Outbound
from db.people import Purpose
from locales import Catalogues, render
from tests.committed import milestone, officer, town
from tests.people import SECRET, Somebody, somebody

NOW = datetime(2028, 9, 13, 3, tzinfo=UTC)
LATE = datetime(2029, 4, 2, 3, tzinfo=UTC)


def ask(session: Session, person: Somebody, catalogues: Catalogues, now: datetime = NOW, **more: Any) -> list[Say]:
    text = more.pop("text", "")
    return deadlines.answer(
        Turn(session, person.contact, person.address, now, catalogues, "ask_deadlines", text=text, entities=more)
    )


def standing(said: list[Say]) -> dict[str, Any]:
    return {line[0]["say"]: line[1] for line in said[-1].args["lines"]["lines"]}


def test_the_next_step_its_day_and_what_belongs_in_it(session: Session, catalogues: Catalogues) -> None:
    person = officer(session)
    town(session, person)
    said = ask(session, person, catalogues)
    assert said[0].key == "utter_deadlines_next"
    assert said[0].args["day"] == {"date": "2029-03-10"}
    shown = render(catalogues, "en", said[0].as_json()).text
    assert "Kupang: greenhouse gas inventory, by 10 March 2029." in shown
    assert "Papers: the report or table" in shown


def test_what_nobody_confirmed_is_never_said_as_certain(session: Session, catalogues: Catalogues) -> None:
    person = officer(session)
    town(session, person)
    lines = standing(ask(session, person, catalogues))
    assert lines["milestone_target"]["say"] == "utter_due_unconfirmed"
    assert lines["milestone_energy"]["say"] == "utter_due_unknown"
    assert lines["milestone_plan"] == {"date": "2030-03-10"}


def test_a_date_of_the_secretariat_is_certain(session: Session, catalogues: Catalogues) -> None:
    person = officer(session)
    place = town(session, person)
    schedule.move(session, milestone(session, place, "milestone_energy"), date(2028, 12, 1), "agreed", NOW)
    said = ask(session, person, catalogues)
    assert said[0].args["milestone"]["say"] == "milestone_energy"
    assert standing(said)["milestone_energy"] == {"date": "2028-12-01"}


def test_what_is_overdue_done_handed_in_and_not_needed_is_told(session: Session, catalogues: Catalogues) -> None:
    person = officer(session)
    place = town(session, person)
    proof = progress.Proof(note="see the page")
    progress.accept(
        session, progress.hand_in(session, milestone(session, place, "milestone_plan"), person.contact, proof, NOW), NOW
    )
    progress.hand_in(session, milestone(session, place, "milestone_goal"), person.contact, proof, NOW)
    schedule.waive(session, milestone(session, place, "milestone_target"), "covered by the province")
    said = ask(session, person, catalogues, LATE)
    assert said[0].key == "utter_deadlines_overdue"
    shown = {key: value.get("say") for key, value in standing(said).items()}
    assert shown == {
        "milestone_inventory": "utter_due_overdue",
        "milestone_assessment": "utter_due_overdue",
        "milestone_target": "utter_due_not_applicable",
        "milestone_goal": "utter_due_handed_in",
        "milestone_plan": "utter_due_done",
        "milestone_energy": "utter_due_unknown",
        "milestone_progress": "utter_due_unconfirmed",
    }


def test_when_everything_is_done_there_is_an_answer_too(session: Session, catalogues: Catalogues) -> None:
    person = officer(session)
    place = town(session, person)
    for one in progress.milestones_of(session, place):
        schedule.waive(session, one, "done elsewhere")
    progress.award(session, place, "inventory", date(2028, 5, 1))
    said = ask(session, person, catalogues)
    assert [one.key for one in said] == ["utter_deadlines_done", "utter_badges", "utter_deadlines"]


@pytest.mark.parametrize("committed", [None, "nowhere"])
def test_without_a_committed_town_it_is_what_everybody_owes(
    session: Session, catalogues: Catalogues, committed: str | None
) -> None:
    person = somebody(session, Purpose.KEEPING)
    if committed is None:
        town(session, person, committed=None)
    assert [one.key for one in ask(session, person, catalogues)] == ["utter_deadlines_general"]
    assert make_ics(session, person.contact, catalogues["en"], NOW) is None


def test_the_calendar_file_holds_every_certain_open_date(session: Session, catalogues: Catalogues) -> None:
    person = officer(session)
    place = town(session, person)
    calendar = Calendar.from_ical(make_ics(session, person.contact, catalogues["th"], NOW))
    events = {str(one["uid"]): one for one in calendar.walk("VEVENT")}
    days = sorted(one.decoded("dtstart") for one in events.values())
    assert days == [date(2029, 3, 10), date(2029, 3, 10), date(2030, 3, 10)]
    uid = f"{place.public_id}-milestone_inventory-0@kawan"
    assert catalogues["th"].text("milestone_inventory") in str(events[uid]["summary"])
    assert len(calendar.walk("VALARM")) == 3
    schedule.move(session, milestone(session, place), date(2029, 9, 1), "the flood", NOW)
    moved = Calendar.from_ical(make_ics(session, person.contact, catalogues["th"], NOW))
    assert {str(one["uid"]): one.decoded("dtstart") for one in moved.walk("VEVENT")}[uid] == date(2029, 9, 1)


@pytest.mark.parametrize("wish", [{"do": "file"}, {"text": "the ICS file please"}])
def test_asked_for_the_file_comes_with_the_message(
    session: Session, sessions: Sessions, catalogues: Catalogues, wish: dict[str, str]
) -> None:
    person = officer(session)
    town(session, person)
    [said] = ask(session, person, catalogues, **wish)
    assert said.file == "dates-ics"
    row = Outbound(
        key="x", address_id=person.address.id, contact_id=person.contact.id, channel="web", lane=Lane.REPLY, content={}
    )
    handouts = Handouts(sessions, SECRET, "http://localhost", lambda _file: b"")
    attached = handouts.attach(session, row, said.file)
    assert (attached.name, attached.media_type) == ("dates.ics", "text/calendar")
    assert attached.content.startswith(b"BEGIN:VCALENDAR")
