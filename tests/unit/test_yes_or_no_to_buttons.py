"""A typed yes or no to a question whose buttons say more than that, in every language."""

import pytest

from covenant.reading import match_offer
from locales import LANGUAGES, load_catalogues

CATALOGUES = load_catalogues()
SAID = {
    "en": ("yes", "no"),
    "id": ("ya", "tidak"),
    "ms": ("ya", "tidak"),
    "fil": ("oo", "hindi"),
    "vi": ("vâng", "không"),
    "th": ("ใช่ค่ะ", "ไม่"),
    "km": ("បាទ", "ទេ"),
    "lo": ("ແມ່ນ", "ບໍ່"),
    "my": ("ဟုတ်ကဲ့", "မဟုတ်ဘူး"),
    "tet": ("sin", "lae"),
}
PAIRS = (("Yes, it is right", "No, change it"), ("Yes, add details", "No, that is enough"), ("Yes", "No"))


@pytest.mark.parametrize("titles", PAIRS, ids=lambda titles: titles[0])
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_typed_yes_or_no_presses_the_button_that_begins_so(code: str, titles: tuple[str, str]) -> None:
    catalogue = CATALOGUES[code]
    offered = [{"title": catalogue.title(title), "payload": title} for title in titles]
    picked = [match_offer(said, offered, catalogue, None) for said in SAID[code]]
    assert picked == list(titles)


def test_two_that_say_yes_are_not_chosen_between() -> None:
    offered = [{"title": title, "payload": title} for title in ("Yes, today", "Yes, tomorrow", "No")]
    assert match_offer("yes", offered, CATALOGUES["en"], None) is None
