"""What the open question makes of an answer, before Rasa is asked: `forms.tsv`, one row a text, in every language.

`question` is a journey's field, or a journey for its review. `understood` is
`pick`: an offered button, by the value it carries or its intent · `command` · `sure`: a value that wins over everything
the classifier may think · `likely`: a value that wins unless the classifier is very sure · `maybe`: a value if nothing
else is meant · `which`: places to choose from · `wrong`: why not · `open`: left to the classifier. What becomes of it
beside the classifier's opinion is in `tests/nlu/test_form_turns.py`.
"""

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from covenant import places
from covenant.plans import PLANS, plan_of
from covenant.questions import ask
from covenant.reading import Reader, match_offer, read
from covenant.turn import Turn
from covenant.values import Kind
from db.people import Role
from db.records import Draft
from locales import LANGUAGES, Catalogues, render
from tests.people import somebody

TODAY = date(2026, 11, 23)


def table(name: str) -> list[dict[str, str]]:
    lines = (Path(__file__).parent / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line for line in lines if not line.startswith("#"))
    return list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS, QUESTIONS = table("forms"), table("questions")
# What was answered before the review is reached.
ANSWERED = {
    "municipality": {"place_id": None, "name": "Kota", "shown": ["Kota"], "province": None, "country": "ID"},
    "mandate_body": "Council decision",
    "mandate_date": "2026-03-12",
    **dict.fromkeys(("signatory_name", "signatory_title", "focal_name", "focal_post"), "Siti"),
    "focal_email": "siti@kota.example.org",
    "focal_phone": "+6281234567890",
    "second_name": None,
    "letter_language": "id",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['lang']} {row['question']}: {row['text']}")
def test_an_answer_is_understood_as_it_is_meant(row: dict[str, str], session: Session, catalogues: Catalogues) -> None:
    assert understood(row, session, catalogues) == row["understood"]


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["question"])
def test_the_arbiter_is_tested_with_the_questions_as_they_are(row: dict[str, str]) -> None:
    """`tests/nlu` cannot read the journeys, since Rasa's environment has none of ours; `questions.tsv` tells it."""
    journey, _, key = row["question"].partition(".")
    field = PLANS[journey].journey.by_key.get(key)
    told = (row["kind"], row["free_text"] == "yes", tuple(row["resembles"].split()))
    assert told == ((field.kind, field.free_text, field.resembles) if field else (Kind.YES_NO, False, ()))


def test_every_language_has_its_rows() -> None:
    counted = Counter(row["lang"] for row in ROWS)
    assert sum(counted.values()) >= 200
    assert all(counted[language] >= 15 for language in LANGUAGES), counted


def understood(row: dict[str, str], session: Session, catalogues: Catalogues) -> str:
    """What `bot.conversation` makes of a text: a button that was offered, else what the open question reads."""
    turn = turn_of(row, session, catalogues)
    journey, _, key = row["question"].partition(".")
    draft = Draft(journey=journey, field=key or None, values={} if key else ANSWERED, candidates={})
    field = plan_of(draft).journey.by_key.get(key)
    catalogue = turn.catalogue
    buttons = [{"title": title, "payload": payload} for title, payload in offered(turn, draft)]
    picked = match_offer(row["text"], buttons, catalogue, field)
    if picked:
        intent, _, entities = picked.removeprefix("/").partition("{")
        return f"pick {json.dumps(json.loads('{' + entities)['value'] if entities else intent)}"
    reader = Reader(catalogue, row["country"], TODAY, lambda name: places.find(session, name, row["country"]))
    reading = read(reader, row["text"], field, at_review=field is None)
    if reading.command:
        return f"command {reading.command}"
    if field is None:
        return "open"
    if reading.value is None:
        return f"wrong {reading.refused}" if reading.refused else "which"
    strength = "sure" if reading.certain else "likely" if reading.likely else "maybe"
    return f"{strength} {json.dumps(shown(session, reading.value), ensure_ascii=False)}"


def turn_of(row: dict[str, str], session: Session, catalogues: Catalogues) -> Turn:
    one = somebody(session, language=row["lang"])
    one.contact.country, one.contact.role = row["country"], Role.MUNICIPAL
    return Turn(session, one.contact, one.address, datetime.now(UTC), catalogues, "inform")


def offered(turn: Turn, draft: Draft) -> tuple[tuple[str, str], ...]:
    """The buttons under the open question, as the person sees them."""
    assert draft.journey in PLANS
    return render(turn.catalogues, turn.language, ask(turn, draft)[-1].as_json()).buttons


def shown(session: Session, value: Any) -> Any:
    """A value as the table writes it: a place by its English name."""
    place = places.get(session, value["place_id"]) if isinstance(value, dict) and "place_id" in value else None
    return place.name if place else value
