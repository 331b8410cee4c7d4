"""`kawan pledges`: what was pledged, verifying it, and the table of all of it, from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option as Flag  # the catalogues look for `Option`, which is a form's

from bot.cli_base import one_sentence
from bot.errors import StartError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from covenant.review import Actor
    from db.pledges import Pledge

app = typer.Typer(help="Pledges: what was recorded, verifying it, the table of all of it.", no_args_is_help=True)
Reference = Annotated[str, typer.Argument(help="The eight characters that the pledger was told.")]


class Sure(StrEnum):
    """How reliable a figure is; the same words as `db.pledges.Confidence`, which is too heavy to load for `--help`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@app.command("list")
def listing(
    *, everything: Annotated[bool, Flag("--all", help="Also those that are verified or withdrawn.")] = False
) -> None:
    """Print what waits to be verified, oldest first."""
    from sqlalchemy import select

    from bot.cli_staff import session_of
    from covenant import pledge_deciding
    from db.pledges import Pledge

    with one_sentence() as settings, session_of(settings) as session:
        query = select(Pledge).order_by(Pledge.id) if everything else pledge_deciding.waiting()
        found = session.scalars(query).all()
        for one in found:
            place = one.municipality.name if one.municipality else one.place_name or "-"
            typer.echo(f"{one.reference}  {one.state:<10} {one.campaign:<17} {one.created_at:%Y-%m-%d}  {place}")
        typer.echo(f"{len(found)} {'in all' if everything else 'to verify'}.")


@app.command()
def show(reference: Reference) -> None:
    """Print a pledge with its reports and its history; people appear under opaque ids."""
    from bot import pledge_print

    with _pledge(reference) as (session, pledge):
        pledge_print.show(session, pledge)


@app.command()
def verify(
    reference: Reference,
    confidence: Annotated[Sure | None, Flag(help="How reliable its figure is, if you know better.")] = None,
) -> None:
    """Count a pledge among the verified ones; its people are told."""
    from covenant import pledge_deciding
    from db.pledges import Confidence

    with _decision(reference, "verified") as (session, pledge, by):
        pledge_deciding.verify(session, pledge, by, Confidence(confidence) if confidence else None)


@app.command("return")
def send_back(
    reference: Reference, reason: Annotated[str, Flag(help="What its people read; in their language, please.")]
) -> None:
    """Return a pledge to be corrected; its people are told why."""
    from covenant import pledge_deciding

    with _decision(reference, "returned") as (session, pledge, by):
        pledge_deciding.send_back(session, pledge, reason, by)


@app.command("export")
def export_table(file: Annotated[Path, typer.Argument(help="A .csv file that does not exist yet.")]) -> None:
    """Write every pledge into a table; it holds nothing of the people who made them."""
    from bot.cli_staff import session_of
    from covenant import pledge_file

    with one_sentence() as settings, session_of(settings) as session:
        text = pledge_file.export(session)
        try:
            with file.open("x", encoding="utf-8", newline="") as written:
                written.write(text)
        except OSError as problem:
            message = f"{file} cannot be written: {problem.strerror}."
            raise StartError(message) from None
        typer.echo(f"The pledges are in {file}.")


@app.command("import")
def import_table(file: Annotated[Path, typer.Argument(help="A table that `kawan pledges export` wrote.")]) -> None:
    """Add the pledges of a table that are not here yet; what is here stays as it is."""
    from bot.cli_staff import session_of
    from covenant import pledge_file
    from covenant.review import Actor

    with one_sentence() as settings:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            message = f"{file} cannot be read: {problem}."
            raise StartError(message) from None
        with session_of(settings) as session:
            try:
                added = pledge_file.bring(session, text, Actor(None, datetime.now(UTC)))
            except pledge_file.BadTable as problem:
                message = f"Nothing was taken from {file}. {problem}"
                raise StartError(message) from None
        typer.echo(f"{added} added.")


@contextmanager
def _pledge(reference: str) -> "Iterator[tuple[Session, Pledge]]":
    from bot.cli_staff import session_of
    from covenant import pledge_book

    with one_sentence() as settings, session_of(settings) as session:
        found = pledge_book.find(session, reference)
        if found is None:
            message = f"There is no pledge with the reference “{reference}”. See: kawan pledges list --all"
            raise StartError(message)
        yield session, found


@contextmanager
def _decision(reference: str, become: str) -> "Iterator[tuple[Session, Pledge, Actor]]":
    """Let the operator decide on a pledge, and turn what is not allowed into a sentence."""
    from covenant.pledge_book import NotAllowed, ReasonMissing
    from covenant.review import Actor

    with _pledge(reference) as (session, pledge):
        try:
            yield session, pledge, Actor(None, datetime.now(UTC))
        except ReasonMissing:
            message = "The pledger needs a reason: give one with --reason."
            raise StartError(message) from None
        except NotAllowed:
            message = f"{pledge.reference} is {pledge.state}, so it cannot be {become}."
            raise StartError(message) from None
        typer.echo(f"{pledge.reference} is {pledge.state} now.")
