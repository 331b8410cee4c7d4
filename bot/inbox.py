"""The inbox: whatever comes in is stored once, with whom it is from, before anything is answered."""

from datetime import datetime

from babel.core import get_global
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.channels import Inbound as Received
from covenant import consent
from covenant.reminders import TIME_ZONES
from db.engine import notify
from db.messages import Conversation, Inbound, InboundState
from db.people import Address, AddressState, Contact
from locales import LANGUAGES, closest
from locales.languages import language_of_country, language_of_script

WAKE = "kawan_inbox"
QUEUE_CAP = 20  # messages of one person that may wait; more would only be answered to nobody
ID_LENGTH = 128


def find_address(session: Session, channel: str, external_id: str) -> Address | None:
    """Return the address of a channel's person, or None when we never met."""
    query = select(Address).where(Address.channel == channel, Address.external_id == external_id)
    return session.scalars(query).first()


def meet(session: Session, received: Received, secret: str) -> Address:
    """Return the address that a message came from; somebody new becomes a contact whose language is guessed."""
    known = find_address(session, received.channel, received.address)
    if known:
        return known
    country = received.country or country_of_zone(received.time_zone)
    contact = Contact(language=_guess(received, country), country=country, time_zone=received.time_zone)
    session.add(contact)
    session.flush()
    stopped = consent.is_suppressed(session, secret, received.channel, received.address)
    address = Address(
        contact_id=contact.id,
        channel=received.channel,
        external_id=received.address,
        state=AddressState.OPTED_OUT if stopped else AddressState.ACTIVE,
    )
    session.add_all((address, Conversation(contact_id=contact.id, offered=[])))
    session.flush()
    return address


def deep_link(start: str | None) -> tuple[str | None, str | None]:
    """Return the country and the language that a link's `start` carries, such as `KH_km_mangroves`; the rest is free.

    Only letters that every channel lets through are used: A-Z a-z 0-9 _ -.
    """
    parts = (start or "").split("_")
    country = next((part for part in parts if part in TIME_ZONES), None)
    return country, next((part for part in parts if part in LANGUAGES), None)


def country_of_zone(time_zone: str | None) -> str | None:
    """Return the country of a time zone such as Asia/Jakarta, or None."""
    country = get_global("zone_territories").get(time_zone or "")
    return country if country and country != "001" else None


def _guess(received: Received, country: str | None) -> str:
    guesses = (language_of_script(received.text), closest(received.language), language_of_country(country))
    return next((guess for guess in guesses if guess), "en")


def store(session: Session, received: Received, now: datetime, secret: str) -> bool:
    """Store a message once and wake the worker; False when it was stored before. The caller commits and says 200."""
    address = meet(session, received, secret)
    row = {
        "address_id": address.id,
        "contact_id": address.contact_id,
        "channel": received.channel,
        "external_id": received.external_id[:ID_LENGTH],
        "content": received.content,
        "state": InboundState.WAITING,
        "attempts": 0,
    }
    statement = insert(Inbound).values(**row).on_conflict_do_nothing(index_elements=["channel", "external_id"])
    if session.execute(statement.returning(Inbound.id)).first() is None:
        return False
    address.last_inbound_at = now
    _follow_script(session, address, received.text)
    notify(session, WAKE, str(address.contact_id))
    return True


def _follow_script(session: Session, address: Address, text: str) -> None:
    """Before the person has chosen, Thai letters mean Thai; afterwards their choice always wins."""
    language = language_of_script(text)
    contact = session.get_one(Contact, address.contact_id)
    if language and contact.role is None and contact.draft_id is None:
        contact.language = language


def is_full(session: Session, contact_id: int) -> bool:
    """Tell whether a person has so many unanswered messages that one more has to wait outside."""
    waiting = select(func.count(Inbound.id)).where(
        Inbound.contact_id == contact_id, Inbound.state == InboundState.WAITING
    )
    return (session.scalar(waiting) or 0) >= QUEUE_CAP
