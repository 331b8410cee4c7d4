"""Climate hazards: from everyday words in each language to the sub-hazards of the Common Reporting Framework."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covenant.values.answers import Answer, Parsed, Question, Refused
from covenant.values.choices import choice_lexicon, misspelt
from covenant.values.lexicon import Entry, Lexicon, Role, Token, entries_of
from covenant.values.text import BETWEEN, fold, without_marks
from covenant.values.words import ENGLISH, Words, languages, listed
from locales.sources import read_yaml

FILE = Path(__file__).parent.parent / "data" / "hazards.yml"
# Unmarked Vietnamese words shorter than this ("bao", "ngap") are hazards only where nothing else is said.
SHORTEST_BARE = 6
NOT_CLIMATE = "not climate"
HARMLESS = "harmless"  # rainwater, fire brigade: no hazard, though a hazard's word is in it


@dataclass(frozen=True)
class Hazard:
    """A sub-hazard: its code `category: sub-hazard`, and the message key of its name."""

    code: str
    key: str


@functools.cache
def hazards() -> Mapping[str, Hazard]:
    """Return every sub-hazard by its code, in the order of the framework."""
    rows = _file()["categories"]
    return {
        code: Hazard(code, row["key"])
        for category, holding in rows.items()
        for row in holding["hazards"]
        for code in [f"{category}: {row['text']}"]
    }


@functools.cache
def _file() -> dict[str, Any]:
    holding: dict[str, Any] = read_yaml(FILE)
    return holding


def parse(question: Question) -> Answer:
    """Return the code of the hazard a text names; of several the first, unsure, since a person may mean them all."""
    answer = parse_several(question)
    if isinstance(answer, Refused):
        return answer
    return Parsed(answer.value[0], answer.certain and len(answer.value) == 1)


def parse_several(question: Question) -> Answer:
    """Return the codes of all hazards a text names; sure where it says nothing else."""
    named = named_in(question.text, question.words)
    sure = bool(named) and _is_all(question)
    if not sure:
        named = _with_slips(question) or named
    codes = [code for code in named if code in hazards()]
    if not codes:
        return Refused("utter_wrong_hazard_not_climate" if named else "utter_wrong_hazard")
    return Parsed(codes, sure and len(codes) == len(named))


def _with_slips(question: Question) -> list[str]:
    """Return what a list names when slips of the finger are allowed; nothing unless every part of it is a hazard."""
    lexicon = lexicon_of(question.words.language)
    joins = [token for token in lexicon.scan(question.text) if token.plays(Role.JOIN) and not token.plays(Role.CHOICE)]
    bounds = [0, *(edge for token in joins for edge in (token.start, token.end)), len(question.text)]
    parts = [question.text[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    parts = [part.strip() for each in parts for part in BETWEEN.split(each) if part.strip()]
    named = [named_in(part, question.words) for part in parts]
    meant = [codes or [misspelt(part, lexicon) or HARMLESS] for part, codes in zip(parts, named, strict=True)]
    found = list(dict.fromkeys(code for codes in meant for code in codes))
    return [] if all(named) or HARMLESS in found else found


def endangering(question: Question) -> list[str]:
    """Return the codes of the hazards that a story is about: what shall not come is, a season is only a time."""
    named = named_in(question.text, question.words, story=True)
    return [code for code in named if code in hazards()]


def named_in(text: str, words: Words, *, story: bool = False) -> list[str]:
    """Return the codes of all hazards a folded text names and does not deny, in order, and `NOT_CLIMATE` for others.

    In a `story` of what somebody will do, "so that it does not flood" names a hazard, and a season none.
    """
    tokens = lexicon_of(words.language).scan(text)
    short = frozenset() if _alone(tokens) or not (words.marks and text.isascii()) else _short_bare_words()
    ignored = short | _seasons() if story else short
    found = [
        token
        for at, token in enumerate(tokens)
        if _is_hazard(token) and token.text not in ignored and (story or not (at and tokens[at - 1].plays(Role.NOT)))
    ]
    exact = {_category(token) for token in found if token.text not in _general_words()}
    return list(
        dict.fromkeys(
            token.roles[Role.CHOICE]
            for token in found
            if token.text not in _general_words() or _category(token) not in exact
        )
    )


def _is_hazard(token: Token) -> bool:
    return bool(token.roles.get(Role.CHOICE, HARMLESS) != HARMLESS)


@functools.cache
def _seasons() -> frozenset[str]:
    marked = {fold(word) for words in _file()["seasons"].values() for word in words}
    return frozenset(marked | {without_marks(word) for word in marked})


def _category(token: Token) -> str:
    return str(token.roles[Role.CHOICE]).partition(": ")[0]


@functools.cache
def _general_words() -> frozenset[str]:
    """Return the words for a whole category; they say nothing where one of its sub-hazards is named as well."""
    categories = _file()["categories"]
    general = [words for holding in categories.values() for words in holding["words"].values()]
    general += [listed(code).get("hazards", {}).get(name, ()) for code in languages() for name in categories]
    marked = {fold(word) for words in general for word in words}
    return frozenset(marked | {without_marks(word) for word in marked})


def _alone(tokens: list[Token]) -> bool:
    return all(token.plays(*_HARMLESS) for token in tokens)


_HARMLESS = (Role.CHOICE, Role.POLITE, Role.FILLER, Role.YES, Role.WEAK_YES, Role.JOIN, Role.OR, Role.ABOUT)


def _is_all(question: Question) -> bool:
    tokens = lexicon_of(question.words.language).scan(question.text)
    return _alone(tokens) and not any(token.foreign for token in tokens) and "?" not in question.text


@functools.cache
def _short_bare_words() -> frozenset[str]:
    marked = (fold(word) for words in _all_words(_file()) for word in words.get("vi", ()))
    bare = (without_marks(word) for word in marked if not word.isascii())
    return frozenset(word for word in bare if len(word) < SHORTEST_BARE)


def _all_words(data: Mapping[str, Any]) -> Iterator[Mapping[str, list[str]]]:
    for holding in data["categories"].values():
        yield holding["words"]
        yield from (row["words"] for row in holding["hazards"])
    yield data["not_climate"]


@functools.cache
def lexicon_of(language: str) -> Lexicon:
    """Return the words for hazards in a language; English ones count too, those of other languages are unsure."""
    return choice_lexicon(language, _entries(language))


def _entries(language: str) -> Iterator[Entry]:
    for hazard in hazards():
        yield Entry(fold(hazard), Role.CHOICE, hazard)
        yield Entry(fold(hazard.partition(": ")[2]), Role.CHOICE, hazard)
    for code in (language, ENGLISH, *(each for each in languages() if each not in {language, ENGLISH})):
        for entry in _words_in(code):
            foreign = code not in {language, ENGLISH}
            if not (foreign and entry.bare):
                yield Entry(entry.phrase, entry.role, entry.value, entry.bare, foreign)


def _words_in(code: str) -> Iterator[Entry]:
    for category, holding in _file()["categories"].items():
        general = f"{category}: {holding['general']}"
        yield from _role(holding["words"].get(code, ()), general)
        for row in holding["hazards"]:
            yield from _role(row["words"].get(code, ()), f"{category}: {row['text']}")
    yield from _role(_file()["not_climate"].get(code, ()), NOT_CLIMATE)
    yield from _role(_file()["harmless"].get(code, ()), HARMLESS)
    yield from _role(_file()["seasons"].get(code, ()), HARMLESS)  # those that are a hazard alone stand above
    for name, phrases in listed(code).get("hazards", {}).items():
        yield from _role(phrases, _code_of(name))


def _code_of(name: str) -> str:
    """Return the code of `flood: river flood`, of a whole category such as `flood`, or of `not climate`."""
    category = _file()["categories"].get(name)
    return f"{name}: {category['general']}" if category else name


def _role(phrases: list[str], code: str) -> list[Entry]:
    return entries_of(Role.CHOICE, dict.fromkeys(map(fold, phrases), code))
