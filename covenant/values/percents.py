"""Percentages: a share of 0 to 100, with or without its sign."""

from collections.abc import Sequence
from decimal import Decimal

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.lexicon import Role, Token
from covenant.values.numbers import Amount, said_digits
from covenant.values.sums import HALF, ONE

ALL = Decimal(100)
_HARMLESS = (Role.ABOUT, Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES, Role.PERCENT)
_OTHER_THINGS = (Role.PEOPLE, Role.HOUSEHOLDS, Role.THING, Role.MONEY, Role.PERIOD)


def parse(question: Question) -> Answer:
    """Return the percentage in a text: the number with a percent sign, or the only number."""
    tokens = question.tokens
    found = [one for one in question.amounts if not _is_of_something(one, tokens)]
    dictated = said_digits(found)
    signed = [one for one in found if _has_sign(one, tokens)]
    chosen = [dictated] if dictated else signed or found
    if not chosen or "/" in question.text or "@" in question.text:
        return Refused("utter_wrong_percent")
    if len({one.value for one in chosen}) > 1:
        return Refused("utter_wrong_percent_several")
    return _answer(chosen[0], question, has_sign=bool(signed))


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
    if value > ALL or (before and (before.text == "-" or before.plays(Role.MINUS))):
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
