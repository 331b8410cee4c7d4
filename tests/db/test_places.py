"""The gazetteer in a real PostgreSQL: what an officer may write, and what must not be taken for a place."""

import re
import statistics
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from covenant import place_file, places
from db.place import Place, PlaceLoad, PlaceName

HERE = Path(__file__).parent


def table(file: str) -> list[tuple[str, ...]]:
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines if not line.startswith("#")]


ASKED = table("places_asked.tsv")
CODED = table("places_coded.tsv")
NOT_ASKED = (HERE / "places_not_asked.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("asked", "country", "expected", "sure"), ASKED)
def test_a_municipality_is_found_by_what_an_officer_writes(
    session: Session, asked: str, country: str, expected: str, sure: str
) -> None:
    found = places.find(session, asked, country=country or None)
    assert [f"{place.name}, {place.country}" for place in found[:1]] == [expected]
    if sure != "any":
        assert places.certain(found) is (sure == "yes")


@pytest.mark.parametrize(("asked", "country", "expected", "code"), CODED)
def test_a_government_is_found_with_its_official_code(
    session: Session, asked: str, country: str, expected: str, code: str
) -> None:
    found = places.find(session, asked, country=country or None)
    assert [f"{place.name}, {place.country}" for place in found[:1]] == [expected]
    assert code in {"any", found[0].code}


@pytest.mark.parametrize("asked", NOT_ASKED)
def test_a_text_without_a_place_finds_none(session: Session, asked: str) -> None:
    assert places.find(session, asked) == []


@pytest.mark.parametrize("asked", ["", " ", "\n", "🙂", "a" * 5000, "เ", "\u200b", "%_'\";--", "\ufffd\ufffd"])
def test_odd_texts_do_no_harm(session: Session, asked: str) -> None:
    assert places.find(session, asked) == []


def test_namesakes_come_with_their_provinces_the_largest_first(session: Session) -> None:
    found = places.find(session, "San Fernando", country="PH", limit=8)
    assert {"Pampanga", "La Union"} <= {place.province for place in found}
    assert [place.weight for place in found if place.score == found[0].score] == sorted(
        (place.weight for place in found if place.score == found[0].score), reverse=True
    )


@pytest.mark.parametrize("province", ["Pampanga", "La Union", "Cebu"])
def test_a_province_beside_the_name_decides_among_namesakes(session: Session, province: str) -> None:
    found = places.find(session, f"San Fernando, {province}")
    assert found[0].province == province
    assert places.certain(found)


def test_a_country_beside_the_name_leaves_out_the_others(session: Session) -> None:
    found = places.find(session, "Victoria, Philippines", limit=20)
    assert found
    assert {place.country for place in found} == {"PH"}


def test_the_likely_country_comes_first_among_equals(session: Session) -> None:
    here, there = (places.find(session, "Victoria", country=country)[0] for country in ("PH", "MY"))
    assert (here.country, there.country) == ("PH", "MY")


def test_the_word_for_the_kind_tells_the_city_from_the_regency(session: Session) -> None:
    city, regency = (places.find(session, name)[0] for name in ("Kota Tegal", "Kabupaten Tegal"))
    assert (city.kind, regency.kind) == ("town", "district")
    assert city.place_id != regency.place_id


def test_the_word_for_the_kind_tells_the_city_from_the_province(session: Session) -> None:
    city, province = (places.find(session, name)[0] for name in ("เทศบาลนครเชียงใหม่", "จังหวัดเชียงใหม่"))
    assert (city.kind, province.kind) == ("town", "province")


def test_a_misspelt_name_is_offered_but_never_certain(session: Session) -> None:
    found = places.find(session, "Balikpapn")
    assert not found[0].exact
    assert not places.certain(found)


def test_no_more_candidates_than_asked_for(session: Session) -> None:
    assert len(places.find(session, "San Jose", limit=3)) == 3


def test_nothing_is_certain_about_no_candidate() -> None:
    assert not places.certain([])


def test_a_place_is_called_its_own_name_in_its_own_language_only(session: Session) -> None:
    vientiane = places.find(session, "Vientiane")[0]
    assert [places.name_of(vientiane, language) for language in ("lo", "th", "en")] == [
        "ວຽງຈັນ",
        "Vientiane",
        "Vientiane",
    ]


def test_a_chosen_place_is_found_again_by_its_id(session: Session) -> None:
    found = places.find(session, "Kota Bogor")[0]
    assert places.get(session, found.place_id) == found
    assert places.get(session, 1) is None


def test_loading_twice_changes_nothing(session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(PlaceName))
    assert places.load(session) is False
    assert session.scalar(select(func.count()).select_from(PlaceName)) == before


def test_a_new_file_replaces_the_names_and_keeps_what_left_it_unlisted(session: Session) -> None:
    session.add(Place(id=1, kind="town", country="ID", english="Gone", local="Gone", weight=5))
    session.add(PlaceName(place_id=1, name="Gone", folded="gone", sketch="gone", rank=0))
    session.execute(text("UPDATE place SET english = 'Elsewhere' WHERE id = 1648473"))
    session.get_one(PlaceLoad, 1).digest = "of another file"
    session.flush()
    assert places.load(session) is True
    assert (session.get_one(Place, 1).listed, session.get_one(Place, 1648473).english) == (False, "Bogor")
    assert places.find(session, "Gone") == []
    assert places.find(session, "Bogor")[0].place_id == 1648473


def test_processes_that_start_at_once_load_once(engine: Engine) -> None:
    with Session(engine) as session:
        session.get_one(PlaceLoad, 1).digest = "of another file"
        session.commit()
    loaded: list[bool] = []

    def start() -> None:
        with Session(engine) as session:
            loaded.append(places.load(session))
            session.commit()

    starters = [threading.Thread(target=start) for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert sorted(loaded) == [False, False, True]


def test_a_look_up_takes_a_few_milliseconds(session: Session) -> None:
    def took(asked: str) -> float:
        start = time.perf_counter()
        places.find(session, asked)
        return time.perf_counter() - start

    times = [took(asked) for asked, *_ in ASKED]
    assert statistics.median(times) < 0.02


@pytest.mark.parametrize(
    ("country", "code", "governments"),
    [
        ("ID", r"\d\d\.\d\d", 514),  # regencies and cities
        ("ID", r"\d\d", 38),
        (
            "PH",
            r"\d{7}000",
            1493 + 149 + 83 + 18,
        ),  # municipalities, cities, provinces with the Special Geographic Area, regions
        ("TH", r"\d\d", 77),
        ("TH", r"\d{4}", 928),
        ("KH", r"\d\d", 25),
        ("KH", r"\d{4}", 210),
        ("VN", r"\d\d", 34),
        ("VN", r"\d{5}", 3321),
        ("LA", r"\d\d", 18),
        ("MY", r"MY-\d\d", 16),
        ("TL", r"TL-..", 13),
        ("BN", r"BN-..", 4),
    ],
)
def test_the_official_lists_are_complete(country: str, code: str, governments: int) -> None:
    listed = [row.code for row in place_file.places() if row.country == country and re.fullmatch(code, row.code or "")]
    assert len(set(listed)) == governments


def test_no_code_belongs_to_two_governments_of_one_list() -> None:
    lists = ("ID", "PH", "TH", "KH", "VN", "MM", "LA", "TL")
    codes = Counter((row.country, row.code) for row in place_file.places() if row.code and row.country in lists)
    assert [code for code, times in codes.items() if times > 1] == []


def test_a_place_far_away_gives_way_to_one_of_the_region(session: Session) -> None:
    found = places.find(session, "Georgetown", limit=20)
    assert found[0].country == "MY"
    assert "AU" in {place.country for place in found}


def test_a_place_far_away_is_meant_in_its_own_country(session: Session) -> None:
    assert places.find(session, "Victoria", country="MY")[0].country == "MY"
    assert places.find(session, "George Town, Australia")[0].country == "AU"


@pytest.mark.parametrize(
    "asked", ["yang mau ikut", "surat dari kami", "rumah kami di pinggir kali", "can a province join"]
)
def test_ordinary_words_are_no_place_far_away(session: Session, asked: str) -> None:
    assert [place.name for place in places.find(session, asked) if place.exact] == []


def test_a_ward_is_told_from_the_district_it_is_named_after(session: Session) -> None:
    ward, district = (places.find(session, name, country="VN")[0] for name in ("phường Ba Đình", "quận Ba Đình"))
    assert (ward.code, district.code) == ("00004", "001")


@pytest.mark.parametrize(("old", "new"), [("tỉnh Hà Giang", "08"), ("tỉnh Long An", "80"), ("tinh Soc Trang", "92")])
def test_a_dissolved_province_leads_to_the_one_it_belongs_to(session: Session, old: str, new: str) -> None:
    assert places.find(session, old)[0].code == new
