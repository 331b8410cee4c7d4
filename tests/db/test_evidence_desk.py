"""Evidence in the secretariat's chat: what waits, one piece with its file, accepted or sent back, and never twice."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.apart import APART, wish_in
from bot.inhabitant import Inhabitant
from covenant import access, evidence_desk, progress
from covenant.messages import Say, render_all
from covenant.reviewing import SHOWN
from covenant.turn import Turn
from db.messages import File, Outbound
from db.milestones import Evidence, EvidenceState, Phase
from locales import Catalogues
from tests.committed import milestone, officer, town
from tests.db.applicants import NOW, file_of, keys, payloads, reviewer
from tests.people import Somebody


def press(session: Session, by: Inhabitant, pressed: str) -> list[Say]:
    """Press a button that is answered apart from Rasa."""
    wish = wish_in(pressed)
    assert wish, pressed
    turn = Turn(session, by.contact, by.address, NOW, by.catalogues, wish.name, entities=dict(wish.entities))
    return APART[wish.name](turn)


def desk(session: Session, by: Inhabitant, row: Evidence | None = None, **more: object) -> list[Say]:
    named = {"id": row.reference} if row else {}
    return press(session, by, evidence_desk.payload(evidence_desk.DESK, **named, **more))


def handed_in(session: Session, person: Somebody, name: str = "Kupang", files: int = 0, **more: object) -> Evidence:
    """Something handed in for the inventory of a new town of somebody."""
    place = town(session, person, name=name)
    proof = progress.Proof([file_of(session, person) for _ in range(files)], **more)
    return progress.hand_in(session, milestone(session, place), person.contact, proof, NOW)


def heard(session: Session, person: Somebody, response: str) -> list[dict[str, object]]:
    rows = session.scalars(select(Outbound.content).where(Outbound.contact_id == person.contact.id))
    return [said for content in rows for said in content["says"] if said["response"] == response]


def english(catalogues: Catalogues, said: list[Say]) -> str:
    return render_all(catalogues, "en", [one.as_json() for one in said]).text


# --- finding it -----------------------------------------------------------------------------------------------------


def test_the_queue_leads_to_what_waits(session: Session, catalogues: Catalogues) -> None:
    by, person = reviewer(session), officer(session)
    assert keys(by.press("review_queue")) == ["utter_queue_empty"]
    row = handed_in(session, person)
    (said,) = by.press("review_queue")
    assert said.key == "utter_queue", "not: nothing waits"
    shown = render_all(catalogues, "en", [said.as_json()])
    assert shown.buttons[-1] == ("Milestones (1)", "/review_evidence")
    (listed,) = press(session, by, "/review_evidence")
    assert listed.choices[0].title == f"Kupang · {row.reference}"
    assert "1 document waits" in english(catalogues, [listed])


def test_more_than_eight_come_in_pages_and_several_files_are_one_entry(session: Session) -> None:
    by = reviewer(session)
    rows = [handed_in(session, officer(session), f"Town {number}", files=2) for number in range(SHOWN + 2)]
    first, second = payloads(desk(session, by)), payloads(desk(session, by, page=1))
    assert '/review_evidence{"page": 1}' in first
    named = [one for one in first + second if '"id"' in one]
    assert named == [f'/review_evidence{{"id": "{one.reference}"}}' for one in rows]
    assert progress.count_waiting(session) == len(rows)


def test_it_is_seen_with_its_town_milestone_note_and_files(session: Session, catalogues: Catalogues) -> None:
    by, person = reviewer(session), officer(session)
    row = handed_in(session, person, files=2, year=2025, note="Two parts.", link="https://kupang.go.id/a")
    first, second = progress.together(session, row)
    said = desk(session, by, row)
    shown = english(catalogues, said)
    for part in ("Kupang", "Indonesia", "Greenhouse gas inventory", "Two parts.", "2025", "https://kupang.go.id/a"):
        assert part.lower() in shown.lower(), shown
    assert "{" not in shown
    assert said[0].file == access.file_for(session, said[0].file or "", by.contact.id).public_id  # type: ignore[union-attr]
    assert payloads(said)[2] == f'/review_evidence{{"id": "{second.reference}"}}'
    assert desk(session, by, second)[0].file not in {said[0].file, None}
    assert first is row


def test_a_reference_in_the_words_finds_it(session: Session) -> None:
    by, row = reviewer(session), handed_in(session, officer(session))
    assert keys(by.write("review_queue", f"what about {row.reference}?")) == ["utter_evidence_item"]


@pytest.mark.parametrize("do", ["look", "accept", "return"])
def test_nobody_else_sees_or_decides_anything(session: Session, do: str) -> None:
    person = officer(session)
    row = handed_in(session, person, files=1)
    stranger = Inhabitant(session, reviewer(session).catalogues, officer(session).address, NOW)
    assert keys(desk(session, stranger, row, do=do, sure="yes")) == ["utter_not_for_you"]
    assert row.state == EvidenceState.WAITING


# --- deciding -------------------------------------------------------------------------------------------------------


def test_it_is_accepted_after_a_question_and_the_team_hears_once(session: Session) -> None:
    by, person = reviewer(session), officer(session)
    row = handed_in(session, person, files=2)
    assert keys(desk(session, by, row, do="accept")) == ["utter_accept_sure"]
    assert row.state == EvidenceState.WAITING
    assert keys(desk(session, by, row, do="accept", sure="yes")) == ["utter_evidence_done"]
    assert row.milestone.phase == Phase.DONE
    states = session.execute(select(Evidence.state, Evidence.reviewer_id)).all()
    assert set(states) == {(EvidenceState.ACCEPTED, by.contact.id)}
    assert len(heard(session, person, "utter_evidence_accepted")) == 1
    assert keys(desk(session, by, row, do="accept", sure="yes")) == ["utter_accept_already"]
    assert keys(desk(session, by, row, do="return")) == ["utter_accept_already"]
    assert len(heard(session, person, "utter_evidence_accepted")) == 1


def test_it_is_sent_back_with_the_reason_and_all_that_came_with_it(session: Session, catalogues: Catalogues) -> None:
    by, person = reviewer(session), officer(session)
    row = handed_in(session, person, files=3)
    assert keys(desk(session, by, row, do="return")) == ["utter_ask_verdict_reason"]
    by.tell("The year is missing.")
    shown = by.press("repeat")
    assert "The year is missing." in english(catalogues, shown)
    assert row.state == EvidenceState.WAITING, "nothing leaves before it was looked at"
    assert keys(by.press("affirm")) == ["utter_verdict_done"]
    assert set(session.scalars(select(Evidence.state))) == {EvidenceState.RETURNED}
    assert row.milestone.phase == Phase.OPEN
    (said,) = heard(session, person, "utter_evidence_returned")
    assert said["args"]["reason"] == "The year is missing."  # type: ignore[index]


def test_a_reason_that_comes_after_a_colleagues_decision_changes_nothing(session: Session) -> None:
    by, person = reviewer(session), officer(session)
    row = handed_in(session, person)
    desk(session, by, row, do="return")
    by.tell("The year is missing.")
    progress.accept(session, row, NOW)
    assert keys(by.press("affirm")) == ["utter_accept_already"]
    assert row.state == EvidenceState.ACCEPTED
    assert not heard(session, person, "utter_evidence_returned")


def test_who_lost_the_right_meanwhile_decides_nothing(session: Session) -> None:
    by, row = reviewer(session), handed_in(session, officer(session))
    desk(session, by, row, do="return")
    by.tell("No.")
    by.contact.is_secretariat = False
    assert keys(by.press("affirm")) == ["utter_not_for_you"]
    assert row.state == EvidenceState.WAITING


def test_only_the_secretariat_reads_a_file_that_was_handed_in(session: Session) -> None:
    by, person, stranger = reviewer(session), officer(session), officer(session)
    row = handed_in(session, person, files=1)
    file, other = session.get_one(File, row.file_id), file_of(session, person)
    assert access.file_for(session, file.public_id, by.contact.id) is file
    assert access.file_for(session, file.public_id, stranger.contact.id) is None
    assert access.file_for(session, other.public_id, by.contact.id) is None, "it was handed in for nothing"
