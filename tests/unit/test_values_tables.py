"""What people answer, in every language, and what must come of it: `test_values_*.tsv`, one row a text, `-` for refused.

`answers` is how a form is mostly answered; `chat` the harder half: noise, mixed languages, spoken style, near misses,
traps; `more` a third set, written when the first two passed; `everyday`, `offhand` and `plain` three more, each written
blind when what stood before it passed; `zawgyi` holds Burmese typed in that encoding, `tetum` the tenth language, written
beside its word list; `refused` only what nobody could read a value from; `spelt` are numbers spelt out by ICU (its
MessageFormat "{n, spellout}"), which knows the grammar of all the others.
"""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from covenant.values import Kind, Parsed, parse
from locales import LANGUAGES

HERE = Path(__file__).parent
TODAY = date(2026, 11, 23)
REFUSED = "-"


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / f"test_values_{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


ALL = [row for path in sorted(HERE.glob("test_values_*.tsv")) for row in rows(path.stem.removeprefix("test_values_"))]


def value_of(row: dict[str, str]) -> Any:
    answer = parse(Kind(row["kind"]), row["text"], row["lang"], row["country"] or None, TODAY)
    return answer.value if isinstance(answer, Parsed) else None


def expected(row: dict[str, str]) -> Any:
    return None if row["value"] == REFUSED else json.loads(row["value"])


@pytest.mark.parametrize("row", ALL, ids=lambda row: f"{row['lang']} {row['kind']}: {row['text']}")
def test_what_people_answer_is_read_as_they_mean_it(row: dict[str, str]) -> None:
    assert value_of(row) == expected(row)


def test_every_language_and_kind_has_its_rows() -> None:
    kinds = {"count", "year", "date", "percent", "phone", "hazard", "yes_no"}
    counted = Counter((row["lang"], row["kind"]) for row in ALL)
    assert [(language, kind) for language in LANGUAGES for kind in kinds if not counted[language, kind]] == []
    assert sum(row["value"] == REFUSED for row in ALL) > 300
