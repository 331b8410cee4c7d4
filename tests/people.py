"""People that tests put straight into the database, as they would be after they had joined over the web page."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from bot import inbox
from bot.channels import Inbound as Received
from bot.channels.web import NAME, address_of
from covenant.turn import Turn
from db.messages import Inbound
from db.people import Address, AddressState, Consent, Contact, Purpose
from locales import load_catalogues

SECRET = "s" * 32


@dataclass(frozen=True)
class Somebody:
    """A person on the page: the cookie, the contact and the address."""

    token: str
    contact: Contact
    address: Address

    def write(self, session: Session, text: str, **more: str) -> Inbound:
        """Let a message of theirs come in, over the same way as every message."""
        external_id = f"{self.address.id}:{secrets.token_hex(16)}"
        received = Received(NAME, address_of(self.token), external_id, text=text, **more)
        assert inbox.store(session, received, datetime.now(UTC), SECRET)
        session.flush()
        return session.query(Inbound).filter_by(external_id=external_id).one()


def somebody(
    session: Session,
    *agreed: Purpose,
    language: str = "en",
    refused: tuple[Purpose, ...] = (),
    state: AddressState = AddressState.ACTIVE,
) -> Somebody:
    """Somebody new who said yes to some purposes and, after that, no to others."""
    token = secrets.token_urlsafe(32)
    address = inbox.meet(session, Received(NAME, address_of(token), "hello", language=language), SECRET)
    contact = address.contact
    contact.language = language
    address.state = state
    session.add_all(said(contact, purpose, given=True) for purpose in agreed)
    session.flush()
    session.add_all(said(contact, purpose, given=False) for purpose in refused)
    session.flush()
    return Somebody(token, contact, address)


def said(contact: Contact, purpose: Purpose, *, given: bool) -> Consent:
    """A yes or a no."""
    return Consent(
        contact_id=contact.id,
        purpose=purpose,
        given=given,
        version="test",
        wording="…",
        language=contact.language,
        channel=NAME,
        at=datetime.now(UTC),
    )


def until(true: Callable[[], object], seconds: float = 180, pause: float = 0.02) -> None:
    """Wait for something to become true in another process."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(pause)


def turn_of(session: Session, person: Somebody, intent: str = "unclear") -> Turn:
    """A turn of theirs in which nothing was said yet."""
    return Turn(session, person.contact, person.address, datetime.now(UTC), load_catalogues(), intent)
