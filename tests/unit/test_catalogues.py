"""The catalogues are whole: every sentence, every placeholder, every origin."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from covenant.plans import PLANS
from covenant.reading import COMMANDS, NONE, words
from locales import LANGUAGES, Catalogues
from locales.catalogue import po_path
from locales.languages import SCRIPTS
from locales.render import PLACEHOLDER
from locales.sources import ROOT, all_sources
from locales.update import Entry, code_titles, entries

ENTRIES = list(entries())
CODES = list(LANGUAGES)
OTHERS = [code for code in CODES if code != "en"]
SCRIPT_OF = {code: (low, high) for code, low, high in SCRIPTS}


def catalogue_of(code: str) -> Catalog:
    with po_path(code).open("rb") as file:
        return read_po(file, locale=code)


def forms(code: str, catalogue: Catalog, entry: Entry) -> tuple[str, ...]:
    message = catalogue.get(entry.text, entry.key)
    assert message is not None, f"{code} lacks {entry.key}: {entry.text}"
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_translated(code: str) -> None:
    catalogue = catalogue_of(code)
    empty = [entry.key for entry in ENTRIES if not all(forms(code, catalogue, entry))]
    assert not empty


@pytest.mark.parametrize("code", CODES)
def test_every_translation_keeps_the_placeholders(code: str) -> None:
    catalogue = catalogue_of(code)
    for entry in ENTRIES:
        wanted = set(PLACEHOLDER.findall(entry.plural or entry.text))
        for form in forms(code, catalogue, entry):
            assert set(PLACEHOLDER.findall(form)) == wanted, (entry.key, form)
            assert form.count("{") == form.count("}") == len(PLACEHOLDER.findall(form)), (entry.key, form)


@pytest.mark.parametrize("code", CODES)
def test_every_entry_says_where_it_comes_from(code: str) -> None:
    origins = re.compile(r"origin: (machine|person( .+)?)")
    catalogue = catalogue_of(code)
    for entry in ENTRIES:
        message = catalogue.get(entry.text, entry.key)
        assert any(origins.fullmatch(comment) for comment in message.user_comments), entry.key


@pytest.mark.parametrize("code", CODES)
def test_plural_forms_are_as_many_as_the_language_has(code: str) -> None:
    catalogue = catalogue_of(code)
    for entry in ENTRIES:
        if entry.plural:
            assert len(forms(code, catalogue, entry)) == catalogue.num_plurals


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_stands_under_its_own_code(code: str) -> None:
    """Also one whose plural rule is that of another language."""
    assert f'"Language: {code}\\n"' in po_path(code).read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_no_catalogue_keeps_what_is_no_longer_said(code: str) -> None:
    said = {(entry.key, entry.text) for entry in ENTRIES}
    kept = {
        (message.context, message.id if isinstance(message.id, str) else message.id[0])
        for message in catalogue_of(code)
        if message.id
    }
    assert kept == said, "run `kawan catalogues`"


RACES = {f"{whose}Race to {goal}" for whose in ("", "Cities ") for goal in ("Resilience", "Zero")}
NAMES = {"Telegram", "WhatsApp", *RACES}


@pytest.mark.parametrize("code", [code for code in OTHERS if code in SCRIPT_OF])
def test_a_language_with_its_own_script_is_written_in_it(code: str) -> None:
    low, high = SCRIPT_OF[code]
    strangers = [(a, b) for other, (a, b) in SCRIPT_OF.items() if other != code]
    catalogue = catalogue_of(code)
    for entry in ENTRIES:
        text = "".join(forms(code, catalogue, entry))
        assert not [letter for letter in text for a, b in strangers if a <= ord(letter) <= b], entry.key
        if (
            re.search(r"[a-z]{4}", PLACEHOLDER.sub("", entry.text))
            and entry.text not in NAMES
            and "Kawan" not in entry.text
        ):
            assert any(low <= ord(letter) <= high for letter in text), (entry.key, text)


@pytest.mark.parametrize("code", CODES)
def test_no_word_is_two_commands(code: str, catalogues: Catalogues) -> None:
    taken: dict[str, str] = {}
    for command in (*COMMANDS, NONE, "stop"):
        for word in words(catalogues[code], command):
            assert taken.setdefault(word, command) == command, f"{word} is {taken[word]} and {command}"


def test_every_response_that_the_code_names_exists() -> None:
    sources = all_sources()
    named = re.compile(r'"(utter_[a-z_]+)"')
    code = [path for folder in ("bot", "actions", "covenant") for path in (ROOT / folder).rglob("*.py")]
    used = {name for path in code for name in named.findall(path.read_text(encoding="utf-8"))}
    prefixes = {"utter_page_"}
    assert used - prefixes - set(sources) == set()


def test_every_field_can_be_asked_and_named(catalogues: Catalogues) -> None:
    for plan in PLANS.values():
        assert plan.journey.label in catalogues["en"].sources
        for field in plan.journey.fields:
            assert {field.response, field.label} <= set(catalogues["en"].sources), field.key


def test_button_titles_are_found_in_the_code() -> None:
    titles = set(code_titles())
    assert {"Skip", "Yes", "No", "Join the Covenant", "Council decision", "Send to the secretariat"} <= titles


def test_data_files_name_only_sources_on_the_web() -> None:
    for path in Path(ROOT / "covenant" / "data").glob("*.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for url in re.findall(r"(?:source|url): \"?(\S+)", line):
                if "http" in url:
                    assert url.startswith(("http://", "https://")), (path.name, url)
