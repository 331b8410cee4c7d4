"""Both halves of understanding at a form's turn: what the open question reads, and the classifier's opinion beside it.

The first half is held by `tests/conversations/forms.tsv` in the application's environment; here its outcome meets a
guess in `form_turns.tsv`: what the model of the day thought of the text, or once thought where that led astray.
"""

from __future__ import annotations

import csv
import json

import pytest
from house import ROOT

from nlu.components.turn_arbiter import Guess, Reading, Thresholds, decide

FORMS = ROOT / "tests" / "conversations"
VALUES = frozenset({"sure", "likely", "maybe"})
LEAD = 0.5  # how far ahead of the second; it matters only while no question is open


def table(path: str) -> list[dict[str, str]]:
    lines = (line for line in (ROOT / "tests" / path).read_text(encoding="utf-8").splitlines() if line[0] != "#")
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


UNDERSTOOD = {
    (row["lang"], row["question"], row["text"]): row["understood"] for row in table("conversations/forms.tsv")
}
QUESTIONS = {row["question"]: row for row in table("conversations/questions.tsv")}
TURNS = table("nlu/form_turns.tsv")


@pytest.mark.parametrize("row", TURNS, ids=lambda row: f"{row['lang']} {row['question']}: {row['text']}")
def test_an_answer_an_aside_and_a_command_are_told_apart(row: dict[str, str]) -> None:
    guess = Guess(row["guess"], float(row["confidence"]), LEAD)
    assert decide(row["text"], reading(row), guess, Thresholds()).intent == row["verdict"]


@pytest.mark.parametrize("row", TURNS, ids=lambda row: f"{row['lang']} {row['question']}: {row['text']}")
def test_an_answer_arrives_as_it_was_read(row: dict[str, str]) -> None:
    read = reading(row)
    verdict = decide(row["text"], read, Guess(row["guess"], float(row["confidence"]), LEAD), Thresholds())
    if verdict.intent == "inform":
        assert verdict.value == (row["text"] if read.value is None else read.value)


def test_every_language_has_its_turns() -> None:
    languages = [row["lang"] for row in TURNS]
    ours = [path.parent.name for path in (ROOT / "locales").glob("*/language.yml")]
    assert len(TURNS) >= 200
    assert min(languages.count(each) for each in ours) >= 10


def reading(row: dict[str, str]) -> Reading:
    """The reading that the first half makes of the text, as the table of the first half tells it."""
    question = QUESTIONS[row["question"]]
    outcome, _, what = UNDERSTOOD[row["lang"], row["question"], row["text"]].partition(" ")
    return Reading(
        field=row["question"].rpartition(".")[2],
        kind=question["kind"],
        value=json.loads(what) if outcome in VALUES else None,
        certain=outcome == "sure",
        likely=outcome in {"likely", "which"},
        free_text=question["free_text"] == "yes" and outcome != "wrong",
        command=what if outcome == "command" else None,
        refused=what if outcome == "wrong" else None,
        resembles=tuple(question["resembles"].split()),
    )
