"""The limiter, held to a window that slides over every arrival, on a clock that only the test moves."""

import asyncio
import random
import selectors
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import limiter
from bot.channels import Limit, Urgency
from bot.limiter import MANY_KEYS, Limiter

ALL = Limit("all", 30)
GOOD_LINE = 0.003  # seconds that a call takes
HANDS = 24  # calls of one kind at the same time
HAIR = 1e-6


class Selector(selectors.DefaultSelector):
    """Moves the clock to where the next timer is, instead of waiting."""

    loop: "Simulated"

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everybody waits for nobody"
        self.loop.moment += timeout
        return super().select(0)


class Simulated(asyncio.SelectorEventLoop):
    """A loop whose time passes at once."""

    def __init__(self) -> None:
        self.moment = 0.0
        selector = Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.moment


@pytest.fixture(autouse=True)
def _simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "now", lambda: asyncio.get_running_loop().time())


def simulate(work: Callable[[], Awaitable[None]]) -> None:
    with asyncio.Runner(loop_factory=Simulated) as runner:
        runner.run(work())


def now() -> float:
    return asyncio.get_running_loop().time()


def chat(name: object, count: int = 1, seconds: float = 1.0) -> Limit:
    return Limit(f"chat:{name}", count, seconds)


@dataclass
class Provider:
    """Notes when calls arrive, which is somewhere between our start and its answer."""

    latency: Callable[[], float] = lambda: GOOD_LINE / 2
    limiter: Limiter = field(default_factory=Limiter)
    arrivals: dict[Limit, list[float]] = field(default_factory=lambda: defaultdict(list))
    waited: list[float] = field(default_factory=list)

    async def call(self, *limits: Limit, urgency: Urgency = Urgency.BULK) -> None:
        asked = now()
        async with self.limiter.place(limits, urgency):
            self.waited.append(now() - asked)
            await asyncio.sleep(self.latency())
            for limit in limits:
                self.arrivals[limit].append(now())
            await asyncio.sleep(self.latency())

    async def broadcast(self, seconds: float, *, chats: Callable[[int], Limit] = chat) -> int:
        """Send to one chat after the other for so long; returns to how many."""
        end, numbers = now() + seconds, iter(range(10**9))
        sent = 0

        async def hand() -> None:
            nonlocal sent
            while now() < end:
                await self.call(ALL, chats(next(numbers)))
                sent += 1

        await asyncio.gather(*(hand() for _ in range(HANDS)))
        return sent

    def check(self) -> None:
        """Look at every window that begins with an arrival."""
        for limit, moments in self.arrivals.items():
            moments.sort()
            for first, beyond in zip(moments, moments[limit.count :], strict=False):
                assert beyond - first >= limit.seconds - HAIR, f"{limit} is crossed at {first}"


@dataclass
class Jitter:
    """A line that is mostly good, and sometimes stutters."""

    chance: random.Random
    usual: float
    stutter: float

    def __call__(self) -> float:
        return (
            self.chance.uniform(0, self.stutter)
            if self.chance.random() < 0.05
            else self.chance.expovariate(1 / self.usual)
        )


@given(seed=st.integers(0, 2**32), usual=st.floats(0.0005, 0.2), stutter=st.floats(0.0, 3.0), crowd=st.integers(1, 60))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_window_ever_has_more_than_the_limit_on_any_line(
    seed: int, usual: float, stutter: float, crowd: int
) -> None:
    chance = random.Random(seed)
    provider = Provider(Jitter(chance, usual, stutter))
    group = chat("group", 20, 60.0)

    async def replies() -> None:
        tasks = []
        for _ in range(120):
            await asyncio.sleep(chance.expovariate(20))
            limit = group if chance.random() < 0.1 else chat(chance.randrange(crowd))
            tasks.append(asyncio.create_task(provider.call(ALL, limit, urgency=Urgency.REPLY)))
        await asyncio.gather(*tasks)

    async def work() -> None:
        await asyncio.gather(provider.broadcast(8.0, chats=lambda number: chat(number % (crowd * 2))), replies())

    simulate(work)
    provider.check()
    assert len(provider.arrivals[ALL]) > 120


