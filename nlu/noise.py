"""What thumbs and hurry do to a sentence, so that the report can measure how much of it is still understood.

Every function is pure; the random one takes its randomness, so a seed gives the same noise again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from random import Random

from nlu.components.spelling import unmarked

LETTERS_A_TYPO = 12
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Thai, Lao, Burmese and Khmer: here people lose marks and vowels, the consonants carry the word.
MARKED_SCRIPTS = (range(0x0E01, 0x0E5C), range(0x0E81, 0x0EE0), range(0x1000, 0x10A0), range(0x1780, 0x17DE))
# Vowels that Unicode calls letters, because they stand beside their consonant.
STANDING_VOWELS = frozenset("ะาำเแโใไ" + "ະາຳຽເແໂໃໄ")
# Marks taken for each other: short and long vowels, the first two tones, two ways to write one sound.
TWINS = ("ิี", "ึื", "ุู", "่้", "ใไ", "ິີ", "ຶື", "ຸູ", "່້", "ໃໄ", "ိီ", "ုူ", "ិី", "ឹឺ", "ុូ")
TWIN = {one: other for pair in TWINS for one, other in ((pair[0], pair[1]), (pair[1], pair[0]))}

Change = Callable[[list[str], int, Random], str]


def without_spaces(text: str) -> str:
    """The text in one piece, invisible word breaks taken out too."""
    return "".join(text.replace("\u200b", " ").split())


def typos(text: str, rng: Random) -> str:
    """The text with about one slip per twelve letters, as thumbs make them; a very short text may stay whole.

    Latin letters are hit beside, dropped, doubled or exchanged with the next; in Thai, Lao, Khmer and Burmese a mark or
    vowel is dropped, exchanged with the next, or taken for its twin. Digits, signs and spaces are left alone.
    """
    letters = list(unicodedata.normalize("NFC", text))
    places = [at for at, letter in enumerate(letters) if _can_slip(letter)]
    slips = int(sum(map(_is_letter, letters)) / LETTERS_A_TYPO + rng.random())
    # From the end, so that a dropped letter moves no place that is still to come.
    for at in sorted(rng.sample(places, min(slips, len(places))), reverse=True):
        letters[at : at + 2] = rng.choice(_changes(letters, at))(letters, at, rng)
    return "".join(letters)


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM"


def _of_marked_script(letter: str) -> bool:
    return any(ord(letter) in script for script in MARKED_SCRIPTS)


def _can_slip(letter: str) -> bool:
    """Whether a slip would fall on this: any Latin letter, or a mark or vowel of the other scripts."""
    if _of_marked_script(letter):
        return letter in STANDING_VOWELS or unicodedata.category(letter)[0] == "M"
    return _key(letter) in NEIGHBOURS


def _changes(letters: list[str], at: int) -> list[Change]:
    """What can go wrong here so that it shows."""
    following = letters[at + 1] if at + 1 < len(letters) else " "
    exchange = [_exchanged] if _can_slip(following) and following != letters[at] else []
    if _of_marked_script(letters[at]):
        return [_dropped, *exchange, *([_twin] if letters[at] in TWIN else [])]
    return [_beside, _dropped, _doubled, *exchange]


def _dropped(letters: list[str], at: int, rng: Random) -> str:  # noqa: ARG001 - all changes are called alike
    return "".join(letters[at + 1 : at + 2])


def _doubled(letters: list[str], at: int, rng: Random) -> str:  # noqa: ARG001
    return letters[at] + "".join(letters[at : at + 2])


def _exchanged(letters: list[str], at: int, rng: Random) -> str:  # noqa: ARG001
    return letters[at + 1] + letters[at]


def _twin(letters: list[str], at: int, rng: Random) -> str:  # noqa: ARG001
    return TWIN[letters[at]] + "".join(letters[at + 1 : at + 2])


def _beside(letters: list[str], at: int, rng: Random) -> str:
    hit = rng.choice(NEIGHBOURS[_key(letters[at])])
    return (hit.upper() if letters[at].isupper() else hit) + "".join(letters[at + 1 : at + 2])


def _key(letter: str) -> str:
    """The key of a Latin letter: `ế` is typed with `e`."""
    return unmarked(letter).lower()


def _neighbours() -> dict[str, str]:
    """The keys around each key; each row of a phone is moved right by about half a key."""
    around: dict[str, str] = {}
    for row, keys in enumerate(KEYBOARD):
        for column, key in enumerate(keys):
            above = KEYBOARD[row - 1][column : column + 2] if row else ""
            below = KEYBOARD[row + 1][max(column - 1, 0) : column + 1] if row + 1 < len(KEYBOARD) else ""
            around[key] = keys[max(column - 1, 0) : column] + keys[column + 1 : column + 2] + above + below
    return around


NEIGHBOURS = _neighbours()


def in_zawgyi(text: str) -> str:
    """Burmese text in the Zawgyi encoding, by the converter of the package `python-myanmar`; other text as it is."""
    from myanmar import converter

    # It leaves the mark of a final consonant behind the dot below as it is in Unicode.
    return str(converter.convert(text, "unicode", "zawgyi")).replace("\u1037\u103a", "\u1037\u1039")
