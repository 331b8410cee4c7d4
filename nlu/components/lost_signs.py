"""Vowel signs put back in Thai, Lao, Khmer and Burmese, where they are what hurry loses: the consonants carry the word.

Nobody writes spaces there, so words are found and mended in one go: the cheapest path through the words we know that
have these consonants, a slip costing so much, a rare word so much, and less where it follows the last one often.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

LANGUAGES = frozenset({"th", "lo", "km", "my"})
STRETCH = re.compile("[\u0e01-\u0e4e\u0e81-\u0ede\u1000-\u103f\u1780-\u17d3]+")
# Vowels that are written before the consonant they follow, and those that Unicode calls letters, not marks.
LEADING = frozenset("เแโใไເແໂໃໄ")
STANDING = frozenset("ะาำະາຳຽ")
START = "^"
LONGEST = 10  # consonants of a word
# All costs are natural logarithms of probability.
SLIP = 6.0
PAIRED = 0.7  # how much of a word's probability comes from the word before it
UNKNOWN, STRANGE = 2.0, 9.0  # what a piece of no known word costs beside its own cost, and one never seen
PATHS = 3  # that are followed at a time

Cluster: TypeAlias = tuple[str, str]  # a consonant, and the piece of text that it stands in


class Known(NamedTuple):
    """A word, and its pieces, one for each consonant."""

    word: str
    pieces: tuple[str, ...]


class Path(NamedTuple):
    """What it costs to have come so far, by which word, and all of it."""

    cost: float
    last: str
    text: str


class LostSigns:
    """How often each word of a language was seen, and which follow each other."""

    def __init__(self, words: Mapping[str, int], pairs: Mapping[str, int]) -> None:
        self._words, self._pairs = words, pairs

    def restored(self, text: str) -> str:
        """The text with its signs; what is made of known words mostly stays as it is."""
        return STRETCH.sub(lambda found: self._mended(found[0]), text)

    def warm(self) -> None:
        """Sort the words now."""
        self._by_consonants, self._pieces  # noqa: B018 - computed once, then kept

    def _mended(self, text: str) -> str:
        said = clusters(text)
        paths = [[Path(0.0, START, "")]]
        for end in range(1, len(said) + 1):
            paths.append(heapq.nsmallest(PATHS, self._ways(said, paths, end)))
        return paths[-1][0].text

    def _ways(self, said: list[Cluster], paths: list[list[Path]], end: int) -> Iterator[Path]:
        """Every way to end a word here."""
        piece = said[end - 1][1]
        strange = self._piece_cost(piece)
        yield from (Path(path.cost + strange, "", path.text + piece) for path in paths[end - 1])
        consonants = ""
        for start in range(end - 1, max(-1, end - 1 - LONGEST), -1):
            consonants = said[start][0] + consonants
            pieces = tuple(piece for _, piece in said[start:end])
            most = self._most_slips(pieces)
            for known in self._by_consonants.get(consonants, ()):
                slips = _slips(pieces, known.pieces)
                if slips <= most:
                    for path in paths[start]:
                        cost = path.cost + self._cost(path.last, known.word) + SLIP * slips
                        yield Path(cost, known.word, path.text + known.word)

    def _most_slips(self, pieces: Sequence[str]) -> int:
        """None in a word we know, nor in one syllable of such words: too many would be taken for their neighbours."""
        is_known = "".join(pieces) in self._words or (len(pieces) == 1 and pieces[0] in self._pieces)
        return 0 if is_known else len(pieces)

    def _cost(self, last: str, word: str) -> float:
        paired = self._pairs.get(f"{last} {word}", 0) / (self._words.get(last, 0) + 1)
        return -math.log(PAIRED * paired + (1 - PAIRED) * self._words[word] / self._all)

    def _piece_cost(self, piece: str) -> float:
        seen = self._pieces.get(piece, 0)
        return UNKNOWN + (STRANGE if not seen else 0.0) - math.log((seen or 1) / self._all_pieces)

    @cached_property
    def _by_consonants(self) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = defaultdict(list)
        for word in self._words:
            cut = clusters(word)
            if len(cut) <= LONGEST:
                found["".join(letter for letter, _ in cut)].append(Known(word, tuple(piece for _, piece in cut)))
        return dict(found)

    @cached_property
    def _pieces(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for word, times in self._words.items():
            for _, piece in clusters(word):
                found[piece] += times
        return found

    @cached_property
    def _all(self) -> int:
        return max(sum(self._words.values()), 1)

    @cached_property
    def _all_pieces(self) -> int:
        return max(sum(self._pieces.values()), 1)


def _slips(said: Sequence[str], meant: Sequence[str]) -> int:
    return sum(distance(one, other) for one, other in zip(said, meant, strict=True) if one != other)


def clusters(text: str) -> list[Cluster]:
    """Each consonant with the piece of text it stands in: vowels before it, itself, signs after it."""
    found: list[Cluster] = []
    before = ""
    for letter in text:
        if letter in LEADING:
            before += letter
        elif not (letter in STANDING or unicodedata.category(letter)[0] == "M"):
            found.append((letter, before + letter))
            before = ""
        elif before or not found:
            before += letter
        else:
            found[-1] = (found[-1][0], found[-1][1] + letter)
    if before and found:
        found[-1] = (found[-1][0], found[-1][1] + before)
    return found or [("", before)]


@lru_cache(maxsize=20_000)
def distance(one: str, other: str) -> int:
    """How many letters were dropped, added, taken for another, or exchanged with the next."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, meant in enumerate(other, start=1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != meant))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == meant:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
