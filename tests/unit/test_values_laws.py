"""Laws that hold for any text, number and day: nothing raises, and what Babel writes is read back."""

import json
import string
from datetime import date, timedelta
from time import process_time
from typing import Literal

import pytest
from babel.dates import format_date, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from hypothesis import given, settings
from hypothesis import strategies as st

from covenant.values import Kind, Parsed, Refused, hazards_in, parse
from covenant.values.lexicon import Role
from covenant.values.words import languages, words_of
from locales import languages as catalogues

TODAY = date(2026, 11, 23)
LANGUAGES = sorted(languages())
# What Babel can write: CLDR has no Tetum.
KNOWN = [code for code in LANGUAGES if not catalogues.LANGUAGES[code].cldr]
COUNTRIES = [None, "ID", "MY", "PH", "VN", "TH", "KH", "LA", "MM", "TL", "BN", "SG", "xx", ""]
PIECES = [piece for language in LANGUAGES for piece in words_of(language).lexicon.phrases(*Role)] + [
    *string.punctuation,
    "1",
    "20",
    "2030",
    "2573",
    "10.000",
    "1,5",
    "๑๒",
    "၁၂",
    "@",
    "a@b.go.id",
    " ",
    "\n",
    "👍🏽",
    "\ud800",
]

any_text = st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)
glued_text = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
any_language = st.sampled_from([*LANGUAGES, "tl", "id-ID", "zz", ""])


@given(st.sampled_from(Kind), any_text | glued_text, any_language, st.sampled_from(COUNTRIES))
@settings(max_examples=3000, deadline=None)
def test_any_text_gets_an_answer_that_survives_json(kind: Kind, text: str, language: str, country: str | None) -> None:
    answer = parse(kind, text, language, country, TODAY)
    assert isinstance(answer, Parsed | Refused)
    content = answer.value if isinstance(answer, Parsed) else answer.args
    assert json.loads(json.dumps(content)) == content


@given(st.sampled_from(Kind), any_text, st.sampled_from(LANGUAGES))
@settings(max_examples=300, deadline=None)
def test_the_same_text_gets_the_same_answer(kind: Kind, text: str, language: str) -> None:
    assert parse(kind, text, language, today=TODAY) == parse(kind, text, language, today=TODAY)


@given(any_text, any_language)
@settings(max_examples=300, deadline=None)
def test_looking_for_hazards_in_any_sentence_never_raises(text: str, language: str) -> None:
    assert all(": " in code for code in hazards_in(text, language))


@pytest.mark.parametrize("language", KNOWN)
@given(count=st.integers(0, 10**10), numbering=st.sampled_from(["latn", "default", "native"]))
@settings(max_examples=150, deadline=None)
def test_a_count_written_by_babel_is_read_back(language: str, count: int, numbering: str) -> None:
    text = format_decimal(count, locale=language, numbering_system="default")
    if numbering == "native":
        text = text.translate(str.maketrans("0123456789", NATIVE.get(language, "0123456789")))
    assert parse(Kind.COUNT, text, language, today=TODAY) == Parsed(count, certain=True)


FORMS: tuple[Literal["long", "short"], ...] = ("long", "short")
NATIVE = {"th": "๐๑๒๓๔๕๖๗๘๙", "km": "០១២៣៤៥៦៧៨៩", "lo": "໐໑໒໓໔໕໖໗໘໙", "my": "၀၁၂၃၄၅၆၇၈၉"}


@pytest.mark.parametrize("language", KNOWN)
@given(tenths=st.integers(10, 1000))
@settings(max_examples=100, deadline=None)
def test_a_percentage_written_by_babel_is_read_back(language: str, tenths: int) -> None:
    text = format_percent(tenths / 1000, locale=language, format="#,##0.#%")
    assert parse(Kind.PERCENT, text, language, today=TODAY) == Parsed(tenths / 10, certain=True)


@pytest.mark.parametrize("language", KNOWN)
@given(day=st.dates(date(1930, 1, 1), date(2090, 12, 31)), width=st.sampled_from(["medium", "long", "full"]))
@settings(max_examples=150, deadline=None)
def test_a_date_written_by_babel_is_read_back(language: str, day: date, width: str) -> None:
    text = format_date(day, width, locale=language)
    assert parse(Kind.DATE, text, language, today=TODAY) == Parsed(day.isoformat(), certain=True)


@given(
    day=st.dates(date(1910, 1, 1), date(2099, 12, 31)), sign=st.sampled_from("/.-"), language=st.sampled_from(LANGUAGES)
)
@settings(max_examples=200, deadline=None)
def test_the_day_comes_first_in_every_language(day: date, sign: str, language: str) -> None:
    text = f"{day.day:02}{sign}{day.month:02}{sign}{day.year}"
    assert parse(Kind.DATE, text, language, today=TODAY) == Parsed(day.isoformat(), certain=True)


@given(year=st.integers(1910, 2090), language=st.sampled_from(["th", "lo", "km"]))
@settings(max_examples=100, deadline=None)
def test_a_buddhist_year_is_543_ahead(year: int, language: str) -> None:
    assert parse(Kind.YEAR, str(year + 543), language, today=TODAY) == Parsed(year, certain=True)
    both = parse(Kind.DATE, f"5/1/{year + 543}", language, today=TODAY)
    assert both == Parsed(date(year, 1, 5).isoformat(), certain=True)


@given(days=st.integers(-900, 900))
@settings(max_examples=60, deadline=None)
def test_days_ago_and_days_ahead_are_counted_from_today(days: int) -> None:
    text = f"{-days} days ago" if days < 0 else f"in {days} days"
    expected = (TODAY + timedelta(days=days)).isoformat()
    assert parse(Kind.DATE, text, "en", today=TODAY) == Parsed(expected, certain=True)


