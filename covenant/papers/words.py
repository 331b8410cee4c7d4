"""A paper's words: each piece in the letter's language, with the English beside it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from locales import Catalogue, Catalogues, load_catalogues, render_text
from locales.languages import ENGLISH

ROOM = "." * 36  # what is not known yet is filled in by hand


@dataclass(frozen=True)
class Pair:
    """A text in the paper's language, and in English. `item` stands in a list, `line` leaves room for handwriting."""

    local: str
    english: str
    look: str = "text"


@dataclass(frozen=True)
class Page:
    """A paper before it has a form: its language, the mark on top, the title, and its paragraphs in order."""

    language: str
    mark: Pair
    title: Pair
    rows: tuple[Pair, ...]

    @property
    def is_english(self) -> bool:
        """Whether there is nothing to set beside the English."""
        return self.language == ENGLISH


@functools.cache
def catalogues() -> Catalogues:
    """Return the words of all languages; they are read once, papers being made without a turn."""
    return load_catalogues()


def catalogue_of(language: str) -> Catalogue:
    """Return the words of a language, English where we have none of it."""
    return catalogues().get(language) or catalogues()[ENGLISH]


@dataclass(frozen=True)
class Writer:
    """Says a response in a paper's language and in English."""

    language: str

    @property
    def _local(self) -> Catalogue:
        return catalogue_of(self.language)

    def pair(self, key: str, look: str = "text", **args: Any) -> Pair:
        """Return a response in both languages; arguments without a value leave room to be filled in."""
        filled = {name: clean(ROOM if value is None else value) for name, value in args.items()}
        local, english = (render_text(one, key, filled) for one in (self._local, catalogues()[ENGLISH]))
        return Pair(local, english, look)

    def detail(self, label: str, value: Any) -> Pair:
        """Return `label: value`, the value in each language where it has one; room to fill in where it has none."""
        named, shown = self.pair(label), self.pair("utter_paper_note", note=value)
        return Pair(f"{named.local}: {shown.local}", f"{named.english}: {shown.english}", "detail")

    def line(self, label: str) -> Pair:
        """Return a label with room for handwriting."""
        named = self.pair(label)
        return Pair(named.local, named.english, "line")


def clean(value: Any) -> Any:
    """Leave out of a text what no paper can hold, such as control characters; everything else stays as it was typed."""
    if isinstance(value, str):
        return "".join(letter if _is_set(letter) else " " * letter.isspace() for letter in value)
    if isinstance(value, Mapping):
        return {key: clean(one) for key, one in value.items()}
    return value


def _is_set(letter: str) -> bool:
    # XML 1.0 has no control characters but those that part words, no halves of surrogates and no non-characters.
    return category(letter) not in {"Cc", "Cs"} and letter not in "\ufffe\uffff"
