"""Politeness around what is said: "po", "ค่ะ", "ya", "nhé" and their like, which change nothing about it."""

import functools

from covenant.values.lexicon import Role
from covenant.values.text import is_latin
from covenant.values.words import ENGLISH, listed


def without_politeness(said: str, language: str, *, only_last: bool = False) -> str:
    """Return lower-case text without the polite words around it, or behind it; empty where it was nothing else."""
    rest = said.strip()
    for _ in range(len(said)):
        shorter = _shorter(rest, language, only_last=only_last)
        if shorter == rest:
            break
        rest = shorter
    return rest


def without_ending(name: str, language: str) -> str:
    """Return a name without the polite word that people end a sentence with ("กัลยา อินต๊ะค่ะ", "Jun Salonga po")."""
    for ending in _phrases(language, "endings"):
        rest = _cut(name, ending)
        if rest:
            return rest
    return name


def _shorter(text: str, language: str, *, only_last: bool) -> str:
    for phrase in _phrases(language, Role.POLITE.value):
        if text == phrase:
            return ""
        if not only_last and is_latin(phrase[0]) and text.startswith(f"{phrase} "):
            return text[len(phrase) :].lstrip()
        rest = _cut(text, phrase)
        if rest:
            return rest
    return text


def _cut(text: str, ending: str) -> str | None:
    """Return the text before an ending, or None; among spaced words the ending has to be a word of its own."""
    rest = text[: -len(ending)]
    is_apart = not is_latin(ending[0]) or rest.endswith((" ", ","))
    return rest.rstrip(" ,") if text.casefold().endswith(ending) and is_apart else None


@functools.cache
def _phrases(language: str, listing: str) -> tuple[str, ...]:
    """Return a language's phrases of one list and the English ones, the longest first."""
    phrases = {phrase.casefold() for code in (language, ENGLISH) for phrase in listed(code).get(listing, ())}
    return tuple(sorted(phrases, key=len, reverse=True))
