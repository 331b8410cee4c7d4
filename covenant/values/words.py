"""The words of each language that values are read by: `covenant/data/words/<code>.yml`, one file a language."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from covenant.values.lexicon import Entry, Lexicon, Role, entries_of
from covenant.values.numerals import Separators
from covenant.values.text import LONGEST, fold, is_latin, without_marks
from locales.languages import LANGUAGES, locale_of
from locales.sources import read_yaml

FOLDER = Path(__file__).parent.parent / "data" / "words"
# What everybody writes: signs, "k", currencies. Not a language.
COMMON = "root"
# Its words are mixed into every language of the region.
ENGLISH = "en"
SMALLEST_FOREIGN_SCALE = 1000


@dataclass(frozen=True)
class Words:
    """A language's lexicon and habits of writing numbers.

    `remainder`: from which scale on a lone last digit is a part of it (một triệu hai = 1 200 000), None for never.
    `scale_first`: round amounts put the scale before the number (သိန်း ၂၀ = 20 × 100 000); `always`: all of them do
    (rihun rua = 2000).
    `one_after`: words for one that stand behind a scale and are one of it (ร้อยนึง, a hundred).
    `units`: words for a digit that only follow tens, so that a digit before them is one (ba lăm, thirty-five).
    `marks`: its tone marks tell words apart, so they are not ignored (Vietnamese).
    `country`: whose phone numbers are meant when nobody says; `buddhist`: years count from the Buddhist era.
    """

    language: str
    lexicon: Lexicon
    separators: Separators
    scales: Mapping[str, int]
    country: str | None = None
    buddhist: bool = False
    remainder: int | None = None
    scale_first: bool | str = False
    one_after: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    marks: bool = False

    def fold(self, text: str, longest: int = LONGEST) -> str:
        """Return the text folded for this language's lexicon."""
        return fold(text, longest) if self.marks else without_marks(fold(text, longest))


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages that have a word list."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yml") if path.stem != COMMON))


@functools.cache
def words_of(language: str) -> Words:
    """Return the words of a language; English for one without a list."""
    code = language.replace("_", "-").partition("-")[0].casefold()
    return _words(code if code in languages() else ENGLISH)


@functools.cache
def _words(code: str) -> Words:
    data = listed(code)
    habits = data.get("habits") or {}
    return Words(
        language=code,
        lexicon=Lexicon(_all_entries(code)),
        separators=_separators(code, habits.get("groups", "")),
        scales={fold(word): value for word, value in {**data["scales"], **data.get("suffixes", {})}.items()},
        country=habits.get("country"),
        buddhist=habits.get("buddhist", False),
        remainder=habits.get("remainder"),
        scale_first=habits.get("scale_first", False),
        one_after=frozenset(map(fold, habits.get("one_after", ()))),
        units=frozenset(map(fold, habits.get("units", ()))),
        marks=habits.get("marks", False),
    )


@functools.cache
def listed(code: str) -> Mapping[str, Any]:
    """Return a word list as it stands in its file."""
    return read_yaml(FOLDER / f"{code}.yml") or {}


def _all_entries(code: str) -> Iterator[Entry]:
    yield from _entries(code)
    yield from _entries(COMMON)
    if code != ENGLISH:
        unwanted = set(map(fold, listed(code).get("not_english", ())))
        yield from (entry for entry in _entries(ENGLISH) if not entry.bare and entry.phrase not in unwanted)
    for other in languages():
        if other not in {code, ENGLISH}:
            yield from _foreign(other)


def _foreign(code: str) -> Iterator[Entry]:
    for entry in _entries(code):
        if not entry.bare and _travels(entry):
            yield replace(entry, foreign=True)


def _travels(entry: Entry) -> bool:
    """Tell whether a word is understood beside other languages too.

    A scale of another language, taken for an unknown unit, would make an amount a thousand times too small; many who
    chose English say their own yes and no; words in a script of their own cannot be taken for anything else.
    """
    if entry.role is Role.SCALE and entry.value >= SMALLEST_FOREIGN_SCALE:
        return True
    if is_latin(entry.phrase[0]):
        return entry.role in {Role.YES, Role.NO, Role.UNSURE, Role.POLITE} and len(entry.phrase) > 1
    return entry.role in _OWN_SCRIPT


_OWN_SCRIPT = {
    Role.NUMBER, Role.SCALE, Role.HALF, Role.MONTH, Role.YEAR, Role.YES, Role.NO, Role.UNSURE, Role.PEOPLE,
    Role.HOUSEHOLDS, Role.PERCENT, Role.DAY_SHIFT, Role.POLITE,
}  # fmt: skip


def _entries(code: str) -> list[Entry]:
    data = listed(code)
    entries = [entry for role in Role if role in data for entry in _role_entries(role, data[role])]
    if code != COMMON:
        entries += entries_of(Role.MONTH, _month_names(code))
        entries += entries_of(Role.WEEKDAY, _weekday_names(code))
    return entries


def _role_entries(role: Role, listing: Any) -> list[Entry]:
    if not isinstance(listing, dict):
        return entries_of(role, [fold(phrase) for phrase in listing])
    # `satu: 1` names the value of a word, `day: [hari]` the words of a value.
    pairs = {
        fold(phrase): value if phrases is None else key
        for key, value in listing.items()
        for phrases in [value if isinstance(value, list) else None]
        for phrase in (phrases if phrases is not None else [key])
    }
    return entries_of(role, pairs)


def _month_names(code: str) -> dict[str, int]:
    own = LANGUAGES[code].months
    if own:
        return {fold(name): number for number, name in enumerate(own, 1)}
    months = locale_of(code).months
    return {
        fold(name): number
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in months[context][width].items()
        if not any(letter.isdigit() for letter in fold(name))
    }


def _weekday_names(code: str) -> set[str]:
    if LANGUAGES[code].cldr:  # the nearest language's customs, not its words
        return set()
    days = locale_of(code).days
    return {fold(name) for context in ("format", "stand-alone") for name in days[context]["wide"].values()}


def _separators(code: str, groups: str) -> Separators:
    symbols = locale_of(code).number_symbols["latn"]
    return Separators(frozenset({symbols["group"], *groups}), symbols["decimal"])
