"""Eras: years counted from the Buddha turned into the years everybody writes on letters."""

from datetime import date

from covenant.values.answers import Question
from covenant.values.lexicon import Role

BUDDHIST = 543
# Thailand, Laos and Cambodia write both eras side by side.
BUDDHIST_COUNTRIES = frozenset({"TH", "LA", "KH"})
EARLIEST, LATEST = 1900, 2100
CENTURY = 100


def uses_buddhist(question: Question) -> bool:
    """Tell whether the person may mean a Buddhist year: by language, country or because they say so."""
    return question.words.buddhist or question.country in BUDDHIST_COUNTRIES or _says(question, Role.BUDDHIST)


def gregorian(year: int, question: Question) -> int | None:
    """Return the Gregorian year of a written one, or None if no sensible year is meant."""
    plain, counted = _sensible(year), _sensible(year - BUDDHIST)
    says_buddhist, says_common = _says(question, Role.BUDDHIST), _says(question, Role.COMMON)
    if says_buddhist and not says_common:
        return counted or plain
    if says_common and not says_buddhist:
        return plain
    return plain or (counted if uses_buddhist(question) else None)


def short_year(digits: int, question: Question) -> int:
    """Return the year that two digits mean, the one nearest to today: 26 is 2026, in Thailand 69 too."""
    readings = [2000 + digits, 1900 + digits]
    if uses_buddhist(question):
        readings.append(2500 + digits - BUDDHIST)
    return min(readings, key=lambda year: abs(year - question.today.year))


def _says(question: Question, era: Role) -> bool:
    return any(token.plays(era) for token in question.tokens)


def _sensible(year: int) -> int | None:
    return year if EARLIEST <= year <= LATEST else None


def day_of(year: int, month: int, day: int) -> date | None:
    """Return the date, or None for one that no calendar has."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
