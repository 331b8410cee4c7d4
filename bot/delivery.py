"""Empties the outbox of one channel: claims, renders, sends, records; replies never wait behind what many get.

Only one dispatcher works a channel at a time (an advisory lock); when it dies, what it had claimed is sent again where
that has no second effect, and is marked as doubtful where it might.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import ColumnElement, Select, case, or_, select, update
from sqlalchemy.orm import aliased

from bot.bell import Bell
from bot.channels import Channel, Limit, SendError, Throttled, Unknown, Urgency
from bot.channels import Outbound as Message
from bot.limiter import Limiter, Pause
from bot.outcomes import FIRST_LOOK, Outcome, note
from bot.wording import Wording
from db.engine import Sessions
from db.messages import Lane, Outbound, OutboundState
from db.records import Broadcast, BroadcastState

log = logging.getLogger(__name__)

PAUSED = select(Broadcast.id).where(Broadcast.state == BroadcastState.PAUSED)
LANES = {Urgency.REPLY: (Lane.REPLY,), Urgency.BULK: (Lane.REMINDER, Lane.BROADCAST)}
LOOK_FURTHER = 4  # rows looked at for each that may be taken: several of one person leave one after the other


@dataclass
class Dispatcher:
    """Sends what is queued for one channel. `addresses` are those with a call under way, so that order is kept."""

    sessions: Sessions
    wording: Wording
    channel: Channel
    limiter: Limiter = field(default_factory=Limiter)
    pause: Pause = field(default_factory=Pause)
    addresses: set[int] = field(default_factory=set)
    finished: list[tuple[int, Outcome]] = field(default_factory=list)
    recording: asyncio.Lock = field(default_factory=asyncio.Lock)
    done: Bell = field(default_factory=Bell)

    def recover(self) -> None:
        """Settle what an earlier dispatcher had claimed when it died."""
        now = datetime.now(UTC)
        able = self.channel.capabilities
        again = able.idempotent or able.repeats
        settled = {"state": OutboundState.QUEUED if again else OutboundState.UNKNOWN}
        due = now if again else now + FIRST_LOOK
        doubt = {} if able.idempotent else {"doubted_at": now}
        mine = (Outbound.channel == self.channel.name) & (Outbound.state == OutboundState.SENDING)
        with self.sessions.begin() as session:
            session.execute(update(Outbound).where(mine).values(**settled, **doubt, due_at=due))

    async def start_next(self, urgency: Urgency, tasks: set[asyncio.Task[None]]) -> int:
        """Take as many messages as there are hands free and start sending them; returns how many were taken."""
        if urgency == Urgency.BULK and self.pause.left:
            return 0
        room = self.channel.capabilities.at_once - len(tasks)
        rows = await asyncio.to_thread(self._claim, urgency, room) if room > 0 else []
        for row in rows:
            self.addresses.add(row.address_id)
            task = asyncio.create_task(self._deliver(row, urgency))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return len(rows)

    def _claim(self, urgency: Urgency, room: int) -> "list[Claimed]":
        with self.sessions.begin() as session:
            claimed: list[Claimed] = []
            taken: set[int] = set(self.addresses)
            for row in session.scalars(self._query(urgency).limit(room * LOOK_FURTHER)):
                if len(claimed) < room and row.address_id not in taken:
                    message = self.wording.take(session, row, self.channel.capabilities)
                    taken.add(row.address_id)
                    if message:
                        claimed.append(Claimed(row.id, row.address_id, message))
            return claimed

    def _query(self, urgency: Urgency) -> Select[Outbound]:
        query = (
            select(Outbound)
            .where(Outbound.channel == self.channel.name, Outbound.state == OutboundState.QUEUED)
            .where(Outbound.due_at <= datetime.now(UTC), Outbound.lane.in_(LANES[urgency]))
            .where(or_(Outbound.broadcast_id.is_(None), Outbound.broadcast_id.not_in(PAUSED)))
        )
        if self.addresses:
            query = query.where(Outbound.address_id.not_in(tuple(self.addresses)))
        if urgency == Urgency.REPLY:
            query = query.where(_none_before())
        first = case((Outbound.lane == Lane.BROADCAST, 1), else_=0)
        return query.order_by(first, Outbound.id).with_for_update(skip_locked=True)

    async def _deliver(self, row: "Claimed", urgency: Urgency) -> None:
        try:
            outcome = await self._send(row, urgency)
            self.finished.append((row.id, outcome))
            await self._record()
        finally:
            self.addresses.discard(row.address_id)
            self.done.ring()

    async def _send(self, row: "Claimed", urgency: Urgency) -> Outcome:
        try:
            limits = self.channel.limits(row.message.address)
            place = partial(self._place, limits, urgency)
            return Outcome(provider_id=await self.channel.send(row.message, place))
        except SendError as problem:
            log.warning("outbound %s: %s", row.id, problem.code)
            if isinstance(problem, Throttled):
                self.pause.begin(problem.retry_after)
            return Outcome(problem=problem)
        except Exception as problem:  # noqa: BLE001 - whatever a library raises, this message must not stop the others
            log.warning("outbound %s: %s", row.id, type(problem).__name__)
            return Outcome(problem=Unknown(type(problem).__name__))

    def _place(
        self, limits: Sequence[Limit], usual: Urgency, urgency: Urgency | None = None
    ) -> AbstractAsyncContextManager[None]:
        return self.limiter.place(limits, urgency or usual)

    async def _record(self) -> None:
        """Write down what is finished; those that finish meanwhile go together into the next transaction."""
        async with self.recording:
            finished, self.finished = self.finished, []
            if finished:
                await asyncio.to_thread(self._note, finished)

    def _note(self, finished: Sequence[tuple[int, Outcome]]) -> None:
        with self.sessions.begin() as session:
            for row_id, outcome in finished:
                row = session.get(Outbound, row_id, with_for_update=True)
                if row and not _is_told(row, outcome):
                    note(session, row, outcome, self.channel.capabilities)

    async def settle_next(self) -> bool:
        """Look one doubtful message up at the provider; False when there is none whose time has come."""
        found = await asyncio.to_thread(self._doubtful)
        if found is None:
            return False
        row_id, message, since = found
        try:
            found_there = await self.channel.find(message, since)
        except SendError as problem:
            await asyncio.to_thread(self._still_doubtful, row_id, problem)
            return True
        await asyncio.to_thread(self._settle, row_id, found_there)
        return True

    def _doubtful(self) -> tuple[int, Message, datetime] | None:
        mine = (Outbound.channel == self.channel.name) & (Outbound.state == OutboundState.UNKNOWN)
        with self.sessions.begin() as session:
            query = select(Outbound).where(mine, Outbound.due_at <= datetime.now(UTC)).order_by(Outbound.due_at)
            row = session.scalars(query.limit(1)).first()
            return (row.id, self.wording.again(session, row), row.doubted_at or row.queued_at) if row else None

    def _settle(self, row_id: int, found: Sequence[str]) -> None:
        """It arrived, or it never did and may leave again: both are certain now."""
        with self.sessions.begin() as session:
            row = session.get_one(Outbound, row_id, with_for_update=True)
            if row.state != OutboundState.UNKNOWN:  # a receipt was quicker
                return
            others = set(session.scalars(select(Outbound.provider_id).where(Outbound.provider_id.in_(found))))
            provider_id = next((one for one in found if one not in others), None)
            if provider_id:
                note(session, row, Outcome(provider_id), self.channel.capabilities)
                return
            row.state = OutboundState.QUEUED
            row.due_at = datetime.now(UTC)

    def _still_doubtful(self, row_id: int, problem: SendError) -> None:
        with self.sessions.begin() as session:
            row = session.get_one(Outbound, row_id, with_for_update=True)
            if row.state == OutboundState.UNKNOWN:
                self.wording.look_later(row, problem)


@dataclass(frozen=True)
class Claimed:
    """A message that this dispatcher has taken for sending."""

    id: int
    address_id: int
    message: Message


def _is_told(row: Outbound, outcome: Outcome) -> bool:
    """Whether a receipt was quicker than the answer to our call, so that the answer tells nothing new."""
    if row.state == OutboundState.SENDING:
        return False
    return outcome.problem is not None or row.provider_id == outcome.provider_id


def _none_before() -> ColumnElement[bool]:
    """A person's replies leave in order: one that has to be tried again holds up those behind it."""
    earlier = aliased(Outbound)
    before = select(earlier.id).where(
        earlier.address_id == Outbound.address_id,
        earlier.state == OutboundState.QUEUED,
        earlier.lane == Lane.REPLY,
        earlier.id < Outbound.id,
        earlier.due_at > datetime.now(UTC),
    )
    return ~before.exists()
