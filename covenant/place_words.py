"""How place names are compared: folding a spelling, cutting a text into atoms, the words around a name."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml

from db.place import PlaceKind

SPELLED_OUT = str.maketrans({"đ": "d", "ð": "d", "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "\u0131": "i"})
TONES = (
    *range(0x0E47, 0x0E4D), 0x0E4E, 0x0E2F,  # Thai tone marks, silencer, and the sign of an abbreviation
    *range(0x0EC8, 0x0ECD),  # Lao
    0x17B4, 0x17B5, *range(0x17CB, 0x17D2), 0x17D3, 0x17DD,  # Khmer
    0x1037, 0x1038,  # Burmese
    *range(0x0300, 0x0370), *range(0x064B, 0x0660), 0x0670,  # Latin and Arabic
)  # fmt: skip
QUOTES = dict.fromkeys(map(ord, "'’‘`´ʻʼʽˌˈ\"“”"))
DROPPED = QUOTES | dict.fromkeys((*TONES, 0x0640))
SAME_LETTERS = (("ឍ", "ធ"), ("្ដ", "្ត"), ("ຫຼ", "ຫລ"))  # written either way by careful people

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"  # Thai, Lao, Burmese, Khmer
CLUSTER = re.compile(
    rf"[^{UNSPACED}\s]+"
    r"|[\u0e40-\u0e44\u0ec0-\u0ec4]?"  # a vowel written before its consonant
    rf"[{UNSPACED}](?:[\u17d2\u1039][{UNSPACED}]|[\u0e30-\u0e3a\u0e45\u0e4d\u0eb0-\u0ebd\u0ecd\u102b-\u103e\u17b6-\u17d3])*"
)
ASCII_WORD = re.compile("[a-z0-9]+")
LONGEST = 96  # atoms of a text that are looked at; a name stands near its beginning
LONGEST_AFFIX = 16  # atoms of the longest word that goes with a name
SHORTEST_REST = 3


def fold(text: str) -> str:
    """Return `text` without case, diacritics, tone marks or punctuation, words parted by one space.

    >>> fold("TP. Hồ-Chí-Minh"), fold("SAMUT  PRĀKĀN"), fold("น้ำ") == fold("นำ")
    ('tp ho chi minh', 'samut prakan', True)
    """
    if text.isascii():  # most names; the way below takes ten times as long for them
        return " ".join(ASCII_WORD.findall(text.lower().translate(QUOTES)))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _simplify(plain.translate(SPELLED_OUT).translate(DROPPED))


def accented(text: str) -> str:
    """Return `text` folded but with its diacritics, in which Vietnamese words differ."""
    return _simplify(unicodedata.normalize("NFC", text.casefold().replace("ð", "đ")).translate(QUOTES))


def _simplify(plain: str) -> str:
    for seldom, usual in SAME_LETTERS:
        plain = plain.replace(seldom, usual)
    kept = (c if unicodedata.category(c)[0] in "LMN" else "" if unicodedata.category(c) == "Cf" else " " for c in plain)
    return " ".join("".join(kept).split())


def compact(text: str) -> str:
    """Return `text` folded and without spaces: what two spellings of one name have in common."""
    return fold(text).replace(" ", "")


def sketch(folded: str) -> str:
    """Return an ASCII shadow of `folded`: other letters become two ASCII letters each."""
    return "".join(c if c.isascii() else chr(97 + ord(c) // 26 % 26) + chr(97 + ord(c) % 26) for c in folded)


def is_unspaced(text: str) -> bool:
    """Tell whether `text` is of a script that puts no spaces between words."""
    return re.match(rf"[{UNSPACED}]", text) is not None


def atoms(text: str) -> list[str]:
    """Cut `text` into words, and where a script has no spaces between them, into the least parts that can be read."""
    return CLUSTER.findall(fold(text))[:LONGEST]


@dataclass(frozen=True)
class Words:
    """The vocabulary around names, folded and without spaces."""

    before: dict[str, PlaceKind]
    after: dict[str, PlaceKind]
    only_in_names: frozenset[str]
    origins: frozenset[str]
    cues_before: frozenset[str]
    cues_after: frozenset[str]
    fillers: frozenset[str]
    ordinary: frozenset[str]
    countries: dict[str, str]
    codes: frozenset[str]
    far: frozenset[str]

    def idle(self, word: str) -> bool:
        """Tell whether `word` says nothing about which place is meant."""
        idle = (self.fillers, self.origins, self.cues_before, self.cues_after, self.before, self.after)
        return any(word in words for words in idle)


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(compact, words)))


def _kinds(table: dict[str, list[str]]) -> dict[str, PlaceKind]:
    return {word: PlaceKind(kind) for kind, words in reversed(table.items()) for word in _folded(words)}


@functools.cache
def vocabulary() -> Words:
    """Return the words of `data/places.words.yml`, read once."""
    raw = yaml.safe_load((files("covenant") / "data/places.words.yml").read_text(encoding="utf-8"))
    return Words(
        before=_kinds(raw["before"]),
        after=_kinds(raw["after"]),
        only_in_names=_folded(raw["only_in_names"]),
        origins=_folded(raw["origins"]),
        cues_before=_folded(raw["cues_before"]),
        cues_after=_folded(raw["cues_after"]),
        fillers=_folded(raw["fillers"]),
        ordinary=_folded(raw["ordinary"]) | _folded(raw["ordinary_too"]),
        countries={
            name: code
            for table in (raw["far_countries"], raw["countries"])
            for code, names in table.items()
            for name in _folded(names)
        },
        codes=frozenset({**raw["far_countries"], **raw["countries"]}),
        far=frozenset(raw["far_countries"]),
    )


def _cut(parts: Sequence[str], words: Words) -> Sequence[str]:
    for size in range(min(LONGEST_AFFIX, len(parts) - 1), 0, -1):
        first = "".join(parts[:size])
        if first in words.before or first in words.only_in_names:
            return parts[size:]
        if "".join(parts[-size:]) in words.after:
            return parts[:-size]
    return parts


def shorn(name: str) -> str | None:
    """Return `name` compact without such words as Kota or City, or None when it has none or little would remain.

    >>> shorn("Kabupaten Bogor"), shorn("Makati City"), shorn("Kota")
    ('bogor', 'makati', None)
    """
    parts: Sequence[str] = atoms(name)
    shorter = _cut(_cut(parts, vocabulary()), vocabulary())
    rest = "".join(shorter)
    return rest if shorter is not parts and len(rest) >= SHORTEST_REST else None
