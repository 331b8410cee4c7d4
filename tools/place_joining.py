"""Joins the official lists to the places of GeoNames: which draft is which official unit, and which are missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import cos, hypot, radians

from rapidfuzz.fuzz import ratio

from covenant.place_words import compact
from db.place import PlaceKind
from tools.place_draft import Draft
from tools.place_lists import Official
from tools.place_naming import core

NUMBERS = {"MY": 458, "ID": 360, "PH": 608, "TH": 764, "KH": 116, "VN": 704, "MM": 104}  # ISO 3166-1
FITTING = {
    PlaceKind.PROVINCE: {PlaceKind.PROVINCE},
    PlaceKind.DISTRICT: {PlaceKind.DISTRICT, PlaceKind.TOWN},
    PlaceKind.TOWN: {PlaceKind.TOWN, PlaceKind.VILLAGE},
    PlaceKind.VILLAGE: {PlaceKind.VILLAGE},
}
RENUMBERED = ("KH",)  # countries of which GeoNames has numbers that are no longer given
ADDED = "+"  # begins the number of a municipality that we added: it has no code
NEAR, NEAR_ALIKE = 35.0, 80.0  # km: two places of one name that are one; that are of one size too
NEIGHBOUR, ALIKE = 20.0, 80  # km and per cent: two spellings of one place
ONE_SIZE = 2  # times more people
DEGREE = 111.0  # km
COMPLETE = ("ID", "PH")  # countries whose list has every municipality: what else GeoNames calls one is none


def new_id(unit: Official) -> int:
    """Return an id no GeoNames place has: the country's number, then the official one."""
    digits = "".join(filter(str.isdigit, unit.code))
    kind = 1 if unit.former else 0  # a dissolved unit may share its number with a new one of another length
    return (NUMBERS[unit.country] * 10 + kind) * 10**12 + int(digits) * 10 + len(digits) % 10


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how many kilometres lie between two places of one country."""
    north = one[0] - other[0]
    east = (one[1] - other[1]) * cos(radians(one[0]))
    return DEGREE * hypot(north, east)


def _has_size_of(draft: Draft, population: int) -> bool:
    return population > 0 and population / ONE_SIZE <= draft.population <= population * ONE_SIZE


class Joining:
    """One country's official list laid over its drafts."""

    def __init__(
        self, country: str, drafts: Iterable[Draft], units: Iterable[Official], known: Mapping[str, int]
    ) -> None:
        """`known` has the GeoNames ids of units whose two names differ too much."""
        self.country = country
        self.known = known
        self.drafts = {draft.id: draft for draft in drafts}
        self.units = list(units)
        self.found: dict[str, Draft] = {}
        self.taken: set[int] = set()
        self.unknown: list[Draft] = []
        self.folded: list[tuple[Draft, Draft]] = []  # districts that are the town beside them
        self.named: dict[str, list[Draft]] = defaultdict(list)
        self.coded: dict[str, Draft] = {}
        for draft in self.drafts.values():
            for name in self._names_of(draft):
                self.named[name].append(draft)
            if draft.code and draft.code.count(".") > 1:
                self.coded[draft.code.rpartition(".")[2]] = draft
            elif draft.official:
                self.found[draft.official] = draft

    def _names_of(self, draft: Draft) -> set[str]:
        every = (draft.english, *draft.names)
        if draft.is_regency:
            return set(map(compact, every))
        return {form for name in every for form in (compact(name), compact(core(name, self.country)))}

    def _wanted(self, unit: Official) -> set[str]:
        every = (unit.english, unit.local, *unit.names)
        if unit.country == "ID" and unit.kind is PlaceKind.DISTRICT:
            return {compact(name) for name in every}
        capital = (name.removeprefix("เมือง").removeprefix("Mueang ") for name in (unit.english, *unit.names))
        return {form for name in (*every, *capital) for form in (compact(name), compact(core(name, unit.country)))} - {
            ""
        }

    def run(self) -> Iterator[Draft]:
        """Give every official unit its draft; yield the drafts that had to be made."""
        order = sorted(self.units, key=lambda unit: unit.code not in self.known)
        left = [unit for unit in order if not self._join(unit, self._same(unit))]
        for unit in left:
            if self._repeats_its_parent(unit) or self._join(unit, self._neighbour(unit)):
                continue
            draft = self._new(unit)
            self._join(unit, draft)
            yield draft
        if self.country in COMPLETE:
            self._demote()
        if self.country in RENUMBERED:
            self._drop_old_codes()

    def _join(self, unit: Official, draft: Draft | None) -> bool:
        if draft is None:
            return False
        self.taken.add(draft.id)
        self.found[unit.code if not unit.former else f"former {unit.code}"] = draft
        draft.official = draft.official if unit.code.startswith(ADDED) else unit.code
        draft.kept += [name for name in (unit.local, *unit.names) if name]
        draft.local = draft.local or unit.short
        if draft.kind is PlaceKind.TOWN and draft.english == unit.english:
            draft.english = draft.english.removeprefix("Mueang ")
        draft.population = unit.population or draft.population
        draft.weight = max(draft.weight, draft.population)
        draft.place = draft.place or unit.place
        if unit.kind is PlaceKind.TOWN:
            draft.kind = PlaceKind.TOWN
        return True

    def _same(self, unit: Official) -> Draft | None:
        """Return the draft that is `unit`: as told, by its number, else by its name near enough."""
        if unit.code in self.known:
            return self._told(unit)
        numbered = self.coded.get(unit.key or "?")
        if numbered and numbered.id not in self.taken:
            return self._town_of(unit, numbered)
        near = [draft for name in self._wanted(unit) for draft in self.named[name] if self._fits(unit, draft)]
        best = max(
            near,
            key=lambda draft: (_has_size_of(draft, unit.population), bool(draft.code), draft.population, -draft.id),
            default=None,
        )
        return self._town_of(unit, best) if best else None

    def _told(self, unit: Official) -> Draft:
        draft = self.drafts[self.known[unit.code]]
        if self.country == "ID" and unit.kind is not PlaceKind.PROVINCE and draft.english != unit.english:
            draft.names.append(draft.english)
            draft.english = unit.english
        return draft

    def _town_of(self, unit: Official, draft: Draft) -> Draft:
        """Return the town that a city's or capital's district is, where GeoNames has the two beside each other."""
        is_seat = unit.kind is PlaceKind.TOWN or unit.english.startswith("Mueang ")
        if not is_seat or draft.kind is not PlaceKind.DISTRICT or draft.is_regency:
            return draft
        towns = {
            town.id: town
            for name in self._wanted(unit)
            for town in self.named[name]
            if town.kind is PlaceKind.TOWN and town.id not in self.taken and self._beside(unit, draft, town)
        }
        town = max(towns.values(), key=lambda town: (town.population, -town.id), default=None)
        if town is None:
            return draft
        self.taken.add(draft.id)
        self.folded.append((draft, town))
        return town

    @staticmethod
    def _beside(unit: Official, draft: Draft, town: Draft) -> bool:
        if unit.place and town.place:
            return distance(unit.place, town.place) <= NEAR
        return town.province == draft.province

    def _fits(self, unit: Official, draft: Draft) -> bool:
        if draft.id in self.taken or not self._may_be(unit.kind, draft):
            return False
        if unit.kind is PlaceKind.PROVINCE:
            return True
        if unit.place and draft.place:
            return distance(unit.place, draft.place) <= (NEAR_ALIKE if _has_size_of(draft, unit.population) else NEAR)
        around = self.found.get(unit.parent or "")
        return around is None or around.id in {draft.province, draft.district}

    def _may_be(self, kind: PlaceKind, draft: Draft) -> bool:
        if kind is PlaceKind.PROVINCE and draft.kind is PlaceKind.TOWN:
            return draft.is_province
        if self.country == "ID" and PlaceKind.DISTRICT in {kind, draft.kind}:
            return draft.is_regency is (kind is PlaceKind.DISTRICT)
        return draft.kind in FITTING[kind]

    def _neighbour(self, unit: Official) -> Draft | None:
        """Return a draft beside `unit` whose name is spelt a little differently."""
        if unit.place is None or unit.kind is PlaceKind.VILLAGE:
            return None
        here = [
            (ratio(compact(unit.english), compact(core(draft.english, self.country))), draft.population, -draft.id)
            for draft in self.drafts.values()
            if draft.place and self._fits(unit, draft) and distance(unit.place, draft.place) <= NEIGHBOUR
        ]
        likeness, _, minus_id = max(here, default=(0, 0, 0))
        return self.drafts[-minus_id] if likeness >= ALIKE else None

    def _repeats_its_parent(self, unit: Official) -> bool:
        """Whether a subdistrict bears the name of the district around it: one of the two is enough to choose."""
        around = self.found.get(unit.parent or "")
        if around is None or unit.kind is not PlaceKind.VILLAGE or unit.country == "VN":
            return False
        return bool(self._wanted(unit) & self._names_of(around) - {""})

    def _new(self, unit: Official) -> Draft:
        province, district = self._where(unit)
        return Draft(
            new_id(unit),
            unit.kind,
            unit.country,
            unit.english,
            unit.local,
            province=province,
            district=district,
            population=unit.population,
            weight=max(unit.population, 1 if unit.kind is PlaceKind.TOWN else 0),
            place=unit.place,
        )

    def _where(self, unit: Official) -> tuple[int | None, int | None]:
        """Return the province and the district `unit` lies in."""
        around = self.found.get(unit.parent or "")
        if around is None:
            return None, None
        if around.kind is PlaceKind.PROVINCE or around.is_province:
            return around.id, None
        return around.province, around.id

    def _demote(self) -> None:
        """Call what the complete list does not have a village, and leave out regencies that it does not know."""
        for draft in self.drafts.values():
            if draft.id in self.taken or draft.kind is PlaceKind.PROVINCE:
                continue
            if draft.is_regency or self._repeats(draft):
                self.unknown.append(draft)
            elif self.country != "ID":  # in Indonesia a town in a regency is a name people use for it
                draft.kind = PlaceKind.VILLAGE

    def _drop_old_codes(self) -> None:
        for draft in self.drafts.values():
            if draft.id not in self.taken and draft.kind is not PlaceKind.PROVINCE and not draft.is_province:
                draft.official = None

    def _repeats(self, draft: Draft) -> bool:
        """Whether GeoNames has a municipality twice."""
        name = compact(core(draft.english, self.country))
        same = (one for one in self.named[name] if one.id in self.taken and compact(one.english).startswith(name))
        return any(_has_size_of(draft, one.population) and self._is_beside(draft, one) for one in same)

    @staticmethod
    def _is_beside(draft: Draft, other: Draft) -> bool:
        return bool(draft.place and other.place and distance(draft.place, other.place) <= NEAR_ALIKE)


def without_doubles(units: Iterable[Official]) -> list[Official]:
    """Return `units` with each code once, the first one kept; a former unit has numbers of its own."""
    once: dict[tuple[str, bool], Official] = {}
    for unit in units:
        once.setdefault((unit.code, unit.former), replace(unit, names=tuple(dict.fromkeys(unit.names))))
    return list(once.values())
