"""Writes the gazetteer's file from GeoNames: `make places`."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from covenant.place_file import PlaceRow, write
from covenant.place_words import compact
from db.place import PlaceKind
from tools.place_draft import REGENCY, Draft
from tools.place_joining import ADDED, Joining, without_doubles
from tools.place_lists import Official, officials
from tools.place_naming import (
    PLAIN_COUNTRIES,
    core,
    english_of_town,
    english_of_unit,
    local,
    plain,
    useful,
    useful_far,
)  # fmt: skip
from tools.place_numbers import number
from tools.place_sources import COUNTRIES, FAR, ISO_CODED, Sources, Town, Unit

TARGET = Path(__file__).parent.parent / "covenant/data/places.tsv.xz"
VILLAGE_NAMES = 3  # a place of unknown size with at least so many names is more than a village
ONE_LEVEL = {"LA"}  # where one word means a district as well as a town
PARTS_OF_A_CITY = ("Quận ", "Phường ")

log = logging.getLogger(__name__)


def _kind_of_unit(unit: Unit) -> PlaceKind:
    is_province = unit.level == 1 or (unit.country == "PH" and not unit.name.endswith(" City"))
    return PlaceKind.PROVINCE if is_province else PlaceKind.DISTRICT


def _from_unit(unit: Unit) -> Draft:
    kind = _kind_of_unit(unit)
    bare = () if unit.name.startswith(REGENCY) else (core(unit.name, unit.country),)  # "Bogor" is rather the city
    names = [unit.name, *bare, *unit.aliases]
    english = english_of_unit(unit.name, unit.aliases, unit.country, kind)
    own = "" if unit.country in PLAIN_COUNTRIES or unit.name.startswith(REGENCY) else core(unit.name, unit.country)
    iso = unit.iso if unit.country in ISO_CODED and unit.level == 1 else None
    return Draft(
        unit.id, kind, unit.country, english, own, province=unit.parent, code=unit.code, official=iso, names=names
    )


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
        never = set(sources.curated["never"])
        for draft in self.towns.values():
            draft.names = [name for name in draft.names if name not in never and not name.startswith(REGENCY)]

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
        for unit_id, town_id in self.sources.curated["same"].items():
            one, town = self.units.get(unit_id) or self.towns[unit_id], self.towns[town_id]
            town.province = one.province
            self._join(one, town)
        for unit in list(self.units.values()):
            if self._may_be_a_town(unit) and (namesake := self._namesake(unit, inside)):
                self._join(unit, namesake)

    def _may_be_a_town(self, unit: Draft) -> bool:
        if unit.code in self.sources.curated["cities_that_are_provinces"]:
            return True
        return unit.kind is PlaceKind.DISTRICT and not unit.is_regency

    def _namesake(self, unit: Draft, inside: dict[int, list[Draft]]) -> Draft | None:
        wanted = {compact(core(name, unit.country)) for name in (unit.english, *unit.names)} - {""}
        near = [*inside[unit.id], *([] if inside[unit.id] else inside[unit.province or 0])]
        same = [town for town in near if wanted & set(map(compact, (town.english, *town.names)))]
        return max(same, key=lambda town: (town.population, -town.id), default=None)

    def _join(self, unit: Draft, town: Draft) -> None:
        town.names += unit.names
        town.code = unit.code if unit.is_province else town.code or unit.code
        town.official = town.official or unit.official
        town.kind = PlaceKind.TOWN
        town.weight = max(town.weight, 1)
        self.became[unit.id] = town.id
        self._forget(unit)

    def join(self) -> None:
        """Lay the official lists over the places: codes, names, and the units that GeoNames lacks."""
        self._settle()
        number(self._drafts())
        lists: dict[str, list[Official]] = defaultdict(list)
        for unit in (*officials(), *self._added()):
            lists[unit.country].append(unit)
        for country, units in lists.items():
            self._lay_over(country, units)
        for draft in self.units.values():
            if draft.country in ONE_LEVEL and draft.kind is PlaceKind.DISTRICT:
                draft.kind = PlaceKind.TOWN
        self._settle()

    def _lay_over(self, country: str, units: list[Official]) -> None:
        drafts = [draft for draft in self._drafts() if draft.country == country]
        known = self.sources.curated["listed"].get(country, {})
        joining = Joining(country, drafts, without_doubles(units), known)
        made = list(joining.run())
        for district, town in joining.folded:
            self._join(district, town)
        for draft in joining.unknown:
            self._forget(draft)
        self.units.update((draft.id, draft) for draft in made)
        log.info("%s: %d official units, %d of them new", country, len(units), len(made))

    def _drafts(self) -> Iterator[Draft]:
        yield from self.units.values()
        yield from self.towns.values()

    def _forget(self, draft: Draft) -> None:
        self.units.pop(draft.id, None)
        self.towns.pop(draft.id, None)

    def _settle(self) -> None:
        """Let every place lie in what its province or district became."""
        for draft in self._drafts():
            draft.province = self._outside(draft.province, draft)
            draft.district = self._outside(draft.district, draft)

    def _added(self) -> Iterator[Official]:
        """Yield municipalities that no source has."""
        for country, places in self.sources.curated["added"].items():
            for number_, raw in places.items():
                at = (raw["at"][0], raw["at"][1])
                names = tuple(raw.get("names", ()))
                local_name = raw.get("local", raw["english"])
                yield Official(
                    country, PlaceKind.TOWN, f"{ADDED}{number_}", raw["english"], local_name, (local_name, *names),
                    raw["province"], population=raw["population"], place=at,
                )  # fmt: skip

    def correct(self) -> None:
        """Apply our own corrections; a key that fits no place is told, since the source may have renamed it."""
        for country in COUNTRIES:
            for key, change in self.sources.curated[country].items():
                found = self._find(country, key)
                if found is None:
                    log.warning("places.names.yml: nothing in %s is called %s", country, key)
                    continue
                self._change(found, change)
            self._name_natively(country)

    def _name_natively(self, country: str) -> None:
        native = self.sources.curated["native"].get(country, {})
        for draft in self._drafts():
            if draft.country == country and draft.official in native:
                name = native[draft.official]
                draft.kept += [name, draft.english]
                draft.english = draft.english.removeprefix("Ban ").replace("-", " ").removeprefix("Muang ")
                draft.local = draft.local or name

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
        found = max(same, key=lambda town: town.population, default=None)
        return found or next(
            (unit for unit in self.units.values() if (unit.country, unit.english) == (country, key)), None
        )

    @staticmethod
    def _change(draft: Draft, change: dict[str, Any]) -> None:
        draft.names.append(draft.english)
        draft.kept += change.get("names", ())
        draft.english = change.get("english", draft.english)
        draft.local = change.get("local", draft.local)

    def rows(self) -> Iterator[PlaceRow]:
        """Yield the finished places."""
        for draft in self._drafts():
            draft.names = sorted({*self._useful(draft), *draft.kept})
            draft.local = draft.local or local(draft.names, draft.english, draft.country, draft.kind)
            draft.names = [name for name in draft.names if name not in {draft.english, draft.local}]
            yield draft.row()

    def _useful(self, draft: Draft) -> list[str]:
        if draft.country in FAR:
            return useful_far(draft.names, draft.english, draft.country, draft.population)
        return useful(draft.names, draft.english, draft.country, frozenset(self.sources.curated["never"]))

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
    gazetteer.join()
    gazetteer.correct()
    rows = list(gazetteer.rows())
    write(TARGET, sources.header(), rows)
    log.info("%d places, %d bytes", len(rows), TARGET.stat().st_size)


if __name__ == "__main__":
    main()
