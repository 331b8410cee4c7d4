"""Why a text is refused, what is certain, and the kinds that have no table: names, texts, links, languages."""

import re
from datetime import date
from typing import Any

import pytest

from covenant.values import Kind, Parsed, Refused, hazards_in, parse
from locales.sources import DOMAIN, read_yaml

TODAY = date(2026, 11, 23)
RESPONSES: dict[str, list[dict[str, Any]]] = read_yaml(DOMAIN / "values.yml")["responses"]


def said(kind: Kind, text: str, language: str = "en", **more: Any) -> Parsed | Refused:
    return parse(kind, text, language, today=TODAY, **more)


REASONS = [
    (Kind.COUNT, "hello", "en", "utter_wrong_count"),
    (Kind.COUNT, "banyak", "id", "utter_wrong_count_vague"),
    (Kind.COUNT, "300 men and 400 women", "en", "utter_wrong_count_several"),
    (Kind.COUNT, "2.5", "en", "utter_wrong_count_whole"),
    (Kind.COUNT, "-5", "en", "utter_wrong_count_negative"),
    (Kind.COUNT, "500 billion", "en", "utter_wrong_count_large"),
    (Kind.YEAR, "soon", "en", "utter_wrong_year"),
    (Kind.YEAR, "1850", "en", "utter_wrong_year_range"),
    (Kind.YEAR, "2027 or 2028", "en", "utter_wrong_year_several"),
    (Kind.DATE, "soon", "en", "utter_wrong_date"),
    (Kind.DATE, "March 2026", "en", "utter_wrong_date_incomplete"),
    (Kind.DATE, "31/02/2026", "en", "utter_wrong_date_impossible"),
    (Kind.DATE, "12-14 March 2026", "en", "utter_wrong_date_several"),
    (Kind.PERCENT, "a lot", "en", "utter_wrong_percent"),
    (Kind.PERCENT, "140%", "en", "utter_wrong_percent_range"),
    (Kind.PERCENT, "20% or 30%", "en", "utter_wrong_percent_several"),
    (Kind.EMAIL, "budi", "en", "utter_wrong_email"),
    (Kind.EMAIL, "budi@bogor", "en", "utter_wrong_email_domain"),
    (Kind.EMAIL, "budi @bogor.go.id", "en", "utter_wrong_email_space"),
    (Kind.EMAIL, "budi@bogor,go.id", "en", "utter_wrong_email_comma"),
    (Kind.EMAIL, "budi at bogor.go.id", "en", "utter_wrong_email_at"),
    (Kind.EMAIL, "budi@gmail.con", "en", "utter_wrong_email_typo"),
    (Kind.EMAIL, "a@b.org c@d.org", "en", "utter_wrong_email_several"),
    (Kind.PHONE, "0812", "id", "utter_wrong_phone"),
    (Kind.PHONE, "0812 3456 7890", "en", "utter_wrong_phone_country"),
    (Kind.PHONE, "+6281234567890, +6281234567891", "en", "utter_wrong_phone_several"),
    (Kind.HAZARD, "poverty", "en", "utter_wrong_hazard"),
    (Kind.HAZARD, "gempa bumi", "id", "utter_wrong_hazard_not_climate"),
    (Kind.AUDIENCE, "cats", "en", "utter_wrong_audience"),
    (Kind.AUDIENCE, "farmers and fishers", "en", "utter_wrong_audience_several"),
    (Kind.YES_NO, "banana", "en", "utter_wrong_yes_no"),
    (Kind.YES_NO, "mungkin", "id", "utter_wrong_yes_no_unsure"),
    (Kind.LANGUAGE, "Klingon", "en", "utter_wrong_language"),
    (Kind.LANGUAGE, "Thai and Lao", "en", "utter_wrong_language_several"),
    (Kind.NAME, "12", "en", "utter_wrong_name"),
    (Kind.NAME, "A", "en", "utter_wrong_name"),
    (Kind.NAME, "budi@kota.go.id", "en", "utter_wrong_name_address"),
    (Kind.NAME, "x" * 121, "en", "utter_wrong_name_long"),
    (Kind.TEXT, " \n\u200b", "en", "utter_wrong_text"),
    (Kind.TEXT, "x" * 2001, "en", "utter_wrong_text_long"),
    (Kind.URL, "kota", "en", "utter_wrong_url"),
]
BOUNDED = ["utter_wrong_year_past", "utter_wrong_year_future", "utter_wrong_date_past", "utter_wrong_date_future"]


@pytest.mark.parametrize(("kind", "text", "language", "reason"), REASONS)
def test_a_refusal_says_what_is_wrong(kind: Kind, text: str, language: str, reason: str) -> None:
    answer = said(kind, text, language)
    assert isinstance(answer, Refused)
    assert answer.reason == reason


