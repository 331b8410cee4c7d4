"""Pledges said in one go, in nine languages: what is filled is right, what cannot be told is left to a question.

The table was written apart from the reader of sentences; `?` are two numbers of people, of which neither is taken.
"""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from covenant.pledge_sentence import stated
from locales.languages import COUNTRY_LANGUAGE

TABLE = Path(__file__).parent / "pledge_sentences.tsv"
TODAY = date(2026, 11, 29)
LISTS = ("hazards", "audiences")
LEAST = 0.9  # share of the stated fields that is filled right
COUNTRIES = {language: country for country, language in COUNTRY_LANGUAGE.items()} | {"en": "PH"}

Fields = dict[str, Any]


@cache
def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def wanted(row: Mapping[str, str]) -> Fields:
    fields: Fields = {key: frozenset(filter(None, map(str.strip, row[key].split(";")))) for key in LISTS}
    fields |= {key: row[key] for key in ("start", "year", "percent", "base_year", "campaign")}
    people = "" if row["people"] == "?" else row["people"]
    return fields | {"people": people, "action": row["action"] == "yes"}


def read(row: Mapping[str, str]) -> Fields:
    found = stated(row["text"], row["language"], COUNTRIES[row["language"]], TODAY)
    fields: Fields = {key: frozenset(found.get(f"pledge_{key}", ())) for key in LISTS}
    fields |= {
        key: str(found.get(f"pledge_{key}", "")) for key in ("start", "year", "percent", "base_year", "campaign")
    }
    people = found.get("pledge_people", "")
    shown = f"{people['min']}-{people['max']}" if isinstance(people, dict) else str(people)
    return fields | {"people": shown, "action": "pledge_action" in found}


def is_wrong(got: Any, want: Any) -> bool:
    """Something was filled that is not so; a part of a list is not wrong, and neither is an action that is asked for."""
    return bool(got) and not (got <= want if isinstance(got, frozenset) else got == want)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["text"][:40])
def test_nothing_is_filled_that_was_not_said(row: dict[str, str]) -> None:
    got, want = read(row), wanted(row)
    assert {key: value for key, value in got.items() if is_wrong(value, want[key])} == {}


@pytest.mark.parametrize("language", ["en", "id", "ms", "fil", "vi", "th", "km", "lo", "my", "all"])
def test_nine_in_ten_of_what_is_said_is_filled(language: str) -> None:
    pairs = [(wanted(row), read(row)) for row in rows() if language in {row["language"], "all"}]
    said = [(want[key], got[key]) for want, got in pairs for key in want if want[key]]
    assert sum(want == got for want, got in said) / len(said) >= LEAST
    assert len(pairs) >= (60 if language == "all" else 7)
