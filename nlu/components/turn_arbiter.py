"""Who decides what a message is while a question is open: the person's words, the field's parser or the classifier."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.payload import command_word, is_payload

INFORM = "inform"
FALLBACK = "nlu_fallback"
# At the review, yes and no are commands too: it is sent, or something is to be changed.
COMMANDS = frozenset({"go_back", "correct", "skip", "cancel", "help", "repeat", "affirm", "deny"})
OUTRANKING = frozenset({"emergency", "opt_out"})
HAZARD = "hazard"
ANY = "*"
OPT_OUT = "opt_out"
UNSURE = "utter_wrong_yes_no_unsure"  # the parser's word for "maybe"
NEVER = 2.0  # no confidence reaches it
YES_NO = frozenset({"affirm", "deny"})
SOCIAL = frozenset({"greet", "goodbye", "thank"})
# These never take a person away from an open question: they are answers to it, or nothing.
NEVER_INTERRUPTING = frozenset({INFORM, "out_of_scope"})


@dataclass(frozen=True)
class Thresholds:
    """How sure the classifier must be; measured with `nlu/report.py`, set in `config.yml`."""

    outranking: float = 0.60
    outranking_certain: float = 0.75
    interrupting: float = 0.60
    interrupting_free_text: float = 0.80
    social_in_free_text: float = 0.90
    against_likely: float = 0.97
    answering_yes_no: float = 0.40
    understanding: float = 0.40
    ambiguity: float = 0.10


@dataclass(frozen=True)
class Reading:
    """What the covenant saw in a text before Rasa was asked: the open field and its parser's opinion."""

    field: str | None = None
    kind: str | None = None
    value: Any = None
    certain: bool = False
    likely: bool = False
    free_text: bool = False
    command: str | None = None
    refused: str | None = None
    resembles: tuple[str, ...] = ()

    @property
    def says_yes_or_no(self) -> bool:
        """Whether the whole text is a yes or a no to the open question."""
        return self.command in YES_NO or (self.kind == "yes_no" and self.certain and self.value is not None)

    def may_be(self, intent: str | None) -> bool:
        """Whether an answer to the open question may sound like that intent: what is pledged like progress reported."""
        return bool({intent, ANY} & set(self.resembles))

    @classmethod
    def of(cls, metadata: Any) -> Reading:
        """The reading inside a message's metadata; an empty one where there is none."""
        given = metadata.get("reading") if isinstance(metadata, dict) else None
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in given.items() if key in known}) if isinstance(given, dict) else cls()


@dataclass(frozen=True)
class Guess:
    """The classifier's opinion: best intent, how sure, and how far ahead of the second."""

    intent: str | None = None
    confidence: float = 0.0
    lead: float = 1.0

    @classmethod
    def of(cls, ranking: list[dict[str, Any]]) -> Guess:
        """From Rasa's ranking, which may be empty."""
        if not ranking:
            return cls()
        second = ranking[1]["confidence"] if len(ranking) > 1 else 0.0
        return cls(ranking[0]["name"], ranking[0]["confidence"], ranking[0]["confidence"] - second)


@dataclass(frozen=True)
class Verdict:
    """What the message is taken for; `value` is set where it answers the open question."""

    intent: str
    confidence: float
    value: Any = None


def decide(text: str, reading: Reading, guess: Guess, thresholds: Thresholds) -> Verdict:
    """The verdict on one text, by the order of the house: safety, commands, values, interruptions, free text, help."""
    certain = reading.certain and reading.value is not None
    if guess.intent in OUTRANKING and guess.confidence >= _least_to_outrank(guess.intent, reading, thresholds):
        return Verdict(guess.intent, guess.confidence)
    if reading.command in COMMANDS:
        return Verdict(reading.command, 1.0)
    if certain:
        return Verdict(INFORM, 1.0, reading.value)
    if reading.field is None:
        return _without_question(guess, thresholds)
    if guess.intent and guess.confidence >= _least_to_leave(guess.intent, reading, thresholds):
        return Verdict(guess.intent, guess.confidence)
    return Verdict(INFORM, 1.0, text if reading.value is None else reading.value)


