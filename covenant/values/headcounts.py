"""Counts in a story: how many people a sentence says that something is for, told from everything else it counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from covenant.values.answers import Parsed, Question
from covenant.values.counts import UNITS, Span, answer_of, has_unit, is_count, spans_of
from covenant.values.lexicon import Role, Token
from covenant.values.sums import ONE

LONGEST_KIND = 2  # words between a number and its people: "poor coastal"
NUMBER_LAST = frozenset({"my"})  # what is counted stands before its number
_ELSE = (
    Role.HOUSEHOLDS, Role.THING, Role.MONEY, Role.PERCENT, Role.PERIOD, Role.YEAR, Role.TO, Role.NOT, Role.BUT,
    Role.JOIN, Role.FOR_WHOM, Role.START,
)  # fmt: skip
_COUNTED = (Role.HOUSEHOLDS, Role.THING, Role.MONEY, Role.PERCENT, Role.PERIOD)


@dataclass(frozen=True)
class Counted:
    """A count found in a story, and the tokens (`first` to before `end`) that say it with what is counted."""

    value: int | dict[str, int]
    first: int
    end: int


def people_in(question: Question) -> list[Counted]:
    """Return every count of people in a story; where a number may be read in two ways, it is none.

    Beside families that are counted, people are those who do the work, or some of them: nobody can tell.
    """
    tokens = question.tokens
    if any(has_unit(span, tokens, Role.HOUSEHOLDS) for span in spans_of(question)):
        return []
    number_last = question.words.language in NUMBER_LAST
    found = []
    for span in spans_of(question):
        end = None if _is_helper(span, tokens) else _people_end(span, tokens, number_last=number_last)
        answer = answer_of(span, question, alone=True) if end and is_count(span, tokens) and span.sure else None
        if end and isinstance(answer, Parsed):
            found.append(Counted(answer.value, span.first, end))
    return found


def _people_end(span: Span, tokens: Sequence[Token], *, number_last: bool) -> int | None:
    """Return where the words end that say it is people: "1,200 coastal residents"; or people named just before."""
    said = any(token.plays(Role.YEAR) for token in tokens[: span.first][-1:])
    if _are_years(span) and (said or not has_unit(span, tokens, Role.PEOPLE)):
        return None
    for at in range(span.end, min(span.end + 1 + LONGEST_KIND, len(tokens))):
        if tokens[at].plays(Role.PEOPLE):
            return at + 1
        if tokens[at].plays(*_ELSE) or tokens[at].numeral:
            break
    before, after = tokens[: span.first][-1:], tokens[span.end : span.end + 1]
    # Where a classifier belongs behind the number, an unknown one counts something else ("8 แห่ง").
    counted = any(token.plays(*_COUNTED) or (token.unknown and not number_last) for token in after)
    return span.end if before and before[0].plays(Role.PEOPLE) and not counted else None


def _are_years(span: Span) -> bool:
    ends = [span.low, *([span.high] if span.high else [])]
    return all(not one.spelt and one.scale == ONE and 1900 <= one.value <= 2650 for one in ends)  # noqa: PLR2004 - of both eras


def _is_helper(span: Span, tokens: Sequence[Token]) -> bool:
    """Tell those who do the work: "30 volunteers", "อาสาสมัคร 60 คน"."""
    around = (*tokens[max(span.first - 3, 0) : span.first], *tokens[span.end : span.end + 2])
    return any(token.plays(Role.HELPER) for token in around)


def things_in(question: Question) -> list[Span]:
    """Return every number in a story that counts something known: helpers, families, trees; "a pledge" is none."""
    tokens = question.tokens
    number_last = question.words.language in NUMBER_LAST
    return [
        span
        for span in spans_of(question)
        if (
            has_unit(span, tokens, *UNITS)
            or _is_helper(span, tokens)
            or (number_last and any(token.plays(*UNITS) for token in tokens[: span.first][-1:]))
        )
        and not (span.low.spelt and span.low.value == ONE)
    ]
