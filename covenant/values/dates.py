"""Dates: ISO, day first, with the month's name, of the Buddhist era, or counted from today."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.eras import day_of, gregorian, short_year
from covenant.values.lexicon import Role, Token

WRONG = Refused("utter_wrong_date")
INCOMPLETE = Refused("utter_wrong_date_incomplete")
IMPOSSIBLE = Refused("utter_wrong_date_impossible")
SEVERAL = Refused("utter_wrong_date_several")
DAYS = 31
MONTHS = 12
SHORT_YEAR = 2
FARTHEST = 1000
LEAP = 4
PERIOD_DAYS = {"day": 1, "week": 7}

_SEPARATOR = r"\s*[-/.]\s*"
_PATTERNS = (
    re.compile(
        rf"(?<![0-9.,/-])(?P<y>[0-9]{{4}}){_SEPARATOR}(?P<m>[0-9]{{1,2}}){_SEPARATOR}(?P<d>[0-9]{{1,2}})(?![0-9/])"
    ),
    re.compile(
        rf"(?<![0-9.,/-])(?P<d>[0-9]{{1,2}}){_SEPARATOR}(?P<m>[0-9]{{1,2}}){_SEPARATOR}(?P<y>[0-9]{{4}}|[0-9]{{2}})(?![0-9/-])"
    ),
    re.compile(r"(?<![0-9.,/+-])(?P<d>[0-9]{1,2}) (?P<m>[0-9]{1,2}) (?P<y>[0-9]{4})(?![0-9])"),
    re.compile(r"^(?P<y>(?:19|20|25)[0-9]{2})(?P<m>0[1-9]|1[0-2])(?P<d>[0-3][0-9])$"),
    re.compile(r"^(?P<d>[0-3][0-9])(?P<m>0[1-9]|1[0-2])(?P<y>(?:19|20|25)[0-9]{2})$"),
)
_DAY_AND_MONTH = re.compile(rf"(?<![0-9.,/-])([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}})(?![0-9.,/-]|%)")
_CLOCK = re.compile(r"t?[0-9]{1,2}[:][0-9]{2}(?::[0-9.]+)?z?")
_HARMLESS = (
    Role.DAY, Role.MONTH_WORD, Role.YEAR, Role.BUDDHIST, Role.COMMON, Role.WEEKDAY, Role.POLITE, Role.FILLER, Role.YES,
    Role.WEAK_YES, Role.JOIN,
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A date that was read, whether the text as a whole can only be read so, and whether it says the year."""

    day: date
    sure: bool
    dated: bool = True


def parse(question: Question) -> Answer:
    """Return the date in a text; one without its day, or that no calendar has, is refused with its own reason."""
    for read in (_numeric, _named, _relative):
        found = read(question)
        if isinstance(found, Refused):
            return found
        if found:
            return _within(found, question)
    years = [token for token in question.tokens if token.numeral and len(token.text) == len("2026")]
    return INCOMPLETE if len(years) == 1 and len(question.tokens) <= len(["year", "2026"]) else WRONG


def written(question: Question) -> Found | None:
    """Return the date that a text writes out in full, or None."""
    found = _numeric(question) or _named(question)
    return found if isinstance(found, Found) and found.dated else None


def _within(found: Found, question: Question) -> Answer:
    if question.earliest and found.day < question.earliest:
        return Refused("utter_wrong_date_past", {"earliest": {"date": question.earliest.isoformat()}})
    if question.latest and found.day > question.latest:
        return Refused("utter_wrong_date_future", {"latest": {"date": question.latest.isoformat()}})
    return Parsed(found.day.isoformat(), found.sure)


def _numeric(question: Question) -> Found | Refused | None:
    for pattern in _PATTERNS:
        matches = list(pattern.finditer(question.text))
        if len({match.groups() for match in matches}) > 1:
            return SEVERAL
        if matches:
            return _of_match(matches[0], question)
    short = _DAY_AND_MONTH.findall(question.text)
    day = _likely(int(short[0][1]), int(short[0][0]), question) if len(short) == 1 else None
    return Found(day, sure=False, dated=False) if day else None


