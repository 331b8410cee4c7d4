"""J3: what a committed municipality owes, by when, what belongs in it, and which badges follow. Pure, from a data file.

A fact that nobody confirmed to us is told as such: `Rule.is_certain` says which.
"""

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dateutil.relativedelta import relativedelta

from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "milestones.yml"
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Rule:
    """One duty as the data file has it: its response name, pillars, months, what it follows, its contents, its source.

    `months` is None where no date is known. With `after`, they count from the hand-in of that milestone.
    """

    key: str
    pillars: tuple[str, ...]
    months: int | None
    status: str
    source: str
    contents: str
    contents_source: str
    after: str = ""
    repeats: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether the date is a confirmed fact."""
        return self.status == CONFIRMED


@dataclass(frozen=True)
class BadgeRule:
    """A badge that the regional covenant awards once a milestone of a pillar is done."""

    badge: str
    pillar: str
    milestone: str
    status: str
    source: str


@dataclass(frozen=True)
class Schedule:
    """Every duty and badge; how many days before (negative: after) a due date a reminder leaves, and how it climbs."""

    milestones: tuple[Rule, ...]
    days_before: tuple[int, ...]
    badges: tuple[BadgeRule, ...]
    climbs_after: int
    asked_at_most: int

    def rule(self, key: str) -> Rule:
        """Return the rule of a milestone; KeyError for a key that the data file does not have."""
        return next((one for one in self.milestones if one.key == key), None) or _unknown(key)


def _unknown(key: str) -> Rule:
    raise KeyError(key)


@functools.cache
def schedule() -> Schedule:
    """Return what the data file says."""
    data = read_yaml(FILE)
    return Schedule(
        tuple(_rule(row) for row in data["milestones"]),
        tuple(data["days_before"]),
        tuple(BadgeRule(**row) for row in data["badges"]),
        data["climbs_after"],
        data["asked_at_most"],
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        key=row["key"],
        pillars=tuple(row["pillars"]),
        months=row["months"],
        status=row["status"],
        source=row["source"],
        contents=row["contents"]["key"],
        contents_source=row["contents"]["source"],
        after=row.get("after", ""),
        repeats=row.get("repeats", False),
    )


def due_on(start: date, rule: Rule) -> date | None:
    """Return the day a milestone is due: months after `start`, the month's last day at most; None if unknown."""
    return None if rule.months is None else start + relativedelta(months=rule.months)


def followers(key: str) -> tuple[Rule, ...]:
    """Return the rules whose months begin when the milestone `key` is handed in."""
    return tuple(one for one in schedule().milestones if one.after == key or (one.repeats and one.key == key))
