"""Brings a database to the newest schema, safely also when several processes start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from db.engine import open_engine

LOCK = 7203114  # any number, the same in every process
MIGRATIONS = Path(__file__).parent / "migrations"


def config(url: str) -> Config:
    """Return Alembic's settings for `url`; there is no alembic.ini to keep beside it."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["url"] = url
    return settings


def upgrade(url: str) -> None:
    """Apply every migration that is missing; a second process waits for the first and finds nothing to do."""
    engine = open_engine(url)
    with engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        guard.commit()
        try:
            command.upgrade(config(url), "head")
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            guard.commit()
    engine.dispose()
