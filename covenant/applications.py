"""A municipality's request to join, once sent: whose it is, where it stands, its history."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.display import municipality_argument
from covenant.messages import Choice, button, payload
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.records import Application, ApplicationEvent, ApplicationState, Municipality


def note_event(turn: Turn, application: Application, event: str, change: dict[str, Any]) -> None:
    """Add a step to an application's history."""
    turn.session.add(
        ApplicationEvent(
            application_id=application.id, contact_id=turn.contact.id, event=event, change=change, at=turn.now
        )
    )


def current_application(turn: Turn) -> Application | None:
    """Return the newest application of the municipality for which the contact speaks now, whoever sent it."""
    municipality = municipality_of(turn.session, turn.contact)
    return newest_application(turn.session, municipality) if municipality else None


def newest_application(session: Session, municipality: Municipality) -> Application | None:
    """Return a municipality's newest application, None without any."""
    query = select(Application).where(Application.municipality_id == municipality.id)
    return session.scalars(query.order_by(Application.id.desc()).limit(1)).first()


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
