"""How a message is put into a language."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant.messages import Say, button, join, render_all, say
from covenant.reading import COUNTRIES
from locales import LANGUAGES, Catalogue, Catalogues, Rendered, closest, render
from locales.languages import language_of_country, language_of_script, read_language
from locales.render import value_text
from locales.sources import Source


def catalogue(language: str, *sources: Source, **texts: str) -> Catalogue:
    known = {source.key: source for source in sources}
    translated = {(key, known[key].text): (text,) for key, text in texts.items()}
    return Catalogue(language, known, translated)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "12 March 2026"),
        ("id", "12 Maret 2026"),
        ("th", "12 มีนาคม ค.ศ. 2026 (พ.ศ. 2569)"),
        ("km", "12 មីនា 2026 (ព.ស. 2569)"),
        ("lo", "12 ມີນາ 2026 (ພ.ສ. 2569)"),
        ("vi", "12 tháng 3, 2026"),
        ("tet", "12 Marsu 2026"),
    ],
)
def test_a_date_is_written_as_its_reader_writes_it(language: str, shown: str, catalogues: Catalogues) -> None:
    assert value_text(catalogues[language], {"date": "2026-03-12"}) == shown


@pytest.mark.parametrize(("day", "year"), [("2028-05-08", 2571), ("2028-05-09", 2572), ("2028-12-31", 2572)])
def test_in_khmer_the_buddhist_year_begins_after_visaka_bochea(day: str, year: int, catalogues: Catalogues) -> None:
    assert value_text(catalogues["km"], {"date": day}).endswith(f"(ព.ស. {year})")


def test_a_year_alone_has_its_buddhist_year_only_where_both_begin_together(catalogues: Catalogues) -> None:
    shown = {code: value_text(catalogues[code], {"year": 2030}) for code in ("th", "lo", "km", "en")}
    assert shown == {"th": "2030 (พ.ศ. 2573)", "lo": "2030 (ພ.ສ. 2573)", "km": "2030", "en": "2030"}


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "25,000"), ("id", "25.000"), ("vi", "25.000"), ("th", "25,000"), ("tet", "25.000")]
)
def test_a_number_is_grouped_as_its_reader_groups_it(language: str, shown: str, catalogues: Catalogues) -> None:
    assert value_text(catalogues[language], 25_000) == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "Dili, Baucau, and Suai"), ("id", "Dili, Baucau, dan Suai"), ("tet", "Dili, Baucau no Suai")],
)
def test_a_list_ends_as_its_reader_ends_it(language: str, shown: str, catalogues: Catalogues) -> None:
    assert value_text(catalogues[language], {"list": ["Dili", "Baucau", "Suai"]}) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_here_has_a_name_in_every_language(language: str, catalogues: Catalogues) -> None:
    for country in COUNTRIES:
        assert value_text(catalogues[language], {"country": country}) != country


def test_a_language_that_cldr_lacks_uses_its_own_names_and_a_neighbours_customs(catalogues: Catalogues) -> None:
    tetun = catalogues["tet"]
    assert value_text(tetun, {"country": "ID"}) == "Indonézia"
    assert value_text(tetun, {"country": "JP"}) == value_text(catalogues["id"], {"country": "JP"})
    assert value_text(tetun, {"country": "XX"}) == "XX"
    assert value_text(tetun, {"list": ["Dili"]}) == "Dili"
    assert value_text(tetun, {"list": []}) == "–"


def test_a_language_is_what_its_file_says(tmp_path: Path) -> None:
    file = tmp_path / "xx" / "language.yml"
    file.parent.mkdir()
    file.write_text('name: Xx\nenglish: Example\ncountries: [XA]\nscript: [0x41, 0x42]\ncldr: id\nand: "no"\n')
    language = read_language(file)
    assert (language.code, language.countries, language.script) == ("xx", ("XA",), (0x41, 0x42))
    assert (language.cldr, language.conjunction, language.months) == ("id", "no", ())


def test_a_misspelt_line_in_a_language_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "language.yml"
    file.write_text("name: Xx\nenglish: Example\ncountry: XA\n")
    with pytest.raises(TypeError, match="country"):
        read_language(file)


def test_marked_lines_begin_with_their_signs(catalogues: Catalogues) -> None:
    rows = {"marked": [["✓", say("utter_stage_done")], ["?", {"year": 2030}]]}
    assert value_text(catalogues["en"], rows) == f"✓ {catalogues['en'].text('utter_stage_done')}\n? 2030"


def test_one_and_many_are_said_apart(catalogues: Catalogues) -> None:
    args = {"lines": {"lines": []}}
    one = render(catalogues, "en", Say("utter_pledges", {"count": 1, **args}).as_json())
    many = render(catalogues, "en", Say("utter_pledges", {"count": 3, **args}).as_json())
    assert one.text.startswith("1 pledge:")
    assert many.text.startswith("3 pledges:")


def test_what_is_not_translated_is_said_in_english() -> None:
    half = catalogue("id", Source("utter_a", "Hello {name}"), Source("utter_b", "Bye"), utter_b="Dadah")
    assert (
        render({"id": half, "en": half}, "id", {"response": "utter_a", "args": {"name": "Budi"}}).text == "Hello Budi"
    )
    assert render({"id": half, "en": half}, "id", {"response": "utter_b"}).text == "Dadah"


def test_a_translation_of_an_older_sentence_is_not_used() -> None:
    """When the English changes, its old translation no longer says the same."""
    source = Source("utter_a", "The new sentence")
    stale = Catalogue("id", {"utter_a": source}, {("utter_a", "The old sentence"): ("Kalimat lama",)})
    assert stale.text("utter_a") == "The new sentence"


def test_words_of_a_person_are_never_taken_for_placeholders(catalogues: Catalogues) -> None:
    said = Say("utter_literal", {"text": "{reference} {0} {text.__class__}"}).as_json()
    assert render(catalogues, "en", said).text == "{reference} {0} {text.__class__}"


@given(st.text(max_size=200))
def test_no_text_of_a_person_can_break_a_message(text: str) -> None:
    words = catalogue("en", Source("utter_noted", "Noted. {label}: {value}"))
    said = {"response": "utter_noted", "args": {"label": "Name", "value": text}}
    assert render({"en": words}, "en", said).text == f"Noted. Name: {text}"


def test_a_turn_is_one_message_with_the_last_buttons() -> None:
    joined = join([Rendered("a", (("A", "/a"),)), Rendered(""), Rendered("b", (("B", "/b"),)), Rendered("c")])
    assert joined == Rendered("a\n\nb\n\nc", (("B", "/b"),))


def test_a_message_inside_a_message_is_translated_too(catalogues: Catalogues) -> None:
    said = Say("utter_back_to", {"journey": say("utter_journey_pledge")}).as_json()
    english, thai = (render_all(catalogues, code, [said]).text for code in ("en", "th"))
    assert "your pledge" in english
    assert "your pledge" not in thai


def test_a_button_title_is_translated(catalogues: Catalogues) -> None:
    assert value_text(catalogues["id"], button("Skip")) == "Lewati"


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        ("id-ID", "id"),
        ("en-US,en;q=0.9", "en"),
        ("tl", "fil"),
        ("jv-ID", "id"),
        ("km", "km"),
        ("tet-TL", "tet"),
        ("pt-TL", "tet"),
        ("de", None),
        ("", None),
        ("x!", None),
    ],
)
def test_a_clients_hint_leads_to_the_nearest_catalogue(hint: str, code: str | None) -> None:
    assert closest(hint) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("สวัสดี hello", "th"), ("ສະບາຍດີ", "lo"), ("សួស្តី", "km"), ("မင်္ဂလာပါ", "my"), ("hello ไทย name", None), ("", None)],
)
def test_a_script_of_its_own_tells_the_language(text: str, code: str | None) -> None:
    assert language_of_script(text) == code


def test_every_language_calls_itself_by_its_own_name() -> None:
    assert LANGUAGES["th"].name == "ไทย"
    assert LANGUAGES["tet"].name == "Tetun"
    assert len({language.name for language in LANGUAGES.values()}) == len(LANGUAGES) >= 10


def test_english_comes_first_and_the_others_in_the_order_of_their_names() -> None:
    first, *others = LANGUAGES.values()
    assert first.code == "en"
    assert [language.name for language in others] == sorted(language.name for language in others)


def test_the_everyday_language_of_timor_leste_is_tetun() -> None:
    assert language_of_country("TL") == "tet"
    assert language_of_country("SG") is None