@pytest.mark.parametrize(("kind", "text", "language", "reason"), REASONS)
def test_a_refusal_fills_its_placeholders(kind: Kind, text: str, language: str, reason: str) -> None:
    answer = said(kind, text, language)
    assert isinstance(answer, Refused)
    assert set(re.findall(r"{(\w+)}", RESPONSES[reason][0]["text"])) == set(answer.args)


def test_every_response_is_given_for_some_text_and_no_other() -> None:
    assert {reason for *_, reason in REASONS} | set(BOUNDED) == set(RESPONSES)


@pytest.mark.parametrize(
    ("kind", "text", "limits", "reason"),
    [
        (Kind.YEAR, "2020", {"earliest": TODAY}, "utter_wrong_year_past"),
        (Kind.YEAR, "2030", {"latest": TODAY}, "utter_wrong_year_future"),
        (Kind.DATE, "22/11/2026", {"earliest": TODAY}, "utter_wrong_date_past"),
        (Kind.DATE, "tomorrow", {"latest": TODAY}, "utter_wrong_date_future"),
    ],
)
def test_a_day_outside_the_allowed_span_is_refused(kind: Kind, text: str, limits: dict[str, date], reason: str) -> None:
    answer = said(kind, text, **limits)
    assert isinstance(answer, Refused)
    assert answer.reason == reason
    assert set(re.findall(r"{(\w+)}", RESPONSES[reason][0]["text"])) == set(answer.args)
    assert isinstance(said(kind, text), Parsed)


def test_a_date_without_a_year_is_of_this_year_if_that_is_allowed() -> None:
    assert said(Kind.DATE, "12 March") == Parsed("2026-03-12", certain=False)
    assert said(Kind.DATE, "12 March", earliest=TODAY) == Parsed("2027-03-12", certain=False)
    assert said(Kind.DATE, "12 December", latest=TODAY) == Parsed("2025-12-12", certain=False)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("budi @bogor.go.id", "budi@bogor.go.id"),
        ("budi@bogor,go,id", "budi@bogor.go.id"),
        ("budi at bogor dot go dot id", "budi@bogor.go.id"),
        ("my email is budi(at)bogor.go.id", "budi@bogor.go.id"),
        ("budi bogor@go.com", "budibogor@go.com"),
        ("budi@gmial.com", "budi@gmail.com"),
    ],
)
def test_a_slip_in_an_email_address_is_refused_with_what_was_probably_meant(text: str, meant: str) -> None:
    answer = said(Kind.EMAIL, text)
    assert isinstance(answer, Refused)
    assert answer.args == {"suggestion": meant}


CERTAIN = [
    (Kind.COUNT, "about 200 families", "en"),
    (Kind.COUNT, "sekitar 5-6 ribu jiwa", "id"),
    (Kind.COUNT, "hai tram nam muoi nguoi", "vi"),
    (Kind.COUNT, "ประมาณ 300 คนครับ", "th"),
    (Kind.YEAR, "ภายในปี 2573", "th"),
    (Kind.DATE, "hôm qua", "vi"),
    (Kind.DATE, "ngày 12 tháng 3 năm 2026", "vi"),
    (Kind.PERCENT, "40", "en"),
    (Kind.EMAIL, "email saya budi@bogor.go.id", "id"),
    (Kind.PHONE, "เบอร์ 0812345678 ครับ", "th"),
    (Kind.HAZARD, "banjir", "id"),
    (Kind.YES_NO, "ใช่ครับ", "th"),
]
UNCERTAIN = [
    (Kind.COUNT, "10.000", "en"),
    (Kind.COUNT, "10,000", "id"),
    (Kind.COUNT, "kami mau menanam 400 pohon sebelum 2028", "id"),
    (Kind.COUNT, "how do 200 families join?", "en"),
    (Kind.COUNT, "10 rbiu", "id"),
    (Kind.COUNT, "5 m", "en"),
    (Kind.COUNT, "สองพันห้า", "th"),
    (Kind.COUNT, "10 ribu", "en"),
    (Kind.YEAR, "is 2030 too late", "en"),
    (Kind.YEAR, "พ.ศ. 2030", "th"),
    (Kind.DATE, "12/03/26", "en"),
    (Kind.DATE, "03/25/2026", "en"),
    (Kind.PERCENT, "0.4", "en"),
    (Kind.EMAIL, "please write to budi@bogor.go.id tomorrow", "en"),
    (Kind.HAZARD, "it floods every year here", "en"),
    (Kind.HAZARD, "banjir dan kekeringan", "id"),
    (Kind.HAZARD, "droght", "en"),
    (Kind.YES_NO, "yes send it to my mayor", "en"),
    (Kind.NAME, "Siti Rahma", "id"),
    (Kind.TEXT, "We plant mangroves", "en"),
]


