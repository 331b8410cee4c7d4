"""`kawan review`: what waits for the secretariat and deciding on it, from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option as Flag  # the catalogues look for `Option`, which is a form's

from bot.cli_base import one_sentence
from bot.errors import StartError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from covenant.review import Actor
    from db.records import Application

app = typer.Typer(help="Requests to join: what waits, and taking up, accepting, returning and declining.")
Reference = Annotated[str, typer.Argument(help="The eight characters that the town was told.")]
Reason = Annotated[str, Flag(help="What the town reads; in its own language, please.")]


@app.command("list")
def listing() -> None:
    """Print what waits for the secretariat, in the order in which the chat offers it."""
    from bot.cli_staff import session_of
    from covenant import reviewing

    with one_sentence() as settings, session_of(settings) as session:
        for one in session.scalars(reviewing.waiting()):
            place = f"{one.municipality.name}, {one.municipality.country}"
            typer.echo(f"{one.reference}  {one.state:<16} {one.moved_at:%Y-%m-%d}  {place}")
        typer.echo(f"{reviewing.count_waiting(session)} waiting.")


@app.command()
def show(reference: Reference) -> None:
    """Print an application: what was sent, its letters and its history; people appear under opaque ids."""
    from bot import review_print

    with _application(reference) as (session, application):
        review_print.show(session, application)


@app.command()
def reporting(
    reference: Reference,
    table: Annotated[
        Path | None, Flag(help="Write the table that the town gets to this file, such as town.xlsx.")
    ] = None,
) -> None:
    """Print what a town holds for its report, by heading of the Common Reporting Framework, and what is missing."""
    from bot import reporting_print

    with _application(reference) as (session, application):
        reporting_print.show(session, application.municipality)
        if table:
            reporting_print.write(session, application.municipality, table)


@app.command()
def take(
    reference: Reference,
    *,
    over: Annotated[bool, Flag("--over", help="Also from a colleague who has it in hand.")] = False,
) -> None:
    """Take an application up, so that nobody else decides on it."""
    from covenant import deciding

    with _decision(reference) as (session, application, by):
        deciding.take(session, application, by, over=over)


@app.command()
def accept(reference: Reference) -> None:
    """Accept a town: its commitment starts today, and its team gets the news."""
    from covenant import deciding

    with _decision(reference) as (session, application, by):
        deciding.accept(session, application, by)


@app.command("return")
def send_back(
    reference: Reference,
    reason: Reason,
    field: Annotated[list[str] | None, Flag(help="What is to be mended; may be given several times.")] = None,
) -> None:
    """Return an application to the town, which mends just the fields that are named."""
    from covenant import deciding

    with _decision(reference) as (session, application, by):
        deciding.send_back(session, application, by, reason, field or [])


@app.command()
def decline(reference: Reference, reason: Reason) -> None:
    """Decline an application for good."""
    from covenant import deciding

    with _decision(reference) as (session, application, by):
        deciding.decline(session, application, by, reason)


@contextmanager
def _application(reference: str) -> "Iterator[tuple[Session, Application]]":
    from sqlalchemy import select

    from bot.cli_staff import session_of
    from db.records import Application

    with one_sentence() as settings, session_of(settings) as session:
        found = session.scalars(select(Application).where(Application.reference == reference.upper())).first()
        if found is None:
            message = f"There is no application with the reference “{reference}”. See: kawan review list"
            raise StartError(message)
        yield session, found


@contextmanager
def _decision(reference: str) -> "Iterator[tuple[Session, Application, Actor]]":
    """Let the operator do something to an application, and turn what is not allowed into a sentence."""
    from covenant.deciding import RETURNABLE
    from covenant.review import Actor, NotAllowed

    with _application(reference) as (session, application):
        try:
            yield session, application, Actor(None, datetime.now(UTC))
        except NotAllowed as problem:
            raise StartError(_sentence(application, problem)) from None
        except LookupError as unknown:
            message = f"There is no field “{unknown.args[0]}”. What can be returned: {', '.join(RETURNABLE)}."
            raise StartError(message) from None
        typer.echo(f"{application.reference} is {application.state} now.")


def _sentence(application: "Application", problem: Exception) -> str:
    """Say why a step is not possible, and what to do."""
    from covenant.review import LetterMissing, ReasonMissing, TakenByAnother
    from db.records import ApplicationState

    name = application.reference
    if isinstance(problem, ReasonMissing):
        return "The town needs a reason: give one with --reason."
    if isinstance(problem, LetterMissing):
        return f"The signed letter of {name} is not here yet, so it cannot be accepted."
    if isinstance(problem, TakenByAnother) or application.state == ApplicationState.IN_REVIEW:
        return f"{name} is in a colleague's hands. To take it over: kawan review take {name} --over"
    hint = f" First take it up: kawan review take {name}" if application.decided_at is None else ""
    return f"{name} is {application.state}, so that is not possible.{hint}"
