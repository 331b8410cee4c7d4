"""What only a person can answer: a ticket for the secretariat, with a reference the asker can name."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from covenant import consent
from covenant.turn import Turn
from db.people import Contact, Purpose
from db.records import Ticket, TicketState
from locales.languages import ENGLISH

LONGEST = 2000  # characters of the person's words that a ticket keeps


def open_ticket(turn: Turn, kind: str, message: str | None, file_id: int | None = None) -> Ticket:
    """Open a ticket of the given kind with the person's words."""
    ticket = Ticket(
        contact_id=turn.contact.id,
        kind=kind,
        message=_kept_words(turn, message),
        file_id=file_id,
        language=turn.language,
        created_at=turn.now,
    )
    turn.session.add(ticket)
    turn.session.flush()
    return ticket


def open_task(session: Session, kind: str, about: str, now: datetime, contact: Contact | None = None) -> Ticket:
    """Open a ticket that nobody wrote: what it is about in names, keys and dates; `contact` is whom it concerns."""
    language = contact.language if contact else ENGLISH
    contact_id = contact.id if contact else None
    ticket = Ticket(contact_id=contact_id, kind=kind, message=about[:LONGEST], language=language, created_at=now)
    session.add(ticket)
    session.flush()
    return ticket


def _kept_words(turn: Turn, message: str | None) -> str | None:
    """The person's words, but only of somebody who agreed that we keep them."""
    agreed = consent.has_given(turn.session, turn.contact, Purpose.KEEPING)
    return (message or "")[:LONGEST] or None if agreed else None


def waiting(session: Session, limit: int = 50) -> Sequence[Ticket]:
    """Return the open tickets, oldest first."""
    query = select(Ticket).where(Ticket.state == TicketState.OPEN).order_by(Ticket.id).limit(limit)
    return session.scalars(query).all()


def find(session: Session, reference: str) -> Ticket | None:
    """Return the ticket with a reference, or None."""
    return session.scalars(select(Ticket).where(Ticket.reference == reference)).first()


def count_waiting(session: Session) -> int:
    """Return how many tickets wait."""
    return session.scalar(select(func.count(Ticket.id)).where(Ticket.state == TicketState.OPEN)) or 0
