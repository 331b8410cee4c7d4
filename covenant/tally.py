"""How many pledges there are and how many people they want to reach; the method is told in docs/tally.md.

Pledges of one place, or of places one of which lies in the other, may reach the same people, so that nobody can say how
many people all of them reach: what can be said is a range in which the number lies.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.place import Place, PlaceKind
from db.pledges import Area, Attribute, Campaign, Pledge, PledgeState
from db.records import Municipality

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Range:
    """A number of people: `low` at least, `high` at most."""

    low: int
    high: int


@dataclass(frozen=True)
class Counted:
    """What is counted of a pledge; nothing of it is personal.

    `path` leads from the country to the pledge's place, through what contains it; () where not even the country is
    known. `hazards` are codes of the framework. `people` is None where the pledge names no number.
    """

    reference: str
    verified: bool
    campaign: Campaign
    country: str | None = None
    path: Path = ()
    hazards: frozenset[str] = frozenset()
    area: Area | None = None
    attributes: frozenset[Attribute] = frozenset()
    people: Range | None = None


@dataclass(frozen=True)
class Count:
    """How many pledges, and the people whom they want to reach."""

    pledges: int
    people: Range


@dataclass(frozen=True)
class Part:
    """The count of a part of the pledges, and the counts by each of `BREAKDOWNS` and its values."""

    whole: Count
    by: Mapping[str, Mapping[str, Count]]


@dataclass(frozen=True)
class Tally:
    """What the secretariat has verified, and what waits for it or was returned; a pledge is in one of them only."""

    verified: Part
    unverified: Part


def _categories(row: Counted) -> set[str]:
    return {code.partition(":")[0] for code in row.hazards}


BREAKDOWNS: Mapping[str, Callable[[Counted], Collection[str]]] = {
    "campaign": lambda row: [row.campaign],
    "country": lambda row: [row.country] if row.country else [],
    "hazard": _categories,
    "area": lambda row: [row.area] if row.area else [],
    "attribute": lambda row: row.attributes,
}


def people_of(rows: Iterable[Counted]) -> Range:
    """Return the range in which the number of different people lies whom these pledges want to reach.

    At most it is the sum. At least it is, at each place, the largest pledge made for it or the sum of what is at least
    reached in the places within it, whichever is more. A pledge without a number adds nothing.
    """
    own: dict[Path, int] = defaultdict(int)
    high = 0
    for row in once(rows):
        if row.people:
            own[row.path] = max(own[row.path], row.people.low)
            high += row.people.high
    places = {path[:length] for path in own for length in range(1, len(path) + 1)}
    within: dict[Path, int] = defaultdict(int)
    for path in sorted(places, key=len, reverse=True):
        within[path[:-1]] += max(own.get(path, 0), within[path])
    return Range(max(own.get((), 0), within[()]), high)


def once(rows: Iterable[Counted]) -> list[Counted]:
    """Return each pledge once; ValueError where two rows of one reference differ, since one must be wrong."""
    found: dict[str, Counted] = {}
    for row in rows:
        if found.setdefault(row.reference, row) != row:
            message = f"Two different pledges have the reference {row.reference}."
            raise ValueError(message)
    return list(found.values())


def tally(rows: Iterable[Counted]) -> Tally:
    """Count pledges, the verified and the unverified apart; ValueError where two of one reference differ."""
    each = once(rows)
    return Tally(
        verified=_part([row for row in each if row.verified]),
        unverified=_part([row for row in each if not row.verified]),
    )


def _part(rows: Sequence[Counted]) -> Part:
    return Part(_count(rows), {name: _broken_down(rows, values) for name, values in BREAKDOWNS.items()})


def _broken_down(rows: Sequence[Counted], values_of: Callable[[Counted], Collection[str]]) -> dict[str, Count]:
    having: dict[str, list[Counted]] = defaultdict(list)
    for row in rows:
        for value in values_of(row):
            having[str(value)].append(row)
    return {value: _count(having[value]) for value in sorted(having)}


def _count(rows: Sequence[Counted]) -> Count:
    return Count(len(rows), people_of(rows))


def counted(session: Session) -> list[Counted]:
    """Return what is counted of every pledge that was not withdrawn; one that was returned is unverified."""
    query = (
        select(Pledge, Place, func.coalesce(Municipality.country, Place.country, Pledge.country))
        .outerjoin(Municipality, Municipality.id == Pledge.municipality_id)
        .outerjoin(Place, Place.id == func.coalesce(Municipality.place_id, Pledge.place_id))
        .where(Pledge.state != PledgeState.WITHDRAWN)
        .order_by(Pledge.id)
    )
    return [_counted(*row) for row in session.execute(query)]


def _counted(pledge: Pledge, place: Place | None, country: str | None) -> Counted:
    low, high = pledge.people_min, pledge.people_max
    return Counted(
        reference=pledge.reference,
        verified=pledge.state == PledgeState.VERIFIED,
        campaign=pledge.campaign,
        country=country,
        path=_path(place, country),
        hazards=frozenset(pledge.hazards),
        area=pledge.area,
        attributes=frozenset(Attribute(one) for one in pledge.attributes),
        people=None if low is None else Range(low, max(low, high or 0)),
    )


def _path(place: Place | None, country: str | None) -> Path:
    """A place that we do not list, or whose province we do not know, may be anywhere in its country."""
    is_settled = place is not None and (place.province_id is not None or place.kind == PlaceKind.PROVINCE)
    steps = [country, place.province_id, place.district_id, place.id] if place and is_settled else [country]
    return tuple(dict.fromkeys(step for step in steps if step is not None))
