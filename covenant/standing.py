"""Where a town stands: the steps that are done, the one under way, what is next; and taking a request back."""

from typing import Any

from covenant import reporting_chat, review
from covenant.applications import current_application, next_steps, status_arguments
from covenant.display import municipality_argument
from covenant.drafts import find_draft
from covenant.invitations import invite_choice
from covenant.joining import JOIN, SIGNERS
from covenant.messages import Choice, Say, button, payload, say
from covenant.review import Event, NotAllowed
from covenant.teams import choose, municipalities_of
from covenant.turn import Turn
from db.people import Role
from db.records import Application, ApplicationState, Draft, DraftState
from db.teams import InvitationKind

STAGES = ("request", "letter", "signed", "review", "joined")
DRAFTED = 0
# Which of the stages is under way in each state; where it ended otherwise there is none.
UNDER_WAY = {
    ApplicationState.SUBMITTED: 1,
    ApplicationState.LETTER_ISSUED: 2,
    ApplicationState.LETTER_RECEIVED: 3,
    ApplicationState.IN_REVIEW: 3,
    ApplicationState.RETURNED: 3,
    ApplicationState.ACCEPTED: len(STAGES),
}


def status(turn: Turn) -> list[Say]:
    """Tell how far the contact's application is, and what is next; or take it back."""
    application = current_application(turn)
    if application and turn.entities.get("do") == "withdraw" and _is_meant(turn, application):
        return _withdraw(turn, application)
    if application:
        return _standing(application, _other_towns(turn))
    draft = find_draft(turn, JOIN.key, DraftState.OPEN, DraftState.CANCELLED)
    if draft and turn.contact.role in SIGNERS:
        return [Say("utter_status_draft"), Say("utter_stages", _stages(DRAFTED), _draft_choices(turn, draft))]
    return [Say("utter_status_none", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]


def _is_meant(turn: Turn, application: Application) -> bool:
    """Whether a button is about this application, and not an old one about an earlier."""
    return str(turn.entities.get("application", application.reference)) == application.reference


def _other_towns(turn: Turn) -> tuple[Choice, ...]:
    several = len(municipalities_of(turn.session, turn.contact)) > 1
    return (Choice(button("Another town of mine"), "/choose_town"),) if several else ()


def _draft_choices(turn: Turn, draft: Draft) -> tuple[Choice, ...]:
    go_on = Choice(button("Go on where we stopped"), payload("join_covenant", start="resume"))
    may_hand_over = turn.contact.role == Role.SIGNATORY and draft.state == DraftState.OPEN
    return (go_on, invite_choice(InvitationKind.TYPIST)) if may_hand_over else (go_on,)


def choose_town(turn: Turn) -> list[Say]:
    """Talk about the town that a button names from now on; without one, offer the person's towns."""
    if choose(turn.session, turn.contact, str(turn.entities.get("town")), turn.now):
        return status(turn)
    towns = municipalities_of(turn.session, turn.contact)
    choices = (Choice(municipality_argument(one), payload("choose_town", town=one.public_id)) for one in towns)
    return [Say("utter_which_town", {}, tuple(choices))] if towns else status(turn)


def _standing(application: Application, more: tuple[Choice, ...] = ()) -> list[Say]:
    report = (reporting_chat.OFFER,) if application.state == ApplicationState.ACCEPTED else ()
    told = Say("utter_status", status_arguments(application), (*next_steps(application), *report, *more))
    under_way = UNDER_WAY.get(application.state)
    return [Say("utter_stages", _stages(under_way)), told] if under_way is not None else [told]


def _stages(under_way: int) -> dict[str, Any]:
    marks = ["done" if place < under_way else "now" if place == under_way else "next" for place in range(len(STAGES))]
    lines = [
        [say(f"utter_stage_{stage}"), say(f"utter_stage_{mark}")] for stage, mark in zip(STAGES, marks, strict=True)
    ]
    return {"lines": {"lines": lines}}


def _withdraw(turn: Turn, application: Application) -> list[Say]:
    """Ask once, then take the request back; the team and the history stay."""
    try:
        review.check(application, Event.WITHDRAWN, review.actor(turn))
        if turn.entities.get("sure") == "yes":
            review.move(turn.session, application, Event.WITHDRAWN, review.actor(turn))
            return _standing(application)
    except NotAllowed:
        return _standing(application)
    sure = payload("check_status", application=application.reference, do="withdraw", sure="yes")
    choices = (Choice(button("Yes, withdraw it"), sure), Choice(button("No, keep it"), "/check_status"))
    return [Say("utter_withdraw_sure", status_arguments(application), choices)]
