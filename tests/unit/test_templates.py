"""Message templates keep WhatsApp's rules in every language, and what fills them is in the reader's own."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant.template_rules import problems
from covenant.templates import FILE, NUMBERED, Form, family, form, longest, one_line, room
from locales import LANGUAGES, Catalogues, load_catalogues
from locales.sources import all_sources, read_yaml
from locales.writing import count_words

NAMES = [template.name for template in family().templates]
CATALOGUES = load_catalogues()


def handed_in(name: str, language: str) -> Form | None:
    return form(CATALOGUES, family().named(name), language)


@pytest.mark.parametrize("language", family().spoken)
@pytest.mark.parametrize("name", NAMES)
def test_a_template_keeps_every_rule(name: str, language: str) -> None:
    """Where a language has no translation yet, nothing is handed in; everywhere else nothing may be refused."""
    found = handed_in(name, language)
    assert found or not is_translated(name, language)
    assert problems(found) == [] if found else True


def is_translated(name: str, language: str) -> bool:
    body = family().named(name).body
    return (body, all_sources()[body].text) in CATALOGUES[language].texts


@pytest.mark.parametrize("name", NAMES)
def test_english_has_every_template(name: str) -> None:
    found = handed_in(name, "en")
    assert found
    assert [int(number) for number in NUMBERED.findall(found.body)] == list(range(1, len(found.order) + 1))
    assert set(found.order) == set(family().named(name).samples)


def test_every_language_has_words_and_a_code_that_whatsapp_offers() -> None:
    assert set(family().words) == set(LANGUAGES)
    offered = {"en", "id", "ms", "fil", "vi", "th", "lo"}
    assert set(family().codes.values()) <= offered
    assert all(family().codes[words] == words for words in family().spoken)


def test_every_rule_and_template_names_its_source_and_how_sure_it_is() -> None:
    data = read_yaml(FILE)
    for row in (*data["rules"].values(), *data["languages"].values(), *data["templates"]):
        assert row["source"].startswith("https://")
        assert row["status"]


def test_every_response_that_a_template_stands_for_is_said_and_has_what_fills_it() -> None:
    sources = all_sources()
    for template in family().templates:
        for response in template.says:
            if response != "{broadcast}":
                assert set(template.samples) <= set(re.findall(r"\{(\w+)\}", sources[response].text))


def test_a_template_stands_for_a_response_only_once() -> None:
    said = [response for template in family().templates for response in template.says]
    assert len(said) == len(set(said))


def english(body: str, order: tuple[str, ...] = (), **changes: object) -> Form:
    found = handed_in("accepted", "en")
    assert found
    samples = tuple("Nan" for _ in order)
    return replace(found, body=body, order=order, samples=samples, **changes)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (english("{{1}} is part of it now.", ("a",)), "begins or ends"),
        (english("Part of it now: {{1}}.", ("a",)), "begins or ends"),
        (english("In {{1}}, {{2}} we are glad to be there.", ("a", "b")), "side by side"),
        (english("So {{1}} ok", ("a",)), "2 words for 1"),
        (english("The town {{1}} and the town {{2}} are here.", ("a", "a")), "twice"),
        (english("Too long. " * 120), "1200 characters"),
        (english("So    many spaces."), "many spaces"),
        (english("Hello there.", buttons=(("B" * 26, "/greet"),)), "26 letters"),
        (english("Hello there.", buttons=(("", "/greet"),)), "0 letters"),
        (english("Hello there.", language="zh-CN"), "other letters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_whatsapp_would_refuse_is_said_before(wrong: Form, complaint: str) -> None:
    assert any(complaint in sentence for sentence in problems(wrong)), problems(wrong)


@given(st.text())
def test_a_value_has_one_line_and_loses_no_word(text: str) -> None:
    clean = one_line(text)
    assert not re.search(r"[\n\t\r]| {2,}", clean)
    assert clean.split() == text.split()


def test_a_changed_text_is_another_template(catalogues: Catalogues) -> None:
    found = form(catalogues, family().named("notice"), "en")
    assert found
    changed = replace(found, body=found.body + " Thank you.")
    assert changed.friendly_name != found.friendly_name
    assert replace(found, samples=("something else",)).digest == found.digest, "an example is not what people read"


def test_words_are_counted_where_nobody_writes_spaces() -> None:
    assert count_words("Where do we stand?", "en") == 4
    assert count_words("เรื่องถึงไหนแล้ว", "th") >= 3
    assert count_words("… – !", "en") == 0


def test_an_update_has_room_in_the_longest_frame(catalogues: Catalogues) -> None:
    frames = [handed_in("notice", language) for language in family().spoken]
    for frame in frames:
        if frame:
            assert len(frame.text({"1": "x" * room(catalogues)})) <= longest()
    assert room(catalogues) > 700
