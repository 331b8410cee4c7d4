"""Logging for a process that reads people's messages: what happened, never what was said."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import MutableMapping
from typing import Any

import structlog

# What a log line may carry. Rasa's other keys hold texts, entities, slots, trackers and answers.
HARMLESS = frozenset({"event", "event_info", "exception", "exc_info", "level", "action_name", "rasa_version"})
# Libraries that say at INFO what only their developers want to know.
CHATTY = ("apscheduler", "asyncio", "matplotlib", "pykwalify", "sanic.access", "rasa.engine.training.hooks")

# Rasa warns with the whole text when a message begins with a slash and is none of its payloads.
PARSING = "Failed to parse arguments in line"
_COLOURS = re.compile(r"\x1b\[\d+m")


def configure(level: int = logging.INFO) -> None:
    """One line a record on standard error, without the contents of messages, whatever Rasa puts into the record."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            only_harmless,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(max(level, logging.INFO)),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(capture=True)
    warnings.showwarning = _show_warning


def only_harmless(_: Any, __: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The record without any key that may hold what a person wrote or was told."""
    return {key: value for key, value in record.items() if key in HARMLESS}


def without_colours(text: str) -> str:
    """What Rasa prints for terminals, as plain text."""
    return _COLOURS.sub("", text).strip()


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Log what Rasa's users should know; other libraries' notes to their developers and people's texts stay unsaid."""
    text = without_colours(str(message))
    if issubclass(category, UserWarning) and not text.startswith(PARSING):
        logging.getLogger("warnings").warning("%s", text)
