"""The tally for everybody: as JSON and as a table, counted once a minute however often it is asked for."""

import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from covenant.tally import Count, Part, Tally, counted, tally
from db.engine import Sessions

METHOD = "docs/tally.md"
KEPT = 60  # seconds
COLUMNS = ("part", "breakdown", "value", "pledges", "people_min", "people_max")
CACHED = {"Cache-Control": f"public, max-age={KEPT}"}


class PublicTally:
    """The tally at two addresses; what was counted is kept for `KEPT` seconds."""

    def __init__(self, sessions: Sessions) -> None:
        """Nothing is counted before somebody asks."""
        self._sessions = sessions
        self._lock = Lock()
        self._kept: tuple[float, Tally, datetime] | None = None

    def current(self) -> tuple[Tally, datetime]:
        """Return the tally and when it was counted; only one of those who ask at the same time counts."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] >= KEPT:
                with self._sessions() as session:
                    self._kept = (time.monotonic(), *count(session))
            return self._kept[1:]

    def router(self) -> APIRouter:
        """Return the two addresses."""
        router = APIRouter()

        @router.get("/api/tally")
        def as_document() -> JSONResponse:
            return JSONResponse(document(*self.current()), headers=CACHED)

        @router.get("/api/tally.csv")
        def as_table() -> Response:
            return Response(table(self.current()[0]), media_type="text/csv", headers=CACHED)

        return router


def count(session: Session) -> tuple[Tally, datetime]:
    """Return the tally of now, and when that is."""
    return tally(counted(session)), datetime.now(UTC)


def document(found: Tally, as_of: datetime) -> dict[str, Any]:
    """Return the tally as it is published; `method` is the page that tells how it is counted."""
    parts = {name: _part(part) for name, part in _parts(found)}
    return {**parts, "as_of": as_of.isoformat(timespec="seconds"), "method": METHOD}


def table(found: Tally) -> str:
    """Return the tally as CSV with `COLUMNS`; the whole of a part has neither breakdown nor value."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows(found))
    return text.getvalue()


def rows(found: Tally) -> Iterator[tuple[str | int, ...]]:
    """Yield one row of `COLUMNS` for each count."""
    for name, part in _parts(found):
        yield name, "", "", *_numbers(part.whole)
        for breakdown, values in part.by.items():
            for value, one in values.items():
                yield name, breakdown, value, *_numbers(one)


def _parts(found: Tally) -> tuple[tuple[str, Part], ...]:
    return ("verified", found.verified), ("unverified", found.unverified)


def _part(part: Part) -> dict[str, Any]:
    by = {name: {value: _plain(one) for value, one in values.items()} for name, values in part.by.items()}
    return {**_plain(part.whole), "by": by}


def _plain(one: Count) -> dict[str, Any]:
    return {"pledges": one.pledges, "people": {"min": one.people.low, "max": one.people.high}}


def _numbers(one: Count) -> tuple[int, int, int]:
    return one.pledges, one.people.low, one.people.high
