"""What only a person can answer: a ticket for the secretariat, with a reference the asker can name."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from covenant import consent
from covenant.turn import Turn
from db.people import Purpose
from db.records import Ticket, TicketState

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
