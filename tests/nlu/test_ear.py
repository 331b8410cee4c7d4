"""The report's pipeline without a graph says what the trained model says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from house import ROOT, run_module

from nlu.ear import Example, learn, pipeline
from nlu.importer import read

EVERY = 3


def test_the_ear_and_the_model_agree(home: Path, model: Path, tmp_path: Path) -> None:
    told = read(ROOT / "tests" / "nlu" / "tiny" / "nlu.yml").intent_examples
    asked = [("en", str(each.get("text"))) for each in told[::EVERY]]
    table = tmp_path / "asked.tsv"
    table.write_text("lang\ttext\n" + "".join(f"{lang}\t{text}\n" for lang, text in asked))
    done = run_module(home, "nlu.understand", "--model", str(model), str(table))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    ear = learn([Example("", each.get("text"), each.get("intent")) for each in told], pipeline(ROOT / "config.yml"))
    for one, ranking in zip(said, ear.rankings([(text, lang) for lang, text in asked]), strict=True):
        assert one["intent"] == ranking[0][0]
        assert one["confidence"] == pytest.approx(ranking[0][1], abs=0.05)
