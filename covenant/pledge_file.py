"""Pledges as a table to take away and to bring back: what is exported and imported again gives the same rows.

A table holds what is counted and said of a pledge, and nothing of the person who made it.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import pledge_book
from covenant.pledge_book import AMENDABLE, OF_TARGET
from covenant.review import Actor
from db.pledges import Area, Campaign, Confidence, Counting, Pledge, PledgeState, Progress, Target, TargetKind
from db.records import Municipality

LISTS = frozenset({"hazards", "audiences", "attributes"})
WHOLE = frozenset(
    {"place_id", "people_min", "people_max", "start_year", "end_year", "target_base_year", "target_level"}
)
NAMED: dict[str, Callable[[str], Any]] = {
    "campaign": Campaign,
    "area": Area,
    "counting": Counting,
    "confidence": Confidence,
    "progress": Progress,
    "state": PledgeState,
    "target_kind": TargetKind,
    "target_percent": float,
}
TARGET = tuple(f"target_{key}" for key in OF_TARGET)
COLUMNS = ("reference", "municipality", "role", *AMENDABLE, *TARGET, "progress", "state", "reason")
NEEDED = ("reference", "action", "campaign", "progress", "state", "is_public")


class BadTable(Exception):
    """The table cannot be taken as it is: the line, and what is wrong with it; nothing of it was taken."""


def export(session: Session) -> str:
    """Return every pledge, also those that were withdrawn, as CSV; `COLUMNS` is its head."""
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    table.writeheader()
    for pledge in session.scalars(select(Pledge).order_by(Pledge.id)):
        table.writerow({column: _written(_value(pledge, column)) for column in COLUMNS})
    return written.getvalue()


def bring(session: Session, text: str, by: Actor) -> int:
    """Add the pledges of a table that are not there yet and return how many; what is there stays as it is.

    BadTable where a line cannot be read, or names a municipality that this house does not know.
    """
    rows = csv.DictReader(io.StringIO(text))
    if set(rows.fieldnames or ()) != set(COLUMNS):
        message = f"The first line must name just these columns: {', '.join(COLUMNS)}"
        raise BadTable(message)
    read = list(_read(session, rows))
    there = set(session.scalars(select(Pledge.reference).where(Pledge.reference.in_([one.reference for one in read]))))
    fresh = {one.reference: one for one in read if one.reference not in there}
    for pledge in fresh.values():
        state, progress, reason = pledge.state, pledge.progress, pledge.reason
        pledge_book.record(session, pledge, by)
        pledge.state, pledge.progress, pledge.reason = state, progress, reason
    session.flush()
    return len(fresh)


def _value(pledge: Pledge, column: str) -> Any:
    if column == "municipality":
        return pledge.municipality.public_id if pledge.municipality else None
    if column in TARGET:
        return getattr(pledge.target, column.removeprefix("target_"), None)
    return getattr(pledge, column)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _read(session: Session, rows: "csv.DictReader[str]") -> Iterator[Pledge]:
    for row in rows:
        try:
            yield _pledge(session, row)
        except (ValueError, TypeError, LookupError) as problem:
            message = f"Line {rows.line_num}: {problem}"
            raise BadTable(message) from None


def _pledge(session: Session, row: dict[str, str]) -> Pledge:
    missing = [column for column in NEEDED if not row[column]]
    if missing:
        message = f"{', '.join(missing)} must not be empty"
        raise ValueError(message)
    values = {column: _parsed(column, row[column]) for column in COLUMNS if column not in {"municipality", *TARGET}}
    target = {key: _parsed(f"target_{key}", row[f"target_{key}"]) for key in OF_TARGET}
    pledge = Pledge(**values, municipality_id=_municipality(session, row["municipality"]))
    pledge.target = Target(**target) if target["kind"] else None
    return pledge


def _parsed(column: str, text: str) -> Any:
    if column in LISTS:
        found = json.loads(text) if text else []
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            message = f'{column} must be a list of names such as ["flood: river flood"]'
            raise ValueError(message)
        return found
    if column == "is_public":
        return {"yes": True, "no": False}[text]
    if not text:
        return None
    return int(text) if column in WHOLE else NAMED.get(column, str)(text)


def _municipality(session: Session, public_id: str) -> int | None:
    if not public_id:
        return None
    found = session.scalar(select(Municipality.id).where(Municipality.public_id == public_id))
    if found is None:
        message = f"there is no municipality {public_id} here"
        raise ValueError(message)
    return found
