"""What a decision of the secretariat brings about, whoever takes it and wherever: the state, its event, the news."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from covenant import outbox, papers, reminders, review, teams
from covenant.amending import AMEND
from covenant.applications import LETTER, next_steps, status_arguments
from covenant.display import municipality_argument
from covenant.menu import DUE
from covenant.messages import Say
from covenant.review import Actor, Event
from covenant.turn import local_date
from db.records import Application, ApplicationEvent, ApplicationState

RETURNABLE = (*(one.key for one in AMEND.fields), LETTER)
WAITING = (
    ApplicationState.LETTER_RECEIVED,
    ApplicationState.IN_REVIEW,
    ApplicationState.SUBMITTED,
    ApplicationState.LETTER_ISSUED,
)


def take(session: Session, application: Application, by: Actor, *, over: bool = False) -> None:
    """Take an application up; one that another has in hand only where it is to be taken `over`."""
    review.move(session, application, Event.TAKEN_OVER if over else Event.TAKEN_UP, by)


def accept(session: Session, application: Application, by: Actor) -> None:
    """Accept an application: the commitment starts today, the milestones' reminders are laid out, the team is told."""
    teams.hold(session, application.municipality_id)
    event = review.move(session, application, Event.ACCEPTED, by)
    application.municipality.committed_on = local_date(by.time_zone, by.at)
    reminders.lay_out(session, application.municipality)
    args = {"municipality": municipality_argument(application.municipality), "reference": application.reference}
    picture = papers.named("share-png", application.reference)
    _tell(session, application, event, Say("utter_accepted", args, (DUE,), file=picture))


def send_back(session: Session, application: Application, by: Actor, reason: str, fields: Sequence[str]) -> None:
    """Return an application with a reason; the team is told, and asked for just these fields.

    LookupError where there is no such field; `RETURNABLE` names them.
    """
    unknown = [one for one in fields if one not in RETURNABLE]
    if unknown:
        raise LookupError(unknown[0])
    teams.hold(session, application.municipality_id)
    event = review.move(session, application, Event.RETURNED, by, reason=reason, fields=fields)
    _tell(session, application, event, _standing(application))


def decline(session: Session, application: Application, by: Actor, reason: str) -> None:
    """Decline an application with a reason; the team is told."""
    teams.hold(session, application.municipality_id)
    event = review.move(session, application, Event.DECLINED, by, reason=reason)
    _tell(session, application, event, _standing(application))


def _standing(application: Application) -> Say:
    return Say("utter_status", status_arguments(application), next_steps(application))


def _tell(session: Session, application: Application, event: ApplicationEvent, news: Say) -> None:
    """Tell the team; the event's number lets two returns be told, and each of them once."""
    for contact in teams.team(session, application.municipality):
        outbox.queue_say(session, contact, news, key=f"{event.event}:{event.id}:{contact.id}")
