"""Folding: one plain form of what people type, so that words and digits can be compared."""

import re
import unicodedata

# Longer texts are not values; what lies behind is not read.
LONGEST = 250
BETWEEN = re.compile(r"[,;/+\n、၊།]+")  # what people put between the answers of a list

_SIGNS = str.maketrans(
    {
        # Raised digits would fold to plain ones: 10² is not 102.
        **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹⁄", "^"),
        **dict.fromkeys("‐‑‒–—−﹣－", "-"),
        **dict.fromkeys("’‘ʼ`´′", "'"),
        "។": ".",
        "၊": ",",
        "။": ".",
    }
)
# 2½ is 2.5, and ½ alone 0.5.
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_FRACTION = re.compile("([0-9]?)([½¼¾])")
_DROPPED = {"Cf", "Cs", "Co", "Cn"}
_ENCLOSING = "\u20e3"
_BASES = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
# Thai and Lao: a tone typed before its vowel looks the same on most phones.
_TONE_FIRST = re.compile("([\u0e48-\u0e4b\u0ec8-\u0ecb])([\u0e31\u0e34-\u0e39\u0e4d\u0eb1\u0eb4-\u0eb9\u0ebb\u0ecd])")
# Burmese: the letter wa is what most keyboards offer first for the digit zero.
_WA_FOR_ZERO = re.compile("(?<=[0-9])\u101d+(?![\u102b-\u103e])|\u101d+(?=[0-9])")


def fold(text: str, longest: int = LONGEST) -> str:
    """Return the text in lower case with ASCII digits, one kind of dash, quote and space, and nothing invisible."""
    plain = text[:longest]
    if not plain.isascii():
        # One letter can stand for eighteen.
        plain = _FRACTION.sub(lambda found: (found[1] or "0") + _FRACTIONS[found[2]], plain)
        plain = unicodedata.normalize("NFKC", plain.translate(_SIGNS))[:longest]
        plain = _TONE_FIRST.sub(r"\2\1", "".join(map(_letter, plain)))
        plain = _WA_FOR_ZERO.sub(lambda found: "0" * len(found[0]), plain)
    return " ".join(plain.replace("`", "'").casefold().split())


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if category in _DROPPED or letter == _ENCLOSING or "\ufe00" <= letter <= "\ufe0f":
        return ""
    return " " if category in {"Cc", "Zl", "Zp", "Zs"} else letter


def without_marks(text: str) -> str:
    """Return folded text as it is typed without tone marks and accents; other scripts stay as they are."""
    if text.isascii():
        return text
    bare = re.sub(f"([{_BASES}])[\u0300-\u036f]+", r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).replace("đ", "d")


def is_latin(letter: str) -> bool:
    """Tell whether a folded letter belongs to a script that puts spaces between words."""
    return "a" <= letter <= "z" or "\u00df" <= letter <= "\u024f" or "\u1e00" <= letter <= "\u1eff"


def continues(letter: str) -> bool:
    """Tell whether a letter only completes the one before it, so that no word can begin with it."""
    return letter in "ะาๅະາຽ" or unicodedata.category(letter) in {"Mn", "Mc"}


def shortened(text: str) -> str:
    """Return the text with letters that were held down ("yesss", "iyaaa") written once."""
    return re.sub(r"(\w)\1{2,}", r"\1", text)


def cleaned(text: str, *, lines: bool = False) -> str:
    """Return what a person wrote without control characters and outer blanks, composed; line breaks only if wanted."""
    kept = "".join(letter for letter in text if _kept(letter))
    rows = (" ".join(row.split()) for row in unicodedata.normalize("NFC", kept).splitlines())
    return ("\n" if lines else " ").join(rows).strip()


def _kept(letter: str) -> bool:
    return letter in "\n\t\u200b\u200c\u200d" or unicodedata.category(letter) not in {"Cc", "Cs", "Cn", "Co"}
