"""Handing in: the journey in the chat, what the secretariat decides, and what follows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from actions import conversation, documents, table
from bot import milestone_desk
from bot.errors import StartError
from covenant import drafts, evidence, pledge_form, progress, reminder_answers, reminders
from covenant.messages import Say
from covenant.turn import Turn
from db.messages import File, Outbound
from db.milestones import Evidence, EvidenceState, Milestone, Phase, ReminderState
from db.people import Purpose, Role
from db.records import Application, Membership, Municipality, Ticket
from locales import load_catalogues
from tests.committed import COMMITTED, milestone, notice, officer, queued, reminders_of, town
from tests.people import Somebody, somebody

NOW = datetime(2028, 9, 13, 3, tzinfo=UTC)
CATALOGUES = load_catalogues()


def turn(session: Session, person: Somebody, intent: str, **entities: Any) -> Turn:
    return Turn(session, person.contact, person.address, NOW, CATALOGUES, intent, entities=entities)


def keys(said: list[Say]) -> list[str]:
    return [one.key for one in said]


def give(session: Session, person: Somebody, field: str, value: object) -> list[Say]:
    return conversation.inform(turn(session, person, "inform", field=field, value=value))


def handed_in(
    session: Session, place: Municipality, person: Somebody, key: str = "milestone_inventory", at: datetime = NOW
) -> Evidence:
    return progress.hand_in(session, milestone(session, place, key), person.contact, progress.Proof(year=2027), at)


def told(session: Session, person: Somebody, response: str) -> list[dict[str, Any]]:
    rows = session.scalars(select(Outbound).where(Outbound.contact_id == person.contact.id).order_by(Outbound.id))
    return [row.content["says"][0] for row in rows if row.content["says"][0]["response"] == response]


# --- in the chat ----------------------------------------------------------------------------------------------------


def test_a_link_a_year_and_a_note_become_evidence_that_waits(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    [asked] = evidence.report(turn(session, person, "report_progress"))
    assert asked.key == "utter_which_milestone"
    assert {one.title["say"] for one in asked.choices} >= {"milestone_inventory", "milestone_plan"}
    number = str(milestone(session, place).id)
    said = evidence.report(turn(session, person, "report_progress", milestone=number))
    assert keys(said) == ["utter_evidence_begin", "utter_ask_evidence_link"]
    assert keys(give(session, person, "evidence_link", "https://kupang.go.id/a.pdf")) == ["utter_ask_evidence_year"]
    assert keys(give(session, person, "evidence_year", "2027")) == ["utter_ask_evidence_note"]
    *_, review = conversation.skip(turn(session, person, "skip"))
    assert review.key == "utter_review"
    assert {"say": "milestone_inventory", "args": {}} in review.args["lines"]["lines"][0]
    [sent] = conversation.affirm(turn(session, person, "affirm"))
    row = session.scalars(select(Evidence)).one()
    assert (row.link, row.year, row.note) == ("https://kupang.go.id/a.pdf", 2027, None)
    assert (sent.key, sent.args["reference"]) == ("utter_evidence_sent", row.reference)
    assert row.milestone.phase == Phase.HANDED_IN
    assert {one.state for one in reminders_of(session, place, "milestone_inventory")} == {ReminderState.SETTLED}


def test_who_left_the_team_meanwhile_hands_nothing_in(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    evidence.report(turn(session, person, "report_progress", milestone=str(milestone(session, place).id)))
    give(session, person, "evidence_link", "https://kupang.go.id/a.pdf")
    for _ in range(2):
        conversation.skip(turn(session, person, "skip"))
    session.execute(delete(Membership))
    session.expire_all()
    assert keys(conversation.affirm(turn(session, person, "affirm"))) == ["utter_not_for_you"]
    assert session.scalars(select(Evidence)).all() == []


def test_files_that_come_meanwhile_belong_to_it(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    files = [
        File(contact_id=person.contact.id, name=name, media_type="application/pdf", size=1, sha256="0" * 64)
        for name in ("one.pdf", "two.pdf")
    ]
    session.add_all(files)
    session.flush()
    evidence.report(turn(session, person, "report_progress", milestone=str(milestone(session, place).id)))
    named = ",".join(one.public_id for one in files)
    said = documents.send_document(turn(session, person, "send_document", files=named))
    assert keys(said) == ["utter_noted"]
    assert drafts.open_draft(turn(session, person, "inform")).field == "evidence_year"
    conversation.skip(turn(session, person, "skip"))
    conversation.skip(turn(session, person, "skip"))
    conversation.affirm(turn(session, person, "affirm"))
    assert set(session.scalars(select(Evidence.file_id))) == {one.id for one in files}
    assert not session.scalars(select(Ticket)).all()


def test_inside_of_another_form_it_begins_with_what_is_due_first(session: Session) -> None:
    person = officer(session)
    person.contact.role = Role.MUNICIPAL
    town(session, person)
    pledge_form.log(turn(session, person, "log_pledge"))
    said = table.answer(turn(session, person, "report_progress"))
    assert keys(said) == ["utter_evidence_begin", "utter_ask_evidence_link"]
    assert said[0].args["milestone"]["say"] == "milestone_inventory"
    again = table.answer(turn(session, person, "report_progress"))
    assert keys(again)[0] == "utter_go_on"
    back = table.answer(turn(session, person, "cancel"))
    assert back[-1].key == "utter_step", "the pledge goes on"


def test_nobody_hands_in_for_a_town_that_is_not_theirs(session: Session) -> None:
    person, stranger = officer(session), officer(session)
    place, other = town(session, person), town(session, stranger, name="Ende")
    named = str(milestone(session, place).id)
    [said] = evidence.report(turn(session, stranger, "report_progress", milestone=named))
    assert said.key == "utter_which_milestone"
    assert all(one.payload != f'/report_progress{{"milestone": "{named}"}}' for one in said.choices)
    assert other.id != place.id


def test_who_has_no_committed_town_is_told_what_the_covenant_asks(session: Session) -> None:
    person = somebody(session, Purpose.KEEPING)
    [said] = evidence.report(turn(session, person, "report_progress"))
    assert said.key == "utter_deadlines_general"


# --- the buttons under a reminder -----------------------------------------------------------------------------------


def press(session: Session, person: Somebody, did: str, **more: str) -> list[Say]:
    return reminder_answers.manage(turn(session, person, "manage_reminders", did=did, **more))


def reminded(session: Session, *team: Somebody) -> Municipality:
    place = town(session, *team)
    reminders.queue_due(session, NOW - timedelta(hours=1))
    assert len(queued(session, team[0])) == 1
    return place


def test_done_asks_kindly_for_what_shows_it_and_rests_two_weeks(session: Session) -> None:
    person = officer(session)
    place = reminded(session, person)
    [said] = press(session, person, "done", notice=str(notice(session, person).id))
    assert [one.title["say"] for one in said.choices] == ["milestone_inventory", "milestone_assessment"]
    assert reminders_of(session, place, "milestone_inventory")[0].due_at > NOW + timedelta(days=13)
    assert notice(session, person).answer == "done"


def test_need_help_opens_a_ticket_that_says_for_what(session: Session) -> None:
    person = officer(session)
    place = reminded(session, person)
    [said] = press(session, person, "help")  # the buttons of a template cannot name a notice
    ticket = session.scalars(select(Ticket)).one()
    assert (said.key, said.args["reference"]) == ("utter_person", ticket.reference)
    assert "Kupang (ID): milestone_inventory 2029-03-10" in ticket.message
    states = [one.state for one in reminders_of(session, place, "milestone_inventory")]
    assert states == [ReminderState.SETTLED] + [ReminderState.WAITING] * 4


def test_in_two_weeks_says_the_day(session: Session) -> None:
    person = officer(session)
    reminded(session, person)
    [said] = press(session, person, "later")
    assert said.key == "utter_reminder_later"
    assert date.fromisoformat(said.args["day"]["date"]) >= (NOW + timedelta(days=14)).date()


def test_not_me_any_more_ends_it_asks_the_next_and_tells_the_secretariat(session: Session) -> None:
    person, second = officer(session), officer(session)
    reminded(session, person, second)
    [said] = press(session, person, "not_me")
    assert said.key == "utter_reminder_not_me"
    assert session.scalars(select(Ticket.kind)).all() == [reminder_answers.NOT_ME]
    reminders.queue_due(session, NOW + timedelta(minutes=1))
    assert len(queued(session, second)) == 1


def test_somebody_elses_reminder_cannot_be_answered(session: Session) -> None:
    person, stranger = officer(session), officer(session)
    reminded(session, person)
    [said] = press(session, stranger, "done", notice=str(notice(session, person).id))
    assert said.key == "utter_reminder_old"
    assert notice(session, person).answer is None


def test_a_month_of_rest_and_its_end(session: Session) -> None:
    person, second = officer(session), officer(session)
    reminded(session, person, second)
    assert keys(press(session, person, "pause")) == ["utter_reminders_paused"]
    reminders.queue_due(session, NOW + timedelta(minutes=1))
    assert len(queued(session, second)) == 1
    reminder_answers.end_pause(session, person.contact)
    shown = reminder_answers.manage(turn(session, person, "manage_reminders"))
    assert keys(shown) == ["utter_reminders_coming", "utter_reminders_on"]
    assert len(shown[0].args["lines"]["lines"]) == reminder_answers.SHOWN


# --- the secretariat ------------------------------------------------------------------------------------------------


def test_accepted_evidence_makes_it_done_and_the_team_hears_what_is_next(session: Session) -> None:
    person, second = officer(session), somebody(session, Purpose.KEEPING)
    place = town(session, person, second)
    progress.accept(session, handed_in(session, place, person), NOW)
    assert milestone(session, place).phase == Phase.DONE
    for one in (person, second):
        [said] = told(session, one, "utter_evidence_accepted")
        assert said["args"]["next"]["say"] == "utter_deadlines_next"
        assert said["args"]["next"]["args"]["milestone"]["say"] == "milestone_assessment"


def test_returned_evidence_opens_it_again_with_the_reason_and_the_reminders_go_on(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    progress.send_back(session, handed_in(session, place, person), "The year is missing.", NOW)
    assert milestone(session, place).phase == Phase.OPEN
    [said] = told(session, person, "utter_evidence_returned")
    assert said["args"]["reason"] == "The year is missing."
    waiting = [one for one in reminders_of(session, place, "milestone_inventory") if one.state == ReminderState.WAITING]
    assert [one.days_before for one in waiting] == [90, 30, 7, -7]


def test_returned_after_every_reminder_it_is_reminded_of_in_two_weeks(session: Session) -> None:
    person = officer(session)
    place = town(session, person, committed=date(2025, 3, 10))
    progress.send_back(session, handed_in(session, place, person), "Empty.", NOW)
    [waiting] = [
        one for one in reminders_of(session, place, "milestone_inventory") if one.state == ReminderState.WAITING
    ]
    assert timedelta(days=13) < waiting.due_at - NOW < timedelta(days=18)


def test_what_was_decided_is_not_decided_again(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    row = handed_in(session, place, person)
    progress.accept(session, row, NOW)
    for again in (progress.accept, lambda *args: progress.send_back(args[0], args[1], "no", args[2])):
        with pytest.raises(progress.Decided, match="accepted"):
            again(session, row, NOW)
    assert len(told(session, person, "utter_evidence_accepted")) == 1


def test_of_two_pieces_one_that_comes_back_leaves_the_other_waiting(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    first, second = (handed_in(session, place, person, at=NOW + timedelta(minutes=n)) for n in range(2))
    progress.send_back(session, first, "unreadable", NOW)
    assert milestone(session, place).phase == Phase.HANDED_IN
    progress.accept(session, second, NOW)
    assert milestone(session, place).phase == Phase.DONE
    assert [one.state for one in (first, second)] == [EvidenceState.RETURNED, EvidenceState.ACCEPTED]


def test_a_plan_is_followed_by_a_progress_report_and_that_by_the_next(session: Session) -> None:
    person = officer(session)
    place = town(session, person)
    progress.accept(session, handed_in(session, place, person, "milestone_plan"), NOW)
    first = milestone(session, place, "milestone_progress", 1)
    assert first.due_on == date(2030, 9, 13)
    assert not reminders_of(session, place, "milestone_progress"), "its date is not confirmed"
    progress.accept(session, progress.hand_in(session, first, person.contact, progress.Proof(), NOW), NOW)
    assert milestone(session, place, "milestone_progress", 2).due_on == date(2030, 9, 13)


def test_a_badge_is_recorded_once_and_shown(session: Session) -> None:
    place = town(session)
    for _ in range(2):
        progress.award(session, place, "inventory", date(2029, 5, 1))
    [badge] = progress.badges_of(session, place)
    assert badge["args"]["milestone"]["say"] == "milestone_inventory"
    with pytest.raises(KeyError):
        progress.award(session, place, "gold", date(2029, 5, 1))


@pytest.mark.parametrize(
    ("what", "needle"),
    [
        (lambda session, _: milestone_desk.find_evidence(session, "NOTHING1"), "kawan evidence list"),
        (lambda session, _: milestone_desk.find_town(session, "NOTHING1"), "No committed municipality"),
        (lambda session, ref: milestone_desk.find_milestone(session, ref, "nothing"), "it has: milestone_"),
        (lambda _session, _ref: milestone_desk.a_day("tomorrow"), "year-month-day"),
    ],
)
def test_the_desk_says_what_is_wrong_and_what_to_do(session: Session, what: Any, needle: str) -> None:
    place = town(session)
    application = Application(municipality=place, submitted_at=NOW)
    session.add(application)
    session.flush()
    assert milestone_desk.find_town(session, application.reference.lower()).id == place.id
    found = milestone_desk.find_milestone(session, application.reference, "milestone_plan")
    assert isinstance(found, Milestone)
    assert place.committed_on == COMMITTED
    with pytest.raises(StartError, match=needle):
        what(session, application.reference)
