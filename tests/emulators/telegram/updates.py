"""What the bot has not fetched yet: the queue behind getUpdates and the webhook."""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Any

from tests.emulators.telegram.errors import ApiError
from tests.emulators.telegram.state import Json

# Delivered only to who asks for them by name.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
MOST_AT_ONCE = 100
LONGEST_WAIT = 50


class Updates:
    """Updates in their order. `on_new` is called after each, which is how the webhook wakes."""

    def __init__(self, source: random.Random) -> None:
        self.pending: list[Json] = []
        self.allowed: list[str] = []
        self.on_new: Callable[[Json], None] = lambda _: None
        self._next = source.randrange(100_000_000, 900_000_000)
        self._changed = asyncio.Event()
        self._poll = 0

    def wants(self, kind: str) -> bool:
        """Whether the bot asked for that kind, by name or by saying nothing."""
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def allow(self, kinds: list[str] | None) -> None:
        """An omitted list keeps the old one, an empty one is the default again. Updates that wait stay."""
        if kinds is not None:
            self.allowed = list(kinds)

    def push(self, kind: str, body: Json) -> Json | None:
        """Queues an update with the next id, unless the bot does not want its kind."""
        return self.push_raw({kind: body}) if self.wants(kind) else None

    def push_raw(self, content: Json) -> Json:
        """Queues whatever JSON it is given. An `update_id` in it is kept."""
        update = {"update_id": self._next, **content}
        if isinstance(update["update_id"], int):
            self._next = max(self._next, update["update_id"]) + 1
        self.pending.append(update)
        self._changed.set()
        self.on_new(update)
        return update

    def drop(self) -> None:
        """`drop_pending_updates`."""
        self.pending.clear()

    def remove(self, update: Json) -> None:
        """After its delivery by webhook."""
        index = next((index for index, other in enumerate(self.pending) if other is update), None)
        if index is not None:
            del self.pending[index]

    async def poll(self, args: Json) -> list[Json]:
        """getUpdates: forgets what is below the offset, then waits until there is something. A newer poll ends it."""
        self._poll += 1
        mine = self._poll
        self._changed.set()  # wakes the older poll, which then finds that it is not the newest
        self.allow(args.get("allowed_updates"))
        self._confirm(args.get("offset") or 0)
        end = asyncio.get_running_loop().time() + min(args.get("timeout") or 0, LONGEST_WAIT)
        while not self.pending and (left := end - asyncio.get_running_loop().time()) > 0:
            self._changed.clear()
            await _within(self._changed.wait(), left)
            if mine != self._poll:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        return self.pending[: max(1, min(args.get("limit") or MOST_AT_ONCE, MOST_AT_ONCE))]

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.pending[:] = self.pending[offset:]
        elif offset:
            self.pending[:] = [update for update in self.pending if update["update_id"] >= offset]

    def interrupt(self) -> None:
        """Ends a running poll, because a webhook takes over."""
        self._poll += 1
        self._changed.set()


async def _within(waiting: Any, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return


def chat_of(update: Json) -> int | None:
    """The chat whose order an update belongs to."""
    bodies: Iterable[Any] = (body for body in update.values() if isinstance(body, dict))
    body: Json = next(iter(bodies), {})
    chat = body.get("chat") or (body.get("message") or {}).get("chat") or body.get("from") or {}
    return chat.get("id") if isinstance(chat, dict) else None
