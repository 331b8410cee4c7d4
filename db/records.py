"""What people record: drafts, municipalities and their applications, pledges, tickets, broadcasts."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.columns import Created, Id, Json, JsonList, PublicId, Reference


class DraftState(StrEnum):
    """A draft is open until it is sent or given up; a cancelled one can be taken up again."""

    OPEN = "open"
    SENT = "sent"
    CANCELLED = "cancelled"


class Draft(Base):
    """What a contact has filled in of one journey so far. `field` is the open question, None at the review.

    `nudged` is after how many days of silence the person was last asked whether to go on.
    """

    __tablename__ = "draft"
    __table_args__ = (Index(None, "contact_id", "journey", "state"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    journey: Mapped[str] = mapped_column(String(32))
    values: Mapped[Json] = mapped_column(default=dict)
    field: Mapped[str | None] = mapped_column(String(48))
    candidates: Mapped[Json] = mapped_column(default=dict, server_default=text("'{}'"))
    state: Mapped[DraftState] = mapped_column(String(16), default=DraftState.OPEN)
    nudged: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    created_at: Mapped[Created]
    changed_at: Mapped[Created]


class DraftEvent(Base):
    """One change of a draft: which field, from what, to what, by whom; the draft's history."""

    __tablename__ = "draft_event"

    id: Mapped[Id]
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    field: Mapped[str] = mapped_column(String(48))
    change: Mapped[Json]
    at: Mapped[Created]


class ApplicationState(StrEnum):
    """Where a municipality's application stands (journey J2); `covenant.review` says what may follow what."""

    SUBMITTED = "submitted"
    LETTER_ISSUED = "letter_issued"
    LETTER_RECEIVED = "letter_received"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Municipality(Base):
    """A local government. `place_id` is its GeoNames id, absent when the officer wrote a name we do not list."""

    __tablename__ = "municipality"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    place_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    name: Mapped[str] = mapped_column(String(200))
    province: Mapped[str | None] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    committed_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[Created]


class TeamRole(StrEnum):
    """What a member is in the municipality's team; nobody but the focal point hands that role over."""

    FOCAL = "focal"
    SECOND = "second"
    OFFICER = "officer"
    SIGNATORY = "signatory"


class Membership(Base):
    """A contact's place in a municipality's team; `pending` until the focal point or the secretariat says yes.

    `asked_as` is the name under which somebody asked to belong to it. Of several towns of a person, the current one is
    the one with the latest `chosen_at`. A municipality has one focal point at most.
    """

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("municipality_id", "contact_id"),
        Index("uq_membership_focal", "municipality_id", unique=True, postgresql_where=text("role = 'focal'")),
    )

    id: Mapped[Id]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    pending: Mapped[bool] = mapped_column(default=False)
    role: Mapped[TeamRole] = mapped_column(String(16), default=TeamRole.OFFICER, server_default=TeamRole.OFFICER)
    asked_as: Mapped[str | None] = mapped_column(String(200))
    chosen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[Created]

    municipality: Mapped[Municipality] = relationship()


class Application(Base):
    """A municipality's request to join, as it was sent to the secretariat; amended, never overwritten silently.

    Only `covenant.review` writes `state`, `moved_at` (since when it stands there), `reviewer_id` (who took it up),
    `reason`, `returned_fields` (what is still to be mended) and `unheard` (it was mended, and whoever sent it back has
    not heard of it). `letter_id` is the signed copy as it is read.
    """

    __tablename__ = "application"
    __table_args__ = (Index("ix_application_unheard", "id", postgresql_where=text("unheard")),)

    id: Mapped[Id]
    reference: Mapped[Reference]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("draft.id", ondelete="SET NULL"))
    mandate_body: Mapped[str | None] = mapped_column(String(200))
    mandate_date: Mapped[date | None] = mapped_column(Date)
    signatory_name: Mapped[str | None] = mapped_column(String(120))
    signatory_title: Mapped[str | None] = mapped_column(String(120))
    focal_name: Mapped[str | None] = mapped_column(String(120))
    focal_post: Mapped[str | None] = mapped_column(String(120))
    focal_email: Mapped[str | None] = mapped_column(String(254))
    focal_phone: Mapped[str | None] = mapped_column(String(20))
    second_name: Mapped[str | None] = mapped_column(String(120))
    second_email: Mapped[str | None] = mapped_column(String(254))
    letter_language: Mapped[str | None] = mapped_column(String(8))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))
    state: Mapped[ApplicationState] = mapped_column(String(16), default=ApplicationState.SUBMITTED)
    moved_at: Mapped[Created]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    reason: Mapped[str | None]
    returned_fields: Mapped[JsonList] = mapped_column(default=list, server_default=text("'[]'"))
    unheard: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    nudged: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    submitted_at: Mapped[Created]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    signatory_confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    municipality: Mapped[Municipality] = relationship()


class ApplicationEvent(Base):
    """One step or amendment of an application: who, what, when, from which state to which, and why.

    Without a contact it was the operator's command, or somebody who has been erased since.
    """

    __tablename__ = "application_event"

    id: Mapped[Id]
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    event: Mapped[str] = mapped_column(String(32))
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None]
    change: Mapped[Json]
    at: Mapped[Created]


class Letter(Base):
    """One version of a signed letter: its pages' public file ids in order, by whom and when.

    `file_id` is the whole letter as one file; None until several pages are bound. Nothing overwrites a version.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("application_id", "version"),
        Index("ix_letter_unbound", "id", postgresql_where=text("file_id IS NULL AND bound_at IS NULL")),
    )

    id: Mapped[Id]
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    version: Mapped[int]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    pages: Mapped[JsonList]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))
    bound_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    at: Mapped[Created]


class TicketState(StrEnum):
    """A ticket waits for the secretariat, or was answered."""

    OPEN = "open"
    CLOSED = "closed"


class Ticket(Base):
    """Something only a person can answer: what was wanted, in the person's words."""

    __tablename__ = "ticket"

    id: Mapped[Id]
    reference: Mapped[Reference]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    message: Mapped[str | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[TicketState] = mapped_column(String(16), default=TicketState.OPEN)
    answer: Mapped[str | None]
    created_at: Mapped[Created]
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Doubt(Base):
    """A message that was not understood, its personal parts masked, kept for whoever labels training sentences.

    `guesses` are the likeliest intents with their confidence; `meant` is the one the person then tapped, if any.
    """

    __tablename__ = "doubt"
    __table_args__ = (Index(None, "contact_id", "id"), Index(None, "at"))

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(8))
    words: Mapped[str]
    guesses: Mapped[JsonList]
    meant: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[Created]


class BroadcastState(StrEnum):
    """A broadcast is drafted, then queued, and may be paused or stopped."""

    DRAFTED = "drafted"
    QUEUED = "queued"
    PAUSED = "paused"
    STOPPED = "stopped"


class Broadcast(Base):
    """A campaign update: a text per language, the base language, and for whom; stored with what was sent."""

    __tablename__ = "broadcast"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    reference: Mapped[Reference]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    texts: Mapped[Json]
    base_language: Mapped[str] = mapped_column(String(8))
    audience: Mapped[Json]
    state: Mapped[BroadcastState] = mapped_column(String(16), default=BroadcastState.DRAFTED)
    created_at: Mapped[Created]
    queued_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TipShown(Base):
    """That a contact was shown a measure, so that it is not repeated."""

    __tablename__ = "tip_shown"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    tip: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[Created]