@pytest.mark.parametrize(("kind", "text", "language"), CERTAIN)
def test_a_text_that_is_all_value_is_certain(kind: Kind, text: str, language: str) -> None:
    answer = said(kind, text, language)
    assert isinstance(answer, Parsed)
    assert answer.certain


@pytest.mark.parametrize(("kind", "text", "language"), UNCERTAIN)
def test_a_value_in_a_sentence_or_with_two_readings_is_not_certain(kind: Kind, text: str, language: str) -> None:
    answer = said(kind, text, language)
    assert isinstance(answer, Parsed)
    assert not answer.certain


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Siti Rahma", "id", "Siti Rahma"),
        ("nama saya Siti Rahma", "id", "Siti Rahma"),
        ("  Ir. H.  Joko\u00a0Widodo,\n M.T. ", "id", "Ir. H. Joko Widodo, M.T."),
        ("my name is Dato' Sri Aziz", "en", "Dato' Sri Aziz"),
        ("Tôi tên là Nguyễn Văn An", "vi", "Nguyễn Văn An"),
        ("Nam", "vi", "Nam"),
        ("Namfon", "en", "Namfon"),
        ("ผมชื่อสมชาย ใจดี", "th", "สมชาย ใจดี"),
        ("ខ្ញុំឈ្មោះ សុខ ចាន់", "km", "សុខ ចាន់"),
        ("ກົມ\u200bຊັບພະຍາກອນ", "lo", "ກົມ\u200bຊັບພະຍາກອນ"),
        ("ဒေါ်အောင်ဆန်း", "my", "ဒေါ်အောင်ဆန်း"),
        ("Ratu III", "id", "Ratu III"),
        ("my name is", "en", "my name is"),
    ],
)
def test_a_name_is_kept_as_written_without_what_introduces_it(text: str, language: str, name: str) -> None:
    assert said(Kind.NAME, text, language) == Parsed(name, certain=False)


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("Bahasa Indonesia", "en", "id"),
        ("Indonesian", "th", "id"),
        ("tagalog", "en", "fil"),
        ("tiếng Việt", "en", "vi"),
        ("tieng viet", "vi", "vi"),
        ("ภาษาไทย", "en", "th"),
        ("ខ្មែរ", "km", "km"),
        ("ພາສາລາວ", "lo", "lo"),
        ("မြန်မာ", "my", "my"),
        ("Myanmar", "en", "my"),
        ("Inggris", "id", "en"),
        ("th", "en", "th"),
        ("Melayu", "ms", "ms"),
        ("English please", "id", "en"),
        ("tiếng Anh", "vi", "en"),
        ("vietnamise", "en", "vi"),
    ],
)
def test_a_language_is_known_by_its_names_and_its_code(text: str, language: str, code: str) -> None:
    answer = said(Kind.LANGUAGE, text, language)
    assert isinstance(answer, Parsed)
    assert answer.value == code


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://www.kota.go.id/rencana?tahun=2030", "https://www.kota.go.id/rencana?tahun=2030"),
        ("www.kota.go.id", "https://www.kota.go.id"),
        ("our plan: http://kota.go.id/plan.pdf.", "http://kota.go.id/plan.pdf"),
        ("kota.go.id/Rencana", "https://kota.go.id/Rencana"),
    ],
)
def test_a_web_address_gets_its_scheme(text: str, link: str) -> None:
    answer = said(Kind.URL, text)
    assert isinstance(answer, Parsed)
    assert answer.value == link


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "ftp://a.org/x", "http://localhost/x", "budi@kota.go.id", "1.5", "http://"]
)
def test_what_is_no_public_web_address_is_refused(text: str) -> None:
    assert isinstance(said(Kind.URL, text), Refused)


def test_all_hazards_of_a_story_are_found_in_order_and_denied_ones_left_out() -> None:
    story = (
        "Setiap tahun banjir rob. "
        + "Kami bertahan. " * 40
        + "Sejak 2020 juga kekeringan, tetapi tidak ada longsor, hanya gempa."
    )
    assert hazards_in(story, "id") == ["flood: coastal flood", "water: drought"]


def test_an_unmarked_vietnamese_word_is_a_hazard_only_on_its_own() -> None:
    assert said(Kind.HAZARD, "bao", "vi") == Parsed("storm: cyclone (hurricane/typhoon)", certain=True)
    assert isinstance(said(Kind.HAZARD, "bao nhieu tien", "vi"), Refused)


def test_the_country_decides_whose_local_phone_number_is_meant() -> None:
    assert said(Kind.PHONE, "012 345 6789", "en", country="MY") == Parsed("+60123456789", certain=True)
    assert isinstance(said(Kind.PHONE, "012 345 6789", "en", country="ID"), Refused)
