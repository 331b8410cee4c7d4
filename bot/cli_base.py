"""What every verb of the command line needs: its settings, one line of progress, one sentence when it cannot."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.errors import StartError
from bot.settings import Settings, load_settings


def say(text: str) -> None:
    """Print one line of progress at once; a reader that went away is no reason to stop."""
    try:
        print(f"kawan: {text}", flush=True)
    except OSError:
        sys.stdout = None


@contextmanager
def one_sentence() -> Iterator[Settings]:
    """Give a verb its settings and turn what it cannot do into a sentence and exit code 1."""
    try:
        yield load_settings()
    except StartError as problem:
        typer.echo(f"kawan: {problem}", err=True)
        raise typer.Exit(1) from None


def about(problem: Exception) -> str:
    """Return the first line of what the database driver says."""
    origin = getattr(problem, "orig", None) or problem
    return f"The database cannot be used: {str(origin).strip().splitlines()[0]}"
