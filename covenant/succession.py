"""J9, the papers follow the people: after a handover the application names the new focal point, who gives the rest."""

from typing import Any

from sqlalchemy.orm import Session

from covenant import menu, review, teams
from covenant.applications import newest_application
from covenant.display import municipality_argument
from covenant.drafts import start_anew
from covenant.fields import Journey
from covenant.joining import JOIN
from covenant.messages import Choice, Say, button, payload
from covenant.plans import Plan, register
from covenant.review import Actor
from covenant.teams import municipality_of, role_of
from covenant.turn import Turn
from db.people import Contact
from db.records import Draft, Municipality, TeamRole

TOWN = "handed_over_municipality"  # the key in the draft: which town it is about
DETAILS = ("focal_name", "focal_post", "focal_email", "focal_phone")
FOCAL = Journey(key="focal", fields=tuple(JOIN.by_key[one] for one in DETAILS))


def hand_over(session: Session, municipality: Municipality, successor: Contact, by: Actor) -> None:
    """Let a town's newest application name the successor, as far as they are known; `by` is who hands over.

    What it said of the one before stays in its history alone: nobody is to write to somebody who has left.
    """
    application = newest_application(session, municipality)
    if application:
        known = {"focal_name": teams.name_in(session, successor, municipality)}
        review.name_focal_point(session, application, dict.fromkeys(DETAILS) | known, by)
        application.contact_id = successor.id


def details(turn: Turn) -> list[Say]:
    """Ask a focal point for their name, post, e-mail and phone anew; nobody else has any to give."""
    municipality = municipality_of(turn.session, turn.contact)
    if municipality is None or role_of(turn.session, turn.contact, municipality) != TeamRole.FOCAL:
        return [Say("utter_invite_not")]
    return begin(turn, municipality) or [Say("utter_status_none", {}, (menu.JOIN,))]


def begin(turn: Turn, municipality: Municipality) -> list[Say]:
    """Ask the new focal point for what the secretariat and the papers need; nothing without an application."""
    if newest_application(turn.session, municipality) is None:
        return []
    name = teams.name_in(turn.session, turn.contact, municipality)
    known: dict[str, Any] = {TOWN: municipality.id} | ({"focal_name": name} if name else {})
    said = Say("utter_focal_begin", {"municipality": municipality_argument(municipality)})
    return [said, *start_anew(turn, FOCAL.key, known)]


def welcomed(municipality: Municipality) -> Say:
    """Welcome somebody to a town's team, and ask whether they want to be reminded."""
    remind = Choice(button("Yes, remind me"), payload("opt_in", purpose="reminders"))
    args = {"municipality": municipality_argument(municipality)}
    return Say("utter_invitation_done", args, (menu.STATUS, remind))


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    municipality = turn.session.get_one(Municipality, draft.values[TOWN])
    application = newest_application(turn.session, municipality)
    if application is None or role_of(turn.session, turn.contact, municipality) != TeamRole.FOCAL:
        return [Say("utter_invite_not")]  # handed over again meanwhile
    by = review.actor(turn)
    review.name_focal_point(turn.session, application, {one: draft.values.get(one) for one in DETAILS}, by)
    review.mend(turn.session, application, DETAILS, by)
    return [welcomed(municipality)]


PLAN = register(Plan(FOCAL, submit=_submit))