def _least_to_outrank(intent: str, reading: Reading, thresholds: Thresholds) -> float:
    """How sure an alarm must be: surer against a certain value, and never against the danger that was asked for."""
    if ANY in reading.resembles:  # a warning that is dictated for others is not a cry for help
        return NEVER
    if intent == OPT_OUT and reading.says_yes_or_no:  # "tama na po": "that is right", and "enough"
        return NEVER
    if not reading.certain or reading.value is None:
        return thresholds.outranking
    return NEVER if reading.kind == HAZARD else thresholds.outranking_certain


def _without_question(guess: Guess, thresholds: Thresholds) -> Verdict:
    """No question is open: the classifier alone, where it is sure enough and not torn between two."""
    if guess.intent and guess.confidence >= thresholds.understanding and guess.lead >= thresholds.ambiguity:
        return Verdict(guess.intent, guess.confidence)
    return Verdict(FALLBACK, guess.confidence)


def _least_to_leave(intent: str, reading: Reading, thresholds: Thresholds) -> float:
    """How sure the classifier must be for this intent to be taken instead of an answer to the open question."""
    if intent in YES_NO:
        is_asked = reading.kind == "yes_no" and reading.refused != UNSURE
        return thresholds.answering_yes_no if is_asked else NEVER
    if intent in NEVER_INTERRUPTING or reading.may_be(intent):
        return NEVER
    if reading.likely:
        return thresholds.against_likely
    if not reading.free_text:
        return thresholds.interrupting
    return thresholds.social_in_free_text if intent in SOCIAL else thresholds.interrupting_free_text


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TurnArbiter(GraphComponent):
    """Last in the pipeline: puts the reading beside the classifier's ranking and sets the intent; the ranking stays."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The thresholds, and the intents of commands that chat clients send by themselves."""
        return {
            **{field.name: field.default for field in fields(Thresholds)},
            "commands": {"start": "greet", "stop": "opt_out", "menu": "help", "language": "change_language"},
        }

    def __init__(self, config: dict[str, Any]) -> None:
        self._thresholds = Thresholds(**{field.name: float(config[field.name]) for field in fields(Thresholds)})
        self._commands: dict[str, str] = dict(config["commands"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> TurnArbiter:
        """As Rasa's graph asks for it."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Decide each message; what Rasa reads by itself it will overwrite in its next step."""
        for message in messages:
            text = str(message.get(TEXT) or "").strip()
            self._set(message, self._client_command(text) or self._verdict(message, text))
        return messages

    def _client_command(self, text: str) -> Verdict | None:
        """`/start` and the like, and anything else in the form of a payload whose intent does not exist."""
        intent = self._commands.get(command_word(text) or "")
        if intent:
            return Verdict(intent, 1.0)
        return Verdict(FALLBACK, 0.0) if is_payload(text) else None

    def _verdict(self, message: Message, text: str) -> Verdict:
        guess = Guess.of(message.get(INTENT_RANKING_KEY) or [])
        return decide(text, Reading.of(message.get("metadata")), guess, self._thresholds)

    @staticmethod
    def _set(message: Message, verdict: Verdict) -> None:
        message.set(INTENT, {"name": verdict.intent, "confidence": verdict.confidence}, add_to_output=True)
        message.set(INTENT_RANKING_KEY, message.get(INTENT_RANKING_KEY) or [], add_to_output=True)
        if verdict.value is not None:
            found = [*(message.get(ENTITIES) or []), _entity(verdict.value, len(message.get(TEXT)))]
            message.set(ENTITIES, found, add_to_output=True)


def _entity(value: Any, length: int) -> dict[str, Any]:
    return {"entity": "value", "value": value, "start": 0, "end": length, "extractor": "TurnArbiter"}
