"""`kawan broadcast`, `kawan broadcasts`, `kawan costs`: updates to many from the command line, and what they cost."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option as Flag  # the catalogues look for `Option`, which is a form's

from bot.cli_base import one_sentence
from bot.errors import StartError

app = typer.Typer(help="Updates to many: how far they are, and pausing, continuing and stopping them.")
Reference = Annotated[str, typer.Argument(help="The eight characters that `kawan broadcast` printed.")]


def broadcast(
    file: Annotated[Path, typer.Argument(help="A YAML or JSON file: `base: en` and `texts: {en: …, id: …}`.")],
    audience: Annotated[str, Flag(help="everybody, municipal, signatory, community or business")],
    base: Annotated[str | None, Flag(help="The language of who has no text in their own.")] = None,
    *,
    yes: Annotated[bool, Flag("--yes", help="Do not ask before it is sent.")] = False,
) -> None:
    """Send an update to many: shows what would happen, asks, and queues it."""
    from bot import broadcast_file, broadcast_print
    from bot.cli_staff import session_of
    from bot.rates import own_rates
    from locales import load_catalogues

    with one_sentence() as settings:
        written = broadcast_file.read(file, audience, base)
        own_rates(settings)
        with session_of(settings) as session:
            people = broadcast_print.preview(session, load_catalogues(), written)
        if not people:
            message = "Nobody would get it, so nothing was queued."
            raise StartError(message)
        if not yes:
            typer.confirm(f"Send it to {people} now?", abort=True)
        with session_of(settings) as session:
            reference, count = broadcast_file.queue(session, written)
        typer.echo(f"{reference} is on its way to {count}. How far it is: kawan broadcasts show {reference}")


def costs() -> None:
    """Print what WhatsApp cost, by month, category and country."""
    from bot import broadcast_print
    from bot.cli_staff import session_of
    from bot.rates import own_rates

    with one_sentence() as settings, session_of(settings) as session:
        own_rates(settings)
        broadcast_print.costs(session)


@app.callback(invoke_without_command=True)
def listing(context: typer.Context) -> None:
    """Print the updates, the newest first."""
    if context.invoked_subcommand is None:
        from bot import broadcast_print
        from bot.cli_staff import session_of

        with one_sentence() as settings, session_of(settings) as session:
            broadcast_print.listing(session)


@app.command()
def show(
    reference: Reference,
    *,
    people: Annotated[bool, Flag("--people", help="What became of it for each person, as a TSV.")] = False,
) -> None:
    """Print what became of an update; people appear under opaque ids."""
    from bot import broadcast_print
    from bot.cli_staff import session_of

    with one_sentence() as settings, session_of(settings) as session:
        row = broadcast_print.named(session, reference)
        (broadcast_print.people if people else broadcast_print.progress)(session, row)


@app.command()
def pause(reference: Reference) -> None:
    """Hold back what has not been sent yet."""
    steer(reference, "paused")


@app.command()
def resume(reference: Reference) -> None:
    """Go on with what was paused."""
    steer(reference, "queued")


@app.command()
def stop(reference: Reference) -> None:
    """Give up what has not been sent yet, for good."""
    steer(reference, "stopped")


def steer(reference: str, state: str) -> None:
    """Bring an update into a state, or say in one sentence why it stays in its own."""
    from bot import broadcast_print
    from bot.cli_staff import session_of
    from covenant import broadcasts
    from db.records import BroadcastState

    with one_sentence() as settings, session_of(settings) as session:
        row = broadcast_print.named(session, reference)
        if not broadcasts.move(session, row, BroadcastState(state)):
            message = f"{row.reference} is {row.state}, and this does nothing to it."
            raise StartError(message)
        broadcast_print.progress(session, row)
