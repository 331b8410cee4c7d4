"""Counts: how many people, trees or houses; a whole number or a range, the unit left out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.lexicon import Role, Token
from covenant.values.numbers import Amount, said_digits
from covenant.values.sums import ONE

# Nothing a town counts is more than all people on earth; what is, is a phone or account number.
GREATEST = 10_000_000_000
SHORTEST_UNIT = 3
CLOSE = 2
WRONG = Refused("utter_wrong_count")

# E-mail, link, date, time of day, international phone number: digits that count nothing.
_NO_COUNT = re.compile(
    r"@|://|www\.|(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)|\d{4}-\d{1,2}-\d{1,2}(?!\d)|\d:\d{2}|\+\d{6,}|\d\^|/\d+/"
)
UNITS = (Role.PEOPLE, Role.HOUSEHOLDS, Role.THING)
HARMLESS = (Role.ABOUT, Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES, Role.BETWEEN, Role.LABEL, *UNITS)


@dataclass(frozen=True)
class Span:
    """One amount or a range of two, and the tokens from `first` to before `end` that say it."""

    low: Amount
    high: Amount | None = None

    @property
    def first(self) -> int:
        """The first token."""
        return self.low.first

    @property
    def end(self) -> int:
        """The token after the last one."""
        return (self.high or self.low).end

    @property
    def sure(self) -> bool:
        """Whether each number can only be read one way."""
        return self.low.sure and (self.high is None or self.high.sure)


def parse(question: Question) -> Answer:
    """Return the count in a text; several different ones, vague words and fractions are refused."""
    if _NO_COUNT.search(question.text):
        return WRONG
    tokens = question.tokens
    written = spans_of(question)
    spans = [span for span in written if is_count(span, tokens)]
    if _is_vague(spans, tokens):
        return Refused("utter_wrong_count_vague")
    if not spans or _is_address(written, spans, tokens):
        return WRONG
    if any(_is_negative(span, question) for span in spans):
        return Refused("utter_wrong_count_negative")
    chosen = _choose(spans, tokens)
    return answer_of(chosen, question, alone=len(spans) == 1) if chosen else Refused("utter_wrong_count_several")


def ends(value: int | Mapping[str, int]) -> tuple[int, int]:
    """Return the lowest and the highest number that a count says; both are the same where it is no range."""
    return (value["min"], value["max"]) if isinstance(value, Mapping) else (value, value)


def parse_people(question: Question) -> Answer:
    """Return how many people a text says; families or households are asked back, since nobody knows their size."""
    answer = parse(question)
    if not isinstance(answer, Parsed):
        return answer
    families = [span for span in spans_of(question) if has_unit(span, question.tokens, Role.HOUSEHOLDS)]
    low, _high = ends(answer.value)
    if any(span.low.value == low for span in families):
        return Refused("utter_wrong_people_families", {"families": low})
    return answer


def spans_of(question: Question) -> list[Span]:
    """Return every number of a text, ranges as one, also what counts nothing."""
    found = question.amounts
    dictated = said_digits(found)
    if dictated:
        return [Span(dictated)]
    spans: list[Span] = []
    for amount in found:
        before = spans[-1] if spans else None
        if before and not before.high and _is_range(before.low, amount, question.tokens):
            spans[-1] = _range(before.low, amount)
        else:
            spans.append(Span(amount))
    return spans


def _is_range(low: Amount, high: Amount, tokens: Sequence[Token]) -> bool:
    between = tokens[low.end : high.first]
    links = [token for token in between if not token.plays(*UNITS, Role.ABOUT)]
    if len(links) != 1:
        return not between and _neighbours(low, high)
    opened = any(token.plays(Role.BETWEEN) for token in tokens[: low.first])
    if links[0].plays(Role.OR) and not opened:
        return _are_close(low, high)
    return links[0].text == "-" or links[0].plays(Role.TO) or (opened and links[0].plays(Role.JOIN, Role.OR))


def _are_close(low: Amount, high: Amount) -> bool:
    """Tell "2 or 3" and "200 or 300", which are one guess, from "100 or 900", which are two answers."""
    span = _range(low, high)
    return span.high is not None and span.high.value <= span.low.value * CLOSE


def _neighbours(low: Amount, high: Amount) -> bool:
    """Tell "dua tiga ratus", two or three hundred: neighbouring digits said in one breath."""
    return (
        low.spelt and high.spelt and low.scale == ONE and high.scale > ONE and low.value + 1 == high.value / high.scale
    )


def _range(low: Amount, high: Amount) -> Span:
    if low.scale == ONE and high.scale > ONE and low.value < high.value / high.scale:
        low = replace(low, value=low.value * high.scale, scale=high.scale)
    if high.value < low.value:
        low, high = replace(high, first=low.first, sure=False), replace(low, end=high.end)
    return Span(low, high)


def is_count(span: Span, tokens: Sequence[Token]) -> bool:
    """Tell a number that may count something from a share, a sum of money, a time, a piece of a name."""
    beside = [tokens[at] for at in (span.first - 1, span.end) if 0 <= at < len(tokens)]
    if any(token.plays(Role.PERCENT, Role.MONEY) for token in beside) or _is_period(tokens[span.first]):
        return False
    return _stands_alone(span, tokens) and not span.low.code and not _is_time(span, tokens)


def _is_time(span: Span, tokens: Sequence[Token]) -> bool:
    """Tell "one day" and both numbers of "17 August 2027"; "may" and "tư" may go on with something else."""
    before, rest = tokens[: span.first][-2:], tokens[span.end :]
    if len(before) == len(["17", "August"]) and before[0].numeral and before[1].plays(Role.MONTH):
        return True
    if not rest:
        return False
    if rest[0].plays(Role.MONTH):
        return len(rest) == 1 or rest[1].numeral
    return rest[0].plays(Role.PERIOD) and not rest[0].plays(Role.NUMBER, *UNITS)


def _is_period(token: Token) -> bool:
    """Tell "a week", "seminggu" from words that are a number as well ("năm", "နှစ်")."""
    return token.plays(Role.PERIOD) and not token.plays(Role.YEAR)


def _stands_alone(span: Span, tokens: Sequence[Token]) -> bool:
    """Tell a number from a piece of something else: "3g", "RT05", a number word inside an unknown longer word."""
    start, end = tokens[span.first].start, tokens[span.end - 1].end
    glued = [token for token in (*tokens[: span.first][-1:], *tokens[span.end :][:1]) if token.unknown]
    glued = [token for token in glued if token.end == start or token.start == end]
    if span.low.spelt:
        return not glued or span.end - span.first > 1
    return all(len(token.text) >= SHORTEST_UNIT or not token.text.isascii() for token in glued)


def _is_address(written: Sequence[Span], spans: Sequence[Span], tokens: Sequence[Token]) -> bool:
    """Tell "RT 05 RW 12": beside a number with a leading zero, another one counts only what it names."""
    return any(span.low.code for span in written) and not any(has_unit(span, tokens, *UNITS) for span in spans)


def _is_vague(spans: Sequence[Span], tokens: Sequence[Token]) -> bool:
    vague = [at for at, token in enumerate(tokens) if token.plays(Role.VAGUE) and not _inside(at, spans)]
    return bool(vague) and (not spans or any(at + 1 == span.first for at in vague for span in spans if span.low.spelt))


def _inside(at: int, spans: Sequence[Span]) -> bool:
    return any(span.first <= at < span.end for span in spans)


def _is_negative(span: Span, question: Question) -> bool:
    if not span.first:
        return False
    before, number = question.tokens[span.first - 1], question.tokens[span.first]
    if before.plays(Role.MINUS):
        return True
    opens = before.start == 0 or question.text[before.start - 1] == " "
    return before.text == "-" and opens and before.end == number.start


def _choose(spans: Sequence[Span], tokens: Sequence[Token]) -> Span | None:
    """Return the only number but for years, or, where each counts something known, the only one that counts people."""
    fitting = [span for span in spans if not _looks_like_year(span, tokens)] or list(spans)
    if _are_one(fitting):
        return fitting[0]
    if not all(has_unit(span, tokens, *UNITS) for span in fitting):
        return None
    ranked = ([span for span in fitting if has_unit(span, tokens, unit)] for unit in UNITS)
    best: list[Span] = next(filter(None, ranked), [])
    return best[0] if _are_one(best) else None


def _are_one(spans: Sequence[Span]) -> bool:
    return len({(span.low.value, span.high and span.high.value) for span in spans}) == 1


def has_unit(span: Span, tokens: Sequence[Token], *units: Role) -> bool:
    """Tell whether the word behind a number plays one of these roles."""
    return any(token.plays(*units) for token in tokens[span.end : span.end + 1])


def _looks_like_year(span: Span, tokens: Sequence[Token]) -> bool:
    plain = span.high is None and not span.low.spelt and span.low.scale == ONE
    after = tokens[span.end : span.end + 1]
    return plain and 1900 <= span.low.value <= 2650 and not any(token.plays(*UNITS) for token in after)  # noqa: PLR2004 - years of both eras


def answer_of(span: Span, question: Question, *, alone: bool) -> Answer:
    """Return a number as the value of a count; sure only where the text is that number and nothing else."""
    low, low_sure = _whole(span.low)
    high, high_sure = _whole(span.high) if span.high else (low, True)
    if low is None or high is None:
        return Refused("utter_wrong_count_whole")
    if high > GREATEST:
        return Refused("utter_wrong_count_large")
    rest = [token for at, token in enumerate(question.tokens) if not span.first <= at < span.end]
    plain = alone and all(token.plays(*HARMLESS) for token in rest) and "?" not in question.text
    value = low if low == high else {"min": low, "max": high}
    return Parsed(value, certain=plain and span.sure and low_sure and high_sure)


def _whole(amount: Amount) -> tuple[int | None, bool]:
    """Return the amount as a whole number and whether that is the only reading: a count of 10.000 has no decimals."""
    sure = True
    value = amount.value
    if amount.other is not None and amount.scale == ONE and not amount.sure:
        value, sure = Decimal(max(value, amount.other)), False
    return (int(value) if value % 1 == 0 else None), sure
