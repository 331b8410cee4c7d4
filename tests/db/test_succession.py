"""After a handover the application and its papers name the new focal point; who was before stays in the history."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.apart import APART, wish_in
from bot.inhabitant import Inhabitant
from covenant import nudges, privacy, review, succession, teams
from covenant.messages import Say
from covenant.papers import contents
from covenant.review import Actor
from covenant.turn import Turn
from db.messages import Outbound
from db.records import Application, ApplicationEvent, ApplicationState, Membership, TeamRole
from tests.db.applicants import NOW, Town, events, in_review, keys, officer, payloads, phone, reviewer, town
from tests.people import SECRET, Somebody

GIVEN = ("Sri Wahyuni", "Head of environment", "sri@blitar.example.org", "+6281234567899")


def press(at: Inhabitant, pressed: str) -> list[Say]:
    """Press a button that is answered apart from Rasa."""
    wish = wish_in(pressed)
    assert wish, pressed
    turn = Turn(at.session, at.contact, at.address, at.now, at.catalogues, wish.name, entities=dict(wish.entities))
    return APART[wish.name](turn)


@pytest.fixture
def place(session: Session) -> Town:
    """A town whose focal point sent its request."""
    found = town(session)
    session.query(Membership).update({Membership.role: TeamRole.FOCAL})
    return found


def handed_over(session: Session, place: Town, *, stays: bool = False) -> tuple[Inhabitant, list[Say]]:
    """Let the focal point hand over, and somebody accept; returns them and what they were told."""
    made = press(place.officer, f'/invite{{"kind": "successor", "stays": "{"yes" if stays else "no"}"}}')
    successor = phone(session, officer(session))
    shown = press(successor, str(made[0].args["code"]))
    return successor, press(successor, payloads(shown)[0])


def give(at: Inhabitant) -> list[Say]:
    for one in GIVEN:
        at.tell(one)
    return at.press("affirm")


def named(application: Application) -> tuple[str | None, ...]:
    return tuple(getattr(application, one) for one in succession.DETAILS)


def changes(session: Session, application: Application) -> list[ApplicationEvent]:
    query = select(ApplicationEvent).where(ApplicationEvent.application_id == application.id)
    return list(session.scalars(query.where(ApplicationEvent.event == review.FOCAL_CHANGED).order_by("id")))


def test_the_one_before_is_named_no_more_at_once_and_the_new_one_is_asked(session: Session, place: Town) -> None:
    _successor, said = handed_over(session, place)
    assert keys(said) == ["utter_focal_begin", "utter_step"]
    assert named(place.application) == (None,) * 4
    [event] = changes(session, place.application)
    assert event.change["focal_name"] == ["Agus Wibowo", None]
    assert event.change["focal_email"] == ["agus@blitar.example.org", None]
    assert event.contact_id == place.person.contact.id, "it was theirs to hand over"


@pytest.mark.parametrize("state", list(ApplicationState))
def test_the_application_and_its_papers_name_who_took_over(
    session: Session, place: Town, state: ApplicationState
) -> None:
    place.at(state).returned_fields = ["letter"]
    session.flush()
    decided_at, moved_at = place.application.decided_at, place.application.moved_at
    successor, _said = handed_over(session, place)
    said = give(successor)
    assert keys(said) == ["utter_invitation_done"], "and may they be reminded?"
    assert payloads(said)[1] == '/opt_in{"purpose": "reminders"}'
    assert named(place.application) == GIVEN
    assert (place.application.state, place.application.decided_at) == (state, decided_at)
    assert place.application.moved_at == moved_at
    written = str(contents.letter(contents.Subject(place.application)))
    assert all(one in written for one in GIVEN[:3])
    assert "Agus Wibowo" not in written
    assert "Sri Wahyuni" in str(contents.resolution(contents.Subject(place.application)))
    first, second = changes(session, place.application)
    assert (first.before, first.after) == (state, state)
    assert second.change["focal_name"] == [None, "Sri Wahyuni"]
    assert second.contact_id == successor.contact.id


def test_a_name_that_is_known_already_is_taken_along(session: Session, place: Town) -> None:
    colleague = officer(session)
    row = Membership(
        municipality_id=place.application.municipality_id, contact_id=colleague.contact.id, asked_as="Sri Wahyuni"
    )
    session.add(row)
    session.flush()
    made = press(place.officer, '/invite{"kind": "successor", "stays": "yes"}')
    at = phone(session, colleague)
    said = press(at, payloads(press(at, str(made[0].args["code"])))[0])
    assert place.application.focal_name == "Sri Wahyuni"
    assert "focal_post" in str(said[1].args), "the name is not asked again"


def test_what_was_returned_for_the_focal_point_is_mended_by_the_new_one(session: Session, place: Town) -> None:
    by = reviewer(session)
    application = in_review(session, place, by)
    step = Actor(by.contact.id, NOW)
    review.move(session, application, review.Event.RETURNED, step, reason="It bounces.", fields=["focal_email"])
    successor, _said = handed_over(session, place)
    assert application.state == ApplicationState.RETURNED
    give(successor)
    assert application.state == ApplicationState.IN_REVIEW
    assert events(session, application)[-1][0] == "mended"


def test_who_signs_has_confirmed_the_one_before(session: Session, place: Town) -> None:
    place.application.signatory_confirmed_at = NOW
    handed_over(session, place)
    assert place.application.signatory_confirmed_at is None


def test_the_new_focal_point_is_nudged_and_not_the_one_before(session: Session, place: Town) -> None:
    successor, _said = handed_over(session, place, stays=True)
    give(successor)
    for one in (place.person.contact, successor.contact):
        one.seen_at = NOW
    nudges.queue_due(session, NOW.replace(day=7))
    rows = session.execute(select(Outbound.contact_id).where(Outbound.key.startswith("nudge:"))).scalars().all()
    assert rows == [successor.contact.id]


def test_details_are_changed_later_and_only_by_the_focal_point(session: Session, place: Town) -> None:
    assert keys(press(place.officer, "/focal_details"))[0] == "utter_focal_begin"
    give(place.officer)
    assert named(place.application) == GIVEN
    stranger = phone(session, officer(session))
    assert keys(press(stranger, "/focal_details")) == ["utter_invite_not"]


def test_who_handed_over_again_before_answering_changes_nothing(session: Session, place: Town) -> None:
    first, _said = handed_over(session, place)
    for one in GIVEN:
        first.tell(one)
    municipality = place.application.municipality
    teams.step_down(session, first.contact, municipality, None, NOW, stays=True)
    assert keys(first.press("affirm")) == ["utter_invite_not"]
    assert named(place.application) == (None,) * 4


def test_of_who_handed_over_and_is_erased_nothing_stays_and_the_new_one_does(session: Session, place: Town) -> None:
    colleague, amended = officer(session).contact, {"focal_name": ["Agus Wibowo", "Agus Wibowo, M.Si."]}
    review.move(session, place.application, review.Event.AMENDED, Actor(colleague.id, NOW), change=amended)
    successor, _said = handed_over(session, place)
    give(successor)
    before = Somebody("", place.person.contact, place.person.address)
    privacy.request_erasure(before.contact)
    privacy.erase(session, before.contact, SECRET, NOW)
    session.expire_all()
    assert named(place.application) == GIVEN
    left = session.scalars(select(ApplicationEvent.change)).all()
    assert "Agus" not in str(left)
    assert session.scalar(select(func.count(ApplicationEvent.id))) == len(left) > 0
