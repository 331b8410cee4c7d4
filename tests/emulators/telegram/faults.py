"""Troubles on demand: by rates with a seed, or one after the other from a queue."""

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from typing import Any

from tests.emulators.telegram.errors import ApiError, ControlError, bad, forbidden
from tests.emulators.telegram.limits import COUNTED, too_many
from tests.emulators.telegram.state import Json

KINDS = (
    "throttle", "bad_gateway", "server_error", "hang", "drop", "blocked", "deactivated", "chat_not_found", "migrated",
    "not_modified",
)  # fmt: skip
BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


@dataclass(frozen=True)
class Fault:
    """One trouble. With `recorded` the call takes effect first and only its answer is lost; a `drop` always does.

    It strikes any method that sends or edits, or those named in `methods` (`download` is the file route).
    """

    kind: str
    seconds: float = 5.0  # retry_after, or how long it hangs
    chat_id: int | None = None  # only calls to that chat
    methods: tuple[str, ...] = ()
    migrate_to_chat_id: int = -1_009_999_999_999
    recorded: bool = False

    @property
    def takes_effect(self) -> bool:
        return self.recorded or self.kind == "drop"

    def fits(self, method: str, chat_id: Any) -> bool:
        """Whether it may strike this call."""
        return method in (self.methods or COUNTED) and self.chat_id in {None, chat_id}

    @property
    def error(self) -> ApiError | None:
        """The answer, where it is one in JSON."""
        return {
            "throttle": too_many(self.seconds),
            "server_error": ApiError(500, "Internal Server Error"),
            "blocked": forbidden("bot was blocked by the user"),
            "deactivated": forbidden("user is deactivated"),
            "chat_not_found": bad("chat not found"),
            "migrated": bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.migrate_to_chat_id),
            "not_modified": bad(NOT_MODIFIED),
        }.get(self.kind)


def read_fault(given: Json) -> Fault:
    """A fault from the control API, or a sentence about what is wrong with it."""
    known = {field.name for field in fields(Fault)}
    if given.get("kind") not in KINDS or not given.keys() <= known:
        raise ControlError(f"A fault has a kind of {KINDS} and some of {sorted(known)}, not {given}")
    return Fault(**{**given, "methods": tuple(given.get("methods", ()))})


@dataclass
class Faults:
    """What will go wrong."""

    queue: list[Fault] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    common: Json = field(default_factory=dict)  # seconds, methods … of those that come by rate
    struck: Counter[str] = field(default_factory=Counter)
    _random: random.Random = field(default_factory=lambda: random.Random(0))

    def set_rates(self, rates: dict[str, float], seed: int = 0, common: Json | None = None) -> None:
        """From now on each fitting call fails so often. The same seed gives the same order of faults."""
        for kind in rates:
            read_fault({"kind": kind, **(common or {})})
        self.rates, self.common, self._random = dict(rates), common or {}, random.Random(seed)

    def clear(self) -> None:
        """Nothing goes wrong any more; what struck stays counted."""
        self.queue.clear()
        self.rates.clear()

    def pick(self, method: str, chat_id: Any) -> Fault | None:
        """The fault for this call: the first of the queue that fits, otherwise by chance."""
        fault = next((fault for fault in self.queue if fault.fits(method, chat_id)), None)
        if fault:
            self.queue.remove(fault)
        else:
            fault = self._by_chance(method, chat_id)
        if fault:
            self.struck[fault.kind] += 1
        return fault

    def _by_chance(self, method: str, chat_id: Any) -> Fault | None:
        candidates = [read_fault({"kind": kind, **self.common}) for kind in self.rates]
        fitting: Collection[Fault] = [fault for fault in candidates if fault.fits(method, chat_id)]
        dice = self._random.random() if fitting else 1.0
        for fault in fitting:
            dice -= self.rates[fault.kind]
            if dice < 0:
                return fault
        return None
