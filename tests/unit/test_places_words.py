"""How names are folded and texts are cut, and what the gazetteer's file promises."""

import lzma
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covenant import place_file
from covenant.place_text import PlaceText
from covenant.place_words import accented, atoms, compact, fold, shorn, sketch, vocabulary
from db.place import NameRank, PlaceKind

SCRIPTS = st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0x1EFF), max_size=40)


@given(SCRIPTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(SCRIPTS)
def test_atoms_lose_nothing_of_a_folded_text(text: str) -> None:
    assert "".join(atoms(text)) == compact(text)


@given(SCRIPTS)
def test_a_sketch_is_ascii(text: str) -> None:
    assert sketch(compact(text)).isascii()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hà Nội", "HA NOI"),
        ("Đà Nẵng", "da nang"),
        ("Parañaque", "Paranaque"),
        ("Kuala-Lumpur", "kualalumpur"),
        ("TP. Hồ Chí Minh", "tp ho chi minh"),
        ("หาดใหญ่", "หาดใหญ"),
        ("น้ำปาด", "นำปาด"),
        ("ຫຼວງພະບາງ", "ຫລວງພະບາງ"),
        ("ຫຼວງນ້ຳທາ", "ຫຼວງນໍ້າທາ"),
        ("ကျိုင်းတုံ", "ကျိုင်တုံ"),
        ("កណ្ដាល", "កណ្តាល"),
        ("សៀម\u200bរាប", "សៀមរាប"),
        ("Jaka‘arta", "Jakaarta"),
    ],
)
def test_two_spellings_of_one_name_fold_to_the_same(one: str, other: str) -> None:
    assert compact(one) == compact(other)


def test_diacritics_are_kept_where_they_tell_words_apart() -> None:
    assert accented("Hồ-Chí  MINH") == "hồ chí minh"


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Kabupaten Bogor", "bogor"),
        ("Makati City", "makati"),
        ("Lungsod ng Maynila", "maynila"),
        ("Thành phố Huế", "hue"),
        ("เทศบาลนครเชียงใหม่", compact("เชียงใหม่")),
        ("ក្រុងសៀមរាប", "សៀមរាប"),
        ("ເມືອງວັງວຽງ", "ວັງວຽງ"),
        ("မန္တလေးမြို့", compact("မန္တလေး")),
        ("Kota", None),
        ("Bogor", None),
    ],
)
def test_the_word_for_the_kind_is_cut_from_a_name(name: str, rest: str | None) -> None:
    assert shorn(name) == rest


def test_the_country_a_text_names_is_known() -> None:
    asked = ["Makati, Philippines", "Bogor, ID", "ประเทศไทย เชียงใหม่", "Bogor", "Indonesia atau Malaysia"]
    assert [PlaceText(text).country for text in asked] == ["PH", "ID", "TH", None, None]


def test_addresses_and_numbers_are_no_part_of_a_name() -> None:
    assert PlaceText("mayor@bogor.go.id +62 251 832 1075 https://bogor.go.id").parts == []


def test_the_words_beside_a_name_tell_its_kind_and_that_the_person_comes_from_there() -> None:
    (stretch,) = PlaceText("kami dari Kota Bogor ya").stretches("bogor")
    assert (stretch.marker, stretch.origin) == (PlaceKind.TOWN, True)


def test_no_country_is_an_ordinary_word() -> None:
    words = vocabulary()
    assert not words.ordinary & set(words.countries) - {"lao"}


def test_the_file_names_its_source_and_licence_and_is_small() -> None:
    header = " ".join(line for line in place_file.lines() if line.startswith("#"))
    assert "GeoNames" in header
    assert "CC BY 4.0" in header
    assert len(place_file.FILE.read_bytes()) < 3_000_000


def test_every_country_of_the_region_has_its_places() -> None:
    counts = Counter(row.country for row in place_file.places() if row.kind is not PlaceKind.VILLAGE)
    least = {
        "ID": 700,
        "MY": 500,
        "PH": 1743,
        "VN": 600,
        "TH": 1100,
        "KH": 300,
        "LA": 150,
        "MM": 500,
        "TL": 60,
        "BN": 50,
        "SG": 1,
    }
    assert {country: counts[country] >= number for country, number in least.items()} == dict.fromkeys(least, True)


def test_places_are_unique_and_lie_in_places_of_the_file() -> None:
    rows = {row.id: row for row in place_file.places()}
    assert len(rows) == sum(1 for _ in place_file.places())
    outer = {unit for row in rows.values() for unit in (row.province, row.district) if unit}
    assert outer <= set(rows)
    assert not [row for row in rows.values() if row.id in {row.province, row.district}]


def test_each_spelling_of_a_place_comes_once_and_its_own_name_is_the_best() -> None:
    bogor = next(row for row in place_file.places() if row.id == 1648473)
    found = {spelling.folded: spelling.rank for spelling in place_file.spellings(bogor)}
    assert (found["bogor"], found["kotabogor"], found["buitenzorg"]) == (NameRank.MAIN, NameRank.MAIN, NameRank.OTHER)


def test_writing_the_same_rows_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = list(place_file.places())[:50]
    one, other = tmp_path / "one", tmp_path / "other"
    place_file.write(one, ["by a test"], rows)
    place_file.write(other, ["by a test"], reversed(rows))
    assert one.read_bytes() == other.read_bytes()
    assert lzma.decompress(one.read_bytes()).decode().startswith("# by a test\nid\tkind\t")
