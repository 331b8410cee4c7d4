"""Words in Latin letters that were run together, cut again: the likeliest path through the words we know."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from nlu.components.likely_words import LATIN_WORD, START, WORD

# A "word" of so many letters is several without their spaces; with spaces elsewhere in the text, only a longer one.
GLUED, GLUED_AMONG_OTHERS = 8, 20
LONGEST_WORD = 16
UNKNOWN_LETTER, UNKNOWN_WORD = 2.0, 4.0  # what an unknown stretch costs, in natural logarithms of probability
PAIRED, OWN = 0.5, 0.9  # how much of a word's probability comes from the word before it, and from its own language
PATHS = 4  # that are followed at a time


class Path(NamedTuple):
    """How likely it is to have come so far, by which word, and where all of them ended."""

    score: float
    last: str
    ends: tuple[int, ...]


class LostSpaces:
    """How often words were seen in any language, in this one, and which follow each other in it."""

    def __init__(self, words: Mapping[str, int], own: Mapping[str, int], pairs: Mapping[str, int]) -> None:
        self._words, self._own, self._pairs = words, own, pairs

    def restored(self, text: str) -> str:
        """The text with spaces; a word we know, or of another script, stays whole."""
        least = GLUED_AMONG_OTHERS if " " in text.strip() else GLUED
        return WORD.sub(lambda found: self._split(found[0]) if len(found[0]) >= least else found[0], text)

    def _split(self, word: str) -> str:
        folded = word.casefold()
        if folded in self._words or len(folded) != len(word) or not LATIN_WORD.fullmatch(word):
            return word
        paths = [[Path(0.0, START, ())]]
        for end in range(1, len(word) + 1):
            ways: dict[str, Path] = {}
            for way in self._ways(folded, paths, end):
                ways[way.last] = max(way, ways.get(way.last, way))
            paths.append(sorted(ways.values(), reverse=True)[:PATHS])
        ends = paths[-1][0].ends
        return " ".join(word[start:end] for start, end in zip((0, *ends), ends, strict=False))

    def _ways(self, folded: str, paths: list[list[Path]], end: int) -> Iterator[Path]:
        """Every way to end a word here."""
        for start in range(max(0, end - LONGEST_WORD), end):
            word = folded[start:end]
            for path in paths[start]:
                yield Path(path.score + self._score(path.last, word), word, (*path.ends, end))

    def _score(self, last: str, word: str) -> float:
        paired = self._pairs.get(f"{last} {word}", 0) / (self._own.get(last, 0) + 1)
        alone = OWN * self._own.get(word, 0) / self._all_own + (1 - OWN) * self._words.get(word, 0) / self._all
        likely = PAIRED * paired + (1 - PAIRED) * alone
        return math.log(likely) if likely else -math.log(self._all) - UNKNOWN_WORD - UNKNOWN_LETTER * len(word)

    @cached_property
    def _all(self) -> int:
        return max(sum(self._words.values()), 1)

    @cached_property
    def _all_own(self) -> int:
        return max(sum(self._own.values()), 1)
