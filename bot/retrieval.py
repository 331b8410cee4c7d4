"""Brings the files of messages here: from the provider, checked and cleaned, before the message is answered."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import files
from bot.channels import Kind, Media
from bot.fetching import MediaRefused
from bot.inbox import ALBUM_GROWS, WAKE
from bot.store import Store
from db.engine import Sessions, notify
from db.messages import Inbound, InboundState

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)  # longer than any fetching takes; a worker that died has let go by then
WAITS = (2, 5, 15, 60)  # seconds before each further try; then the person is asked to send it again


class Source(Protocol):
    """Where a channel's files lie."""

    async def fetch(self, media: Media) -> bytes:
        """Return a file's bytes, or raise MediaRefused or MediaAway."""

    async def forget(self, media: Media) -> None:
        """Let the provider forget a file that is kept here now; if that fails, its own retention ends it."""


@dataclass(frozen=True)
class Task:
    """A message whose files are to be brought."""

    id: int
    contact_id: int
    channel: str
    media: tuple[Media, ...]
    attempts: int


@dataclass(frozen=True)
class Retrieval:
    """What it takes: where each channel keeps its files, and where we keep them."""

    sessions: Sessions
    store: Store
    sources: Mapping[str, Source]

    async def bring_next(self) -> bool:
        """Bring the files of one message; False when there is none whose time has come."""
        task = await asyncio.to_thread(self._claim)
        if task is None:
            return False
        try:
            source = self.sources[task.channel]
            cleaned = [(one, await files.cleaned(await source.fetch(one))) for one in task.media]
            await asyncio.to_thread(self._keep, task, cleaned)
            for one in task.media:
                await source.forget(one)
        except (MediaRefused, files.FileRefused) as problem:
            log.info("inbound %s: its file was refused (%s)", task.id, type(problem).__name__)
            await asyncio.to_thread(self._give_up, task, Kind.UNREADABLE)
        except Exception as problem:  # noqa: BLE001 - one file that breaks must not keep everybody else's away
            log.warning("inbound %s: its file did not come (%s)", task.id, type(problem).__name__)
            await asyncio.to_thread(self._later, task)
        return True

    def _claim(self) -> Task | None:
        with self.sessions.begin() as session:
            due = (Inbound.state == InboundState.FETCHING) & (Inbound.due_at <= datetime.now(UTC))
            query = select(Inbound).where(due).order_by(Inbound.due_at).limit(1)
            row = session.scalars(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            row.due_at = datetime.now(UTC) + LEASE
            row.attempts += 1
            media = tuple(Media(one["ref"], one["name"], one["type"], one["size"]) for one in row.content["media"])
            return Task(row.id, row.contact_id, row.channel, media, row.attempts)

    def _keep(self, task: Task, cleaned: "list[tuple[Media, files.Clean]]") -> None:
        with self.sessions.begin() as session:
            row = _mine(session, task)
            if row is None:
                return
            kept = [files.keep(session, self.store, row.contact_id, one.name, clean) for one, clean in cleaned]
            found: dict[str, Any] = {"file": kept[0].public_id}
            if kept[1:]:
                found["more"] = [one.public_id for one in kept[1:]]
            _release(session, row, found)

    def _give_up(self, task: Task, kind: Kind) -> None:
        with self.sessions.begin() as session:
            row = _mine(session, task)
            if row:
                _release(session, row, {"kind": kind.value})

    def _later(self, task: Task) -> None:
        if task.attempts > len(WAITS):
            self._give_up(task, Kind.UNFETCHED)
            return
        with self.sessions.begin() as session:
            row = _mine(session, task)
            if row:
                row.due_at = datetime.now(UTC) + timedelta(seconds=WAITS[task.attempts - 1])


def _mine(session: Session, task: Task) -> Inbound | None:
    """Return the message if nobody else has taken it over or settled it meanwhile."""
    row = session.get(Inbound, task.id, with_for_update=True)
    is_mine = row is not None and row.state == InboundState.FETCHING and row.attempts == task.attempts
    return row if is_mine else None


def _release(session: Session, row: Inbound, found: dict[str, Any]) -> None:
    """Let the message be answered, with what became of its files."""
    row.content = {key: value for key, value in row.content.items() if key != "media"} | found
    row.state = InboundState.WAITING
    row.attempts = 0
    row.due_at = datetime.now(UTC) + (ALBUM_GROWS if row.content.get("album") else timedelta())
    notify(session, WAKE, str(row.contact_id))
