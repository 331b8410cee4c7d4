"""The inbox: whatever comes in is stored once, with whom it is from, before anything is answered."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from babel.core import get_global
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels import Inbound as Received
from bot.channels import Kind
from covenant import consent
from covenant.outbox import WAKE as OUTBOX_WAKE
from covenant.reminders import TIME_ZONES
from db.engine import notify
from db.messages import Conversation, Inbound, InboundState, Outbound, OutboundState
from db.people import Address, AddressState, Contact
from locales import LANGUAGES, closest
from locales.languages import language_of_country, language_of_script

WAKE = "kawan_inbox"
QUEUE_CAP = 20  # messages of one person that may wait; more would only be answered to nobody
ID_LENGTH = 128
ALBUM_GROWS = timedelta(seconds=2)  # the pictures of an album come one by one


def find_address(session: Session, channel: str, external_id: str) -> Address | None:
    """Return the address of a channel's person, or None when we never met."""
    query = select(Address).where(Address.channel == channel, Address.external_id == external_id)
    return session.scalars(query).first()


def _known(session: Session, received: Received) -> Address | None:
    """Return who wrote, by their id there, or by the phone number under which we met before they had another id.

    A number may have a new owner: whoever comes with another id than the one that was met with it is somebody else.
    """
    found = find_address(session, received.channel, received.address)
    if found or not received.phone:
        return found
    same_phone = (Address.channel == received.channel) & (Address.phone == received.phone)
    found = session.scalars(select(Address).where(same_phone).order_by(Address.id.desc()).limit(1)).first()
    if found is None or received.address == received.phone:
        return found
    if found.external_id != received.phone:
        found.phone = None
        return None
    found.external_id = received.address
    return found


def meet(session: Session, received: Received, secret: str) -> Address:
    """Return the address that a message came from; somebody new becomes a contact whose language is guessed."""
    known = _known(session, received)
    if known:
        return known
    try:
        with session.begin_nested():
            return _welcome(session, received, secret)
    except IntegrityError:  # another message of theirs came in at this very moment
        return _found_now(session, received)


def _found_now(session: Session, received: Received) -> Address:
    found = find_address(session, received.channel, received.address)
    if found is None:
        raise LookupError(received.channel)
    return found


def _welcome(session: Session, received: Received, secret: str) -> Address:
    country = received.country or country_of_zone(received.time_zone)
    contact = Contact(
        language=_guess(received, country),
        country=country,
        time_zone=received.time_zone or TIME_ZONES.get(country or ""),
        is_group=received.group,
    )
    session.add(contact)
    session.flush()
    names = (received.address, received.phone) if received.phone else (received.address,)
    stopped = any(consent.is_suppressed(session, secret, received.channel, name) for name in names)
    address = Address(
        contact_id=contact.id,
        channel=received.channel,
        external_id=received.address,
        phone=received.phone,
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
        "state": InboundState.FETCHING if received.media else InboundState.WAITING,
        "attempts": 0,
        "due_at": now + ALBUM_GROWS if received.album else now,
    }
    if not _insert_as_whose_it_is(session, address, row):
        return False
    address.last_inbound_at = now
    address.phone = received.phone or address.phone
    if address.state == AddressState.GONE:  # whoever writes is not gone
        address.state = AddressState.ACTIVE
    _follow_script(session, address, received.text)
    _let_go(session, address)
    notify(session, WAKE, str(address.contact_id))
    return True


def _let_go(session: Session, address: Address) -> None:
    """What was held until the person writes again may leave now."""
    held = (Outbound.address_id == address.id) & (Outbound.state == OutboundState.HELD)
    if session.scalar(select(Outbound.id).where(held).limit(1)) is None:  # as nearly always: nothing is locked for it
        return
    freed = update(Outbound).where(held).values(state=OutboundState.QUEUED, error=None, due_at=func.now())
    if session.execute(freed.returning(Outbound.id)).first():
        notify(session, OUTBOX_WAKE, address.channel)


def uuid_of(token: str) -> UUID | None:
    """Return a message's opaque name, or None for anything else."""
    try:
        return UUID(hex=token)
    except ValueError:
        return None


def pressed(session: Session, received: Received, key: str) -> Received:
    """Return a pressed button with what it sends: its key names one of the messages to that very address."""
    token, _, position = key.rpartition(".")
    named = uuid_of(token)
    same_chat = (Address.channel == received.channel) & Address.external_id.in_(
        (received.address, received.phone or "")
    )
    query = select(Outbound.content).join(Address, Address.id == Outbound.address_id)
    content = session.scalar(query.where(Outbound.token == named, same_chat))
    buttons = (content or {}).get("buttons") or []
    if not int(position) < len(buttons):
        return replace(received, kind=Kind.OLD_BUTTON)
    button = buttons[int(position)]
    return replace(received, payload=button["payload"], title=button["title"], detail={"pressed": token})


def _insert_as_whose_it_is(session: Session, address: Address, row: dict[str, Any]) -> bool:
    """Store the message also when its address is joined to another contact at this very moment."""
    try:
        with session.begin_nested():
            return _insert(session, row)
    except IntegrityError:  # the contact that it was found with is no more
        session.refresh(address)
        return _insert(session, row | {"contact_id": address.contact_id})


def _insert(session: Session, row: dict[str, Any]) -> bool:
    statement = insert(Inbound).values(**row).on_conflict_do_nothing(index_elements=["channel", "external_id"])
    return session.execute(statement.returning(Inbound.id)).first() is not None


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
