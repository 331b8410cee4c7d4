"""The noise is what phones really do, and the same seed makes the same noise."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from random import Random

import pytest

from nlu.components.spelling import unmarked
from nlu.noise import NEIGHBOURS, typos, without_spaces

SENTENCES = {
    "en": "We would like to bring our town into the Covenant this year",
    "fil": "Gusto po naming sumali sa Covenant ngayong taon",
    "vi": "Xã chúng tôi muốn đăng ký tham gia Công ước trong năm nay",
    "th": "เทศบาลของเราอยากเข้าร่วมข้อตกลงภายในปีนี้ครับ",
    "lo": "ເທດສະບານຂອງພວກເຮົາຢາກເຂົ້າຮ່ວມໃນປີນີ້",
    "km": "ឃុំរបស់យើងចង់ចូលរួមកតិកាសញ្ញានៅឆ្នាំនេះ",
    "my": "ကျွန်တော်တို့ မြို့နယ်က ဒီနှစ်ထဲမှာ ပါဝင်ချင်ပါတယ်",
}
LATIN = ("en", "fil", "vi")


def consonants(text: str) -> str:
    vowels = "ะาำเแโใไ" + "ະາຳຽເແໂໃໄ"
    return "".join(letter for letter in text if unicodedata.category(letter) == "Lo" and letter not in vowels)


@pytest.mark.parametrize("code", SENTENCES)
def test_the_same_seed_makes_the_same_typos(code: str) -> None:
    assert typos(SENTENCES[code], Random(3)) == typos(SENTENCES[code], Random(3))


@pytest.mark.parametrize("code", SENTENCES)
def test_a_long_sentence_is_always_changed_but_not_beyond_recognition(code: str) -> None:
    before = unicodedata.normalize("NFC", SENTENCES[code])
    for seed in range(200):
        after = typos(before, Random(seed))
        assert after != before
        assert SequenceMatcher(None, before, after, autojunk=False).ratio() > 0.75


def test_there_is_about_one_typo_in_twelve_letters() -> None:
    """Doubling and dropping change the length by one each, so words are compared instead."""
    text = " ".join(["abcdefghijkl"] * 50)
    changed = [
        sum(a != b for a, b in zip(text.split(), typos(text, Random(seed)).split(), strict=True)) for seed in range(40)
    ]
    assert 28 <= sum(changed) / len(changed) <= 36  # 50 slips fall on 50 words by chance: 1 - 1/e of them


def test_a_short_word_stays_whole_most_of_the_time() -> None:
    whole = sum(typos("Opo", Random(seed)) == "Opo" for seed in range(400))
    assert 260 <= whole <= 340  # three letters in twelve


@pytest.mark.parametrize("text", ["", " ", "2028", "+66 81-234-5678", "👍🏽", "…?!"])
def test_what_has_no_letters_has_no_typos(text: str) -> None:
    assert all(typos(text, Random(seed)) == text for seed in range(20))


@pytest.mark.parametrize("code", ["th", "lo", "km", "my"])
def test_scripts_with_marks_keep_their_consonants(code: str) -> None:
    for seed in range(100):
        assert consonants(typos(SENTENCES[code], Random(seed))) == consonants(SENTENCES[code])


def test_a_twin_takes_the_place_of_its_mark() -> None:
    assert "ปินี้" in {typos("ปีนี้", Random(seed)) for seed in range(300)}


@pytest.mark.parametrize("code", LATIN)
def test_spaces_stay_where_latin_letters_slip(code: str) -> None:
    words = len(SENTENCES[code].split())
    assert all(len(typos(SENTENCES[code], Random(seed)).split()) == words for seed in range(100))


def test_all_four_slips_happen_to_latin_letters() -> None:
    seen = {typos("ab", Random(seed)) for seed in range(2000)}
    assert {"b", "a", "aab", "abb", "ba"} <= seen
    assert seen & {f"{key}b" for key in NEIGHBOURS["a"]}


def test_a_capital_stays_a_capital() -> None:
    assert all(letter.isupper() for seed in range(300) for letter in typos("KAMI", Random(seed)))


@pytest.mark.parametrize(
    ("key", "around"), [("a", "sqwz"), ("s", "adwezx"), ("q", "wa"), ("p", "ol"), ("m", "njk"), ("g", "fhtyvb")]
)
def test_the_keys_around_a_key_are_those_of_a_phone(key: str, around: str) -> None:
    assert set(NEIGHBOURS[key]) == set(around)


def test_neighbours_are_never_the_key_itself_and_see_each_other() -> None:
    for key, around in NEIGHBOURS.items():
        assert around
        assert key not in around
        assert all(key in NEIGHBOURS[other] for other in around)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Đăng ký thế nào ạ?", "Dang ky the nao a?"),
        ("đường đê", "duong de"),
        ("Añonuevo, opò", "Anonuevo, opo"),
        (unicodedata.normalize("NFD", "Nguyễn"), "Nguyen"),
        ("ปีนี้", "ปีนี้"),
        ("ကျွန်တော်", "ကျွန်တော်"),
        ("ເຂົ້າຮ່ວມ", "ເຂົ້າຮ່ວມ"),
        ("plain", "plain"),
    ],
)
def test_latin_marks_go_and_nothing_else(text: str, bare: str) -> None:
    assert unmarked(text) == bare


@pytest.mark.parametrize(
    ("text", "joined"),
    [("xin chào  bạn", "xinchàobạn"), ("ນະ\u200bຄອນ ຫລວງ\n", "ນະຄອນຫລວງ"), ("a\u00a0b", "ab"), ("", "")],
)
def test_spaces_go_whatever_their_kind(text: str, joined: str) -> None:
    assert without_spaces(text) == joined
