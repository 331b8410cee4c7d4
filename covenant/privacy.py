"""J10, my data: everything kept about a person, readable and as JSON, and its erasure with a receipt."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, inspect, select, update
from sqlalchemy.orm import Session

from covenant.consent import fingerprint
from covenant.pledge_book import Event
from covenant.review import FOCAL_CHANGED
from db.base import Base
from db.columns import new_reference
from db.messages import Conversation, File, Inbound, InboundState, Outbound, OutboundState, TurnEffect
from db.milestones import Evidence, Notice, ReminderPause
from db.people import Address, AddressState, Consent, Contact, Erasure, LinkCode, Suppression
from db.pledges import Pledge, PledgeEvent, PledgeReport
from db.records import (
    Application,
    ApplicationEvent,
    Broadcast,
    Doubt,
    Draft,
    DraftEvent,
    Letter,
    Membership,
    Ticket,
    TipShown,
)
from db.teams import Invitation, MembershipEvent

# What is the person's, in the order in which it can be erased. Applications, pledges and evidence of a municipality
# are the municipality's record: they stay, without the person.
OWN: tuple[type[Base], ...] = (
    Outbound,
    Inbound,
    Consent,
    LinkCode,
    Invitation,
    Membership,
    TipShown,
    Notice,
    ReminderPause,
    Doubt,
    Draft,
    Conversation,
    File,
    Address,
)
SHARED: tuple[type[Base], ...] = (Application, Pledge, Evidence, Ticket, Broadcast)
# Also what was refused or changed later.
HISTORY: tuple[type[Base], ...] = (DraftEvent, ApplicationEvent, Letter, MembershipEvent, PledgeReport, PledgeEvent)
LONGEST_WAIT = timedelta(minutes=10)
# On WhatsApp and by e-mail, the address's id is the person's own number or address; elsewhere it says nothing to them.
HIDDEN = frozenset(
    {
        "id",
        "address_id",
        "answered_by",
        "application_id",
        "by_id",
        "contact_id",
        "digest",
        "draft_id",
        "feed",
        "file_id",
        "key",
        "letter_id",
        "reviewer_id",
        "token",
    }
)
OPAQUE = frozenset({"web", "telegram"})


def export(session: Session, contact: Contact) -> dict[str, Any]:
    """Return everything that is kept about a contact, table by table, in a form that JSON can hold."""
    person = {
        column: _plain(getattr(contact, column))
        for column in ("public_id", "language", "country", "role", "created_at")
    }
    tables = {table.__tablename__: list(_rows(session, table, contact)) for table in (*OWN, *SHARED, *HISTORY)}
    return {"contact": person, **tables}


def _owner(table: type[Base]) -> Any:
    return getattr(table, "author_id", None) if table is Broadcast else getattr(table, "contact_id", None)


def _rows(session: Session, table: type[Base], contact: Contact) -> Iterator[dict[str, Any]]:
    for row in session.scalars(select(table).where(_owner(table) == contact.id)):
        columns = (column.key for column in inspect(table).column_attrs)
        yield {key: _plain(getattr(row, key)) for key in columns if key not in HIDDEN and not _is_opaque(row, key)}


def _is_opaque(row: Base, key: str) -> bool:
    return key == "external_id" and (not isinstance(row, Address) or row.channel in OPAQUE)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def counts(session: Session, contact: Contact) -> dict[str, int]:
    """Return how many rows of each table are about a contact."""
    return {
        table.__tablename__: session.scalar(select(func.count()).select_from(table).where(_owner(table) == contact.id))
        or 0
        for table in (*OWN, *SHARED)
    }


def file_ids(session: Session, contact: Contact) -> list[str]:
    """Return the public ids of the files a contact handed in, for their bytes to be removed."""
    return list(session.scalars(select(File.public_id).where(File.contact_id == contact.id)))


def request_erasure(contact: Contact) -> str:
    """Mark a contact for erasure and return the receipt's reference; the clock erases once that was delivered."""
    contact.erasing = contact.erasing or new_reference()
    return contact.erasing


def due_for_erasure(session: Session, now: datetime) -> Contact | None:
    """Return a contact to erase now: nothing of theirs is under way, or they have waited long enough."""
    waiting = select(Inbound.contact_id).where(Inbound.state.in_((InboundState.WAITING, InboundState.FETCHING)))
    leaving = select(Outbound.contact_id).where(Outbound.state.in_((OutboundState.QUEUED, OutboundState.SENDING)))
    quiet = Contact.id.not_in(waiting) & Contact.id.not_in(leaving)
    query = select(Contact).where(Contact.erasing.is_not(None), quiet | (Contact.seen_at < now - LONGEST_WAIT))
    return session.scalars(query.order_by(Contact.id).limit(1).with_for_update(skip_locked=True)).first()


