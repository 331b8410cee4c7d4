"""The clock: a table of ticks. Due dates are rows; a tick that comes twice changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot import binding, files
from bot.store import Store
from covenant import doubts, invitations, mailing, mended, nudges, privacy, reminders
from db.engine import Sessions
from db.messages import Inbound, InboundState
from db.people import Consent, Purpose

UNAGREED_WORDS = timedelta(hours=24)  # the latest moment for erasing them
UNTOLD_FILES = timedelta(days=1)  # longer than any transaction is open


@dataclass(frozen=True)
class Clock:
    """What the ticks need."""

    sessions: Sessions
    secret: str
    store: Store

    def remind(self) -> None:
        """Queue the reminders that are due."""
        with self.sessions.begin() as session:
            reminders.queue_due(session, datetime.now(UTC))

    def nudge(self) -> None:
        """Ask about what was begun and left, where people are at work now."""
        with self.sessions.begin() as session:
            nudges.queue_due(session, datetime.now(UTC))

    def report(self) -> None:
        """Tell reviewers what was mended that they sent back."""
        with self.sessions.begin() as session:
            mended.queue_due(session, datetime.now(UTC))

    def bind(self) -> None:
        """Bind signed letters of several pages into one file each."""
        while binding.bind_next(self.sessions, self.store, datetime.now(UTC)):
            pass

    def erase(self) -> None:
        """Erase the people who asked for it and have their receipt, each in a transaction of their own."""
        while self._erase_one(datetime.now(UTC)):
            pass

    def _erase_one(self, now: datetime) -> bool:
        with self.sessions.begin() as session:
            contact = privacy.due_for_erasure(session, now)
            if contact is None:
                return False
            # The bytes go first: should we die here, the rows are still there and it is done again.
            self.store.remove(privacy.file_ids(session, contact))
            privacy.erase(session, contact, self.secret, now)
            return True

    def forget(self) -> None:
        """Erase the words of people who never agreed that we keep any, and what was not understood half a year ago."""
        with self.sessions.begin() as session:
            forget_unagreed(session, datetime.now(UTC) - UNAGREED_WORDS)
            doubts.forget(session, datetime.now(UTC))
            mailing.forget(session, datetime.now(UTC))
            invitations.forget(session, datetime.now(UTC))

    def sweep(self) -> None:
        """Remove the bytes of files whose transaction never committed."""
        with self.sessions() as session:
            files.sweep(session, self.store, datetime.now(UTC) - UNTOLD_FILES)

    def ticks(self) -> tuple[tuple[Callable[[], None], int], ...]:
        """Return what is done how often, in seconds."""
        return (
            (self.remind, 30),
            (self.nudge, 60),
            (self.report, 60),
            (self.bind, 5),
            (self.erase, 5),
            (self.forget, 3600),
            (self.sweep, 3600),
        )


def forget_unagreed(session: Session, before: datetime) -> None:
    """Empty the messages of before that moment whose senders have not agreed to anything being kept."""
    agreed = Consent.__table__.select().where(Consent.purpose == Purpose.KEEPING, Consent.given.is_(True))
    session.execute(
        update(Inbound)
        .where(
            Inbound.received_at < before,
            Inbound.state != InboundState.WAITING,
            Inbound.contact_id.not_in(agreed.with_only_columns(Consent.contact_id)),
        )
        .values(content={})
    )


def start(clock: Clock) -> BackgroundScheduler:
    """Start ticking; a tick that was missed is made up for once, not as often as it was missed."""
    scheduler = BackgroundScheduler(timezone=UTC)  # type: ignore[no-untyped-call]
    for tick, seconds in clock.ticks():
        scheduler.add_job(  # type: ignore[no-untyped-call]
            tick, "interval", seconds=seconds, id=tick.__name__, coalesce=True, max_instances=1, misfire_grace_time=None
        )
    scheduler.start()  # type: ignore[no-untyped-call]
    return scheduler
