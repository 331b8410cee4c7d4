"""Towns whose request to join was sent, put straight into the database, and their people at the chat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.inhabitant import Inhabitant
from covenant import review
from covenant.messages import Say
from covenant.review import Actor, Event
from db.columns import new_public_id
from db.messages import File, Outbound
from db.people import Contact, Purpose, Role
from db.records import Application, ApplicationEvent, ApplicationState, Membership, Municipality
from locales import load_catalogues
from tests.people import Somebody, somebody

NOW = datetime(2026, 12, 2, 4, 0, tzinfo=UTC)  # a Wednesday, eleven in the morning in Jakarta
SENT = {
    "mandate_body": "Council decision",
    "signatory_name": "Ratna Sari",
    "signatory_title": "Mayor",
    "focal_name": "Agus Wibowo",
    "focal_post": "Head of planning",
    "focal_email": "agus@blitar.example.org",
    "focal_phone": "+6281234567801",
    "letter_language": "en",
}


@dataclass(frozen=True)
class Town:
    """A town with its officer and its application."""

    person: Somebody
    officer: Inhabitant
    application: Application

    def at(self, state: ApplicationState, reviewer: Contact | None = None) -> Application:
        """Put the application into a state as if its steps had been taken."""
        self.application.state = state
        self.application.reviewer_id = reviewer.id if reviewer else None
        return self.application


def phone(session: Session, person: Somebody) -> Inhabitant:
    return Inhabitant(session, load_catalogues(), person.address, NOW)


def officer(session: Session, *purposes: Purpose) -> Somebody:
    person = somebody(session, Purpose.KEEPING, *purposes)
    person.contact.role, person.contact.country, person.contact.time_zone = Role.MUNICIPAL, "ID", "Asia/Jakarta"
    return person


def reviewer(session: Session) -> Inhabitant:
    person = officer(session)
    person.contact.is_secretariat = True
    session.flush()
    return phone(session, person)


def town(session: Session, name: str = "Blitar", country: str = "ID", at: datetime = NOW) -> Town:
    """A town whose officer has sent its request."""
    person = officer(session)
    row = Municipality(name=name, country=country)
    session.add(row)
    session.flush()
    session.add(Membership(municipality_id=row.id, contact_id=person.contact.id))
    application = Application(municipality=row, contact_id=person.contact.id, submitted_at=at, **SENT)
    review.submit(session, application, Actor(person.contact.id, at), {})
    return Town(person, phone(session, person), application)


def file_of(
    session: Session, person: Somebody, media_type: str = "application/pdf", long_side: int | None = None
) -> File:
    row = File(
        public_id=new_public_id(),
        contact_id=person.contact.id,
        name="letter",
        media_type=media_type,
        size=1,
        sha256="0" * 64,
        long_side=long_side,
    )
    session.add(row)
    session.flush()
    return row


def signed(session: Session, place: Town) -> Application:
    """Let the town hand in its letter."""
    place.officer.press("send_document", file=file_of(session, place.person).public_id)
    return place.application


def in_review(session: Session, place: Town, by: Inhabitant) -> Application:
    """Let the letter come in and somebody take the application up."""
    signed(session, place)
    review.move(session, place.application, Event.TAKEN_UP, Actor(by.contact.id, by.now))
    return place.application


def events(session: Session, application: Application) -> list[tuple[str, str | None, str | None]]:
    query = select(ApplicationEvent).where(ApplicationEvent.application_id == application.id)
    return [(one.event, one.before, one.after) for one in session.scalars(query.order_by(ApplicationEvent.id))]


def told(session: Session, person: Somebody) -> list[dict[str, object]]:
    """What was queued for a person by ourselves."""
    query = select(Outbound.content).where(Outbound.contact_id == person.contact.id).order_by(Outbound.id)
    return [content["says"][0] for content in session.scalars(query)]


def keys(said: Sequence[Say]) -> list[str]:
    return [one.key for one in said]


def payloads(said: Sequence[Say]) -> list[str]:
    return [choice.payload for one in said for choice in one.choices]
