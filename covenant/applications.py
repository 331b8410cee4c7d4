"""A municipality's request to join, once sent: whose it is, where it stands, what may follow."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.display import municipality_argument
from covenant.messages import Choice, button, payload, say
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.records import Application, ApplicationState, Municipality

LETTER = "letter"  # what a return asks for beside the fields: the signed copy, anew
UNSIGNED = (ApplicationState.SUBMITTED, ApplicationState.LETTER_ISSUED)
ENDED = (ApplicationState.DECLINED, ApplicationState.WITHDRAWN)  # a new request may follow


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
        "state": _state(application),
    }


def _state(application: Application) -> dict[str, Any]:
    reason = application.reason or ""
    if application.state == ApplicationState.RETURNED and application.returned_fields:
        return say("utter_state_returned_for", fields=field_titles(application.returned_fields), reason=reason)
    return say(f"utter_state_{application.state}", reason=reason)


def field_titles(fields: list[str]) -> dict[str, Any]:
    """Return the names of an application's fields, and of the signed letter, as one argument."""
    return {"list": [say(f"utter_label_{one}") for one in fields]}


def next_steps(application: Application) -> tuple[Choice, ...]:
    """Return the buttons for what the town may do now."""
    if application.state == ApplicationState.ACCEPTED:
        return ()
    if application.state in ENDED:
        return (Choice(button("Start again"), payload("join_covenant", start="anew")),)
    withdraw = payload("check_status", application=application.reference, do="withdraw")
    amend = Choice(button("Change what we sent"), payload("correct", application=application.reference))
    return *_expected(application), amend, Choice(button("Withdraw it"), withdraw)


def _expected(application: Application) -> tuple[Choice, ...]:
    """Return the buttons for what is waited for from the town."""
    letter = Choice(button("Hand in the signed letter"), "/send_document")
    if application.state in UNSIGNED:
        return Choice(button("Letter as PDF"), "/get_letter"), letter
    if application.state != ApplicationState.RETURNED:
        return ()
    asked = set(application.returned_fields)
    mend = Choice(button("Mend just that"), payload("correct", application=application.reference, do="mend"))
    mends = (mend,) if asked - {LETTER} else ()
    return (*mends, letter) if LETTER in asked or not asked else mends
