"""Cutting long texts: nothing is lost, nothing is too long, and what is one sign to the reader stays whole."""

import icu
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.cutting import Measure, cut, numbered, shortened, utf16

MEASURES = st.sampled_from([len, utf16])
SIGNS = ["a", "Z", "7", "é", "e\u0301", "👋", "👍🏽", "👩‍👩‍👧‍👦", "🇮🇩", "🏴‍☠️", "กำ", "ที่", "နှ", "ស្រ", "ế", "ກຸ່", "،", "م"]
GAPS = [" ", "\n", "\n\n", ". ", "  ", "\t", "\u3000", ", "]
LONGEST_SIGN = max(utf16(sign) for sign in SIGNS)
TEXTS = st.lists(st.sampled_from(SIGNS * 2 + GAPS)).map("".join)
ANYTHING = st.text() | st.text(st.sampled_from(" \n\u00a0\u200b🏝a\ud83d\u0301"), max_size=200)


def without_gaps(text: str) -> str:
    return "".join(text.split())


@given(text=ANYTHING | TEXTS, limit=st.integers(2, 60), measure=MEASURES)
@example(text=" " * 50 + "a", limit=5, measure=len)
@example(text="a" + " " * 50, limit=5, measure=len)
@example(text="🏝" * 9, limit=3, measure=utf16)
def test_nothing_is_lost_and_no_part_is_empty_or_too_long(text: str, limit: int, measure: Measure) -> None:
    parts = list(cut(text, limit, measure))
    assert without_gaps("".join(parts)) == without_gaps(text)
    assert all(part.strip() and measure(part) <= limit for part in parts)


@given(text=TEXTS)
def test_a_letter_that_is_too_long_itself_ends_nothing(text: str) -> None:
    parts = list(cut(text, 1, utf16))
    assert without_gaps("".join(parts)) == without_gaps(text)
    assert all(len(part) == 1 for part in parts)


@given(text=TEXTS, limit=st.integers(LONGEST_SIGN, 60))
def test_no_sign_is_cut_in_two(text: str, limit: int) -> None:
    breaks = icu.BreakIterator.createCharacterInstance(icu.Locale.getRoot())
    breaks.setText(icu.UnicodeString(text))
    place = 0
    for part in cut(text, limit, utf16):
        place = text.index(part, place)
        for end in (place, place + len(part)):
            assert breaks.isBoundary(utf16(text[:end])), repr(text[:end])
        place += len(part)


@given(words=st.lists(st.sampled_from(["banjir", "laut", "kekeringan", "x"]), min_size=1), limit=st.integers(20, 80))
def test_no_word_is_cut_where_there_are_spaces(words: list[str], limit: int) -> None:
    parts = cut(" ".join(words), limit)
    assert [word for part in parts for word in part.split(" ")] == words


def test_a_text_is_cut_where_a_reader_pauses_most() -> None:
    text = "One. Two words here\n\nThree. Four\nFive six"
    assert list(cut(text, 30)) == ["One. Two words here", "Three. Four\nFive six"]
    assert list(cut("One two. Three four five", 14)) == ["One two.", "Three four", "five"]
    assert list(cut("One two\nthree four", 12)) == ["One two", "three four"]


def test_languages_without_spaces_are_cut_between_words() -> None:
    parts = list(cut("ประเทศไทยมีภูมิอากาศแบบร้อนชื้นและมีฝนตกชุกในช่วงฤดูมรสุม", 20))
    assert parts == ["ประเทศไทยมีภูมิอากาศ", "แบบร้อนชื้นและมีฝนตก", "ชุกในช่วงฤดูมรสุม"]


def test_a_short_text_stays_as_it_is() -> None:
    assert list(cut("Hello.\n\nHow are you?", 4096, utf16)) == ["Hello.\n\nHow are you?"]
    assert list(cut("", 10)) == list(cut(" \n", 10)) == []


def test_letters_beyond_the_first_plane_count_twice_for_telegram() -> None:
    assert utf16("a🏝") == 3
    assert [utf16(part) for part in cut("🏝" * 5000, 4096, utf16)] == [4096, 4096, 1808]


# --- titles and buttons ---------------------------------------------------------------------------------------------


@given(text=TEXTS, limit=st.integers(LONGEST_SIGN + 1, 60), measure=MEASURES)
def test_a_shortened_title_fits_and_says_that_it_goes_on(text: str, limit: int, measure: Measure) -> None:
    short = shortened(text, limit, measure)
    assert measure(short) <= limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
    assert (short == text) == (measure(text) <= limit)


@given(titles=st.lists(st.text(min_size=1).filter(lambda one: "\n" not in one), max_size=12), text=st.text())
def test_buttons_become_numbers_in_their_order(titles: list[str], text: str) -> None:
    shown = numbered(text, [{"title": title, "payload": "/x"} for title in titles])
    assert shown.startswith(text)
    rows = shown[len(text) :].removeprefix("\n\n").split("\n") if titles else []
    assert rows == [f"{number}. {title}" for number, title in enumerate(titles, 1)]


@pytest.mark.parametrize("buttons", [(), []])
def test_a_text_without_buttons_is_left_alone(buttons: list[dict[str, str]]) -> None:
    assert numbered("Hello", buttons) == "Hello"
