"""Writing: Burmese typed in the old Zawgyi encoding becomes Unicode; words are counted in every script."""

import re
import warnings
from functools import cache
from typing import Any

# How sure Google's detector must be where none of the signs below is there: "မိုးမရွာဘူး" (it does not rain) is 0.998.
SURE = 0.9995
_MYANMAR = re.compile("[\u1000-\u109f]")
# What is stacked are two consonants of one row of the alphabet; Zawgyi writes every final one like that.
_ROWS = ("\u1000-\u1004", "\u1005-\u100a", "\u100b-\u100f", "\u1010-\u1014", "\u1015-\u1019")
_STRANGE_STACK = "|".join(f"[{row}]\u1039(?![{row}])" for row in _ROWS)
# The vowel sign e follows its consonant in Unicode and goes before it in Zawgyi: at the start or after another sign.
_E_TOO_EARLY = "(?:^|[\\s,.!?()\u102b-\u1030\u1032-\u103a])\u1031"
# So does the sign of medial r, which is another letter there; no word begins with a medial one.
_MEDIAL_TOO_EARLY = "(?:^|[\\s,.!?()])[\u103b-\u103e]"
# Zawgyi's own letters for what is stacked or joined; Shan and Karen use part of that block for theirs.
_OWN_LETTERS = "[\u1000-\u1021][\u1060\u1064\u106a-\u106d\u1085]"
_SIGNS = re.compile(f"{_STRANGE_STACK}|{_E_TOO_EARLY}|{_MEDIAL_TOO_EARLY}|{_OWN_LETTERS}")


def in_unicode(text: str) -> str:
    """Return the text with Zawgyi converted by ICU's rules; anything else as it is."""
    if not _MYANMAR.search(text) or not is_zawgyi(text):
        return text
    return str(_converter().transliterate(text))


def is_zawgyi(text: str) -> bool:
    """Tell whether Burmese text was typed in Zawgyi; texts that are the same in both encodings may be either."""
    return bool(_SIGNS.search(text)) or _detector().get_zawgyi_probability(text) >= SURE


@cache
def _detector() -> Any:
    from myanmartools import ZawgyiDetector

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how it opens its own data file, on Python 3.11 and 3.12
        return ZawgyiDetector()


@cache
def _converter() -> Any:
    import icu

    return icu.Transliterator.createInstance("Zawgyi-my")


def count_words(text: str, language: str) -> int:
    """Return how many words a text has, also where a language writes them without spaces."""
    import icu

    breaks = icu.BreakIterator.createWordInstance(icu.Locale(language))
    breaks.setText(text)
    start, words = 0, 0
    for end in breaks:
        words += any(letter.isalnum() for letter in text[start:end])
        start = end
    return words
