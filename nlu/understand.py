"""Understands a table of texts without a server: `python -m nlu.understand --model FILE.tar.gz TABLE.tsv`.

The table has a header with the columns `lang` and `text`; each answer is one JSON object a line on standard output.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first

logger = logging.getLogger("nlu.understand")
FALLBACK = "nlu_fallback"
OFFERED = 2


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="nlu.understand", description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("table", type=Path)
    return parser.parse_args(given)


def rows(table: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Language and text of each row; tabs separate, quotes are part of the text."""
    reader = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
    if not {"lang", "text"} <= set(reader.fieldnames or ()):
        msg = "The table's first line must name the columns lang and text."
        raise ValueError(msg)
    for row in reader:
        yield (row["lang"] or "").strip(), (row["text"] or "").strip()


async def understand(model: Path, asked: Iterable[tuple[str, str]], out: TextIO) -> None:
    """Write one answer a line for each text asked."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    processor = Agent.load(str(model)).processor
    for lang, text in asked:
        parsed = await processor.parse_message(UserMessage(text, metadata={"lang": lang}))
        out.write(json.dumps(answer(lang, text, parsed), ensure_ascii=False) + "\n")


def answer(lang: str, text: str, parsed: dict[str, Any]) -> dict[str, Any]:
    """What is said about one text: the likeliest intent even where Kawan would ask back, and the two it would offer."""
    entities = [{"entity": found["entity"], "value": found["value"]} for found in parsed["entities"]]
    likeliest = parsed["intent_ranking"][:OFFERED]
    intent = likeliest[0] if likeliest and parsed["intent"]["name"] == FALLBACK else parsed["intent"]
    return {
        "text": text,
        "lang": lang,
        "intent": intent["name"],
        "confidence": round(float(intent["confidence"]), 4),
        "entities": entities,
        "offered": [each["name"] for each in likeliest],
    }


def main(given: list[str] | None = None) -> int:
    """Understand the table the command line names."""
    options = arguments(given)
    environment.prepare()
    quiet_logs.configure(logging.WARNING)
    try:
        with options.table.open(encoding="utf-8-sig", newline="") as table:
            asked = list(rows(table))
        if not options.model.is_file():
            msg = f"There is no model at {options.model}; train one with nlu.train."
            raise FileNotFoundError(msg)
    except (OSError, ValueError) as error:
        logger.error("Cannot understand the table: %s", error)  # noqa: TRY400 - a sentence, not a traceback
        return 1
    asyncio.run(understand(options.model, asked, sys.stdout))
    return 0


if __name__ == "__main__":
    sys.exit(main())
