"""The word lists: every phrase can be reached, says one thing, and is written once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from covenant.display import hazard_key
from covenant.values import Kind, Parsed, parse
from covenant.values.hazards import FILE, hazards
from covenant.values.lexicon import Role
from covenant.values.words import COMMON, FOLDER, languages, listed, words_of
from locales.languages import LANGUAGES
from locales.sources import read_yaml

SECTIONS = {
    *Role,
    "habits",
    "introductions",
    "endings",
    "titles",
    "audiences",
    "hazards",
    "languages",
    "not_english",
    "mail_domains",
    "no_top_level",
}
NEEDED = {
    Role.NUMBER,
    Role.SCALE,
    Role.ABOUT,
    Role.TO,
    Role.VAGUE,
    Role.PEOPLE,
    Role.YES,
    Role.NO,
    Role.UNSURE,
    Role.YEAR,
    Role.DAY_SHIFT,
}


def lists(node: Any) -> Iterator[list[Any]]:
    if isinstance(node, dict):
        for child in node.values():
            yield from lists(child)
    if isinstance(node, list):
        yield node


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yml")), ids=lambda file: file.stem)
def test_a_word_list_holds_known_sections_of_words_each_once(file: Path) -> None:
    data = read_yaml(file)
    assert set(data) <= SECTIONS
    for each in lists(data):
        assert [word for word in each if not isinstance(word, str)] == []  # an unquoted no is False
        assert [word for word, times in Counter(each).items() if times > 1] == []
    assert all(isinstance(word, str) for role in ("numbers", "scales") for word in data.get(role, {}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_a_word_list_with_the_sections_that_matter(language: str) -> None:
    assert language in languages()
    assert {role for role in NEEDED if not listed(language).get(role)} == set()


@pytest.mark.parametrize("language", languages())
def test_every_yes_is_a_yes_and_every_no_a_no(language: str) -> None:
    data = listed(language)
    wrong = [
        (word, expected)
        for role, expected in ((Role.YES, "yes"), (Role.WEAK_YES, "yes"), (Role.NO, "no"))
        for word in data.get(role, ())
        if parse(Kind.YES_NO, word, language) != Parsed(expected, certain=True)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", languages())
def test_whoever_is_unsure_says_neither_yes_nor_no(language: str) -> None:
    assert [
        word for word in listed(language)[Role.UNSURE] if isinstance(parse(Kind.YES_NO, word, language), Parsed)
    ] == []


@pytest.mark.parametrize("language", languages())
def test_every_number_word_has_its_value(language: str) -> None:
    numbers = {
        word: value
        for word, value in listed(language)[Role.NUMBER].items()
        if not words_of(language).lexicon.roles(word).get(Role.PERIOD)
    }
    assert {word: value for word, value in numbers.items() if count(word, language) != value} == {}


@pytest.mark.parametrize("language", languages())
def test_every_scale_multiplies_a_typed_number(language: str) -> None:
    scales = {**listed(language)[Role.SCALE], **listed(language).get(Role.SUFFIX, {})}
    assert {word: value for word, value in scales.items() if count(f"3 {word}", language) != 3 * value} == {}


def count(text: str, language: str) -> Any:
    answer = parse(Kind.COUNT, text, language)
    return answer.value if isinstance(answer, Parsed) else None


def test_the_framework_has_ten_categories_and_thirty_six_hazards() -> None:
    assert len(read_yaml(FILE)["categories"]) == 10
    assert len(hazards()) == 36


def test_a_hazard_is_named_by_the_key_that_shows_it() -> None:
    assert {hazard.code: hazard.key for hazard in hazards().values()} == {code: hazard_key(code) for code in hazards()}


def hazard_words() -> Iterator[tuple[str, str, str]]:
    for category, holding in read_yaml(FILE)["categories"].items():
        general = f"{category}: {holding['general']}"
        yield from ((language, word, general) for language, words in holding["words"].items() for word in words)
        for row in holding["hazards"]:
            code = f"{category}: {row['text']}"
            yield from ((language, word, code) for language, words in row["words"].items() for word in words)


def test_every_word_for_a_hazard_leads_to_it() -> None:
    wrong = [
        (language, word, code, answer)
        for language, word, code in hazard_words()
        if (answer := parse(Kind.HAZARD, word, language)) != Parsed(code, certain=True)
    ]
    assert wrong == []


def test_every_hazard_can_be_named_in_english_and_by_its_code() -> None:
    assert [code for code in hazards() if parse(Kind.HAZARD, code, "th") != Parsed(code, certain=True)] == []
    names = {code.partition(": ")[2]: code for code in hazards()}
    assert [name for name, code in names.items() if parse(Kind.HAZARD, name, "en") != Parsed(code, certain=True)] == []


@pytest.mark.parametrize("language", languages())
def test_every_word_for_an_audience_leads_to_it(language: str) -> None:
    wrong = [
        (word, name)
        for name, words in listed(language)["audiences"].items()
        for word in words
        if parse(Kind.AUDIENCE, word, language) != Parsed(name, certain=True)
    ]
    assert wrong == []


def test_what_everybody_writes_is_no_language() -> None:
    assert COMMON not in languages()
    assert words_of("zz") is words_of("en")
    assert words_of("id-ID") is words_of("id")
