"""What is asked of a text and what comes back: the kinds of value, the question, an accepted or a refused answer."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from covenant.values.lexicon import Token
from covenant.values.numbers import Amount, amounts
from covenant.values.words import Words, words_of


class Kind(StrEnum):
    """The kinds of value a question can ask for; a place is found by `covenant.places`."""

    COUNT = "count"
    PEOPLE = "people"
    YEAR = "year"
    DATE = "date"
    PERCENT = "percent"
    REDUCTION = "reduction"
    EMAIL = "email"
    PHONE = "phone"
    HAZARD = "hazard"
    AUDIENCE = "audience"
    YES_NO = "yes_no"
    LANGUAGE = "language"
    TEXT = "text"
    NAME = "name"
    URL = "url"
    ROLE_TEXT = TEXT


@dataclass(frozen=True)
class Parsed:
    """A value. `certain`: the text as a whole is one; otherwise it was found in a sentence or can be read two ways."""

    value: Any
    certain: bool


@dataclass(frozen=True)
class Refused:
    """No value: the name of the response that says what is wrong, and what fills its placeholders."""

    reason: str
    args: dict[str, Any] = field(default_factory=dict)


Answer = Parsed | Refused


@dataclass(frozen=True)
class Question:
    """A text to be read as a value, with what decides how: language, country, day, the span a date may lie in."""

    raw: str
    text: str
    words: Words
    tokens: list[Token]
    country: str | None
    today: date
    earliest: date | None = None
    latest: date | None = None

    @cached_property
    def amounts(self) -> list[Amount]:
        """Every number of the text, in order."""
        return amounts(self.tokens, self.words)


def ask(
    raw: str,
    language: str,
    country: str | None = None,
    today: date | None = None,
    span: tuple[date | None, date | None] = (None, None),
) -> Question:
    """Return the question about a text, folded and split into tokens once."""
    words = words_of(language)
    text = words.fold(raw)
    place = country.strip().upper() or None if country else None
    day = today or date.today()  # noqa: DTZ011 - whose clock counts is the caller's to know
    return Question(raw, text, words, words.lexicon.scan(text), place, day, *span)