def test_a_long_text_is_read_quickly() -> None:
    """The budget is 2 ms a text; the bound is loose for slow machines."""
    texts = ["ประชากรของเราอยู่ริมแม่น้ำและน้ำท่วมทุกปี " * 20, "rumah kami di pinggir kali " * 30, "9 " * 300]
    for kind in Kind:
        parse(kind, "warm", "th", today=TODAY)
        parse(kind, "warm", "id", today=TODAY)
    started = process_time()
    for kind in Kind:
        for text in texts:
            parse(kind, text, "th", today=TODAY)
    assert (process_time() - started) / len(Kind) / len(texts) < 0.01


STRANGE = {
    "digits": "9" * 20_000,
    "digits apart": "9 " * 10_000,
    "number words": "hai nine เก้า ប្រាំ " * 1_000,
    "decimal points": "point five koma lima " * 1_000,
    "groups": "1.234." * 4_000,
    "at signs": "a@" * 10_000,
    "spelt-out address": "a at b dot " * 2_000,
    "a phone without end": "+62 812-" * 3_000,
    "a link without end": "http://a." * 3_000,
    "dates": "1/1/" * 5_000,
    "a fraction without end": "½" * 20_000,
    "letters held down": "y" * 20_000,
    "right to left": "\u202e" + "مرحبا ١٢٣ " * 2_000,
    "nothing to see": "\u200b1\u200d" * 7_000,
    "broken surrogates": "\ud800" * 10_000 + "10 ribu \udfff",
    "marks": "a" + "\u0301" * 20_000,
    "a letter that is eighteen": "\ufdfa" * 20_000,
    "Zawgyi": "ေရႀကီး" * 3_000,
    "a vowel that comes too early": "\u1031" * 20_000,
    "control characters": "\x00\n" * 10_000,
    "emoji": "👍🏽" * 5_000,
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_a_strange_text_of_twenty_thousand_letters_is_read_in_no_time(text: str) -> None:
    for language in ("en", "vi", "th", "my"):
        for kind in Kind:
            parse(kind, "warm", language, today=TODAY)
            started = process_time()
            assert isinstance(parse(kind, text, language, "ID", TODAY), Parsed | Refused)
            assert process_time() - started < 0.25, (kind, language)  # 0.05 on a quiet machine


@pytest.mark.parametrize("language", KNOWN)
@given(thousands=st.integers(1, 999), scale=st.sampled_from([1_000, 1_000_000]), form=st.sampled_from(FORMS))
@settings(max_examples=60, deadline=None)
def test_a_count_that_babel_shortens_is_read_back(
    language: str, thousands: int, scale: int, form: Literal["long", "short"]
) -> None:
    text = format_compact_decimal(thousands * scale, locale=language, format_type=form, fraction_digits=2)
    answer = parse(Kind.COUNT, text, language, today=TODAY)
    assert isinstance(answer, Parsed)
    assert answer.value == thousands * scale


@pytest.mark.parametrize("language", KNOWN)
@given(
    day=st.dates(date(1930, 1, 1), date(2090, 12, 31)),
    pattern=st.sampled_from(
        ["d MMMM y", "MMMM d, y", "d MMM y", "EEEE, d MMMM y", "y-MM-dd", "d.M.y", "dd/MM/y", "y MMMM d"]
    ),
)
@settings(max_examples=150, deadline=None)
def test_a_date_in_any_common_pattern_is_read_back(language: str, day: date, pattern: str) -> None:
    answer = parse(Kind.DATE, format_date(day, pattern, locale=language), language, today=TODAY)
    assert isinstance(answer, Parsed)
    assert answer.value == day.isoformat()


@pytest.mark.parametrize("language", LANGUAGES)
@given(year=st.integers(1950, 2099), native=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_year_is_read_back_in_both_kinds_of_digits(language: str, year: int, native: bool) -> None:
    digits = NATIVE.get(language, "0123456789") if native else "0123456789"
    text = str(year).translate(str.maketrans("0123456789", digits))
    assert parse(Kind.YEAR, text, language, today=TODAY) == Parsed(year, certain=True)


@pytest.mark.parametrize("language", LANGUAGES)
@given(whole=st.integers(0, 100), native=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_percentage_is_read_back_in_words_and_digits(language: str, whole: int, native: bool) -> None:
    digits = NATIVE.get(language, "0123456789") if native else "0123456789"
    number = str(whole).translate(str.maketrans("0123456789", digits))
    for word in words_of(language).lexicon.phrases(Role.PERCENT):
        answer = parse(Kind.PERCENT, f"{number} {word}", language, today=TODAY)
        assert isinstance(answer, Parsed)
        assert answer.value == whole


@pytest.mark.parametrize("language", KNOWN)
@pytest.mark.parametrize("days", [-5, -3, -2, 2, 3, 5, -14, 21])
def test_a_distance_in_days_written_by_babel_is_read_back(language: str, days: int) -> None:
    text = format_timedelta(timedelta(days=days), add_direction=True, locale=language)
    answer = parse(Kind.DATE, text, language, today=TODAY)
    assert isinstance(answer, Parsed)
    assert answer.value == (TODAY + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("language", KNOWN)
@pytest.mark.parametrize("years", [-12, -2, 2, 3, 10])
def test_a_distance_in_years_written_by_babel_is_read_back(language: str, years: int) -> None:
    text = format_timedelta(timedelta(days=366 * years), add_direction=True, locale=language)
    answer = parse(Kind.YEAR, text, language, today=TODAY)
    assert isinstance(answer, Parsed)
    assert answer.value == TODAY.year + years
