"""Whoever sent something back hears once that it is mended, at work; where nobody is left, the secretariat does."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.inhabitant import Inhabitant
from covenant import deciding, mended, progress
from covenant.review import Actor
from db.engine import Sessions
from db.messages import Outbound
from db.milestones import Evidence
from db.people import Contact
from db.records import Application, Municipality
from tests import committed
from tests.db.applicants import NOW, Town, file_of, in_review, reviewer, town
from tests.people import Somebody


def returned(session: Session, by: Inhabitant | None = None) -> Town:
    """A town whose request was sent back for its letter, by the operator where nobody is named."""
    place, helper = town(session), by or reviewer(session)
    application = in_review(session, place, helper)
    if by is None:
        application.reviewer_id = None
        helper.contact.is_secretariat = False
    deciding.send_back(session, application, Actor(by.contact.id if by else None, NOW), "No stamp.", ["letter"])
    return place


def mend(session: Session, place: Town) -> None:
    place.officer.press("send_document", file=file_of(session, place.person).public_id)


def hand_in(session: Session, place: Municipality, person: Somebody, files: int = 0) -> Evidence:
    proof = progress.Proof([file_of(session, person) for _ in range(files)])
    return progress.hand_in(session, committed.milestone(session, place), person.contact, proof, NOW)


def heard(session: Session, by: Inhabitant) -> list[dict[str, object]]:
    rows = session.scalars(select(Outbound.content).where(Outbound.contact_id == by.contact.id).order_by(Outbound.id))
    return [said for content in rows for said in content["says"] if said["response"] == "utter_mended"]


def test_the_reviewer_hears_once_and_gets_there_by_a_button(session: Session) -> None:
    by, other = reviewer(session), reviewer(session)
    place = returned(session, by)
    assert mended.queue_due(session, NOW) == 0
    mend(session, place)
    assert [mended.queue_due(session, NOW) for _ in range(3)] == [1, 0, 0]
    [said] = heard(session, by)
    assert said["args"] == {"municipality": "Blitar", "reference": place.application.reference}
    [choice] = said["choices"]  # type: ignore[misc]
    assert choice["payload"] == f'/review_queue{{"application": "{place.application.reference}"}}'
    assert not heard(session, other)


def test_a_second_return_is_told_again(session: Session) -> None:
    by = reviewer(session)
    place = returned(session, by)
    mend(session, place)
    mended.queue_due(session, NOW)
    deciding.send_back(session, place.application, Actor(by.contact.id, NOW), "Which page?", ["letter"])
    place.officer.wait(minutes=20)
    mend(session, place)
    assert mended.queue_due(session, NOW) == 1
    assert len(heard(session, by)) == 2


def test_what_is_only_partly_mended_is_not_told(session: Session) -> None:
    by, place = reviewer(session), town(session)
    application = in_review(session, place, by)
    deciding.send_back(session, application, Actor(by.contact.id, NOW), "Both.", ["letter", "focal_post"])
    mend(session, place)
    assert mended.queue_due(session, NOW) == 0
    assert not application.unheard


def test_a_first_letter_is_no_news_for_a_reviewer(session: Session) -> None:
    place = town(session)
    in_review(session, place, reviewer(session))
    assert mended.queue_due(session, NOW) == 0


def test_what_was_decided_meanwhile_is_not_told(session: Session) -> None:
    by = reviewer(session)
    place = returned(session, by)
    mend(session, place)
    place.application.unheard = True
    deciding.decline(session, place.application, Actor(by.contact.id, NOW), "No mandate.")
    assert mended.queue_due(session, NOW) == 0
    assert not heard(session, by)


@pytest.mark.parametrize("wait", [timedelta(hours=12), timedelta(days=3)], ids=["at night", "on a Saturday"])
def test_the_news_waits_until_the_secretariat_is_at_work(session: Session, wait: timedelta) -> None:
    by = reviewer(session)
    mend(session, returned(session, by))
    assert mended.queue_due(session, NOW + wait) == 0
    assert mended.queue_due(session, NOW + timedelta(days=5)) == 1, "on Monday"


def test_where_nobody_has_it_in_hand_all_of_the_secretariat_hear_up_to_a_bound(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = returned(session)
    team = [reviewer(session) for _ in range(3)]
    monkeypatch.setattr(mended, "MOST", 2)
    mend(session, place)
    assert [mended.queue_due(session, NOW) for _ in range(2)] == [2, 0]
    assert [len(heard(session, one)) for one in team] == [1, 1, 0]


def test_who_is_no_reviewer_any_more_is_followed_by_the_others(session: Session) -> None:
    gone, there = reviewer(session), reviewer(session)
    place = returned(session, gone)
    gone.contact.is_secretariat = False
    mend(session, place)
    assert mended.queue_due(session, NOW) == 1
    assert (len(heard(session, gone)), len(heard(session, there))) == (0, 1)


# --- evidence -------------------------------------------------------------------------------------------------------


def test_of_evidence_that_comes_again_whoever_returned_it_hears_once(session: Session) -> None:
    by, other, person = reviewer(session), reviewer(session), committed.officer(session)
    place = committed.town(session, person)
    first = hand_in(session, place, person)
    assert mended.queue_due(session, NOW) == 0, "handed in for the first time"
    progress.send_back(session, first, "The year is missing.", NOW, by.contact)
    again = hand_in(session, place, person, files=3)
    assert [mended.queue_due(session, NOW) for _ in range(2)] == [1, 0]
    [said] = heard(session, by)
    [choice] = said["choices"]  # type: ignore[misc]
    assert choice["payload"] == f'/review_evidence{{"id": "{again.reference}"}}'
    assert not heard(session, other)
    progress.accept(session, again, NOW, by.contact)
    hand_in(session, place, person)
    assert mended.queue_due(session, NOW) == 0, "what was accepted is mended by nothing"


def test_whoever_is_in_the_middle_of_a_turn_hears_at_the_next_tick(nobody_yet: Sessions) -> None:
    with nobody_yet.begin() as session:
        by = reviewer(session)
        reviewer_id, reference = by.contact.id, returned(session, by).application.reference
        application = session.scalars(select(Application).where(Application.reference == reference)).one()
        application.state, application.unheard = "in_review", True
    with nobody_yet.begin() as turn, nobody_yet.begin() as clock:
        turn.scalars(select(Contact).where(Contact.id == reviewer_id).with_for_update()).one()
        assert mended.queue_due(clock, NOW) == 0
    with nobody_yet.begin() as one, nobody_yet.begin() as two:
        assert mended.queue_due(one, NOW) == 1
        assert mended.queue_due(two, NOW) == 0, "another clock holds it"
    with nobody_yet.begin() as session:
        assert mended.queue_due(session, NOW) == 0
