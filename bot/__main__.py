"""`python -m bot`: the same as `kawan`."""

from bot.cli import app

app()
