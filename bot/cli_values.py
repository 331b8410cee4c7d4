"""`kawan values FILE`: what the values of a form make of a table of texts, one JSON object a line."""

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from bot.cli_staff import session_of
from bot.errors import StartError
from bot.settings import load_settings
from covenant import places
from covenant.fields import PLACE
from covenant.values import Kind, Parsed, parse

COLUMNS = {"lang", "kind", "text"}
KINDS = {PLACE, *Kind}


def values(
    file: Annotated[
        Path, typer.Argument(help="A TSV file with the header columns lang, kind, text and perhaps country.")
    ],
) -> None:
    """Read texts as values; print {"text", "kind", "value"} a line, null for what must be refused."""
    rows = list(_rows(file))
    with ExitStack() as stack:
        needs_places = any(row["kind"] == PLACE for row in rows)
        session = stack.enter_context(session_of(load_settings())) if needs_places else None
        for row in rows:
            typer.echo(json.dumps(_line(row, session), ensure_ascii=False))


def _rows(file: Path) -> Iterator[dict[str, str]]:
    if not file.is_file():
        message = f"There is no file {file}."
        raise StartError(message)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
        missing = COLUMNS - set(reader.fieldnames or ())
        if missing:
            message = f"{file} has no column called {', '.join(sorted(missing))}."
            raise StartError(message)
        for row in reader:
            if row["kind"] not in KINDS:
                message = f"Line {reader.line_num} of {file}: there is no kind of value called “{row['kind']}”."
                raise StartError(message)
            yield row


def _line(row: dict[str, str], session: Session | None) -> dict[str, Any]:
    country = (row.get("country") or "").strip() or None
    if row["kind"] == PLACE and session:
        return {"text": row["text"], "kind": row["kind"], **_place(session, row["text"], country)}
    answer = parse(Kind(row["kind"]), row["text"], row["lang"], country)
    value = answer.value if isinstance(answer, Parsed) else None
    return {"text": row["text"], "kind": row["kind"], "value": value}


def _place(session: Session, text: str, country: str | None) -> dict[str, Any]:
    candidates = places.find(session, text, country)
    if not candidates or not candidates[0].exact:
        return {"value": None, "code": None}
    first = candidates[0]
    return {"value": f"{first.name}, {first.country}", "code": first.code}
