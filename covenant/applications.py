"""A municipality's request to join, once sent: whose it is, where it stands, its history."""

from typing import Any

from sqlalchemy import select

from covenant.display import municipality_argument
from covenant.messages import Choice, button, payload
from covenant.turn import Turn
from db.records import Application, ApplicationEvent, ApplicationState, Membership


def note_event(turn: Turn, application: Application, event: str, change: dict[str, Any]) -> None:
    """Add a step to an application's history."""
    turn.session.add(
        ApplicationEvent(
            application_id=application.id, contact_id=turn.contact.id, event=event, change=change, at=turn.now
        )
    )


def current_application(turn: Turn) -> Application | None:
    """Return the newest application of the contact, or of a municipality whose team they belong to."""
    teams = select(Membership.municipality_id).where(
        Membership.contact_id == turn.contact.id, Membership.pending.is_(False)
    )
    query = select(Application).where(
        (Application.contact_id == turn.contact.id) | Application.municipality_id.in_(teams)
    )
    return turn.session.scalars(query.order_by(Application.id.desc()).limit(1)).first()


def status_arguments(application: Application) -> dict[str, Any]:
    """Return what a person is told of an application: municipality, reference, the day, and where it stands."""
    return {
        "municipality": municipality_argument(application.municipality),
        "reference": application.reference,
        "day": {"date": application.submitted_at.date().isoformat()},
        "state": {"say": f"utter_state_{application.state}", "args": {"reason": application.reason or ""}},
    }


def next_steps(application: Application) -> tuple[Choice, ...]:
    """Return the buttons for what may follow a request that was sent."""
    amend = Choice(button("Change what we sent"), payload("correct", application=application.reference))
    letter = Choice(button("Hand in the signed letter"), "/send_document")
    return (letter, amend) if application.state == ApplicationState.SUBMITTED else (amend,)