@pytest.mark.parametrize("latency", [0.001, GOOD_LINE, 0.01])
def test_a_broadcast_uses_what_it_may(latency: float) -> None:
    provider, sent = Provider(lambda: latency / 2), []

    async def work() -> None:
        sent.append(await provider.broadcast(60.0))

    simulate(work)
    provider.check()
    assert sent[0] >= 0.97 * 30 * 60


def test_a_reply_gets_its_place_at_once_while_many_are_written_to() -> None:
    many, one = Provider(), Provider()
    one.limiter = many.limiter

    async def replies() -> None:
        for number in range(150):
            await asyncio.sleep(0.113)
            await one.call(ALL, chat(f"r{number}"), urgency=Urgency.REPLY)

    async def work() -> None:
        await asyncio.gather(many.broadcast(20.0), replies())

    simulate(work)
    assert len(one.waited) == 150
    assert max(one.waited) <= 0.1
    many.arrivals[ALL] += one.arrivals[ALL]
    many.check()
    assert len(many.arrivals[ALL]) >= 0.97 * 30 * 20, "what replies leave over is used"


def test_what_many_get_waits_while_replies_need_every_place() -> None:
    provider, order = Provider(), []

    async def one(urgency: Urgency, number: int) -> None:
        await provider.call(ALL, chat(f"{urgency}{number}"), urgency=urgency)
        order.append(urgency)

    async def work() -> None:
        bulk = [asyncio.create_task(one(Urgency.BULK, number)) for number in range(40)]
        await asyncio.sleep(0.5)
        before = len(order)
        replies = [asyncio.create_task(one(Urgency.REPLY, number)) for number in range(40)]
        await asyncio.gather(*bulk, *replies)
        order[:before] = []

    simulate(work)
    provider.check()
    first = order[:40]
    assert first.count(Urgency.REPLY) >= 37, "at most what was under way already comes before"


def test_a_reply_that_waits_for_its_own_chat_holds_up_nobody() -> None:
    provider, sent = Provider(), []
    group = chat("group", 20, 60.0)

    async def work() -> None:
        talk = [asyncio.create_task(provider.call(ALL, group, urgency=Urgency.REPLY)) for _ in range(25)]
        sent.append(await provider.broadcast(30.0))
        await asyncio.gather(*talk)

    simulate(work)
    provider.check()
    assert len(provider.arrivals[group]) == 25
    assert sent[0] >= 0.97 * 30 * 30 - 25


def test_parts_for_one_chat_leave_one_a_second() -> None:
    provider = Provider()

    async def work() -> None:
        for _ in range(4):
            await provider.call(ALL, chat("a"), urgency=Urgency.REPLY)

    simulate(work)
    moments = provider.arrivals[chat("a")]
    assert [round(later - first) for first, later in pairwise(moments)] == [1, 1, 1]


def test_chats_beyond_counting_are_forgotten_and_their_limits_kept() -> None:
    provider, most = Provider(), []

    async def work() -> None:
        for _ in range(3):
            await provider.broadcast(140.0)
            most.append(len(provider.limiter._places))

    simulate(work)
    provider.check()
    assert len(provider.arrivals[ALL]) > 3 * MANY_KEYS * 2 - 500
    assert max(most) <= MANY_KEYS + 2 * HANDS
    assert all(
        places.under_way == places.in_use == places.replies_waiting == 0 for places in provider.limiter._places.values()
    )


@pytest.mark.parametrize("urgency", Urgency)
def test_who_gives_up_waiting_or_calling_leaves_no_place_taken(urgency: Urgency) -> None:
    provider = Provider(lambda: 10.0)
    only = Limit("only", 1)

    async def work() -> None:
        calling = asyncio.create_task(provider.call(only, urgency=urgency))
        waiting = asyncio.create_task(provider.call(only, urgency=urgency))
        await asyncio.sleep(0.1)
        for task in (waiting, calling):
            task.cancel()
        await asyncio.gather(calling, waiting, return_exceptions=True)
        before = now()
        provider.latency = lambda: 0.0
        await provider.call(only, urgency=Urgency.BULK)
        assert now() - before <= 1.0 + HAIR

    simulate(work)
    assert len(provider.arrivals[only]) == 1
