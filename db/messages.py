"""What was said: the inbox, the outbox, the conversation's own memory, and files handed in."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Numeric, Sequence, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.columns import Created, Id, Json, JsonList, PublicId
from db.people import Address

FEED = Sequence("outbound_feed", metadata=Base.metadata)


class InboundState(StrEnum):
    """Where an inbound message stands; `unanswered` got the apology after the last try and stays visible.

    `fetching`: its file still lies with the provider. `quiet`: it came in a flood and gets no answer of its own.
    """

    FETCHING = "fetching"
    WAITING = "waiting"
    DONE = "done"
    UNANSWERED = "unanswered"
    QUIET = "quiet"


class OutboundState(StrEnum):
    """Where an outbound message stands. `unknown`: the call left and no answer came back.

    `held`: WhatsApp's window is closed and there is no approved template; it leaves when the person writes again.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    HELD = "held"


STILL_OPEN = "state IN ('queued', 'held', 'unknown')"
ARRIVED = (OutboundState.SENT, OutboundState.DELIVERED, OutboundState.READ)


class Lane(StrEnum):
    """What kind of sending it is; replies never wait behind broadcasts."""

    REPLY = "reply"
    REMINDER = "reminder"
    BROADCAST = "broadcast"


class Conversation(Base):
    """One contact's thread, locked for a turn. Only the worker writes it; `offered` are the buttons of the last answer.

    `patience` is how many messages are answered before a pause, as it stood at `patience_at` (the flood's bucket).
    """

    __tablename__ = "conversation"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    offered: Mapped[JsonList] = mapped_column(default=list, server_default=text("'[]'"))
    patience: Mapped[float | None]
    patience_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Inbound(Base):
    """A message that came in, stored before it is answered. Unique on channel and the channel's message id."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbound_waiting", "contact_id", "id", postgresql_where=text("state = 'waiting'")),
        Index(None, "address_id", "id"),
    )

    id: Mapped[Id]
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(128))
    content: Mapped[Json]
    state: Mapped[InboundState] = mapped_column(String(16), default=InboundState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Created]
    received_at: Mapped[Created]
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    address: Mapped[Address] = relationship()


class TurnEffect(Base):
    """What the action of a turn answered, written with the action's own changes, so that a turn repeats safely."""

    __tablename__ = "turn_effect"

    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound.id", ondelete="CASCADE"), primary_key=True)
    intent: Mapped[str] = mapped_column(String(64))
    replies: Mapped[JsonList]
    at: Mapped[Created]


class Outbound(Base):
    """A message that leaves. `key` makes queueing it twice harmless; `feed` numbers what the web page shows.

    `token` is its opaque name outside: buttons and status callbacks carry it. `doubted_at`: a call with it left and no
    answer came back, so that it may have arrived before, or twice. `cost` is in US dollars, by the dated rates.
    """

    __tablename__ = "outbound"
    __table_args__ = (
        Index("ix_outbound_queued", "channel", "lane", "due_at", postgresql_where=text("state = 'queued'")),
        Index(None, "address_id", "feed"),
        Index(None, "broadcast_id", "state"),
        Index(None, "provider_id"),
        Index("ix_outbound_open", "address_id", "state", postgresql_where=text(STILL_OPEN)),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(128), unique=True)
    token: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[str] = mapped_column(String(16))
    lane: Mapped[Lane] = mapped_column(String(16))
    content: Mapped[Json]
    state: Mapped[OutboundState] = mapped_column(String(16), default=OutboundState.QUEUED, server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    due_at: Mapped[Created]
    queued_at: Mapped[Created]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    feed: Mapped[int | None] = mapped_column(BigInteger)
    provider_id: Mapped[str | None] = mapped_column(String(128))
    error: Mapped[str | None] = mapped_column(String(64))
    doubted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    template: Mapped[str | None] = mapped_column(String(64))
    cost: Mapped[Decimal | None] = mapped_column(Numeric(10, 6))
    broadcast_id: Mapped[int | None] = mapped_column(ForeignKey("broadcast.id"))

    address: Mapped[Address] = relationship()


class Template(Base):
    """A message template at the provider: which of ours it is, in which language, its id there and its approval.

    `digest` is of the text that was handed in: a changed text is a new template.
    """

    __tablename__ = "template"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    sid: Mapped[str] = mapped_column(String(64))
    approval: Mapped[str] = mapped_column(String(24))
    reason: Mapped[str | None]
    checked_at: Mapped[Created]


class File(Base):
    """A file that a person handed in or that Kawan made; the bytes lie under `<data dir>/files/<public id>`.

    `long_side` is a picture's longer side in dots, None for what is no picture or came before it was noted.
    """

    __tablename__ = "file"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    long_side: Mapped[int | None]
    created_at: Mapped[Created]
