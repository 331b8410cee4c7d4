"""What a municipality owes, what it handed in, the badges it was awarded, and whom we reminded."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, DateTime, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base
from db.columns import Created, Id, Moment, Reference
from db.records import Municipality


class Phase(StrEnum):
    """Where a municipality's milestone stands."""

    OPEN = "open"
    HANDED_IN = "handed_in"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class Milestone(Base):
    """A municipality's duty. `due_on` is None where no date is known; `cycle` counts those that come again.

    `reason` is why the secretariat set its date, or why it does not apply: with one, the date is certain. `ticket_id`
    tells the secretariat that nobody of the town wants to be reminded of it.
    """

    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("municipality_id", "key", "cycle"),)

    id: Mapped[Id]
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(48))
    cycle: Mapped[int] = mapped_column(default=0)
    due_on: Mapped[date | None] = mapped_column(Date)
    phase: Mapped[Phase] = mapped_column(String(16), default=Phase.OPEN)
    reason: Mapped[str | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="SET NULL"))

    municipality: Mapped[Municipality] = relationship()


class EvidenceState(StrEnum):
    """Evidence waits for the secretariat, was accepted, or returned with a reason."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Evidence(Base):
    """What somebody of a team handed in for a milestone: a file or a link, its year, a note.

    `reviewer_id` is who decided on it in the chat. `unheard`: it mends what was returned, and whoever returned that has
    not heard of it.
    """

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_unheard", "id", postgresql_where=text("unheard")),)

    id: Mapped[Id]
    reference: Mapped[Reference]
    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))
    link: Mapped[str | None]
    year: Mapped[int | None]
    note: Mapped[str | None]
    state: Mapped[EvidenceState] = mapped_column(String(16), default=EvidenceState.WAITING)
    reason: Mapped[str | None]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    unheard: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[Created]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    milestone: Mapped[Milestone] = relationship()


class Badge(Base):
    """That the regional covenant awarded a badge to a municipality, as the secretariat recorded it."""

    __tablename__ = "badge"

    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id", ondelete="CASCADE"), primary_key=True)
    badge: Mapped[str] = mapped_column(String(32), primary_key=True)
    awarded_on: Mapped[date] = mapped_column(Date)


class ReminderState(StrEnum):
    """A reminder waits for its moment, somebody was asked and has not answered, or nothing is to be done any more."""

    WAITING = "waiting"
    ASKED = "asked"
    SETTLED = "settled"


class Reminder(Base):
    """One reminder of a milestone, so many days before it is due (negative: after).

    `due_at` is when something is to be done next: ask, or, of one that was asked, climb. `step` is the place in the
    team of whom to ask. Whoever changes it holds the milestone's row (`covenant.schedule.hold`).
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("milestone_id", "days_before"),
        Index("ix_reminder_due", "due_at", postgresql_where=text("state <> 'settled'")),
    )

    id: Mapped[Id]
    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id", ondelete="CASCADE"))
    days_before: Mapped[int]
    due_at: Mapped[Moment]
    state: Mapped[ReminderState] = mapped_column(String(16), default=ReminderState.WAITING)
    step: Mapped[int] = mapped_column(default=0)


class Notice(Base):
    """The one message of a day in which a contact was reminded, and what they answered."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("contact_id", "sent_on"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    sent_on: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[Moment]
    answer: Mapped[str | None] = mapped_column(String(16))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class NoticeItem(Base):
    """Which reminder a notice was about."""

    __tablename__ = "notice_item"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id", ondelete="CASCADE"), primary_key=True)


class ReminderPause(Base):
    """That a contact wants no reminders until a moment; others of the team are asked meanwhile."""

    __tablename__ = "reminder_pause"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[Moment]
