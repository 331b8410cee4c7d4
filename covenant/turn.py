"""One turn as the Covenant sees it: who says what, when, and what was understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from covenant.reading import Reading
from db.people import Address, Contact
from locales import Catalogue, Catalogues

HOME = "Asia/Jakarta"  # where the secretariat is


@dataclass(frozen=True)
class Heard:
    """The language that the letters of a message speak for, and how surely."""

    language: str
    confidence: float


@dataclass(frozen=True)
class Doors:
    """Where else Kawan is met: the Telegram bot's name, the WhatsApp number, the page's address; whether it can mail.

    What is empty does not exist in this house.
    """

    telegram: str = ""
    whatsapp: str = ""
    page: str = ""
    mail: bool = False


@dataclass(frozen=True)
class Turn:
    """What an answer is made from. `entities` come from a button's payload, `reading` from the open question."""

    session: Session
    contact: Contact
    address: Address
    now: datetime
    catalogues: Catalogues
    intent: str
    text: str = ""
    inbound_id: int = 0
    entities: Mapping[str, Any] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    ranking: tuple[tuple[str, float], ...] = ()
    heard: Heard | None = None
    doors: Doors = field(default_factory=Doors)

    @property
    def language(self) -> str:
        """The contact's language now; it may change within the turn."""
        return self.contact.language

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the contact's language."""
        return self.catalogues.get(self.contact.language) or self.catalogues["en"]

    @property
    def today(self) -> date:
        """The date where the contact is, as far as we know."""
        return local_date(self.contact.time_zone, self.now)


def local_date(time_zone: str | None, now: datetime | None = None) -> date:
    """Return the date in a time zone, or in Jakarta when it is unknown or no time zone at all."""
    try:
        zone = ZoneInfo(time_zone or HOME)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo(HOME)
    return (now or datetime.now(UTC)).astimezone(zone).date()
