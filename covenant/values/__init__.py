"""Values in what people write: counts, years, dates, contacts, hazards … in every language, found by pure functions.

`parse` is the door: what is sure is taken, what can be doubted is marked so that it is read back, what is wrong is
refused with the name of a response that says why (`nlu/domain/values.yml`).
"""

from collections.abc import Callable
from datetime import date

from covenant.values import choices, contacts, counts, dates, hazards, names, percents, years
from covenant.values.answers import Answer, Kind, Parsed, Question, Refused, ask
from covenant.values.words import words_of
from locales.writing import in_unicode

# Letters of free text that are searched.
LONGEST_STORY = 2000
# Longer than any value that is taken; what is behind would only cost time.
LONGEST_RAW = 10_000

__all__ = ["Kind", "Parsed", "Refused", "ask", "hazards_in", "parse", "parse_several"]

_PARSERS: dict[Kind, Callable[[Question], Answer]] = {
    Kind.COUNT: counts.parse,
    Kind.PEOPLE: counts.parse_people,
    Kind.YEAR: years.parse,
    Kind.DATE: dates.parse,
    Kind.PERCENT: percents.parse,
    Kind.REDUCTION: percents.parse_reduction,
    Kind.EMAIL: contacts.parse_email,
    Kind.PHONE: contacts.parse_phone,
    Kind.URL: contacts.parse_url,
    Kind.HAZARD: hazards.parse,
    Kind.AUDIENCE: choices.parse_audience,
    Kind.YES_NO: choices.parse_yes_no,
    Kind.LANGUAGE: choices.parse_language,
    Kind.NAME: names.parse_name,
    Kind.TEXT: names.parse_text,
}

_SEVERAL: dict[Kind, Callable[[Question], Answer]] = {
    Kind.HAZARD: hazards.parse_several,
    Kind.AUDIENCE: choices.parse_audiences,
}


def parse(  # noqa: PLR0913 - the text, what it should be, and whose it is
    kind: Kind,
    text: str,
    language: str,
    country: str | None = None,
    today: date | None = None,
    *,
    earliest: date | None = None,
    latest: date | None = None,
) -> Parsed | Refused:
    """Read a text as a value of a kind; any text gets an answer, none an exception.

    `country` (ISO code) decides whose local phone numbers and years are meant, otherwise the language does. Years and
    dates before `earliest` or after `latest` are refused.
    """
    span = (earliest, latest)
    readings = _readings(text[:LONGEST_RAW])
    return max((_PARSERS[Kind(kind)](ask(each, language, country, today, span)) for each in readings), key=_trust)


def parse_several(kind: Kind, text: str, language: str) -> Parsed | Refused:
    """Read a text as several values of a kind, hazards or audiences; the value is the list of them, as they come."""
    readings = _readings(text[:LONGEST_RAW])
    return max((_SEVERAL[kind](ask(each, language)) for each in readings), key=_trust)


def _readings(text: str) -> list[str]:
    """Return the text, before it what it says if it was typed in Zawgyi; short Burmese words can look like both."""
    return list(dict.fromkeys([in_unicode(text), text])) if len(text) <= LONGEST_STORY else [text]


def _trust(answer: Answer) -> int:
    """Rank answers: of a Burmese text that may be Zawgyi, the reading that is a value is what was meant."""
    return 1 + answer.certain if isinstance(answer, Parsed) else 0


def hazards_in(text: str, language: str) -> list[str]:
    """Return the codes of all hazards that a sentence names, in order."""
    words = words_of(language)
    named = hazards.named_in(words.fold(text, LONGEST_STORY), words)
    return [code for code in named if code in hazards.hazards()]
