"""What people leave out or hit beside, put back before a message is read: spaces, marks, vowel signs, letters."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nlu.components import lost_signs
from nlu.components.likely_words import LATIN_WORD, START, WORD, LikelyWords, unmarked
from nlu.components.lost_signs import STRETCH, LostSigns
from nlu.components.lost_spaces import LostSpaces

__all__ = ["WORD", "Spelling", "unmarked"]

FILE = "spelling.json"
VIETNAMESE = "vi"
LONGEST = 600  # letters of a text that is mended; in a longer one, enough is right as it is

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Spelling:
    """How often words occur: Latin ones together, all by language, and which of a language follow each other."""

    words: Counts
    of: Mapping[str, Counts]
    pairs: Mapping[str, Counts]

    @classmethod
    def learn(cls, told: Iterable[tuple[str, str]], known: Mapping[str, Iterable[str]] | None = None) -> Spelling:
        """From sentences and their languages; what the catalogues say is known of every language besides.

        A language without sentences teaches where words end and nothing else: too few words are known to mend others.
        """
        words: Counter[str] = Counter()
        of: dict[str, Counter[str]] = defaultdict(Counter)
        pairs: dict[str, Counter[str]] = defaultdict(Counter)
        sentences = list(told)
        languages = {language for _, language in sentences}
        for text, language in [*sentences, *_texts(known or {})]:
            found = list(_words(text, language))
            latin = [word for word in found if LATIN_WORD.fullmatch(word)]
            words.update(latin)
            if language == VIETNAMESE:
                words.update(map(unmarked, latin))
            if language in languages:
                of[language].update(found)
                pairs[language].update(f"{one} {other}" for one, other in zip([START, *found], found, strict=False))
        return cls(words, of, pairs)

    def restored(self, text: str, language: str | None) -> str:
        """The text with spaces, marks and signs and without slips; what is well written stays so."""
        if "@" in text or "://" in text or len(text) > LONGEST:
            return text
        if language in lost_signs.LANGUAGES:
            signs = self._signs.get(language)
            return signs.restored(text) if signs else text
        spaces = self._spaces.get(language or "", self._spaces[""])
        likely = self._likely.get(language or "")
        spaced = spaces.restored(text)
        return likely.restored(spaced) if likely else spaced

    def warm(self) -> None:
        """Sort the words now, so that nobody's first message waits for it."""
        for likely in self._likely.values():
            likely.warm()
        for signs in self._signs.values():
            signs.warm()

    @cached_property
    def _likely(self) -> dict[str, LikelyWords]:
        """Those of the languages in Latin letters."""
        anywhere = frozenset(word for seen in self.of.values() for word in seen)
        return {
            code: LikelyWords(seen, self.pairs[code], anywhere, marked=code == VIETNAMESE)
            for code, seen in self.of.items()
            if code not in lost_signs.LANGUAGES
        }

    @cached_property
    def _spaces(self) -> dict[str, LostSpaces]:
        """Those of the languages in Latin letters, and one for whatever else comes."""
        known = {code: LostSpaces(self.words, self.of[code], self.pairs[code]) for code in self._likely}
        return {**known, "": LostSpaces(self.words, {}, {})}

    @cached_property
    def _signs(self) -> dict[str, LostSigns]:
        """Those of the languages that write no spaces."""
        return {
            code: LostSigns(seen, self.pairs[code]) for code, seen in self.of.items() if code in lost_signs.LANGUAGES
        }

    def save(self, folder: Path) -> None:
        """Write JSON."""
        told = {"words": self.words, "of": self.of, "pairs": self.pairs}
        (folder / FILE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Spelling:
        """What `save` wrote."""
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))


def _texts(known: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    yield from ((text, language) for language, texts in known.items() for text in texts)


def _words(text: str, language: str) -> Iterator[str]:
    """The words of a text in small letters; of another script than the language's, none."""
    text = unicodedata.normalize("NFC", text).casefold()
    if language in lost_signs.LANGUAGES:
        # Here, because it brings Rasa with it, and most of who asks for `unmarked` does not need that.
        from nlu.components.icu_tokenizer import words

        yield from (word for word, _, _ in words(text) if STRETCH.fullmatch(word) or LATIN_WORD.fullmatch(word))
    else:
        yield from (word for word in WORD.findall(text) if LATIN_WORD.fullmatch(word))
