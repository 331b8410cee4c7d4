"""The bridge to the report: headings of the Common Reporting Framework, what is held of each, what is missing. Pure.

A fact that nobody confirmed to us is told as such: `Item.is_certain` says which. What a town holds comes from
`covenant.holdings`.
"""

import functools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from covenant.milestones import CONFIRMED, schedule
from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "reporting.yml"
DOCUMENT = "document"  # the item for which evidence of the heading's milestone is handed in


@dataclass(frozen=True)
class Item:
    """What a heading asks: its name as `heading.item`, its response names, whether it can be missing, its source."""

    name: str
    label: str
    asked: str
    is_extra: bool
    status: str
    source: str

    @property
    def is_certain(self) -> bool:
        """Whether it is a confirmed fact that this is asked."""
        return self.status == CONFIRMED


@dataclass(frozen=True)
class Heading:
    """A heading of the framework: the response name of its title, the milestone it belongs to, what it asks."""

    name: str
    label: str
    milestone: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Fact:
    """Something that a record holds of an item: the value and the record as arguments of a message, and its day.

    `is_returned`: the secretariat has sent it back to be changed.
    """

    item: str
    value: Any
    record: Any
    day: date
    is_returned: bool = False


class State(StrEnum):
    """How much of a heading is held. `NOT_NEEDED`: the secretariat has said that the town does not owe it."""

    HELD = "held"
    PARTLY = "partly"
    MISSING = "missing"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class Row:
    """An item with what is held of it. It can be `missing`, or `returned`: held, but to be changed."""

    item: Item
    facts: tuple[Fact, ...]
    is_missing: bool

    @property
    def is_returned(self) -> bool:
        """Whether all that is held of it was sent back."""
        return bool(self.facts) and all(one.is_returned for one in self.facts)

    @property
    def is_open(self) -> bool:
        """Whether something is to be done about it before the report."""
        return self.is_missing or (self.is_returned and not self.item.is_extra)


@dataclass(frozen=True)
class Section:
    """A heading as one town has it."""

    heading: Heading
    rows: tuple[Row, ...]
    state: State

    @property
    def held(self) -> tuple[Row, ...]:
        """What is held, also what was sent back to be changed."""
        return tuple(row for row in self.rows if row.facts)

    @property
    def missing(self) -> tuple[Row, ...]:
        """What is not held."""
        return tuple(row for row in self.rows if row.is_missing)

    @property
    def open(self) -> tuple[Row, ...]:
        """What is missing or was sent back; nothing where the heading is not needed."""
        return () if self.state == State.NOT_NEEDED else tuple(row for row in self.rows if row.is_open)

    @property
    def is_certain(self) -> bool:
        """Whether it is a confirmed fact that anything of this heading is asked."""
        return any(row.item.is_certain for row in self.rows)


@functools.cache
def framework() -> tuple[Heading, ...]:
    """Return the headings that the data file has, in their order."""
    return tuple(_heading(row) for row in read_yaml(FILE)["headings"])


def _heading(row: Mapping[str, Any]) -> Heading:
    milestone = row.get("milestone")
    items = tuple(_item(row["heading"], milestone, one) for one in row["items"])
    return Heading(row["heading"], milestone or row["key"], milestone, items)


def _item(heading: str, milestone: str | None, row: Mapping[str, Any]) -> Item:
    contents = schedule().rule(milestone).contents if milestone and row["item"] == DOCUMENT else None
    return Item(
        name=f"{heading}.{row['item']}",
        label=row["says"],
        asked=contents or row["says"],
        is_extra=row.get("extra", False),
        status=row["status"],
        source=row["source"],
    )


def heading_of(milestone: str) -> Heading | None:
    """Return the heading to which a milestone belongs, None where the framework has none for it."""
    return next((one for one in framework() if one.milestone == milestone), None)


def overview(facts: Iterable[Fact], waived: Collection[str] = ()) -> tuple[Section, ...]:
    """Return every heading with what is held and what is missing; `waived` are milestones that a town does not owe."""
    held: dict[str, list[Fact]] = {}
    for fact in facts:
        held.setdefault(fact.item, []).append(fact)
    return tuple(_section(one, held, is_waived=one.milestone in waived) for one in framework())


def _section(heading: Heading, held: Mapping[str, list[Fact]], *, is_waived: bool) -> Section:
    rows = tuple(_row(item, tuple(held.get(item.name, ())), is_waived=is_waived) for item in heading.items)
    return Section(heading, rows, State.NOT_NEEDED if is_waived else _state(rows))


def _row(item: Item, facts: tuple[Fact, ...], *, is_waived: bool) -> Row:
    return Row(item, facts, is_missing=not (facts or item.is_extra or is_waived))


def _state(rows: Iterable[Row]) -> State:
    rows = tuple(rows)
    if not any(row.is_open for row in rows):
        return State.HELD
    return State.PARTLY if any(row.facts for row in rows) else State.MISSING


def begin_with(sections: Iterable[Section], due: Mapping[str, date]) -> Section | None:
    """Return the section to begin with, None where nothing is open.

    The commitment goes first, then what is missing altogether, then what is due earliest by `due`, milestones to dates.
    """

    def weight(section: Section) -> tuple[bool, bool, date]:
        milestone = section.heading.milestone
        return bool(milestone), section.state != State.MISSING, due.get(milestone or "", date.max)

    return min((one for one in sections if one.open), key=weight, default=None)
