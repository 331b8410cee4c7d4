"""Sentences that teach nothing are found and taken out; what must stay stays."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from house import ROOT

from nlu.ear import Example, learn, pipeline
from nlu.idle import LEAST, SHORT, idle, remove, weights
from nlu.importer import read

TINY = ROOT / "tests" / "nlu" / "tiny" / "nlu.yml"
FILE = """version: "3.1"

nlu:
- intent: greet
  examples: |
    - good morning to everybody
    - good morning to the office
- intent: goodbye
  examples: |
    - good morning to everybody
"""


def test_a_sentence_that_fits_two_intents_weighs_most() -> None:
    told = [Example("", each.get("text"), each.get("intent")) for each in read(TINY).intent_examples]
    intents = sorted({each.intent for each in told})
    one = next(each for each in told if each.intent == intents[0])
    doubtful = Example("", one.text, intents[1])
    ear = learn([*told, doubtful], pipeline(ROOT / "config.yml"))
    *pulls, most = weights(ear, [*told, doubtful])
    assert most > max(pulls[told.index(each)] for each in told if each.text != one.text)


def test_the_lightest_go_and_no_alarm_no_short_one_and_not_too_many() -> None:
    told = [Example("en", f"we plant many mangroves, number {number}", "log_pledge") for number in range(LEAST + 10)]
    told += [Example("en", f"stop sending me any of this, {number}", "opt_out") for number in range(LEAST + 10)]
    told += [Example("en", "a" * (SHORT - 1), "greet") for _ in range(LEAST + 10)]
    pulls = [float(len(told) - number) for number in range(len(told))]
    found = list(idle(told, pulls, share=1.0))
    assert Counter(each.intent for each in found) == {"log_pledge": 10}
    assert found[0] == told[LEAST + 9], "the lightest goes first"
    assert len(list(idle(told, pulls, share=0.02))) < len(found)


def test_only_the_sentence_of_that_intent_and_language_is_removed(tmp_path: Path) -> None:
    for code in ("en", "id"):
        (tmp_path / code).mkdir()
        (tmp_path / code / "conversation.yml").write_text(FILE)
    assert remove([Example("en", "good morning to everybody", "greet")], tmp_path) == 1
    assert (tmp_path / "id" / "conversation.yml").read_text() == FILE
    left = (tmp_path / "en" / "conversation.yml").read_text()
    assert left == FILE.replace("    - good morning to everybody\n", "", 1)
