"""The outbox: what Kawan says by itself is queued here once, under a key that makes repeating harmless."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant.messages import Say
from db.engine import notify
from db.messages import Lane, Outbound, OutboundState
from db.people import Address, AddressState, Contact, Purpose

WAKE = "kawan_outbox"
EMAIL = "email"  # nobody can answer there, so whoever has a chat with us is written to there first
FEED_WAKE = "kawan_feed"  # that something was sent, for whoever shows it live
BEST_FIRST = (Address.channel == EMAIL, Address.last_inbound_at.desc().nulls_last(), Address.id)


def best_address(session: Session, contact: Contact, asked: str = "") -> Address | None:
    """Return where to write to a contact by ourselves: the chat last written from, by e-mail only without any.

    A channel that was `asked` for comes before all.
    """
    query = select(Address).where(Address.contact_id == contact.id, Address.state == AddressState.ACTIVE)
    return session.scalars(query.order_by(Address.channel != asked, *BEST_FIRST).limit(1)).first()


def queue_say(session: Session, contact: Contact, message: Say, key: str, purpose: Purpose | None = None) -> bool:
    """Queue a message to a contact's best address; False when it was queued before or nobody can be reached.

    A message with a purpose leaves only if the contact still agrees to that purpose at the moment of sending.
    """
    address = best_address(session, contact)
    if address is None:
        return False
    content = {"says": [message.as_json()], "purpose": purpose} | ({"file": message.file} if message.file else {})
    return queue_content(session, address, content, key, Lane.REMINDER)


def queue_content(  # noqa: PLR0913, PLR0917 - a row of the outbox
    session: Session, address: Address, content: dict[str, Any], key: str, lane: Lane, contact: Contact | None = None
) -> bool:
    """Queue rendered or unrendered content for one address, once per key, and wake the dispatcher.

    `contact` is whose message it is, where the address is not, or not yet, theirs.
    """
    row = {
        "key": key,
        "address_id": address.id,
        "contact_id": contact.id if contact else address.contact_id,
        "channel": address.channel,
        "lane": lane,
        "content": content,
    }
    inserted = session.execute(
        insert(Outbound).values(**row).on_conflict_do_nothing(index_elements=["key"]).returning(Outbound.id)
    ).first()
    notify(session, WAKE, address.channel)
    return inserted is not None


def skip_waiting(session: Session, address: Address) -> None:
    """Let nothing leave any more that waits for an address, since it is about to be somebody else's."""
    waiting = Outbound.state.in_((OutboundState.QUEUED, OutboundState.HELD))
    mine = update(Outbound).where(Outbound.address_id == address.id, waiting)
    session.execute(mine.values(state=OutboundState.SKIPPED))


def is_silent(session: Session, contact_id: int) -> bool:
    """Tell whether a contact wanted to hear nothing at all: what joins them then is silent, too."""
    states = set(session.scalars(select(Address.state).where(Address.contact_id == contact_id)))
    return AddressState.OPTED_OUT in states and AddressState.ACTIVE not in states
