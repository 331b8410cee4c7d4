"""Years: written, spelt, of the Buddhist era, or counted from this one."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from covenant.values import dates
from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.eras import CENTURY, EARLIEST, LATEST, gregorian
from covenant.values.headcounts import NUMBER_LAST
from covenant.values.lexicon import Role, Token
from covenant.values.numbers import Amount, said_digits

WRONG = Refused("utter_wrong_year")
YEAR_DIGITS = 4
FARTHEST = 100
_SHORT = re.compile(r"(?<![0-9a-z])'([0-9]{2})(?![0-9])")
_OTHER_THINGS = (Role.PEOPLE, Role.HOUSEHOLDS, Role.THING, Role.MONEY, Role.PERCENT)
_HARMLESS = (
    Role.YEAR, Role.BUDDHIST, Role.COMMON, Role.ABOUT, Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES, Role.TO,
    Role.MONTH, Role.MONTH_WORD,
)  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """A number that may be a year, and the tokens that say it."""

    number: int
    first: int
    end: int
    sure: bool


def parse(question: Question) -> Answer:
    """Return the year in a text; two different ones are refused."""
    shown = dates.written(question)
    if shown:
        return _within(shown.day.year, question, certain=False)
    found = list(_written(question)) or list(_spelt(question))
    years = {gregorian(one.number, question) for one in found}
    if not found:
        return _relative(question)
    if None in years:
        return Refused("utter_wrong_year_range", {"earliest": {"year": EARLIEST}, "latest": {"year": LATEST}})
    if len(years) > 1:
        return Refused("utter_wrong_year_several")
    return _within(years.pop() or 0, question, certain=all(_is_all(one, found, question) for one in found))


@dataclass(frozen=True)
class Span:
    """What a story says about time: the year something starts, the year by which it is done, years that are past."""

    start: int | None = None
    end: int | None = None
    past: tuple[int, ...] = ()


def span_in(question: Question, taken: Collection[int] = ()) -> Span:
    """Return the years of a story about the future, but for the numbers at the tokens `taken`.

    A single year is the end, of two the first is the start; where it cannot be told, nothing is said.
    """
    tokens = question.tokens
    found = [one for one in _written(question) if one.first not in taken]
    dated = {one.first: year for one in found if (year := gregorian(one.number, question))}
    past = tuple(year for year in dated.values() if year < question.today.year)
    coming = {at: year for at, year in dated.items() if year >= question.today.year}
    if not coming:
        return replace(_coming(question), past=past)
    first, *others = coming
    if not others:
        start = coming[first]
        return Span(start=start, past=past) if _starts(first, question) else Span(end=start, past=past)
    if len(others) > 1:
        return Span(past=past)
    start, end = coming.values()
    if _are_one_year([tokens[at] for at in coming], end - start):
        return Span(end=start, past=past)
    return Span(start, end, past) if start < end else Span(past=past)


def _are_one_year(written: Sequence[Token], apart: int) -> bool:
    """Tell "2027 (พ.ศ. 2570)", a year in two calendars, whose years do not begin on the same day."""
    return len({int(token.text) > LATEST for token in written}) > 1 and abs(apart) <= 1


def _starts(at: int, question: Question) -> bool:
    """Tell "from 2027", "mulai tahun 2027": the word stands just before the year or its "year"; or right behind it."""
    tokens = question.tokens
    if question.words.language in NUMBER_LAST:
        small = (Role.MONTH, Role.MONTH_WORD, Role.FILLER)
        after = [token for token in tokens[at + 1 : at + 5] if token.roles and not token.plays(*small)]
        if after and after[0].plays(Role.START):
            return True
    before = [token for token in tokens[max(at - 3, 0) : at] if not token.plays(Role.YEAR, Role.MONTH, Role.MONTH_WORD)]
    return bool(before) and before[-1].plays(Role.START)


def _coming(question: Question) -> Span:
    """Return the year of "next year", "from next year" and "within three years", if there is just one of them."""
    tokens, today = question.tokens, question.today.year
    shifts = [at for at, token in enumerate(tokens) if token.plays(Role.YEAR_SHIFT)]
    after = {one.end: one.value for one in question.amounts if one.value <= FARTHEST and one.value % 1 == 0}
    counted = [at for at in after if at < len(tokens) and tokens[at].roles.get(Role.PERIOD) == "year"]
    if len(shifts) == 1 and not counted:
        at = shifts[0]
        step = tokens[at].roles[Role.YEAR_SHIFT]
        if step < 0:
            return Span()
        if at in after and step:  # "3 năm tới": three of them
            return Span(end=today + int(after[at]))
        return Span(start=today + step) if _starts(at, question) else Span(end=today + step)
    if len(counted) == 1 and not shifts and dates.direction(tokens) > 0:
        return Span(end=today + int(after[counted[0]]))
    return Span()


def _within(year: int, question: Question, *, certain: bool) -> Answer:
    if question.earliest and year < question.earliest.year:
        return Refused("utter_wrong_year_past", {"earliest": {"year": question.earliest.year}})
    if question.latest and year > question.latest.year:
        return Refused("utter_wrong_year_future", {"latest": {"year": question.latest.year}})
    return Parsed(year, certain)


def _is_all(one: _Found, found: Sequence[_Found], question: Question) -> bool:
    tokens = question.tokens
    used = {at for each in found for at in range(each.first, each.end)}
    rest = [token for at, token in enumerate(tokens) if at not in used]
    # "พ.ศ. 2030" names the wrong era.
    mixed = one.number <= LATEST and any(token.plays(Role.BUDDHIST) for token in tokens) and len(found) == 1
    return one.sure and not mixed and all(token.plays(*_HARMLESS) for token in rest) and "?" not in question.text


def _written(question: Question) -> Iterable[_Found]:
    tokens = question.tokens
    for at, token in enumerate(tokens):
        if token.numeral and token.text.isdigit() and len(token.text) == YEAR_DIGITS and _is_free(at, at + 1, tokens):
            yield _Found(int(token.text), at, at + 1, sure=True)
    short = _SHORT.search(question.text)
    if short:
        at = next((at for at, token in enumerate(tokens) if token.start == short.start(1)), 0)
        yield _Found(2000 + int(short[1]), at, at + 1, sure=False)


def _is_free(first: int, end: int, tokens: Sequence[Token]) -> bool:
    beside = [tokens[at] for at in (first - 1, end) if 0 <= at < len(tokens)]
    start, stop = tokens[first].start, tokens[end - 1].end
    glued = any(
        token.unknown and token.text.isascii() and (token.end == start or token.start == stop) for token in beside
    )
    negative = (
        first and tokens[first - 1].text == "-" and (first == 1 or tokens[first - 2].end < tokens[first - 1].start)
    )
    said = first and tokens[first - 1].plays(Role.YEAR) and not tokens[first - 1].plays(Role.NUMBER)
    return (
        not glued
        and not (negative and tokens[first - 1].end == start)
        and (
            said
            or not any(
                token.plays(*_OTHER_THINGS, Role.SCALE, Role.SUFFIX) and not token.plays(Role.YEAR) for token in beside
            )
        )
    )


def _spelt(question: Question) -> Iterable[_Found]:
    found = [one for one in question.amounts if one.spelt]
    whole = [one for one in (said_digits(found), *found, *_centuries(found)) if one]
    for one in whole:
        if (
            EARLIEST <= one.value <= LATEST + FARTHEST * 6
            and one.value % 1 == 0
            and _is_free(one.first, one.end, question.tokens)
        ):
            yield _Found(int(one.value), one.first, one.end, one.sure or one.spelt)


def _centuries(found: Sequence[Amount]) -> Iterable[Amount]:
    """Yield "twenty · thirty" as 2030."""
    for left, right in pairwise(found):
        pair = left.end == right.first and left.value in {19, 20, 21} and 10 <= right.value < CENTURY  # noqa: PLR2004 - of these centuries
        if pair:
            yield Amount(left.value * CENTURY + right.value, left.first, right.end, spelt=True)


def _relative(question: Question) -> Answer:
    counted = dates.shifted(question, Role.YEAR_SHIFT)
    if counted is not None and abs(counted) <= FARTHEST:
        return _within(question.today.year + counted, question, certain=False)
    shifts = [token.roles[Role.YEAR_SHIFT] for token in question.tokens if token.plays(Role.YEAR_SHIFT)]
    rest = [token for token in question.tokens if not token.plays(Role.YEAR_SHIFT)]
    if len(shifts) == 1:
        plain = all(token.plays(*_HARMLESS) for token in rest)
        return _within(question.today.year + shifts[0], question, certain=plain)
    return _counted(question)


def _counted(question: Question) -> Answer:
    """Return "in 5 years" and "5 years ago" as a year."""
    found = question.amounts
    says_years = any(token.roles.get(Role.PERIOD) == "year" for token in question.tokens)
    direction = dates.direction(question.tokens)
    if len(found) != 1 or not says_years or not direction or found[0].value > FARTHEST or found[0].value % 1:
        return WRONG
    return _within(question.today.year + direction * int(found[0].value), question, certain=False)