def _of_match(match: re.Match[str], question: Question) -> Found | Refused:
    year, sure = _year(match["y"], question)
    if year is None:
        return IMPOSSIBLE
    day = day_of(year, int(match["m"]), int(match["d"]))
    if day is None:
        # 03/25/2026 can only be written the American way.
        day, sure = day_of(year, int(match["d"]), int(match["m"])), False
        if match["y"] == match[1]:
            return IMPOSSIBLE
    if day is None:
        return IMPOSSIBLE
    rest = _CLOCK.sub(" ", question.text[: match.start()] + " " + question.text[match.end() :])
    sure &= all(token.plays(*_HARMLESS) for token in question.words.lexicon.scan(rest)) and "?" not in rest
    return Found(day, sure)


def _year(digits: str, question: Question) -> tuple[int | None, bool]:
    if len(digits) == SHORT_YEAR:
        return short_year(int(digits), question), False
    return gregorian(int(digits), question), True


@dataclass(frozen=True)
class _Number:
    """A whole number in the text: its value, first and end token, and how many digits it was typed with."""

    value: int
    first: int
    end: int
    length: int


def _named(question: Question) -> Found | Refused | None:
    tokens = question.tokens
    numbers = _numbers(question)
    months = [(at, at + 1, int(token.roles[Role.MONTH])) for at, token in enumerate(tokens) if token.plays(Role.MONTH)]
    months = _clear(months, tokens) or _numbered_month(tokens, numbers)
    if not months:
        return None
    if len({month for *_, month in months}) > 1:
        return SEVERAL
    first, end, month = months[0]
    rest = [number for number in numbers if not first <= number.first < end]
    found = _around(month, rest, question)
    if isinstance(found, Refused):
        return found
    return replace(found, sure=found.sure and _is_plain(numbers, tokens))


def _clear(months: list[tuple[int, int, int]], tokens: Sequence[Token]) -> list[tuple[int, int, int]]:
    """Leave out words that are months only beside a number ("may", "mac")."""
    return [each for each in months if any(token.numeral or token.plays(Role.NUMBER, Role.SCALE) for token in tokens)]


def _numbered_month(tokens: Sequence[Token], numbers: Sequence[_Number]) -> list[tuple[int, int, int]]:
    """Return months said as numbers: tháng 3, bulan 3, ខែ 3, 5 hb 3."""
    return [
        (number.first - 1, number.end, number.value)
        for number in numbers
        if 1 <= number.value <= MONTHS and _follows_month_word(number, tokens)
    ]


def _follows_month_word(number: _Number, tokens: Sequence[Token]) -> bool:
    before = tokens[: number.first][-2:]
    if before and before[-1].plays(Role.MONTH_WORD):
        return True
    return len(before) == len(["5", "hb"]) and before[0].numeral and before[1].plays(Role.DAY)


def _numbers(question: Question) -> list[_Number]:
    clock = _CLOCK.search(question.text)
    numbers = []
    for one in question.amounts:
        start = question.tokens[one.first].start
        if one.value % 1 == 0 and not (clock and clock.start() <= start < clock.end()):
            length = 0 if one.spelt else len(question.tokens[one.first].text)
            numbers.append(_Number(int(one.value), one.first, one.end, length))
    return numbers


def _around(month: int, numbers: Sequence[_Number], question: Question) -> Found | Refused:
    years = [number for number in numbers if _is_year(number, question.tokens)]
    days = [number for number in numbers if number not in years]
    if not years and len(days) == len(["day", "year"]):
        # "12 Mar 26": the second number is a short year.
        years, days = days[1:], days[:1]
    if len({_spoken_year(year, question)[0] for year in years}) > 1 or len(days) > 1:
        return SEVERAL
    if not days or days[0].value > DAYS:
        return INCOMPLETE
    if not years:
        day = _likely(month, days[0].value, question)
        return Found(day, sure=False, dated=False) if day else IMPOSSIBLE
    year, sure = _spoken_year(years[0], question)
    day = day_of(year, month, days[0].value) if year else None
    return Found(day, sure) if day else IMPOSSIBLE


