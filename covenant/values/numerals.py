"""Numerals: numbers written with digits, and what their dots, commas and blanks can mean."""

import re
from dataclasses import dataclass
from decimal import Decimal

# 25 000 · 1.250.000,5 · 12,5 · 2030; the caller has turned every digit into an ASCII one.
NUMERAL = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)?|[0-9]+(?:[.,'][0-9]+)*")

_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,' ][0-9]{3})+")
# Lakh style, met in Myanmar: 1,00,000.
_LAKHS = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
_ONE_SEPARATOR = re.compile(r"([0-9]+)([.,'])([0-9]+)")
GROUP = 3
LONGEST = 15


@dataclass(frozen=True)
class Separators:
    """How a language writes numbers: the signs between groups of three and the one before decimals."""

    groups: frozenset[str]
    decimal: str


@dataclass(frozen=True)
class Numeral:
    """A written number. `other`: what it is if the writer uses the other convention; `sure`: no such doubt."""

    value: Decimal
    sure: bool = True
    other: Decimal | None = None


def numeral(text: str, separators: Separators) -> Numeral | None:
    """Return what a numeral means in a language, or None for something that is no number (a version, a code)."""
    if sum(map(str.isdigit, text)) > LONGEST:
        return None
    if text.isdigit():
        return Numeral(Decimal(text))
    single = _ONE_SEPARATOR.fullmatch(text)
    return _with_one(single, separators) if single else _with_many(text, separators)


def _with_one(found: re.Match[str], separators: Separators) -> Numeral:
    whole, sign, rest = found.groups()
    grouped = Decimal(whole + rest)
    decimal = Decimal(f"{whole}.{rest}")
    if sign == "'":
        return Numeral(grouped)
    if len(rest) != GROUP or len(whole) > GROUP or whole.startswith("0"):
        return Numeral(decimal)
    if sign in separators.groups:
        return Numeral(grouped, other=decimal)
    return Numeral(decimal, sure=False, other=grouped)


def _with_many(text: str, separators: Separators) -> Numeral | None:
    if _GROUPED.fullmatch(text) and len(set(re.sub("[0-9]", "", text))) == 1:
        return Numeral(Decimal(_digits(text)))
    if _LAKHS.fullmatch(text):
        return Numeral(Decimal(_digits(text)), sure=False)
    head, sign, tail = _parts(text)
    signs = set(re.sub("[0-9]", "", head))
    if not _GROUPED.fullmatch(head) or len(signs) != 1 or sign in signs:
        return None
    return Numeral(Decimal(f"{_digits(head)}.{tail}"), sure=sign == separators.decimal or len(tail) != GROUP)


def _parts(text: str) -> tuple[str, str, str]:
    at = max(text.rfind("."), text.rfind(","))
    return text[:at], text[at : at + 1], text[at + 1 :]


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
