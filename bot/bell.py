"""How processes wake each other: PostgreSQL's notices ring a bell that waiting tasks hear."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import psycopg


@dataclass
class Bell:
    """Wakes everybody who waits. Take `next_ring` before looking for work, so that no ring in between is lost."""

    next_ring: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        """Wake whoever waits now."""
        self.next_ring.set()
        self.next_ring = asyncio.Event()


async def until(ring: asyncio.Event, seconds: float) -> bool:
    """Wait for a ring, at most so long; tell whether it came."""
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(ring.wait(), seconds)
    return False


async def any_of(rings: Iterable[asyncio.Event], seconds: float) -> None:
    """Wait for the first of several rings, at most so long."""
    tasks = [asyncio.create_task(ring.wait()) for ring in rings]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


@contextlib.asynccontextmanager
async def listening(url: str, channels: Iterable[str]) -> AsyncIterator[AsyncIterator[psycopg.Notify]]:
    """Give the notices on some channels of the database, for as long as the connection holds."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
        for channel in channels:
            await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
        yield connection.notifies()
