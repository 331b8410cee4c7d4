"""The report's pipeline without a graph says what the trained model says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from house import ROOT, run_module

from nlu.ear import Example, learn, pipeline
from nlu.importer import read

ASKED = [("en", "good morning"), ("vi", "xin chao"), ("th", "ช่วยด้วยน้ำท่วม")]


def test_the_ear_and_the_model_agree(home: Path, model: Path, tmp_path: Path) -> None:
    table = tmp_path / "asked.tsv"
    table.write_text("lang\ttext\n" + "".join(f"{lang}\t{text}\n" for lang, text in ASKED))
    done = run_module(home, "nlu.understand", "--model", str(model), str(table))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    told = read(ROOT / "tests" / "nlu" / "tiny" / "nlu.yml").intent_examples
    ear = learn([Example("", each.get("text"), each.get("intent")) for each in told], pipeline(ROOT / "config.yml"))
    for one, ranking in zip(said, ear.rankings(ASKED), strict=True):
        assert one["intent"] == ranking[0][0]
        # The network starts from the order of the sentences, which Rasa changes.
        assert one["confidence"] == pytest.approx(ranking[0][1], abs=0.1)
