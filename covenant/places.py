"""Finds the municipality a person means, in any script or spelling, or by where they are."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from covenant.place_load import load
from covenant.place_rank import Entry, Hit, guess, is_told_by, judge
from covenant.place_text import PlaceText
from covenant.place_words import sketch
from db.place import NameRank, Place, PlaceKind, PlaceName
from locales.languages import COUNTRY_LANGUAGE
from locales.writing import in_unicode

ALIKE = 0.25  # share of common trigrams from which a name is looked at as a guess
MOST_ALIKE = 40
LONGEST = 60  # letters of a name that is worth a guess
SURE = 0.93
CLEAR, CLEAR_OF_PROVINCE = 0.025, 0.012  # how much better than a namesake; than the province named after the city
KIND_UNSAID = 0.1  # a district named without its word is so much less good a match than the city
NEAR = 0.75  # degrees, some 80 km
DOMINANCE = 10  # times larger than every namesake: who names a city means the large one

__all__ = ["Candidate", "about", "certain", "find", "get", "load", "name_of", "near", "province_of"]


class Named(Protocol):
    """What has an English and a local name in a country."""

    @property
    def name(self) -> str:
        """Its English name."""

    @property
    def local_name(self) -> str:
        """What it calls itself."""

    @property
    def country(self) -> str:
        """Its ISO country."""


@dataclass(frozen=True)
class Candidate:
    """A place that may be meant. `weight` ranks: its people, or for a province or district those of its towns."""

    place_id: int
    name: str
    local_name: str
    province: str | None
    country: str
    kind: PlaceKind
    code: str | None
    population: int | None
    weight: int
    score: float
    exact: bool


_COLUMNS = (
    PlaceName.name, PlaceName.folded, PlaceName.rank, Place.id, Place.kind, Place.country, Place.english, Place.local,
    Place.province, Place.province_id, Place.district_id, Place.code, Place.population, Place.weight,
)  # fmt: skip


def find(session: Session, text: str, country: str | None = None, limit: int = 5) -> list[Candidate]:
    """Return the places that `text` may mean, the best first: by match, then by size; none for a text without a place.

    `country` is where the person probably is: its places come before equal ones elsewhere.
    """
    read = PlaceText(in_unicode(text))
    hits = judge(read, _exact(session, read.spans), country)
    guesses = [] if hits and is_told_by(read, hits[0]) else _guessed(session, read, country)
    found = [_candidate(hit, exact=False) for hit in guesses] + [_candidate(hit, exact=True) for hit in hits]
    return found[:limit]


def certain(candidates: Sequence[Candidate]) -> bool:
    """Tell whether the first candidate, and no other, must be meant."""
    if not candidates or not candidates[0].exact or candidates[0].score < SURE:
        return False
    first, *others = candidates
    return not any(_is_rival(other, first) for other in others)


def _is_rival(other: Candidate, first: Candidate) -> bool:
    if _is_around(other, first):
        return True
    gap = CLEAR if other.kind is PlaceKind.TOWN else CLEAR_OF_PROVINCE
    return other.exact and other.score > first.score - gap and other.weight * DOMINANCE > first.weight


def _is_around(other: Candidate, first: Candidate) -> bool:
    """Whether a bare "Bogor" may also mean the regency around the city, which is a government of its own."""
    is_pair = (first.kind, other.kind) == (PlaceKind.TOWN, PlaceKind.DISTRICT) and first.country == other.country
    return is_pair and other.name.startswith(f"{first.name} ") and other.score > first.score - KIND_UNSAID


def name_of(place: Named, language: str) -> str:
    """Return what `place` is called in `language`: its own name in its own language, else the English one."""
    return place.local_name if COUNTRY_LANGUAGE.get(place.country) == language else place.name


def get(session: Session, place_id: int) -> Candidate | None:
    """Return the place with this id as somebody's sure choice, None when there is none."""
    place = session.get(Place, place_id)
    if place is None:
        return None
    return Candidate(
        place.id, place.english, place.local, place.province, place.country, PlaceKind(place.kind), place.code,
        place.population, place.weight, score=1.0, exact=True,
    )  # fmt: skip


def province_of(session: Session, place_id: int, language: str) -> str | None:
    """Return what the place's province is called in `language`, None where it has none."""
    place = session.get(Place, place_id)
    province = get(session, place.province_id) if place and place.province_id else None
    return name_of(province, language) if province else (place.province if place else None)


def near(session: Session, latitude: float, longitude: float, limit: int = 4) -> list[Candidate]:
    """Return the local governments around a position, the nearest first; none where nothing is within some 80 km."""
    # A degree is shorter the further from the equator; for choosing among neighbours the flat picture is enough.
    east = (Place.longitude - longitude) * math.cos(math.radians(latitude))
    distance = func.sqrt(func.power(Place.latitude - latitude, 2) + func.power(east, 2))
    is_local = Place.kind.in_((PlaceKind.TOWN, PlaceKind.DISTRICT)) & Place.listed.is_(True)
    query = select(Place.id).where(is_local, distance < NEAR).order_by(distance).limit(limit)
    found = (get(session, place_id) for place_id in session.scalars(query))
    return [one for one in found if one]


def _exact(session: Session, names: Collection[str]) -> list[Entry]:
    return _entries(session, PlaceName.folded == func.any(list(names))) if names else []


def _guessed(session: Session, read: PlaceText, country: str | None) -> list[Hit]:
    wanted = [name for name in read.guesses() if name not in read.words.ordinary and len(name) <= LONGEST]
    return guess(read, {name: _alike(session, name) for name in wanted}, country)


def _alike(session: Session, name: str) -> list[Entry]:
    session.execute(select(func.set_config("pg_trgm.similarity_threshold", str(ALIKE), True)))  # noqa: FBT003
    shadow = sketch(name)
    near = select(PlaceName.id).where(PlaceName.sketch.bool_op("%")(shadow))
    nearest = near.order_by(func.similarity(PlaceName.sketch, shadow).desc()).limit(MOST_ALIKE)
    return _entries(session, PlaceName.id.in_(nearest))


def _entries(session: Session, condition: ColumnElement[bool]) -> list[Entry]:
    rows = session.execute(select(*_COLUMNS).join(Place, Place.id == PlaceName.place_id).where(condition))
    return [
        Entry(spelt, folded, NameRank(rank), place, PlaceKind(kind), *rest)
        for spelt, folded, rank, place, kind, *rest in rows
    ]


def _candidate(hit: Hit, *, exact: bool) -> Candidate:
    entry = hit.entry
    return Candidate(
        entry.place_id, entry.name, entry.local_name, entry.province, entry.country, entry.kind, entry.code,
        entry.population, entry.weight, round(hit.score, 3), exact,
    )  # fmt: skip


def about(people: int) -> int:
    """Round a population to two figures: who knows the town needs no more."""
    return round(people, 2 - len(str(people)))
