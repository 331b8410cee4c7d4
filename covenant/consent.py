"""What a contact agreed to: recorded with the words that were shown, asked purpose by purpose, taken back at once."""

import hashlib
import hmac

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from covenant.turn import Turn
from db.people import Address, AddressState, Consent, Contact, Purpose, Suppression

VERSION = "2026-11"
WORDING = {
    Purpose.KEEPING: "utter_ask_consent",
    Purpose.REMINDERS: "utter_ask_reminders",
    Purpose.TIPS: "utter_ask_tips_weekly",
    Purpose.NEWS: "utter_ask_news",
}


def record(turn: Turn, purpose: Purpose, *, given: bool) -> None:
    """Write down a yes or a no, with the wording the person saw, its version, language, channel and time."""
    turn.session.add(
        Consent(
            contact_id=turn.contact.id,
            purpose=purpose,
            given=given,
            version=VERSION,
            wording=turn.catalogue.text(WORDING[purpose]),
            language=turn.language,
            channel=turn.address.channel,
            at=turn.now,
        )
    )
    turn.session.flush()


def has_given(session: Session, contact: Contact, purpose: Purpose) -> bool:
    """Tell whether the contact's last word on a purpose was yes."""
    query = select(Consent.given).where(Consent.contact_id == contact.id, Consent.purpose == purpose)
    return bool(session.scalar(query.order_by(Consent.id.desc()).limit(1)))


def stop(session: Session, contact: Contact) -> None:
    """Stop everything that we would send by ourselves, to every address of the contact, also where they left."""
    session.execute(
        update(Address)
        .where(Address.contact_id == contact.id, Address.state != AddressState.OPTED_OUT)
        .values(state=AddressState.OPTED_OUT)
    )


def start_again(session: Session, contact: Contact) -> None:
    """Let us write to the contact's addresses again."""
    session.execute(
        update(Address)
        .where(Address.contact_id == contact.id, Address.state == AddressState.OPTED_OUT)
        .values(state=AddressState.ACTIVE)
    )


def fingerprint(secret: str, channel: str, external_id: str) -> str:
    """Return the keyed hash under which an address's opt-out outlives erasure."""
    return hmac.new(secret.encode(), f"{channel}:{external_id}".encode(), hashlib.sha256).hexdigest()


def is_suppressed(session: Session, secret: str, channel: str, external_id: str) -> bool:
    """Tell whether an erased address had opted out."""
    return session.get(Suppression, fingerprint(secret, channel, external_id)) is not None
