"""The words of one language in Latin letters that were meant: marks put back, slips mended, by what stands beside."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

WORD = re.compile(r"[^\W\d_]+")
LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
PAIR, SINGLE, NEVER = 8.0, 0.1, 1e-3  # what a seen pair counts against a seen word against nothing seen
START = "^"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SLIP, MARKS = 3.0, 1.5  # what a slip and wrong marks cost, in natural logarithms of probability
SHORTEST = 3  # letters of a word that is mended


class Meant(NamedTuple):
    """A word that may have been meant, how it is then written, and what that costs."""

    word: str
    said: str
    cost: float


class Path(NamedTuple):
    """How likely it is to have come so far, and what is written so far."""

    score: float
    said: tuple[str, ...]


def unmarked(text: str) -> str:
    """The text as it is typed without the marks of Latin letters."""
    bare = re.sub("([A-Za-z])[\u0300-\u036f]+", r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")


class LikelyWords:
    """How often each word of a language was seen, and which follow each other; `anywhere` are those of all languages.

    People mix languages, so a word of another one is no slip. In a `marked` language texts come with marks or without.
    """

    def __init__(
        self, words: Mapping[str, int], pairs: Mapping[str, int], anywhere: Collection[str], *, marked: bool
    ) -> None:
        self._words, self._pairs, self._anywhere, self._marked = words, pairs, anywhere, marked

    def restored(self, text: str) -> str:
        """The likeliest words in this order; a known word stays, but for its marks where the text has none at all."""
        bare = self._marked and unmarked(text) == text
        paths = {START: Path(0.0, ())}
        for match in WORD.finditer(text):
            # Of all the ways to a word only the likeliest may go on.
            paths = {meant.word: self._best(paths, meant) for meant in self._meant(match[0], bare=bare)}
        words = iter(max(paths.values()).said)
        return WORD.sub(lambda _found: next(words), text)

    def warm(self) -> None:
        """Sort the words now."""
        self._by_bare  # noqa: B018 - computed once, then kept

    def _best(self, paths: Mapping[str, Path], meant: Meant) -> Path:
        score, last = max((path.score + self._follows(last, meant.word), last) for last, path in paths.items())
        return Path(score - meant.cost, (*paths[last].said, meant.said))

    def _meant(self, said: str, *, bare: bool) -> Iterator[Meant]:
        word = said.casefold()
        marked = self._by_bare.get(word, ()) if bare else ()
        if marked:
            yield from (Meant(each, each, 0.0) for each in marked)
            return
        yield Meant(word, said, 0.0)
        if word not in self._anywhere and len(word) >= SHORTEST and LATIN_WORD.fullmatch(said):
            yield from self._mended(unmarked(word))

    def _mended(self, bare: str) -> Iterator[Meant]:
        same = self._by_bare.get(bare, ())
        yield from (Meant(each, each, MARKS) for each in same)
        others = {each for slip in slips_of(bare) for each in self._by_bare.get(slip, ())}.difference(same)
        yield from (Meant(each, each, SLIP) for each in sorted(others))

    def _follows(self, last: str, word: str) -> float:
        pair = PAIR * self._pairs.get(f"{last} {word}", 0)
        single = SINGLE * self._words.get(word, 0) * len(self._words) / self._all
        return math.log((pair + single + NEVER) / (self._words.get(last, 0) + 1))

    @cached_property
    def _by_bare(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            found[unmarked(word)].append(word)
        return dict(found)

    @cached_property
    def _all(self) -> int:
        return max(sum(self._words.values()), 1)


def slips_of(word: str) -> Iterator[str]:
    """Everything one dropped, doubled, exchanged or wrong letter away."""
    for at in range(len(word)):
        head, tail = word[:at], word[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in LETTERS:
            yield head + letter + tail[1:]
            yield head + letter + tail
    yield from (word + letter for letter in LETTERS)
