"""Telegram's Bot API on loopback: `run_telegram` for tests, `python -m tests.emulators telegram` by hand."""

from tests.emulators.telegram.client import Person, Refused, Seen, Telegram, View
from tests.emulators.telegram.running import run_telegram, spawn_telegram

__all__ = ["Person", "Refused", "Seen", "Telegram", "View", "run_telegram", "spawn_telegram"]
