"""Names and free text: taken as written, tidied, within their lengths."""

import re

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.politeness import without_ending
from covenant.values.text import cleaned, fold, is_latin
from covenant.values.words import ENGLISH, listed

SHORTEST_NAME, LONGEST_NAME = 2, 120
LONGEST_TEXT = 2000
_ADDRESS = re.compile(r"@\w|://|www\.|\.(?:com|org|net|info|id|my|ph|vn|th|kh|la|mm)\b", re.IGNORECASE)
PARTICLES = frozenset(["bin", "binti", "anak", "de", "dela", "del", "la", "van", "y", "al"])
MOST_WORDS = 7
_ENDS = " .,;:!?-–—\"“”'"


def parse_name(question: Question) -> Answer:
    """Return a person's or body's name without "my name is"; addresses, links and bare numbers are refused."""
    language = question.words.language
    name = without_introduction(cleaned(question.raw), language).strip(_ENDS.replace(".", ""))
    name = without_ending(name, language)
    if _ADDRESS.search(name):
        return Refused("utter_wrong_name_address")
    if not any(letter.isalpha() for letter in name) or len(name) < SHORTEST_NAME:
        return Refused("utter_wrong_name")
    if len(name) > LONGEST_NAME:
        return Refused("utter_wrong_name_long", {"most": LONGEST_NAME})
    return Parsed(name, certain=False)


def without_introduction(name: str, language: str) -> str:
    """Return a name without the words people put before it ("nama saya", "ผมชื่อ")."""
    openings = {fold(opening) for code in (language, ENGLISH) for opening in listed(code).get("introductions", ())}
    for opening in sorted(openings, key=len, reverse=True):
        for length in range(len(opening), min(len(name), len(opening) + 3)):
            rest = name[length:]
            parted = not opening[-1].isascii() or not rest[:1].isalnum()
            if fold(name[:length]) == opening and parted and rest.strip(_ENDS):
                return rest.strip(_ENDS)
    return name


def looks_like_a_name(text: str, language: str) -> bool:
    """Tell whether a text has the form of a name: after a title such as U or Pak, or every word with a capital."""
    spoken = cleaned(text)
    if any(sign in spoken for sign in "?!"):
        return False
    titles = {title for code in (language, ENGLISH) for title in listed(code).get("titles", ())}
    return any(_begins(spoken, title) for title in titles) or _is_in_capitals(spoken.split())


def _begins(text: str, title: str) -> bool:
    rest = text[len(title) :]
    if not rest or not text.casefold().startswith(title):
        return False
    return rest.lstrip(". ")[:1].isupper() and rest[0] in ". " if is_latin(title[0]) else True


def _is_in_capitals(words: list[str]) -> bool:
    """Tell whether a few words all begin with a capital, as nobody writes a sentence; "bin" and "dela" may not."""
    return 1 < len(words) <= MOST_WORDS and all(word[0].isupper() or word in PARTICLES for word in words)


def parse_text(question: Question) -> Answer:
    """Return free text, tidied, its line breaks kept."""
    text = cleaned(question.raw[: LONGEST_TEXT * 4], lines=True)
    if not fold(text):
        return Refused("utter_wrong_text")
    if len(text) > LONGEST_TEXT:
        return Refused("utter_wrong_text_long", {"most": LONGEST_TEXT})
    return Parsed(text, certain=False)
