"""What the secretariat does with applications from the chat: sees what waits, accepts, and the town is told."""

import re
from typing import Any

from sqlalchemy import func, select

from covenant import outbox, reminders, tickets
from covenant.applications import note_event
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, payload
from covenant.teams import team
from covenant.turn import Turn
from db.records import Application, ApplicationState, Municipality, Pledge

WAITING = (ApplicationState.SUBMITTED, ApplicationState.LETTER_RECEIVED)
SHOWN = 8


def queue(turn: Turn) -> list[Say]:
    """Show what waits for review, or one application, or decide on it; politely refused to everybody else."""
    if not turn.contact.is_secretariat:
        return figures(turn)
    application = _named(turn)
    if application is None:
        return [_listing(turn)]
    if turn.entities.get("do") == "accept":
        return accept(turn, application)
    return [_details(application)]


def _named(turn: Turn) -> Application | None:
    written = re.findall(r"\b[A-Z0-9]{8}\b", turn.text.upper())  # "what about 9ZN3R9Q6?"
    named = Application.reference.in_([turn.entities.get("application"), *written])
    return turn.session.scalars(select(Application).where(named)).first()


def _listing(turn: Turn) -> Say:
    has_letter = Application.state == ApplicationState.LETTER_RECEIVED  # these can be decided, so they come first
    query = select(Application).where(Application.state.in_(WAITING)).order_by(has_letter.desc(), Application.id)
    found = turn.session.scalars(query.limit(SHOWN)).all()
    total = turn.session.scalar(select(func.count(Application.id)).where(Application.state.in_(WAITING))) or 0
    args = {"count": total, "tickets": tickets.count_waiting(turn.session)}
    return Say("utter_queue" if found else "utter_queue_empty", args, tuple(_choice(one) for one in found))


def _choice(application: Application) -> Choice:
    title = f"{application.municipality.name} · {application.reference}"
    return Choice(title, payload("review_queue", application=application.reference))


def _details(application: Application) -> Say:
    args: dict[str, Any] = {
        "municipality": municipality_argument(application.municipality),
        "country": {"country": application.municipality.country},
        "reference": application.reference,
        "signatory": application.signatory_name,
        "title": application.signatory_title,
        "focal": application.focal_name,
        "email": application.focal_email,
        "letter": button("Yes") if application.letter_id else button("No"),
    }
    accept_it = Choice(button("Accept"), payload("review_queue", application=application.reference, do="accept"))
    return Say("utter_queue_item", args, (accept_it, Choice(button("What waits for review"), "/review_queue")))


def accept(turn: Turn, application: Application) -> list[Say]:
    """Accept an application: the commitment starts today, the milestones' reminders are laid out, the team is told."""
    args = {"municipality": municipality_argument(application.municipality), "reference": application.reference}
    if application.letter_id is None:
        return [Say("utter_accept_no_letter", args)]
    if application.state not in WAITING:
        return [Say("utter_accept_already", args)]
    application.state = ApplicationState.ACCEPTED
    application.decided_at = turn.now
    application.municipality.committed_on = turn.today
    note_event(turn, application, "accepted", {})
    reminders.lay_out(turn.session, application.municipality)
    for contact in team(turn.session, application.municipality):
        outbox.queue_say(
            turn.session, contact, Say("utter_accepted", args), key=f"accepted:{application.id}:{contact.id}"
        )
    return [Say("utter_accept_done", args, (Choice(button("What waits for review"), "/review_queue"),))]


def figures(turn: Turn) -> list[Say]:
    """Return the public figures: towns that joined, pledges, people the pledges want to reach."""
    joined = turn.session.scalar(select(func.count(Municipality.id)).where(Municipality.committed_on.is_not(None)))
    counted, people = turn.session.execute(select(func.count(Pledge.id), func.sum(Pledge.people_min))).one()
    args = {"municipalities": joined or 0, "pledges": counted or 0, "people": int(people or 0)}
    return [Say("utter_figures", args)]
