"""Training and understanding from the command line, with an empty environment."""

from __future__ import annotations

import copy
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from house import ROOT, run_module
from rasa.shared.nlu.training_data.features import Features

from nlu import train
from nlu.importer import Sentence


def test_a_model_holds_no_pickle(model: Path) -> None:
    with tarfile.open(model) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
    assert any(name.endswith("linear.npz") for name in names)
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]


@pytest.mark.parametrize(
    ("yaml", "reason"),
    [
        ("", "No training data given"),
        ("nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi\n", "at least two intents"),
        ("nlu: [", "YAML"),
    ],
)
def test_a_failed_training_is_one_sentence_and_leaves_no_model(
    home: Path, tmp_path: Path, yaml: str, reason: str
) -> None:
    (tmp_path / "nlu.yml").write_text(yaml)
    out = tmp_path / "out" / "model.tar.gz"
    done = run_module(home, "nlu.train", "--data", str(tmp_path), "--out", str(out))
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "Training failed: " in last
    assert reason in last
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_a_failed_training_keeps_the_model_that_was_there(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.tar.gz"
    out.write_bytes(b"the old one")
    assert run_module(home, "nlu.train", "--data", str(tmp_path / "none"), "--out", str(out)).returncode == 1
    assert out.read_bytes() == b"the old one"


def test_the_innermost_reason_is_told() -> None:
    error = RuntimeError("wrapped")
    error.__cause__ = ValueError("line 3\nis wrong")
    assert train.one_sentence(error) == "line 3 is wrong"


def test_a_table_is_understood_without_a_server(home: Path, model: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text('lang\ttext\tnote\nen\tgood morning\tx\nth\tช่วยด้วยน้ำท่วม\t\nid\t"Kota" Bogor\t\nen\t/affirm\t\n')
    done = run_module(home, "nlu.understand", "--model", str(model), str(table))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["lang"], line["text"]) for line in lines][2] == ("id", '"Kota" Bogor')
    assert [line["intent"] for line in lines] == ["greet", "emergency", "inform", "affirm"]
    assert all(set(line) == {"text", "lang", "intent", "confidence", "entities", "offered"} for line in lines)
    assert all(0 < line["confidence"] <= 1 for line in lines)


def test_a_table_without_the_columns_is_refused_in_one_sentence(home: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text("language;text\n")
    done = run_module(home, "nlu.understand", "--model", str(model), str(tmp_path / "table.tsv"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "columns lang and text" in done.stderr
    assert "Traceback" not in done.stderr


def test_training_data_of_every_language_can_be_read() -> None:
    from nlu import report

    given = report.training_examples()
    assert {example.lang for example in given} >= {"en", "id", "ms", "fil", "vi", "th", "km", "lo", "my", "tet"}
    assert not [example for example in given if not example.text.strip()]


@pytest.mark.parametrize("folder", ["nlu/development", "tests/nlu/unseen"])
def test_no_judged_sentence_of_some_length_is_a_training_sentence(folder: str) -> None:
    """A greeting is a greeting everywhere; what has three words and more was written apart."""
    from nlu import report

    learnt = {(each.lang, each.text.casefold()) for each in report.training_examples()}
    copied = [each for each in report.judged_examples(ROOT / folder) if (each.lang, each.text.casefold()) in learnt]
    assert [each.text for each in copied if len(each.text) > 30] == []


def test_a_copied_sentence_is_equal_and_apart() -> None:
    sentence = Sentence({"text": "halo", "intent": "greet"})
    copied = copy.deepcopy(sentence)
    assert copied == sentence
    assert hash(copied) == hash(sentence)
    copied.set("language", "id")
    copied.add_features(Features(np.zeros((1, 2)), "sentence", "text", "test"))
    assert copied != sentence
    assert sentence.get("language") is None
    assert sentence.features == []
