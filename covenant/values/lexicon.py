"""The lexicon of a language: phrases with their roles, and the scan that splits a text into tokens by them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from covenant.values.numerals import NUMERAL
from covenant.values.text import continues, is_latin, without_marks


class Role(StrEnum):
    """What a phrase does in a value; the names are those of the lists in `covenant/data/words`."""

    NUMBER = "numbers"
    SCALE = "scales"
    SUFFIX = "suffixes"
    TEEN = "teens"
    HALF = "halves"
    POINT = "points"
    SHARE = "shares"
    JOIN = "joiners"
    ABOUT = "about"
    BETWEEN = "between"
    TO = "to"
    OR = "or"
    MINUS = "minus"
    VAGUE = "vague"
    PEOPLE = "people"
    HOUSEHOLDS = "households"
    HELPER = "helpers"
    FOR_WHOM = "for_whom"
    THING = "things"
    PERCENT = "percent"
    MONEY = "money"
    YEAR = "year"
    BUDDHIST = "buddhist_era"
    COMMON = "common_era"
    YEAR_SHIFT = "years"
    START = "starts"
    DAY_SHIFT = "days"
    DAY = "day"
    MONTH = "months"
    MONTH_WORD = "month"
    WEEKDAY = "weekdays"
    PERIOD = "periods"
    AGO = "ago"
    AHEAD = "ahead"
    YES = "yes"
    NO = "no"
    WEAK_YES = "weak_yes"
    UNSURE = "unsure"
    BUT = "but"
    NOT = "negations"
    POLITE = "polite"
    FILLER = "filler"
    LABEL = "labels"
    CHOICE = "choices"


@dataclass(frozen=True)
class Entry:
    """A folded phrase in a role. `bare`: as typed without its marks; `foreign`: another language's word."""

    phrase: str
    role: Role
    value: Any = None
    bare: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: a known phrase with its roles, a numeral, or something unknown (neither)."""

    text: str
    start: int
    end: int
    roles: Mapping[Role, Any]
    foreign: bool = False
    numeral: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nothing is known about the piece."""
        return not self.roles and not self.numeral and self.text != "-"

    def plays(self, *roles: Role) -> bool:
        """Tell whether the piece has one of the roles."""
        return any(role in self.roles for role in roles)


Table = dict[str, dict[Role, Any]]

SHORTEST_FUSED, SHORTEST_PART = 6, 3
_WORD = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff][a-z0-9\u00df-\u024f\u1e00-\u1eff'^]*")


class Lexicon:
    """Phrases by their first letter; where several fit, the longest wins."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Index the entries; a phrase may play several roles, the first entry of a phrase and role counts."""
        ordered = sorted(entries, key=lambda entry: (entry.foreign, entry.bare))
        self._foreign: set[str] = set()
        self._marked: Table = {}
        self._bare: Table = {}
        for entry in ordered:
            self._add(entry)
        self._lengths = _lengths_by_first_letter(self._bare)

    def _add(self, entry: Entry) -> None:
        if entry.foreign:
            if entry.phrase in self._bare and entry.phrase not in self._foreign:
                return
            self._foreign.add(entry.phrase)
        for table in (self._bare,) if entry.bare else (self._bare, self._marked):
            table.setdefault(entry.phrase, {}).setdefault(entry.role, entry.value)

    def roles(self, phrase: str) -> Mapping[Role, Any]:
        """Return the roles of a whole folded phrase."""
        return self._table(phrase).get(phrase, {})

    def entries(self, *roles: Role) -> Iterator[Entry]:
        """Yield what the lexicon knows in some roles, to be mixed into another one."""
        for phrase, known in self._bare.items():
            for role in known.keys() & roles:
                yield Entry(phrase, role, known[role], phrase not in self._marked, phrase in self._foreign)

    def phrases(self, *roles: Role) -> list[str]:
        """Return every phrase that has one of the roles."""
        return [phrase for phrase, known in self._marked.items() if any(role in known for role in roles)]

    def _table(self, text: str) -> Table:
        # Who writes one tone mark writes them all: only a text without any is read without them.
        return self._bare if text.isascii() else self._marked

    def scan(self, text: str) -> list[Token]:
        """Split folded text into known phrases, numerals and unknown pieces; punctuation is left out."""
        tokens: list[Token] = []
        table = self._table(text)
        at = 0
        while at < len(text):
            found = [] if text[at] == " " else self._tokens(table, text, at)
            tokens += found
            at = found[-1].end if found else at + 1
        return tokens

    def _tokens(self, table: Table, text: str, at: int) -> list[Token]:
        if "0" <= text[at] <= "9":
            found = NUMERAL.match(text, at)
            end = found.end() if found else at + 1
            return [Token(text[at:end], at, end, {}, numeral=True)]
        token = self._phrase(table, text, at) or _unknown(text, at)
        if token is None:
            return []
        return (token.unknown and _fused(table, token)) or [token]

    def _phrase(self, table: Table, text: str, at: int) -> Token | None:
        if at and is_latin(text[at]) and is_latin(text[at - 1]):
            return None
        for length in self._lengths.get(text[at], ()):
            end = at + length
            roles = table.get(text[at:end])
            if roles and _ends_a_word(text, at, end):
                return Token(text[at:end], at, end, roles, text[at:end] in self._foreign)
        return None


def _lengths_by_first_letter(phrases: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for phrase in phrases:
        lengths.setdefault(phrase[0], set()).add(len(phrase))
    return {letter: tuple(sorted(each, reverse=True)) for letter, each in lengths.items()}


def _ends_a_word(text: str, start: int, end: int) -> bool:
    if end >= len(text):
        return end == len(text)
    after = text[end]
    if not is_latin(text[end - 1]):
        return not continues(after)
    # "tahun2030", "1tr2" and "1k2" are two words each; a single letter before a digit ("k1") is a name of something.
    one_letter = end - start == 1 and "0" <= after <= "9" and not "0" <= text[start - 1 : start] <= "9"
    return not is_latin(after) and not one_letter


def _unknown(text: str, at: int) -> Token | None:
    found = _WORD.match(text, at)
    if found:
        return Token(found[0], at, found.end(), {})
    letter = text[at]
    return Token(letter, at, at + 1, {}) if letter.isalnum() or letter in "-/@#_=^*" else None


def _fused(table: Table, word: Token) -> list[Token]:
    """Split number words written as one ("duaratus", "limabelas"); empty for any other word."""
    if len(word.text) < SHORTEST_FUSED or not word.text.isalpha():
        return []
    parts = _parts(table, word.text)
    starts = [word.start + sum(map(len, parts[:index])) for index in range(len(parts))]
    return [Token(part, at, at + len(part), table[part]) for part, at in zip(parts, starts, strict=True)]


def _parts(table: Table, word: str) -> list[str]:
    for length in range(len(word), SHORTEST_PART - 1, -1):
        if table.get(word[:length], {}).keys() & {Role.NUMBER, Role.SCALE, Role.TEEN}:
            rest = _parts(table, word[length:])
            if length == len(word) or rest:
                return [word[:length], *rest]
    return []


def entries_of(role: Role, phrases: Mapping[str, Any] | Iterable[str]) -> list[Entry]:
    """Return the entries of a list of folded phrases, each also as it is typed without marks."""
    pairs = phrases.items() if isinstance(phrases, Mapping) else ((phrase, None) for phrase in phrases)
    entries = []
    for phrase, value in pairs:
        entries.append(Entry(phrase, role, value))
        bare = without_marks(phrase)
        if bare != phrase:
            entries.append(Entry(bare, role, value, bare=True))
    return entries