def erase(session: Session, contact: Contact, secret: str, now: datetime) -> None:
    """Erase a contact for good, leaving a receipt without personal data; an opt-out stays as a keyed hash."""
    addresses = session.scalars(select(Address).where(Address.contact_id == contact.id)).all()
    for address in addresses:
        if address.state == AddressState.OPTED_OUT:
            for name in {address.external_id, address.phone} - {None}:  # they may come back under either
                session.merge(Suppression(fingerprint=fingerprint(secret, address.channel, str(name)), at=now))
    removed = sum(counts(session, contact)[table.__tablename__] for table in OWN) + 1
    session.add(Erasure(reference=request_erasure(contact), rows=removed, at=now))
    session.flush()
    _unlink(session, contact)
    _remove(session, contact)


def _unlink(session: Session, contact: Contact) -> None:
    # A colleague's amendment may hold the person's own address, so the history of their requests is emptied as well.
    # So is that of a request which they handed over: the step itself says what was known of them.
    handed_over = (ApplicationEvent.contact_id == contact.id) & (ApplicationEvent.event == FOCAL_CHANGED)
    sent = select(Application.id).where(Application.contact_id == contact.id)
    theirs = sent.union(select(ApplicationEvent.application_id).where(handed_over))
    about = (ApplicationEvent.contact_id == contact.id) | ApplicationEvent.application_id.in_(theirs)
    session.execute(update(ApplicationEvent).where(about).values(change={}, reason=None))
    session.execute(update(ApplicationEvent).where(ApplicationEvent.contact_id == contact.id).values(contact_id=None))
    session.execute(
        update(Application)
        .where(Application.contact_id == contact.id)
        .values(contact_id=None, focal_name=None, focal_email=None, focal_phone=None)
    )
    session.execute(update(Letter).where(Letter.contact_id == contact.id).values(contact_id=None, pages=[]))
    session.execute(update(Pledge).where(Pledge.contact_id == contact.id).values(contact_id=None))
    reported = update(PledgeReport).where(PledgeReport.contact_id == contact.id)
    session.execute(reported.values(contact_id=None, file_id=None, note=None, link=None))
    # Why they withdrew a pledge, or sent one back, is in their own words.
    withdrawn = select(PledgeEvent.pledge_id).where(
        PledgeEvent.contact_id == contact.id, PledgeEvent.event == Event.WITHDRAWN
    )
    session.execute(update(Pledge).where(Pledge.id.in_(withdrawn)).values(reason=None))
    told = update(PledgeEvent).where(PledgeEvent.contact_id == contact.id)
    session.execute(told.values(contact_id=None, reason=None))
    session.execute(update(Evidence).where(Evidence.contact_id == contact.id).values(contact_id=None, file_id=None))
    session.execute(
        update(Ticket).where(Ticket.contact_id == contact.id).values(contact_id=None, message=None, answer=None)
    )
    session.execute(update(Broadcast).where(Broadcast.author_id == contact.id).values(author_id=None))
    # In a draft that was handed to somebody else, what they typed themselves.
    session.execute(update(DraftEvent).where(DraftEvent.contact_id == contact.id).values(contact_id=None, change={}))


def _remove(session: Session, contact: Contact) -> None:
    inbound = select(Inbound.id).where(Inbound.contact_id == contact.id)
    drafts = select(Draft.id).where(Draft.contact_id == contact.id)
    session.execute(update(Contact).where(Contact.id == contact.id).values(draft_id=None))
    session.execute(delete(TurnEffect).where(TurnEffect.inbound_id.in_(inbound)))
    session.execute(delete(DraftEvent).where(DraftEvent.draft_id.in_(drafts)))
    # An address that was once somebody else's takes along what was said there.
    addresses = select(Address.id).where(Address.contact_id == contact.id)
    session.execute(delete(Outbound).where(Outbound.address_id.in_(addresses)))
    session.execute(delete(Inbound).where(Inbound.address_id.in_(addresses)))
    for table in OWN:
        session.execute(delete(table).where(_owner(table) == contact.id))
    session.execute(delete(Contact).where(Contact.id == contact.id))
