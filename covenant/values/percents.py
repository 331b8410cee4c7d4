"""Percentages: a share of 0 to 100, with or without its sign."""

import re
from collections.abc import Sequence
from decimal import Decimal

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.lexicon import Role, Token
from covenant.values.numbers import Amount, said_digits
from covenant.values.sums import HALF, ONE

ALL = Decimal(100)
MOST = Decimal(1000)
_FRACTION = re.compile(r"(?<![0-9/.,])([0-9]{1,2})/([0-9]{1,3})(?![0-9/.,])")
_HARMLESS = (Role.ABOUT, Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES, Role.PERCENT)
_OTHER_THINGS = (Role.PEOPLE, Role.HOUSEHOLDS, Role.THING, Role.MONEY, Role.PERIOD)


def parse(question: Question) -> Answer:
    """Return the percentage in a text, 0 to 100: the number with a percent sign, or the only number."""
    answer = parse_reduction(question)
    if isinstance(answer, Parsed) and answer.value > ALL:
        return Refused("utter_wrong_percent_range")
    return answer


def parse_reduction(question: Question) -> Answer:
    """Return the percentage in a text also where it is more than all, up to `MOST`: what is odd is asked back later."""
    tokens = question.tokens
    found = [one for one in question.amounts if not _is_of_something(one, tokens)]
    dictated = said_digits(found)
    signed = [one for one in found if _has_sign(one, tokens)]
    chosen = [dictated] if dictated else signed or found
    written = _FRACTION.findall(question.text)
    if len(written) == 1 and not signed and len(found) == len(written[0]):
        return _written_share(*map(int, written[0]))
    shares = [token for token in tokens if token.plays(Role.SHARE)]
    if shares and not signed:
        return _shared(shares, tokens, alone=not found)
    if not chosen or "/" in question.text or "@" in question.text:
        return Refused("utter_wrong_percent")
    if len({one.value for one in chosen}) > 1:
        return Refused("utter_wrong_percent_several")
    return _answer(chosen[0], question, has_sign=bool(signed))


def signed_in(question: Question) -> list[int | float]:
    """Return every percentage in a story that is written with its sign or its word."""
    return [_number(one.value) for one in question.amounts if one.sure and _has_sign(one, question.tokens)]


def _written_share(part: int, whole: int) -> Answer:
    """Return "3/4" as 75, to be read back: it may be the start of a date."""
    if not 0 < part < whole:
        return Refused("utter_wrong_percent")
    return Parsed(_number(round(part * ALL / whole, 1)), certain=False)


def _shared(shares: Sequence[Token], tokens: Sequence[Token], *, alone: bool) -> Answer:
    """Return "three quarters" as 75; a third is read back, since it has no end."""
    values = {token.roles[Role.SHARE] for token in shares}
    if len(values) > 1 or not alone:
        return Refused("utter_wrong_percent_several")
    value = Decimal(str(values.pop()))
    plain = all(token.plays(*_HARMLESS, Role.SHARE) for token in tokens)
    return Parsed(_number(value), certain=plain and value % 1 == 0)


def _has_sign(amount: Amount, tokens: Sequence[Token]) -> bool:
    return any(tokens[at].plays(Role.PERCENT) for at in _beside(amount, tokens))


def _is_of_something(amount: Amount, tokens: Sequence[Token]) -> bool:
    if _has_sign(amount, tokens):
        return False
    return amount.code or any(tokens[at].plays(*_OTHER_THINGS) for at in _beside(amount, tokens))


def _beside(amount: Amount, tokens: Sequence[Token]) -> list[int]:
    return [at for at in (amount.first - 1, amount.end) if 0 <= at < len(tokens)]


def _answer(amount: Amount, question: Question, *, has_sign: bool) -> Answer:
    value, sure = amount.value, amount.sure
    if value > ALL and amount.other is not None:
        value, sure = amount.other, False
    rest = [at for at in range(len(question.tokens)) if not amount.first <= at < amount.end]
    before = question.tokens[amount.first - 1] if amount.first else None
    if value > MOST or (before and (before.text == "-" or before.plays(Role.MINUS))):
        return Refused("utter_wrong_percent_range")
    plain = all(question.tokens[at].plays(*_HARMLESS) for at in rest)
    if value < ONE and amount.scale == ONE:
        # 0.4 may be the share that others write as 40 %; half is fifty.
        return _fraction(value, amount, has_sign=has_sign, plain=plain)
    return Parsed(_number(value), certain=plain and sure and "?" not in question.text)


def _fraction(value: Decimal, amount: Amount, *, has_sign: bool, plain: bool) -> Answer:
    if value == HALF and amount.spelt:
        return Parsed(50, certain=plain)
    return Parsed(_number(value), certain=plain and (has_sign or value == 0))


def _number(value: Decimal) -> int | float:
    return int(value) if value % 1 == 0 else float(value)
