"""Who Kawan talks to: contacts, their addresses on channels, and what they agreed to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.columns import Created, Id, JsonList, Moment, PublicId


class Role(StrEnum):
    """What a contact is to the Covenant (J1). The secretariat is no role but a right, given by `kawan grant`."""

    MUNICIPAL = "municipal"
    SIGNATORY = "signatory"
    COMMUNITY = "community"
    BUSINESS = "business"


class Purpose(StrEnum):
    """What a contact may say yes or no to; `keeping` is the consent to keep anything beyond the address."""

    KEEPING = "keeping"
    REMINDERS = "reminders"
    TIPS = "tips"
    NEWS = "news"


class AddressState(StrEnum):
    """Whether an address may be written to: opted out by the person, or gone by the channel's word.

    `unconfirmed`: somebody named an e-mail address, and the code that was sent there has not come back.
    """

    ACTIVE = "active"
    OPTED_OUT = "opted_out"
    GONE = "gone"
    UNCONFIRMED = "unconfirmed"


class Contact(Base):
    """A person, reached at one or more addresses.

    `draft_id` is the draft whose question is open now, `misses` how often in a row we did not understand, `erasing` the
    receipt's reference once the person asked to be erased. `heard` is the language the last messages were written in,
    where that is not `language`, `heard_times` how many in a row; `languages_offered` are those we spoke about already.
    `is_group` is a group chat: whoever writes there is answered in front of everybody, so nothing personal is asked.
    """

    __tablename__ = "contact"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    language: Mapped[str] = mapped_column(String(8), default="en")
    country: Mapped[str | None] = mapped_column(String(2))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    role: Mapped[Role | None] = mapped_column(String(16))
    is_secretariat: Mapped[bool] = mapped_column(default=False)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("draft.id", use_alter=True, ondelete="SET NULL"))
    misses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    heard: Mapped[str | None] = mapped_column(String(8))
    heard_times: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    languages_offered: Mapped[JsonList] = mapped_column(default=list, server_default=text("'[]'"))
    erasing: Mapped[str | None] = mapped_column(String(8))
    is_group: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[Created]
    seen_at: Mapped[Created]

    addresses: Mapped[list["Address"]] = relationship(back_populates="contact")


class Address(Base):
    """Where a contact is reached: the channel and that channel's own id of the person; a phone only where it is known.

    `last_inbound_at` begins WhatsApp's 24-hour window.
    """

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "external_id"), Index(None, "contact_id"))

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(128))
    phone: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[AddressState] = mapped_column(String(16), default=AddressState.ACTIVE)
    last_inbound_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    contact: Mapped[Contact] = relationship(back_populates="addresses")


class Consent(Base):
    """One yes or no: for what, when, where, and the words that were shown."""

    __tablename__ = "consent"
    __table_args__ = (Index(None, "contact_id", "purpose", "id"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose] = mapped_column(String(16))
    given: Mapped[bool]
    version: Mapped[str] = mapped_column(String(32))
    wording: Mapped[str]
    language: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    at: Mapped[Created]


class LinkCode(Base):
    """A one-time code that joins another address to a contact; only its hash is kept.

    `email` is the address that a code was mailed to; without it the code is typed on another channel.
    """

    __tablename__ = "link_code"
    __table_args__ = (Index(None, "contact_id", "id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    email: Mapped[str | None] = mapped_column(String(254))
    expires_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Suppression(Base):
    """An opt-out that outlives erasure: a keyed hash of channel and external id, nothing else."""

    __tablename__ = "suppression"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[Created]


class Erasure(Base):
    """The receipt of an erasure: no personal data, only that and when it was done, and how much went."""

    __tablename__ = "erasure"

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Moment]
