"""Writes the gazetteer's file from GeoNames: `make places`."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from covenant.place_file import PlaceRow, write
from covenant.place_words import compact
from db.place import PlaceKind
from tools.place_naming import PLAIN_COUNTRIES, core, english_of_town, english_of_unit, local, plain, useful
from tools.place_sources import COUNTRIES, Sources, Town, Unit

TARGET = Path(__file__).parent.parent / "covenant/data/places.tsv.xz"
VILLAGE_NAMES = 3  # a place of unknown size with at least so many names is more than a village
PARTS_OF_A_CITY = ("Quận ", "Phường ")
REGENCY = "Kabupaten "

log = logging.getLogger(__name__)


@dataclass
class Draft:
    """A place while it is put together."""

    id: int
    kind: PlaceKind
    country: str
    english: str
    local: str = ""
    province: int | None = None
    district: int | None = None
    code: str | None = None
    population: int = 0
    weight: int = 0
    place: tuple[float, float] | None = None
    names: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # names of our own choice

    def row(self) -> PlaceRow:
        """Return the place as the file has it."""
        north, east = self.place or (None, None)
        return PlaceRow(
            self.id, self.kind, self.country, self.english, self.local, self.province, self.district, self.code,
            self.population or None, self.weight, north, east, tuple(self.names),
        )  # fmt: skip


def _kind_of_unit(unit: Unit) -> PlaceKind:
    is_province = unit.level == 1 or (unit.country == "PH" and not unit.name.endswith(" City"))
    return PlaceKind.PROVINCE if is_province else PlaceKind.DISTRICT


def _from_unit(unit: Unit) -> Draft:
    kind = _kind_of_unit(unit)
    bare = () if unit.name.startswith(REGENCY) else (core(unit.name, unit.country),)  # "Bogor" is rather the city
    names = [unit.name, *bare, *unit.aliases]
    english = english_of_unit(unit.name, unit.aliases, unit.country, kind)
    own = "" if unit.country in PLAIN_COUNTRIES or unit.name.startswith(REGENCY) else core(unit.name, unit.country)
    return Draft(unit.id, kind, unit.country, english, own, province=unit.parent, code=unit.code, names=names)


def _from_town(town: Town, units: dict[int, Unit]) -> Draft:
    is_village = town.population == 0 and len(town.aliases) < VILLAGE_NAMES
    district = units.get(town.district or 0)
    is_in_province = district is not None and _kind_of_unit(district) is PlaceKind.PROVINCE
    return Draft(
        town.id,
        PlaceKind.VILLAGE if is_village else PlaceKind.TOWN,
        town.country,
        english_of_town(town.name, town.country),
        province=town.district if is_in_province else town.province,
        district=None if is_in_province else town.district,
        population=town.population,
        weight=town.population,
        place=(town.latitude, town.longitude),
        names=[town.name, *town.aliases],
    )


class Gazetteer:
    """All places under way, from the sources to the rows of the file."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        towns = (town for town in sources.towns.values() if not town.name.startswith(PARTS_OF_A_CITY))
        self.towns = {town.id: _from_town(town, sources.units) for town in towns}
        self.units = {unit.id: _from_unit(unit) for unit in sources.units.values()}
        self.became: dict[int, int] = {}

    def weigh(self) -> None:
        """Give provinces and districts the weight of the towns in them, for ranking only."""
        for town in self.towns.values():
            for unit in (town.province, town.district):
                if unit in self.units:
                    self.units[unit].weight += town.population

    def merge(self) -> None:
        """Make one place of a town and of the district that is that town."""
        inside: dict[int, list[Draft]] = defaultdict(list)
        for town in self.towns.values():
            for around in {town.province, town.district} - {None}:
                inside[around or 0].append(town)
        for unit in list(self.units.values()):
            if self._may_be_a_town(unit) and (namesake := self._namesake(unit, inside)):
                self._join(unit, namesake)

    def _may_be_a_town(self, unit: Draft) -> bool:
        if unit.code in self.sources.curated["cities_that_are_provinces"]:
            return True
        return unit.kind is PlaceKind.DISTRICT and not unit.names[0].startswith(REGENCY)

    def _namesake(self, unit: Draft, inside: dict[int, list[Draft]]) -> Draft | None:
        wanted = {compact(core(name, unit.country)) for name in (unit.english, *unit.names)} - {""}
        near = [*inside[unit.id], *([] if inside[unit.id] else inside[unit.province or 0])]
        same = [town for town in near if wanted & set(map(compact, (town.english, *town.names)))]
        return max(same, key=lambda town: (town.population, -town.id), default=None)

    def _join(self, unit: Draft, town: Draft) -> None:
        town.names += unit.names
        town.code = town.code or unit.code
        town.kind = PlaceKind.TOWN
        town.weight = max(town.weight, 1)
        self.became[unit.id] = town.id
        del self.units[unit.id]

    def correct(self) -> None:
        """Apply our own corrections; a key that fits no place is told, since the source may have renamed it."""
        for country in COUNTRIES:
            for key, change in self.sources.curated[country].items():
                found = self._find(country, key)
                if found is None:
                    log.warning("places.names.yml: nothing in %s is called %s", country, key)
                    continue
                self._change(found, change)

    def _find(self, country: str, key: str | int) -> Draft | None:
        if isinstance(key, int):
            return self.units.get(key) or self.towns.get(key)
        code = key if key.startswith(f"{country}.") else f"{country}.{key}"
        if unit := next((unit for unit in self.units.values() if unit.code == code), None):
            return unit
        same = [
            town
            for town in self.towns.values()
            if town.country == country and plain(key) in {plain(town.english), *town.names}
        ]
        return max(same, key=lambda town: town.population, default=None)

    @staticmethod
    def _change(draft: Draft, change: dict[str, Any]) -> None:
        draft.names.append(draft.english)
        draft.kept += change.get("names", ())
        draft.english = change.get("english", draft.english)
        draft.local = change.get("local", draft.local)

    def rows(self) -> Iterator[PlaceRow]:
        """Yield the finished places."""
        never = frozenset(self.sources.curated["never"])
        for draft in (*self.units.values(), *self.towns.values()):
            draft.province = self._outside(draft.province, draft)
            draft.district = self._outside(draft.district, draft)
            draft.names = sorted({*useful(draft.names, draft.english, draft.country, never), *draft.kept})
            draft.local = draft.local or local(draft.names, draft.english, draft.country, draft.kind)
            draft.names = [name for name in draft.names if name not in {draft.english, draft.local}]
            yield draft.row()

    def _outside(self, unit: int | None, draft: Draft) -> int | None:
        found = self.became.get(unit or 0, unit)
        return found if found != draft.id and (found in self.units or found in self.towns) else None


def main() -> None:
    """Build the file."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sources = Sources()
    gazetteer = Gazetteer(sources)
    gazetteer.weigh()
    gazetteer.merge()
    gazetteer.correct()
    rows = list(gazetteer.rows())
    write(TARGET, sources.header(), rows)
    log.info("%d places, %d bytes", len(rows), TARGET.stat().st_size)


if __name__ == "__main__":
    main()
