"""A word of one answer's title picks that answer, in every language; one that several share picks none."""

import pytest

from covenant.fields import Field, Option
from covenant.reading import match_option
from covenant.welcome import WELCOME
from locales import LANGUAGES, load_catalogues

CATALOGUES = load_catalogues()
COMMUNITY = {
    "en": "community",
    "id": "masyarakat",
    "ms": "komuniti",
    "fil": "komunidad",
    "tet": "komunitáriu",
    "vi": "cộng đồng",
    "th": "ชุมชน",
    "lo": "ຊຸມຊົນ",
    "my": "ရပ်ရွာ",
    "km": "សហគមន៍",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_word_of_one_title_picks_it(code: str) -> None:
    assert match_option(CATALOGUES[code], COMMUNITY[code], WELCOME.by_key["role"]) == "community"


@pytest.mark.parametrize("said", ["other", "muni", "com"])
def test_what_several_titles_say_or_a_part_of_a_word_picks_none(said: str) -> None:
    assert match_option(CATALOGUES["en"], said, WELCOME.by_key["role"]) is None


def test_only_a_choice_is_read_so() -> None:
    text = Field("office", "text", options=(Option("a", "Community group"), Option("b", "Municipal staff")))
    assert match_option(CATALOGUES["en"], "community", text) is None
