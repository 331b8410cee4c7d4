"""What people leave out, put back before a message is read: spaces between words, and the marks of Vietnamese."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FILE = "spelling.json"
VIETNAMESE = "vi"
WORD = re.compile(r"[^\W\d_]+")
LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
# A "word" of so many letters is several without their spaces; with spaces elsewhere in the text, only a longer one.
GLUED, GLUED_AMONG_OTHERS = 12, 20
LONGEST_WORD = 16
UNKNOWN_LETTER, UNKNOWN_WORD = 2.0, 4.0  # what an unknown stretch costs, in natural logarithms of probability
PAIR, SINGLE, NEVER = 8.0, 0.1, 1e-3  # what a seen pair counts against a seen word against nothing seen
START = "^"
# A slip is mended in words of so many letters, where the word that was meant was seen so often in that language.
SLIPPING, FAMILIAR = 5, 3
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def unmarked(text: str) -> str:
    """The text as it is typed without the marks of Latin letters."""
    bare = re.sub("([A-Za-z])[\u0300-\u036f]+", r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")


@dataclass(frozen=True)
class Spelling:
    """How often words in Latin letters occur, together and by language, and which Vietnamese ones follow each other."""

    words: Mapping[str, int]
    of: Mapping[str, Mapping[str, int]]
    marked: Mapping[str, int]
    pairs: Mapping[str, int]

    @classmethod
    def learn(cls, told: Iterable[tuple[str, str]]) -> Spelling:
        """From texts and their languages."""
        words: Counter[str] = Counter()
        of: dict[str, Counter[str]] = defaultdict(Counter)
        marked: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        for text, language in told:
            found = [word.casefold() for word in WORD.findall(unicodedata.normalize("NFC", text))]
            latin = [word for word in found if LATIN_WORD.fullmatch(word)]
            words.update(latin)
            of[language].update(latin)
            if language == VIETNAMESE:
                words.update(unmarked(word) for word in found)
                marked.update(found)
                pairs.update(f"{one} {other}" for one, other in zip([START, *found], found, strict=False))
        return cls(words, of, marked, pairs)

    def restored(self, text: str, language: str | None) -> str:
        """The text with spaces, without slips, and in Vietnamese with its marks; what is well written stays so."""
        spaced = self._spaced(text)
        if language == VIETNAMESE:
            return self._with_marks(spaced) if unmarked(spaced) == spaced else spaced
        known = self.of.get(language or "", {})
        return WORD.sub(lambda found: self._mended(found[0], known), spaced)

    def _mended(self, word: str, known: Mapping[str, int]) -> str:
        """The familiar word that is one slip away from an unknown one, the most frequent of several; else the word."""
        folded = word.casefold()
        if len(folded) < SLIPPING or folded in self.words or not LATIN_WORD.fullmatch(word):
            return word
        meant = max(_slips(folded), key=lambda each: known.get(each, 0))
        return meant if known.get(meant, 0) >= FAMILIAR else word

    def _spaced(self, text: str) -> str:
        least = GLUED_AMONG_OTHERS if " " in text.strip() else GLUED
        if "@" in text or "://" in text:
            return text
        return WORD.sub(lambda found: self._split(found[0]) if len(found[0]) >= least else found[0], text)

    def _split(self, word: str) -> str:
        """The likeliest words that a run of letters is made of; a word we know, or of another script, stays whole."""
        if word.casefold() in self.words or not LATIN_WORD.fullmatch(word):
            return word
        folded = word.casefold()
        best, start = [0.0] + [-math.inf] * len(word), [0] * (len(word) + 1)
        for end in range(1, len(word) + 1):
            for begin in range(max(0, end - LONGEST_WORD), end):
                score = best[begin] + self._score(folded[begin:end])
                if score > best[end]:
                    best[end], start[end] = score, begin
        return " ".join(reversed(list(_pieces(word, start))))

    def _score(self, word: str) -> float:
        seen = self.words.get(word, 0)
        if seen:
            return math.log(seen / self._all_words)
        return -math.log(self._all_words) - UNKNOWN_WORD - UNKNOWN_LETTER * len(word)

    def _with_marks(self, text: str) -> str:
        """The likeliest marked words in this order, where the same letters with marks were ever seen."""
        found = list(WORD.finditer(text))
        paths: dict[str, tuple[float, list[str]]] = {START: (0.0, [])}
        for match in found:
            bare = match[0].casefold()
            paths = {
                word: max((score + self._follows(last, word), [*path, word]) for last, (score, path) in paths.items())
                for word in self._candidates.get(bare) or [bare]
            }
        words = iter(max(paths.values())[1])
        return WORD.sub(lambda _found: next(words), text)

    def _follows(self, last: str, word: str) -> float:
        pair = PAIR * self.pairs.get(f"{last} {word}", 0)
        single = SINGLE * self.marked.get(word, 0) * len(self.marked) / self._all_marked
        return math.log((pair + single + NEVER) / (self.marked.get(last, 0) + 1))

    @cached_property
    def _candidates(self) -> dict[str, list[str]]:
        by_bare: dict[str, list[str]] = defaultdict(list)
        for word in self.marked:
            by_bare[unmarked(word)].append(word)
        return dict(by_bare)

    @cached_property
    def _all_words(self) -> int:
        return max(sum(self.words.values()), 1)

    @cached_property
    def _all_marked(self) -> int:
        return max(sum(self.marked.values()), 1)

    def save(self, folder: Path) -> None:
        """Write JSON."""
        told = {"words": self.words, "of": self.of, "marked": self.marked, "pairs": self.pairs}
        (folder / FILE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Spelling:
        """What `save` wrote."""
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))


def _pieces(word: str, start: list[int]) -> Iterable[str]:
    """The words from the last to the first."""
    end = len(word)
    while end:
        yield word[start[end] : end]
        end = start[end]


def _slips(word: str) -> Iterable[str]:
    """Everything one dropped, doubled, exchanged or wrong letter away."""
    for at in range(len(word)):
        head, tail = word[:at], word[at:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in LETTERS:
            yield head + letter + tail[1:]
            yield head + letter + tail
    yield from (word + letter for letter in LETTERS)
