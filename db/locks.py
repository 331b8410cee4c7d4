"""Advisory locks that say who does what only one may do: they are held by a connection and end with it."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text


def lock_number(name: str) -> int:
    """Return the number under which PostgreSQL knows the lock of this name."""
    return zlib.crc32(f"kawan:{name}".encode())


@contextmanager
def try_lock(engine: Engine, name: str) -> Iterator[Connection | None]:
    """Hold the lock `name` for the block, giving its connection; None when somebody else holds it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        won = connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": lock_number(name)})
        try:
            yield connection if won else None
        finally:
            if won and not connection.invalidated and not connection.closed:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": lock_number(name)})


def still_held(connection: Connection) -> None:
    """Raise the driver's error when the connection, and so its lock, is gone."""
    connection.execute(text("SELECT 1"))


def is_held(connection: Connection, name: str) -> bool:
    """Tell whether any process of this database holds the lock `name`."""
    mine = "locktype = 'advisory' AND classid = 0 AND objid = :number AND granted"
    query = text(f"SELECT EXISTS (SELECT 1 FROM pg_locks WHERE {mine})")  # noqa: S608 - a constant
    return bool(connection.scalar(query, {"number": lock_number(name)}))
