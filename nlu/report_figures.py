"""What the report measures, as the one JSON it writes and the page reads.

Accuracy, recall and shares are percent, 0 to 100, unless a part says otherwise. What was not measured is left out or
null, and the page says so in its place.
"""

from __future__ import annotations

from typing import TypeAlias, TypedDict


class Accuracy(TypedDict):
    """How often the first guess is right, and how often the right one is among the first two."""

    accuracy: float
    among_two: float


class LanguageAccuracy(Accuracy):
    """The same for a number of sentences."""

    sentences: int


class IntentAccuracy(TypedDict):
    """How often an intent's sentences are taken for it."""

    accuracy: float
    sentences: int


class Sentences(TypedDict):
    """How many were learnt from and how many were judged."""

    training: int
    development: int


class Calibration(TypedDict):
    """Whether the confidence means what it says; every number here is a probability, 0 to 1."""

    bins: list[tuple[float, float, float]]
    """Mean confidence, accuracy, and which share of all sentences falls here."""
    error: float
    """Expected calibration error: the mean distance of the two, weighted by the share."""


class Threshold(TypedDict, total=False):
    """What one threshold would do; `threshold` is 0 to 1, the others are percent of the sentences named."""

    threshold: float
    understood: float
    misunderstood: float
    asked_back: float
    wish_heard_in_form: float
    answer_taken_for_wish: float
    alarm_heard: float
    false_alarm: float


class Alarm(TypedDict):
    """How often what must not be missed is heard, and how often another sentence is taken for it."""

    recall: float
    false_alarms: float


class Speed(TypedDict, total=False):
    """Milliseconds on one core, seconds on two, megabytes of 10^6 bytes."""

    new_ms_p50: float | None
    new_ms_p99: float | None
    repeated_ms_p50: float | None
    payload_ms_p50: float | None
    training_seconds_cold: float | None
    training_seconds_warm: float | None
    start_seconds: float | None
    memory_mb: float | None
    environment_mb: float | None


class Milliseconds(TypedDict):
    """For one new sentence on one core."""

    p50: float
    p99: float


class Plain(TypedDict, total=False):
    """Rasa's own pipeline on the same sentences, as `tests/bench/plain/measure.py` writes it."""

    minutes: float
    """What training was allowed to take."""
    epochs: int
    training_seconds: float
    """Of the processor, on one thread."""
    environment_mb: float
    memory_mb: float
    milliseconds: Milliseconds
    by_language: dict[str, LanguageAccuracy]
    overall: LanguageAccuracy


class Variant(TypedDict, total=False):
    """A way to build the pipeline that was tried; accuracies of the first guess."""

    name: str
    accuracy: float | None
    among_two: float | None
    left_out: float | None
    typos: float | None
    unmarked: float | None
    training_seconds: float | None


ByLanguage: TypeAlias = dict[str, LanguageAccuracy]
Confusion: TypeAlias = tuple[str, str, int]


class Figures(TypedDict, total=False):
    """Everything."""

    made: str
    """The day, as in ISO 8601."""
    sentences: Sentences
    overall: Accuracy
    by_language: ByLanguage
    by_intent: dict[str, IntentAccuracy]
    confusions: list[Confusion]
    """Intent, what it was taken for, how often."""
    calibration: Calibration
    thresholds: list[Threshold]
    left_out: dict[str, Accuracy]
    """By the language that no sentence was learnt of, with nothing else known of it."""
    left_out_centred: dict[str, Accuracy]
    """The same when the language's catalogue gives the embedding its centre."""
    noise: dict[str, dict[str, float]]
    """Accuracy by the noise's name (`typos`, `no_marks`, `no_spaces`, `zawgyi`) and language."""
    alarms: dict[str, Alarm]
    speed: Speed
    plain: Plain | None
    variants: list[Variant]
