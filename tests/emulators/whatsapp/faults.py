"""Faults on demand: the next ones in a queue, or a share of all sends by a seeded chance."""

import random
from dataclasses import dataclass, field
from typing import Any

KINDS = {"429", "500", "502", "503", "hang", "drop", "code"}


@dataclass(frozen=True)
class Fault:
    """`hang` waits `seconds` first; `drop` takes the message, then closes the connection; `code` fails now or late."""

    kind: str
    code: int = 0
    late: bool = False
    seconds: float = 5
    times: int = 1
    to: str = ""  # only messages to this address

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Fault":
        fault = cls(**fields)
        if fault.kind not in KINDS:
            raise ValueError(f"no such fault: {fault.kind}")
        return fault


@dataclass
class Faults:
    queue: list[Fault] = field(default_factory=list)
    rates: list[tuple[float, Fault]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def add(self, fault: Fault) -> None:
        self.queue += [fault] * fault.times

    def set_rates(self, rates: list[dict[str, Any]], seed: int) -> None:
        """Each row is a fault and its `rate`; the same seed gives the same faults in the same order of sends."""
        self.chance = random.Random(seed)
        self.rates = [(row["rate"], Fault.read({k: v for k, v in row.items() if k != "rate"})) for row in rates]

    def clear(self) -> None:
        self.queue, self.rates = [], []

    def next(self, to: str) -> Fault | None:
        """What befalls this send, if anything."""
        for fault in self.queue:
            if fault.to in {"", to}:
                self.queue.remove(fault)
                return fault
        drawn, below = self.chance.random(), 0.0
        for rate, fault in self.rates:
            below += rate
            if drawn < below and fault.to in {"", to}:
                return fault
        return None
