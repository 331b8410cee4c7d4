"""The outbox: what Kawan says by itself is queued here once, under a key that makes repeating harmless."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant.messages import Say
from db.engine import notify
from db.messages import Lane, Outbound
from db.people import Address, AddressState, Contact, Purpose

WAKE = "kawan_outbox"
FEED_WAKE = "kawan_feed"  # that something was sent, for whoever shows it live
LETTERS = "email"  # whoever has a chat with us is written to there first
BEST_FIRST = (Address.channel == LETTERS, Address.last_inbound_at.desc().nulls_last(), Address.id)


def best_address(session: Session, contact: Contact) -> Address | None:
    """Return where to write to a contact by ourselves: the active address last written from, a chat before e-mail."""
    query = select(Address).where(Address.contact_id == contact.id, Address.state == AddressState.ACTIVE)
    return session.scalars(query.order_by(*BEST_FIRST).limit(1)).first()


def queue_say(session: Session, contact: Contact, message: Say, key: str, purpose: Purpose | None = None) -> bool:
    """Queue a message to a contact's best address; False when it was queued before or nobody can be reached.

    A message with a purpose leaves only if the contact still agrees to that purpose at the moment of sending.
    """
    address = best_address(session, contact)
    if address is None:
        return False
    content = {"says": [message.as_json()], "purpose": purpose}
    return queue_content(session, address, content, key, Lane.REMINDER)


def queue_content(session: Session, address: Address, content: dict[str, Any], key: str, lane: Lane) -> bool:
    """Queue rendered or unrendered content for one address, once per key, and wake the dispatcher."""
    row = {
        "key": key,
        "address_id": address.id,
        "contact_id": address.contact_id,
        "channel": address.channel,
        "lane": lane,
        "content": content,
    }
    inserted = session.execute(
        insert(Outbound).values(**row).on_conflict_do_nothing(index_elements=["key"]).returning(Outbound.id)
    ).first()
    notify(session, WAKE, address.channel)
    return inserted is not None
