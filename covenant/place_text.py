"""Reads a text for stretches that may be a place's name, and for the words around them."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from covenant.place_words import LONGEST_AFFIX, Words, accented, atoms, is_unspaced, vocabulary
from db.place import PlaceKind

MOST_WORDS, MOST_CLUSTERS = 7, 24  # the longest name, in words and in the clusters of scripts without spaces
CORE_WORDS, CORE_CLUSTERS = 4, 16  # the longest rest of a text that may be one misspelt name
GUESSED_WORDS = 3
ADDRESSES = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\+?\d[\d ()-]{5,}")
VIETNAMESE = re.compile("[ăđơư\u1ea0-\u1ef9]")
COUNTRY_CODE = re.compile(r"[,(/]\s*([A-Z]{2})\s*\)?\.?\s*$")


@dataclass(frozen=True)
class Stretch:
    """Atoms `start` to `end` of a text, and what stands beside them.

    `marker` is the kind of place a neighbouring word names (Kota, Province); `cued` tells of a neighbour such as "in",
    `origin` of one such as "from"; `left` and `right` are the ends with the words for the kind.
    """

    start: int
    end: int
    folded: str
    marker: PlaceKind | None
    cued: bool
    origin: bool
    left: int
    right: int

    def inside(self, other: "Stretch") -> bool:
        """Tell whether `other` is a longer stretch around this one."""
        return self.end - self.start < other.end - other.start and other.start <= self.start and self.end <= other.end

    def apart(self, other: "Stretch") -> bool:
        """Tell whether the two have no atom in common."""
        return self.end <= other.start or other.end <= self.start


class PlaceText:
    """A person's text, cut into atoms."""

    def __init__(self, text: str, words: Words | None = None) -> None:
        self.words = words or vocabulary()
        named = COUNTRY_CODE.search(text)
        named = named if named and named.group(1) in self.words.codes else None
        self.country_code = named.group(1) if named else None
        plain = ADDRESSES.sub(" ", text[: named.start()] if named else text)
        self.parts = atoms(plain)
        self._accented = accented(plain).split()

    def _join(self, start: int, end: int) -> str:
        return "".join(self.parts[start:end])

    def accents(self, stretch: Stretch) -> str | None:
        """Return a stretch as typed with diacritics, None where it has none or its script has no such thing."""
        if len(self._accented) < len(self.parts) or is_unspaced(self.parts[stretch.start]):
            return None
        typed = "".join(self._accented[stretch.start : stretch.end])
        return typed if typed != stretch.folded else None

    @property
    def is_vietnamese(self) -> bool:
        """Tell whether the text has letters that only Vietnamese has."""
        return any(map(VIETNAMESE.search, self._accented))

    @cached_property
    def spans(self) -> dict[str, list[tuple[int, int]]]:
        """Every stretch that is short enough for a name, by what stands there."""
        found: dict[str, list[tuple[int, int]]] = {}
        for start in range(len(self.parts)):
            for end in self._ends(start):
                found.setdefault(self._join(start, end), []).append((start, end))
        return found

    def stretches(self, folded: str) -> list[Stretch]:
        """Return where `folded` stands in the text."""
        return [self._stretch(start, end) for start, end in self.spans.get(folded, ())]

    def _ends(self, start: int) -> range:
        most = MOST_CLUSTERS if is_unspaced(self.parts[start]) else MOST_WORDS
        return range(start + 1, min(start + most, len(self.parts)) + 1)

    def _stretch(self, start: int, end: int) -> Stretch:
        marker, left, right = self._marker(start, end)
        cued = self._word_before(left, self.words.cues_before) is not None
        cued = cued or self._word_after(right, self.words.cues_after) is not None
        origin = self._word_before(left, self.words.origins) is not None
        return Stretch(start, end, self._join(start, end), marker, cued, origin, left, right)

    def _marker(self, start: int, end: int) -> tuple[PlaceKind | None, int, int]:
        left = self._word_before(start, self.words.before)
        right = self._word_after(end, self.words.after)
        if left is not None:
            return self.words.before[self._join(left, start)], left, end if right is None else right
        if right is not None:
            return self.words.after[self._join(end, right)], start, right
        return None, start, end

    def _word_before(self, end: int, wanted: Container[str]) -> int | None:
        starts = range(max(0, end - LONGEST_AFFIX), end)
        return next((start for start in starts if self._join(start, end) in wanted), None)

    def _word_after(self, start: int, wanted: Container[str]) -> int | None:
        ends = range(min(len(self.parts), start + LONGEST_AFFIX), start, -1)
        return next((end for end in ends if self._join(start, end) in wanted), None)

    def has_long_marker(self, stretch: Stretch) -> bool:
        """Tell whether the word for the kind is more than a letter, which may end the word before."""
        beside = self._join(stretch.left, stretch.start), self._join(stretch.end, stretch.right)
        return max(map(len, beside)) > 1

    @cached_property
    def country(self) -> str | None:
        """The country the text names, if it names exactly one."""
        if self.country_code:
            return self.country_code
        found = {code for name, code in self.words.countries.items() if name in self.spans}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def telling(self) -> frozenset[int]:
        """The atoms that belong to no idle word, no country and no number."""
        rest, at = set(), 0
        while at < len(self.parts):
            end = next((end for end in reversed(self._ends(at)) if self._is_idle(self._join(at, end))), None)
            if end is None:
                rest.add(at)
            at = end or at + 1
        return frozenset(rest)

    def _is_idle(self, word: str) -> bool:
        return self.words.idle(word) or word in self.words.countries or word.isdigit()

    def is_all(self, stretches: Sequence[Stretch]) -> bool:
        """Tell whether nothing telling stands outside `stretches`."""
        covered = {at for stretch in stretches for at in range(stretch.left, stretch.right)}
        return self.telling <= covered

    @property
    def is_short(self) -> bool:
        """Tell whether all that tells something may be one name."""
        if not self.telling:
            return False
        first, last = min(self.telling), max(self.telling) + 1
        return last - first <= (CORE_CLUSTERS if is_unspaced(self.parts[first]) else CORE_WORDS)

    @property
    def whole_kind(self) -> PlaceKind | None:
        """The kind named beside all that tells something, where that may be one name."""
        return self._stretch(min(self.telling), max(self.telling) + 1).marker if self.is_short else None

    def guesses(self) -> Iterator[str]:
        """Yield what may be a misspelt name: all that tells something, or what follows words such as "from"."""
        if self.is_short:
            whole = self._stretch(min(self.telling), max(self.telling) + 1)
            yield from dict.fromkeys((whole.folded, self._join(whole.left, whole.right)))
        else:
            yield from self._after_origins()

    def _after_origins(self) -> list[str]:
        starts = [
            start
            for start in sorted(self.telling)
            if not is_unspaced(self.parts[start]) and self._stretch(start, start + 1).origin
        ]
        ends = (
            (start, min(start + size, len(self.parts))) for start in starts[:1] for size in range(1, GUESSED_WORDS + 1)
        )
        return list(dict.fromkeys(self._join(start, end) for start, end in ends))
