"""Empties the outbox of one channel: claims, renders, sends, records; replies before reminders before broadcasts.

Only one dispatcher works a channel at a time (an advisory lock); when it dies, what it had claimed is sent again where
that has no second effect, and is marked unknown where it might.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiolimiter import AsyncLimiter
from sqlalchemy import case, or_, select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from bot.channels import Channel, Gone, SendError, Throttled, Unreachable
from bot.channels import Outbound as Message
from covenant import consent
from covenant.broadcasts import text_for
from covenant.messages import render_all
from db.engine import Sessions, notify
from db.messages import FEED, Lane, Outbound, OutboundState
from db.people import Address, AddressState, Contact, Purpose
from db.records import Broadcast, BroadcastState
from locales import Catalogues

log = logging.getLogger(__name__)

FEED_WAKE = "kawan_feed"
BATCH = 50
MAX_TRIES = 6
LATEST_WAIT = timedelta(hours=1)
PAUSED = select(Broadcast.id).where(Broadcast.state == BroadcastState.PAUSED)


class Withheld(Exception):
    """At the moment of sending it is clear that the message must not leave."""


class Paused(Exception):
    """The message must not leave now, and may later."""


@dataclass(frozen=True)
class Dispatcher:
    """Sends what is queued for one channel."""

    sessions: Sessions
    catalogues: Catalogues
    channel: Channel

    def recover(self) -> None:
        """Settle what an earlier dispatcher had claimed when it died."""
        again = OutboundState.QUEUED if self.channel.capabilities.idempotent else OutboundState.UNKNOWN
        with self.sessions.begin() as session:
            session.execute(
                update(Outbound)
                .where(Outbound.channel == self.channel.name, Outbound.state == OutboundState.SENDING)
                .values(state=again)
            )

    async def send_next(self, limiter: AsyncLimiter) -> int:
        """Send the next batch; returns how many were taken."""
        rows = await asyncio.to_thread(self._claim)
        outcomes = [(row, await self._send(row, message, limiter)) for row, message in rows if message]
        await asyncio.to_thread(self._record, outcomes)
        return len(rows)

    def _claim(self) -> list[tuple[int, Message | None]]:
        with self.sessions.begin() as session:
            urgency = case((Outbound.lane == Lane.REPLY, 0), (Outbound.lane == Lane.REMINDER, 1), else_=2)
            query = (
                select(Outbound)
                .where(Outbound.channel == self.channel.name, Outbound.state == OutboundState.QUEUED)
                .where(Outbound.due_at <= datetime.now(UTC))
                .where(or_(Outbound.broadcast_id.is_(None), Outbound.broadcast_id.not_in(PAUSED)))
                .order_by(urgency, Outbound.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
            return [(row.id, self._take(session, row)) for row in session.scalars(query)]

    def _take(self, session: Session, row: Outbound) -> Message | None:
        try:
            content = self._content(session, row)
        except Paused:  # between the choice of the rows and now
            return None
        except Withheld:
            row.state = OutboundState.SKIPPED
            return None
        except (LookupError, TypeError, ValueError, NoResultFound) as problem:  # it would hold up everybody else's
            log.warning("outbound %s cannot be put into words: %s", row.id, type(problem).__name__)
            row.state, row.error = OutboundState.FAILED, "unsayable"
            return None
        row.content = content
        row.state = OutboundState.SENDING
        row.attempts += 1
        return Message(
            id=row.id,
            address=row.address.external_id,
            text=content["text"],
            buttons=tuple(content.get("buttons") or ()),
            file=content.get("file"),
            language=content["lang"],
        )

    def _content(self, session: Session, row: Outbound) -> dict[str, Any]:
        """Render what is queued, asking once more whether it may leave at all."""
        if row.lane != Lane.REPLY and row.address.state != AddressState.ACTIVE:
            raise Withheld
        contact = session.get_one(Contact, row.contact_id)
        purpose = Purpose.NEWS if row.lane == Lane.BROADCAST else row.content.get("purpose")
        if purpose and not consent.has_given(session, contact, purpose):
            raise Withheld
        if "broadcast" in row.content:
            return _broadcast_content(session.get_one(Broadcast, row.content["broadcast"]), contact)
        if "says" in row.content:
            rendered = render_all(self.catalogues, contact.language, row.content["says"])
            buttons = [{"title": title, "payload": payload} for title, payload in rendered.buttons]
            return {"text": rendered.text, "buttons": buttons, "lang": contact.language}
        return row.content

    async def _send(self, row_id: int, message: Message, limiter: AsyncLimiter) -> "Outcome":
        try:
            async with limiter:
                return Outcome(OutboundState.SENT, provider_id=await self.channel.send(message))
        except SendError as problem:
            log.warning("outbound %s: %s", row_id, problem.code)
            return Outcome(_state_after(problem), problem=problem)

    def _record(self, outcomes: Sequence[tuple[int, "Outcome"]]) -> None:
        with self.sessions.begin() as session:
            for row_id, outcome in outcomes:
                row = session.get(Outbound, row_id)
                if row:
                    _note(session, row, outcome)


@dataclass(frozen=True)
class Outcome:
    """What became of one sending."""

    state: OutboundState
    provider_id: str | None = None
    problem: SendError | None = None


def _broadcast_content(broadcast: Broadcast, contact: Contact) -> dict[str, Any]:
    if broadcast.state != BroadcastState.QUEUED:
        raise Paused if broadcast.state == BroadcastState.PAUSED else Withheld
    language = contact.language if contact.language in broadcast.texts else broadcast.base_language
    return {"broadcast": broadcast.id, "text": text_for(broadcast, contact.language), "lang": language}


def _state_after(problem: SendError) -> OutboundState:
    """The error's own nature decides: later again, or never."""
    return OutboundState.QUEUED if isinstance(problem, Throttled | Unreachable) else OutboundState.FAILED


def _note(session: Session, row: Outbound, outcome: Outcome) -> None:
    now = datetime.now(UTC)
    row.state = outcome.state
    row.provider_id = outcome.provider_id
    if outcome.problem:
        _note_problem(session, row, outcome.problem, now)
    if outcome.state == OutboundState.SENT:
        row.sent_at = now
        row.feed = session.scalar(FEED)
        notify(session, FEED_WAKE, str(row.address_id))


def _note_problem(session: Session, row: Outbound, problem: SendError, now: datetime) -> None:
    row.error = problem.code
    if isinstance(problem, Gone):
        session.get_one(Address, row.address_id).state = AddressState.GONE
    if row.state == OutboundState.QUEUED and row.attempts >= MAX_TRIES:
        row.state = OutboundState.FAILED
    wait = (
        timedelta(seconds=problem.retry_after) if isinstance(problem, Throttled) else timedelta(seconds=2**row.attempts)
    )
    row.due_at = now + min(wait, LATEST_WAIT)
