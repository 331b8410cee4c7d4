"""What Kawan's ear promises, each promise beside what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlu.report_figures import Figures, Speed

NOISE_COSTS_AT_MOST = {"zawgyi": 2.0}
OTHER_NOISE_COSTS_AT_MOST = 5.0
SPEEDS: Sequence[tuple[str, str, float, str]] = (
    ("new_ms_p50", "a new sentence, p50", 40, "ms"),
    ("payload_ms_p50", "a button, p50", 10, "ms"),
    ("training_seconds_cold", "training, cold", 360, "s"),
    ("training_seconds_warm", "training, embeddings cached", 120, "s"),
    ("start_seconds", "start", 15, "s"),
    ("memory_mb", "memory", 400, "MB"),
    ("environment_mb", "environment on disk", 900, "MB"),
)


@dataclass(frozen=True)
class Target:
    """One promise: the figure (none if it was not measured) must reach the bound, or stay within it."""

    name: str
    figure: float | None
    bound: float
    unit: str
    at_least: bool

    @property
    def met(self) -> bool | None:
        """Whether the promise is kept; none while nobody measured."""
        if self.figure is None:
            return None
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def targets(figures: Figures) -> list[Target]:
    """All promises in the order of the page."""
    return [*_understanding(figures), *_left_out(figures), *_noise(figures), *_alarms(figures), *_speed(figures)]


def mean(values: Iterable[float]) -> float | None:
    """The plain mean; none of nothing."""
    known = list(values)
    return sum(known) / len(known) if known else None


def cost(figures: Figures, noise: str) -> float | None:
    """How many points a noise costs, as a mean of the languages it was measured in."""
    clean = figures.get("by_language", {})
    noisy = figures.get("noise", {}).get(noise, {})
    return mean(clean[code]["accuracy"] - accuracy for code, accuracy in noisy.items() if code in clean)


def cost_bound(noise: str) -> float:
    """How many points a noise may cost."""
    return NOISE_COSTS_AT_MOST.get(noise, OTHER_NOISE_COSTS_AT_MOST)


def weakest(accuracies: Mapping[str, float]) -> tuple[str, float | None]:
    """The language with the lowest accuracy, and that; no name and none of nothing."""
    return min(accuracies.items(), key=lambda item: item[1], default=("", None))


def _understanding(figures: Figures) -> Iterator[Target]:
    overall = figures.get("overall")
    code, lowest = weakest({code: row["accuracy"] for code, row in figures.get("by_language", {}).items()})
    yield _share("intents right", overall["accuracy"] if overall else None, 95)
    yield _share(f"weakest language{_named(code)}", lowest, 90)
    yield _share("right one among two", overall["among_two"] if overall else None, 97)


def _left_out(figures: Figures) -> Iterator[Target]:
    rows = {code: row["accuracy"] for code, row in figures.get("left_out", {}).items()}
    code, _ = weakest(rows)
    yield _share(f"languages left out, mean{_named(code, 'weakest ')}", mean(rows.values()), 80)


def _noise(figures: Figures) -> Iterator[Target]:
    for noise in dict.fromkeys(("typos", "no_marks", "no_spaces", "zawgyi", *figures.get("noise", {}))):
        yield Target(
            f"{noise.replace('_', ' ')} cost", cost(figures, noise), cost_bound(noise), "points", at_least=False
        )


def _alarms(figures: Figures) -> Iterator[Target]:
    alarms = figures.get("alarms", {})
    for intent in dict.fromkeys(("emergency", "opt_out", *alarms)):
        yield _share(f"{intent} found", alarms[intent]["recall"] if intent in alarms else None, 99)


def _speed(figures: Figures) -> Iterator[Target]:
    measured: Mapping[str, object] = figures.get("speed", Speed())
    for key, name, bound, unit in SPEEDS:
        figure = measured.get(key)
        yield Target(name, float(figure) if isinstance(figure, int | float) else None, bound, unit, at_least=False)


def _share(name: str, figure: float | None, bound: float) -> Target:
    return Target(name, figure, bound, "%", at_least=True)


def _named(code: str, before: str = "") -> str:
    return f" ({before}{code})" if code else ""