def _is_year(number: _Number, tokens: Sequence[Token]) -> bool:
    if number.value > DAYS:
        return True
    before = tokens[number.first - 1] if number.first else None
    return bool(before and before.plays(Role.YEAR)) and number.length == SHORT_YEAR


def _spoken_year(number: _Number, question: Question) -> tuple[int | None, bool]:
    if number.length == SHORT_YEAR:
        return short_year(number.value, question), False
    return gregorian(number.value, question), True


def _is_plain(numbers: Sequence[_Number], tokens: Sequence[Token]) -> bool:
    used = {at for number in numbers for at in range(number.first, number.end)}
    rest = (token for at, token in enumerate(tokens) if at not in used)
    return all(token.plays(*_HARMLESS, Role.MONTH) or token.text in {"-", "/"} for token in rest)


def _likely(month: int, day: int, question: Question) -> date | None:
    """Return the day of a year nobody said: this one, or else the nearest that is allowed."""
    this = question.today.year
    years = sorted(range(this - LEAP, this + LEAP + 1), key=lambda year: abs(year - this))
    days = [found for year in years if (found := day_of(year, month, day))]
    allowed = [one for one in days if isinstance(_within(Found(one, sure=False), question), Parsed)]
    return next(iter(allowed or days), None)


def _relative(question: Question) -> Found | Refused | None:
    counted = shifted(question, Role.DAY_SHIFT)
    if counted is not None:
        return Found(question.today + timedelta(days=counted), _is_said(question, Role.DAY_SHIFT))
    # "besok-besok" is some day.
    shifts = [token.roles[Role.DAY_SHIFT] for token in question.tokens if token.plays(Role.DAY_SHIFT)]
    if len(shifts) == 1:
        return Found(question.today + timedelta(days=shifts.pop()), _is_said(question, Role.DAY_SHIFT))
    return SEVERAL if shifts else _counted(question)


def _is_said(question: Question, role: Role) -> bool:
    rest = (token for token in question.tokens if not token.plays(role, Role.NUMBER) and not token.numeral)
    return all(token.plays(*_HARMLESS) for token in rest) and "?" not in question.text


def shifted(question: Question, role: Role) -> int | None:
    """Return -3 for "3 ມື້ກ່ອນ": the words for the day before, or last year, count where a number stands before them."""
    found = question.amounts
    if len(found) != 1 or found[0].value > FARTHEST or found[0].value % 1 or found[0].end >= len(question.tokens):
        return None
    after = question.tokens[found[0].end]
    if not after.plays(role) or after.roles[role] == 0:
        return None
    return int(found[0].value) * (1 if after.roles[role] > 0 else -1)


def _counted(question: Question) -> Found | None:
    """Return "3 days ago" and "in two weeks" as a date."""
    found = question.amounts
    periods = [token.roles[Role.PERIOD] for token in question.tokens if token.plays(Role.PERIOD)]
    towards = direction(question.tokens)
    if len(found) != 1 or len(set(periods)) != 1 or not towards or found[0].value % 1 or found[0].value > FARTHEST:
        return None
    day = _moved(question.today, towards * int(found[0].value), periods[0])
    return Found(day, sure=periods[0] == "day") if day else None


def direction(tokens: Sequence[Token]) -> int:
    """Return -1 for "ago", 1 for "from now", 0 for neither."""
    if any(token.plays(Role.AGO) for token in tokens):
        return -1
    return int(any(token.plays(Role.AHEAD) for token in tokens))


def _moved(day: date, number: int, period: str) -> date | None:
    if period in PERIOD_DAYS:
        return day + timedelta(days=number * PERIOD_DAYS[period])
    months = number * (MONTHS if period == "year" else 1) + day.month - 1
    year, month = day.year + months // MONTHS, months % MONTHS + 1
    if not date.min.year <= year < date.max.year:
        return None
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
