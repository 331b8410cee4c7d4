"""`kawan team`: who asks to join a town's team is let in or not, and towns whose focal point fell silent are listed."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bot.cli_base import one_sentence
from bot.cli_staff import session_of
from bot.errors import StartError
from bot.settings import Settings
from covenant import admission, teams

app = typer.Typer(help="Teams of towns: requests to join, and focal points who fell silent.", no_args_is_help=True)
DAYS = 60

Number = Annotated[int, typer.Argument(help="The number that `kawan team list` prints.", min=1)]


@app.command("list")
def list_requests() -> None:
    """Print who asks to join a team, oldest first: number, day, town, name."""
    with one_sentence() as settings, session_of(settings) as session:
        waiting = admission.waiting(session)
        for place in waiting:
            where = f"{place.municipality.name} ({place.municipality.country})"
            typer.echo(f"{place.id}  {place.created_at:%Y-%m-%d}  {where}  {place.asked_as or '-'}")
        typer.echo(f"{len(waiting)} waiting.")


@app.command()
def approve(number: Number) -> None:
    """Let somebody into the team they asked for, as an officer, and tell them."""
    with one_sentence() as settings:
        _settle(settings, number, approved=True)


@app.command()
def refuse(number: Number) -> None:
    """Do not let somebody into the team they asked for, and tell them."""
    with one_sentence() as settings:
        _settle(settings, number, approved=False)


def _settle(settings: Settings, number: int, *, approved: bool) -> None:
    with session_of(settings) as session:
        place = admission.find(session, number)
        if place is None:
            message = f"No request with the number {number} waits; `kawan team list` prints those that do."
            raise StartError(message)
        town = place.municipality.name
        admission.settle(session, place, None, datetime.now(UTC), approved=approved)
    typer.echo(f"Request {number} for the team of {town} is {'approved' if approved else 'refused'}.")


@app.command()
def silent(
    days: Annotated[int, typer.Option(help="Days without a message from the focal point.", min=1)] = DAYS,
) -> None:
    """Print the towns whose focal point fell silent, the longest first: last message, town, since when committed."""
    with one_sentence() as settings, session_of(settings) as session:
        found = teams.silent(session, datetime.now(UTC) - timedelta(days=days))
        for one in found:
            seen = f"{one.seen_at:%Y-%m-%d}" if one.seen_at else "nobody   "
            town = one.municipality
            typer.echo(f"{seen}  {town.name} ({town.country})  {town.committed_on or 'not committed'}")
        typer.echo(f"{len(found)} silent for {days} days or more.")
