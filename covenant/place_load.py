"""Fills the gazetteer's tables from its file."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import cast

from psycopg import Cursor
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant.place_file import PlaceRow, digest, places, spellings
from db.place import PlaceLoad

LOCK = 7203115  # any number, the same in every process
PLACE_COLUMNS = (
    "id", "kind", "country", "english", "local", "province", "province_id", "district_id", "code",
    "population", "weight", "latitude", "longitude",
)  # fmt: skip
NAME_COLUMNS = ("place_id", "name", "folded", "sketch", "rank")

log = logging.getLogger(__name__)


def load(session: Session) -> bool:
    """Fill the tables if they do not hold the file's content yet; tell whether that was needed.

    It belongs to the caller's transaction. A second process waits for the first one's end and finds nothing to do.
    Places that left the file stay, unlisted and nameless, for municipalities may point to them.
    """
    wanted = digest()
    if _is_loaded(session, wanted):
        return False
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    if _is_loaded(session, wanted):
        return False
    rows = list(places())
    names = _fill(session, rows)
    held = {"id": 1, "digest": wanted, "places": len(rows), "names": names, "loaded_at": func.now()}
    session.execute(insert(PlaceLoad).values(held).on_conflict_do_update(index_elements=["id"], set_=held))
    log.info("gazetteer loaded: %d places, %d names", len(rows), names)
    return True


def _is_loaded(session: Session, wanted: str) -> bool:
    held = session.get(PlaceLoad, 1, populate_existing=True)
    return held is not None and held.digest == wanted


def _fill(session: Session, rows: Sequence[PlaceRow]) -> int:
    provinces = {row.id: row.english for row in rows}
    names = [astuple(spelling) for row in rows for spelling in spellings(row)]
    session.flush()
    cursor = cast("Cursor", session.connection().connection.cursor())
    cursor.execute("CREATE TEMP TABLE new_place (LIKE place INCLUDING DEFAULTS) ON COMMIT DROP")
    _copy(cursor, "new_place", (*PLACE_COLUMNS, "listed"), (_values(row, provinces) for row in rows))
    cursor.execute(_UPSERT)
    cursor.execute("UPDATE place SET listed = false WHERE listed AND id NOT IN (SELECT id FROM new_place)")
    cursor.execute("DROP TABLE new_place")
    cursor.execute("DELETE FROM place_name")
    _copy(cursor, "place_name", NAME_COLUMNS, names)
    cursor.execute("SELECT gin_clean_pending_list('ix_place_name_sketch')")  # else every guess reads it from end to end
    cursor.execute("ANALYZE place")
    cursor.execute("ANALYZE place_name")
    session.expire_all()
    return len(names)


_SET = ", ".join(f"{column} = EXCLUDED.{column}" for column in (*PLACE_COLUMNS[1:], "listed"))
_LIST = ", ".join((*PLACE_COLUMNS, "listed"))
_UPSERT = f"INSERT INTO place ({_LIST}) SELECT {_LIST} FROM new_place ON CONFLICT (id) DO UPDATE SET {_SET}"  # noqa: S608


def _values(row: PlaceRow, provinces: dict[int, str]) -> tuple[object, ...]:
    province = provinces.get(row.province or 0)
    return (
        row.id, row.kind, row.country, row.english, row.local, province, row.province, row.district, row.code,
        row.population, row.weight, row.latitude, row.longitude, True,
    )  # fmt: skip


def _copy(cursor: Cursor, table: str, columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
