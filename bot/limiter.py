"""Keeps a provider's limits without ever crossing them: a place comes free only after the answer is back.

The provider counts when a call arrives, which is somewhere between our start and its answer. Whoever starts a call no
sooner than `seconds` after the answer of the call `count` places before can therefore not cross the limit, however the
network or this machine stutters; the price is the time of one call a second, about one percent on a good line.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.bell import Bell, until
from bot.channels import Limit, Urgency

GRAIN = 0.001  # seconds; what is left of a wait may be less than a clock can show, and would be waited for for ever
MANY_KEYS = 2000  # chats remembered at the most before those without a call in sight are forgotten
CATCH_UP = 3  # places that what many get may make up for after a stutter


now = time.monotonic


@dataclass
class Places:
    """The places of one limit: how many calls are under way, when those that came back free theirs, who waits.

    `replies_waiting` are those that only wait for this limit: one that waits for its own chat holds up nobody else.
    `in_use` are all who wait or call, so that nobody is left with places that were forgotten meanwhile.
    """

    under_way: int = 0
    free_at: deque[float] = field(default_factory=deque)
    next_bulk: float = 0.0
    replies_waiting: int = 0
    in_use: int = 0

    def wait(self, limit: Limit, urgency: Urgency, now: float) -> float:
        """Return the seconds until a place may be free; 0 when one is."""
        while self.free_at and self.free_at[0] <= now:
            self.free_at.popleft()
        if self.under_way + len(self.free_at) >= limit.count:
            return self.free_at[0] - now if self.free_at else limit.seconds
        if urgency == Urgency.REPLY:
            return 0.0
        return limit.seconds if self.replies_waiting else max(0.0, self.next_bulk - now)

    def take(self, limit: Limit, now: float) -> None:
        """Take a place. Calls are spread over the time, so that a reply always finds the next place soon."""
        self.under_way += 1
        interval = limit.seconds / limit.count
        self.next_bulk = max(self.next_bulk + interval, now - CATCH_UP * interval)

    def give_back(self, limit: Limit, now: float) -> None:
        """Free the place once the limit's time has passed."""
        self.under_way -= 1
        self.free_at.append(now + limit.seconds)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it matters any more."""
        return not self.in_use and (not self.free_at or self.free_at[-1] < now())


Mine = Sequence[tuple[Limit, Places]]


class Limiter:
    """The places of one channel's limits, shared by its replies and by what many get."""

    def __init__(self) -> None:
        """Begin with every place free."""
        self._places: defaultdict[str, Places] = defaultdict(Places)
        self._bell = Bell()

    @asynccontextmanager
    async def place(self, limits: Sequence[Limit], urgency: Urgency) -> AsyncIterator[None]:
        """Hold a place of every limit for the time of a call."""
        mine = [(limit, self._places[limit.key]) for limit in limits]
        for _limit, places in mine:
            places.in_use += 1
        try:
            async with self._taken(mine, urgency):
                yield
        finally:
            for _limit, places in mine:
                places.in_use -= 1
            self._forget()

    @asynccontextmanager
    async def _taken(self, mine: Mine, urgency: Urgency) -> AsyncIterator[None]:
        await self._take(mine, urgency)
        try:
            yield
        finally:
            for limit, places in mine:
                places.give_back(limit, now())
            self._bell.ring()

    async def _take(self, mine: Mine, urgency: Urgency) -> None:
        while True:
            ring, moment = self._bell.next_ring, now()
            waits = [places.wait(limit, urgency, moment) for limit, places in mine]
            longest = max(waits, default=0.0)
            if longest <= 0:
                break
            await self._wait(mine[waits.index(longest)][1], urgency, ring, max(longest, GRAIN))
        for limit, places in mine:
            places.take(limit, moment)
        if urgency == Urgency.REPLY:
            self._bell.ring()  # nobody waits for this reply any more

    async def _wait(self, places: Places, urgency: Urgency, ring: asyncio.Event, seconds: float) -> None:
        """Wait for the limit that takes longest; what many get lets a reply go first there."""
        if urgency == Urgency.BULK:
            await until(ring, seconds)
            return
        places.replies_waiting += 1
        try:
            await until(ring, seconds)
        finally:
            places.replies_waiting -= 1

    def _forget(self) -> None:
        if len(self._places) > MANY_KEYS:
            for key in [key for key, places in self._places.items() if places.is_idle]:
                del self._places[key]


@dataclass
class Pause:
    """For how long what many get has to wait, by the provider's word; replies go on."""

    until: float = 0.0

    def begin(self, seconds: float) -> None:
        """Let what many get wait so long at least."""
        self.until = max(self.until, now() + seconds)

    @property
    def left(self) -> float:
        """Return the seconds that are left of it."""
        return max(0.0, self.until - now())
