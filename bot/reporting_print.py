"""What `kawan review reporting` prints: what a town holds by heading of the framework, and the table as a file."""

from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy.orm import Session

from bot.errors import StartError
from covenant.holdings import overview_of
from covenant.papers.holdings_table import table_of
from covenant.reporting import Row
from covenant.turn import local_date
from db.records import Municipality
from locales.languages import ENGLISH


def show(session: Session, municipality: Municipality) -> None:
    """Print each heading with its state, then what is asked of it, since when it is held, or that it is missing."""
    typer.echo(f"{municipality.name}, {municipality.country}")
    for section in overview_of(session, municipality):
        typer.echo(f"{section.heading.name:<12} {section.state}")
        for row in section.rows:
            if row.facts or row.is_missing:
                typer.echo(f"  {row.item.name.partition('.')[2]:<12} {_held(row)}{_doubt(row)}")


def _held(row: Row) -> str:
    if not row.facts:
        return "missing"
    return ("sent back " if row.is_returned else "held ") + f"{max(one.day for one in row.facts)}"


def _doubt(row: Row) -> str:
    return "" if row.item.is_certain else "  (please check: not confirmed that it is asked)"


def write(session: Session, municipality: Municipality, path: Path) -> None:
    """Write the table in English; StartError where the file cannot be written."""
    content = table_of(session, municipality, ENGLISH, local_date(None, datetime.now(UTC)))
    try:
        path.write_bytes(content)
    except OSError as problem:
        message = f"The table cannot be written to {path}: {problem.strerror}. Give another file with --table."
        raise StartError(message) from problem
    typer.echo(f"The table is in {path}.")
