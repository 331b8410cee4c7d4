"""`kawan worker`: answers what waits in the inbox, empties the outbox, and ticks if it wins the clock."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from bot import clock as ticking
from bot.bell import Bell, any_of, listening, until
from bot.channels import Channel, Urgency
from bot.channels.telegram_door import TelegramDoor
from bot.clock import Clock
from bot.conversation import Turns
from bot.delivery import Dispatcher
from bot.inbox import WAKE as INBOX_WAKE
from bot.retrieval import Retrieval
from bot.wording import Wording
from covenant.outbox import WAKE as OUTBOX_WAKE
from db.locks import still_held, try_lock

log = logging.getLogger(__name__)

FETCHES = 3  # files fetched at the same time
HANDS = 3  # turns at the same time; Rasa itself answers one after the other
LOOK_AGAIN = 2.0  # seconds between looks without being woken: retries become due, notices can be lost
FIRST_PAUSE = 0.5  # seconds before a job that failed is begun again, twice as long each time
GUARD = 0.5  # seconds between looks whether the lock is still ours
LONGEST_PAUSE = 10.0
WELL_AFTER = 30.0
CLOCK = "clock"


@dataclass(frozen=True)
class Worker:
    """The parts of one worker process; `url` is a plain PostgreSQL address for listening."""

    engine: Engine
    url: str
    turns: Turns
    wording: Wording
    channels: tuple[Channel, ...]
    clock: Clock
    telegram: TelegramDoor | None = None
    retrieval: Retrieval | None = None
    bells: dict[str, Bell] = field(default_factory=lambda: {INBOX_WAKE: Bell(), OUTBOX_WAKE: Bell()})

    async def run(self) -> None:
        """Work until a signal asks to stop; what was begun is finished first."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        jobs = [self._listen, self._tick, *(self._answer for _ in range(HANDS))]
        tasks = [asyncio.create_task(self._forever(job, stop)) for job in jobs]
        tasks += [
            asyncio.create_task(self._forever(self._dispatcher(channel, stop), stop)) for channel in self.channels
        ]
        if self.retrieval:
            tasks += [asyncio.create_task(self._forever(self._bring, stop)) for _ in range(FETCHES)]
        if self.telegram:
            tasks.append(asyncio.create_task(self._forever(self._telegram(self.telegram), stop)))
        await stop.wait()
        for bell in self.bells.values():
            bell.ring()
        for task in tasks[:2]:
            task.cancel()
        await asyncio.wait(tasks, timeout=15)
        for channel in self.channels:
            await channel.close()

    async def _forever(self, job: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
        """Do a job again and again; a database that is away, or anything else, is waited for with growing pauses."""
        pause, clock = FIRST_PAUSE, asyncio.get_running_loop().time
        while not stop.is_set():
            began = clock()
            try:
                await job(stop)
                pause = FIRST_PAUSE
            except Exception as problem:  # noqa: BLE001 - nobody but this loop would do the job again
                pause = FIRST_PAUSE if clock() - began > WELL_AFTER else pause
                log.warning("%s: %s, again in %.1f s", job.__name__, type(problem).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _answer(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            bell = self.bells[INBOX_WAKE].next_ring
            if not await asyncio.to_thread(self.turns.answer_next):
                await until(bell, LOOK_AGAIN)

    async def _bring(self, stop: asyncio.Event) -> None:
        while self.retrieval and not stop.is_set():
            bell = self.bells[INBOX_WAKE].next_ring
            if not await self.retrieval.bring_next():
                await until(bell, LOOK_AGAIN)

    def _dispatcher(self, channel: Channel, stop: asyncio.Event) -> Callable[[asyncio.Event], Awaitable[None]]:
        async def dispatch(_stop: asyncio.Event) -> None:
            with try_lock(self.engine, f"dispatcher:{channel.name}") as held:
                if held is None:
                    await asyncio.sleep(LOOK_AGAIN)
                    return
                dispatcher = Dispatcher(self.turns.sessions, self.wording, channel)
                dispatcher.recover()
                async with asyncio.TaskGroup() as group:
                    for urgency in Urgency:
                        group.create_task(self._pump(dispatcher, urgency, stop))
                    group.create_task(_watch(held, stop))
                    group.create_task(self._settle(dispatcher, stop))

        return dispatch

    async def _pump(self, dispatcher: Dispatcher, urgency: Urgency, stop: asyncio.Event) -> None:
        """Keep sending one kind of messages; what is under way is finished before it ends."""
        tasks: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            rings = (self.bells[OUTBOX_WAKE].next_ring, dispatcher.done.next_ring)
            if not await dispatcher.start_next(urgency, tasks):
                await any_of(rings, min(dispatcher.pause.left or LOOK_AGAIN, LOOK_AGAIN))
        if tasks:
            await asyncio.wait(tasks)

    async def _settle(self, dispatcher: Dispatcher, stop: asyncio.Event) -> None:
        """Keep looking up what may have left without an answer."""
        while not stop.is_set():
            if not await dispatcher.settle_next():
                await until(self.bells[OUTBOX_WAKE].next_ring, LOOK_AGAIN)

    def _telegram(self, door: TelegramDoor) -> Callable[[asyncio.Event], Awaitable[None]]:
        """Set the bot up once, and ask for its updates where Telegram does not bring them."""

        async def telegram(stop: asyncio.Event) -> None:
            with try_lock(self.engine, "telegram") as held:
                if held is None:
                    await asyncio.sleep(LOOK_AGAIN)
                    return
                await door.set_up()
                async with asyncio.TaskGroup() as group:
                    group.create_task(_watch(held, stop))
                    if door.telegram.mode == "polling":
                        group.create_task(door.poll(stop))

        return telegram

    async def _tick(self, stop: asyncio.Event) -> None:
        with try_lock(self.engine, CLOCK) as held:
            if held is None:
                await asyncio.sleep(LOOK_AGAIN)
                return
            scheduler = ticking.start(self.clock)
            try:
                while not stop.is_set():
                    await asyncio.sleep(LOOK_AGAIN)
                    still_held(held)
            finally:
                scheduler.shutdown(wait=False)  # type: ignore[no-untyped-call]

    async def _listen(self, _stop: asyncio.Event) -> None:
        async with listening(self.url, self.bells) as notices:
            async for notice in notices:
                self.bells[notice.channel].ring()


async def _watch(held: Connection, stop: asyncio.Event) -> None:
    """Fail as soon as the lock is gone, so that two dispatchers never send side by side."""
    while not stop.is_set():
        await asyncio.to_thread(still_held, held)
        await asyncio.sleep(GUARD)
