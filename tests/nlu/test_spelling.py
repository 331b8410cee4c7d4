"""What is put back before a message is read: spaces, marks, vowel signs, letters."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from nlu.components.lost_signs import clusters, distance
from nlu.components.spelling import Spelling, unmarked

SENTENCES = {
    "th": ("น้ำท่วมบ้านเรา", "ต้นไม้ในหมู่บ้าน", "เราปลูกต้นไม้"),
    "lo": ("ນ້ຳຖ້ວມບ້ານພວກເຮົາ", "ພວກເຮົາປູກຕົ້ນໄມ້"),
    "km": ("ទឹកជំនន់ក្នុងភូមិយើង", "យើងដាំដើមឈើ"),
    "my": ("ရေကြီးနေပြီ", "သစ်ပင်စိုက်ပြီးပါပြီ"),
}


@pytest.fixture(scope="module")
def signs() -> Spelling:
    return Spelling.learn([(text, language) for language, texts in SENTENCES.items() for text in texts])


def test_missing_spaces_come_back() -> None:
    spelling = Spelling.learn([("kami mau menanam mangrove", "id"), ("kami ingin bergabung", "id")])
    assert spelling.restored("kamimaumenanam", "id") == "kami mau menanam"


def test_where_words_end_is_told_by_the_language_and_by_what_follows_what() -> None:
    spelling = Spelling.learn([("to the ground", "en"), ("toth eground", "xx"), ("toth eground", "xx")])
    assert spelling.restored("totheground", "en") == "to the ground"
    assert spelling.restored("totheground", "xx") == "toth eground"


def test_addresses_and_known_words_are_left_whole() -> None:
    spelling = Spelling.learn([("pertanggungjawaban kami mau", "id")])
    for text in ("kamimau@kamimaukami.go.id", "https://kamimaukami.id/mau", "pertanggungjawaban", "วันนี้น้ำท่วมบ้านเรา"):
        assert spelling.restored(text, "id") == text


def test_vietnamese_marks_come_back_and_known_words_stay() -> None:
    spelling = Spelling.learn([("chúng tôi muốn tham gia", "vi"), ("thành phố chúng tôi", "vi")])
    assert spelling.restored("chung toi muon tham gia", "vi") == "chúng tôi muốn tham gia"
    assert spelling.restored("chung toi muon", "id") == "chung toi muon"
    assert spelling.restored("chung tôi", "vi") == "chúng tôi"
    assert spelling.restored("thành phố", "vi") == "thành phố"
    assert unmarked("Đường đi") == "Duong di"


def test_a_slip_is_mended_where_the_word_is_familiar_in_that_language() -> None:
    spelling = Spelling.learn([("kami mau bergabung", "id")] * 3 + [("gusto naming sumali", "fil")] * 3)
    for typed_so in ("bergabng", "bergabuung", "berganung", "begrabung"):
        assert spelling.restored(f"kami mau {typed_so}", "id") == "kami mau bergabung"
    assert spelling.restored("sumalii", "id") == "sumalii"
    assert spelling.restored("Purwokerto", "id") == "Purwokerto"


def test_a_short_word_is_mended_by_the_one_before_it() -> None:
    spelling = Spelling.learn([("kami mau pohon", "id"), ("saya bau asap", "id")])
    assert spelling.restored("kami nau pohon", "id") == "kami mau pohon"
    assert spelling.restored("saya nau asap", "id") == "saya bau asap"


def test_vietnamese_slips_are_mended_beside_marks_too() -> None:
    spelling = Spelling.learn([("chúng tôi muốn tham gia", "vi"), ("thành phố chúng tôi", "vi")])
    assert spelling.restored("chúngg tôi muốm tham gia", "vi") == "chúng tôi muốn tham gia"


def test_words_of_another_language_are_no_slips() -> None:
    spelling = Spelling.learn([("kami mau menanam", "id"), ("menanan po kami", "fil")])
    assert spelling.restored("kami mau menanan", "id") == "kami mau menanan"


def test_a_language_known_from_its_catalogue_alone_is_not_mended() -> None:
    spelling = Spelling.learn([("kami mau bergabung", "id")], {"ms": ["sila pilih bahasa"], "th": ["น้ำท่วม"]})
    assert spelling.restored("sila pilh bahasa", "ms") == "sila pilh bahasa"
    assert spelling.restored("นำท่วม", "th") == "นำท่วม"
    assert spelling.restored("silapilihbahasa", "ms") == "sila pilih bahasa"


@pytest.mark.parametrize(
    ("language", "typed_so", "meant"),
    [
        ("th", "นำท่วมบานเรา", "น้ำท่วมบ้านเรา"),  # two signs lost
        ("th", "ต้นไม่ในหมู่บ้าน", "ต้นไม้ในหมู่บ้าน"),  # one taken for another
        ("lo", "ນຳຖ້ວມບານພວກເຮົາ", "ນ້ຳຖ້ວມບ້ານພວກເຮົາ"),
        ("km", "ទកជំនន់ក្នុងភូមយើង", "ទឹកជំនន់ក្នុងភូមិយើង"),
        ("my", "ရကြီးနေပြ", "ရေကြီးနေပြီ"),
    ],
)
def test_lost_vowel_signs_come_back(signs: Spelling, language: str, typed_so: str, meant: str) -> None:
    assert signs.restored(typed_so, language) == meant


def test_what_is_well_written_or_not_of_the_script_stays(signs: Spelling) -> None:
    for language, texts in SENTENCES.items():
        for text in (*texts, f"{texts[0]} OK 2030 😀", "help", ""):
            assert signs.restored(text, language) == text


def test_stray_signs_lose_no_letter(signs: Spelling) -> None:
    """Signs may stand where no consonant is, and consonants where no word is known."""
    for text in ("เ", "่", "ฮฮฮฮ", "เฮ่เ"):
        assert signs.restored(text, "th") == text


@pytest.mark.parametrize("language", SENTENCES)
def test_whatever_is_typed_keeps_its_consonants_in_their_order(signs: Spelling, language: str) -> None:
    rng = Random(1)
    letters = "".join(SENTENCES[language])
    for length in range(1, 60):
        text = "".join(rng.choices(letters, k=length))
        consonants = [letter for letter, _ in clusters(text) if letter]
        assert [letter for letter, _ in clusters(signs.restored(text, language)) if letter] == consonants


def test_a_very_long_text_stays_and_takes_no_time(signs: Spelling) -> None:
    text = SENTENCES["th"][0].replace("้", "") * 200
    assert signs.restored(text, "th") == text


def test_a_text_is_cut_at_its_consonants() -> None:
    assert clusters("เรา") == [("ร", "เร" + "า")]
    assert "".join(piece for _, piece in clusters("่ไทยเ")) == "่ไทยเ"


def test_distance_counts_an_exchange_once() -> None:
    assert [distance(*pair) for pair in (("ab", "ab"), ("ab", "ba"), ("ab", "b"), ("abc", "xbcd"))] == [0, 1, 1, 2]


def test_a_spelling_read_back_mends_the_same(signs: Spelling, tmp_path: Path) -> None:
    signs.save(tmp_path)
    read = Spelling.read(tmp_path)
    read.warm()
    assert read.restored("นำท่วมบานเรา", "th") == "น้ำท่วมบ้านเรา"
