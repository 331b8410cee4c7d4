"""`kawan templates`: the message templates of WhatsApp, handed in and looked at."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from bot.cli_base import one_sentence, say
from bot.errors import StartError

if TYPE_CHECKING:
    from bot.template_sync import State

app = typer.Typer(help="Message templates: what may be said on WhatsApp to whom did not write within a day.")
HEAD = ("name", "language", "state", "reason")


@app.command()
def sync() -> None:
    """Make and hand in what is missing or has changed, and ask WhatsApp what it says; may be done at any time."""
    from bot import template_sync
    from bot.channels.twilio_client import open_client
    from bot.content import ContentApi, ensure_in_session
    from bot.postgres import find_database_url
    from db.engine import open_engine, open_sessions
    from locales import load_catalogues

    with one_sentence() as settings:
        if settings.twilio is None:
            message = "WhatsApp is not set up: KAWAN_TWILIO_ACCOUNT_SID and its like are missing (docs/operate.md)."
            raise StartError(message)
        client = open_client(settings.twilio)
        engine = open_engine(find_database_url(settings), pool_size=1)
        try:
            sessions = open_sessions(engine)
            with sessions.begin() as session:
                say(f"{len(ensure_in_session(client, session))} contents with buttons are there")
            print_states(template_sync.sync(sessions, ContentApi(client), load_catalogues()))
        finally:
            engine.dispose()


@app.command(name="list")
def listing() -> None:
    """Print where each template stood when WhatsApp was last asked."""
    from bot import template_sync
    from bot.cli_staff import session_of

    with one_sentence() as settings, session_of(settings) as session:
        print_states(template_sync.listing(session))


def print_states(states: "Iterable[State]") -> None:
    """Print templates as a table."""
    rows = [HEAD, *((one.name, one.language, one.state, one.reason) for one in states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
