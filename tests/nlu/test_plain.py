"""How the measurement of plain Rasa counts; its environment with TensorFlow is not needed for that."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from house import ROOT

from nlu.report_figures import Plain

SCRIPT = ROOT / "tests" / "bench" / "plain" / "measure.py"
RESULT = ROOT / "docs" / "nlu" / "plain.json"


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plain_measure", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_as_many_epochs_are_run_as_fit_after_preparation(measure: ModuleType) -> None:
    """20 s of preparation and first epoch, 10 s each with the margin 11: 80 s more are seven epochs."""
    assert measure.epochs_within(100, [20, 30, 40]) == 8


@pytest.mark.parametrize(("seconds", "ends", "epochs"), [(1e6, [2, 3, 4], 100), (30, [40, 80], 1), (30, [40], 1)])
def test_at_least_one_epoch_is_run_and_at_most_those_of_the_pipeline(
    measure: ModuleType, seconds: float, ends: list[float], epochs: int
) -> None:
    assert measure.epochs_within(seconds, ends) == epochs


def test_the_fallback_does_not_hide_the_meaning_under_it(measure: ModuleType) -> None:
    ranking = [{"name": "nlu_fallback"}, {"name": "greet"}, {"name": "thank"}]
    assert measure.meanings({"intent_ranking": ranking}) == ["greet", "thank"]


def test_accuracy_counts_the_first_meaning_and_the_first_two(measure: ModuleType) -> None:
    sentence = measure.Sentence("en", "greet", "hello")
    given = [["greet", "deny"], ["deny", "greet"], ["deny", "help", "greet"], []]
    judged = [measure.Judged(sentence, meanings, 4.0) for meanings in given]
    assert measure.accuracy(judged) == {"sentences": 4, "accuracy": 25.0, "among_two": 50.0}


def test_half_of_the_sentences_are_faster_than_p50(measure: ModuleType) -> None:
    sentence = measure.Sentence("en", "greet", "hello")
    found = measure.understanding([measure.Judged(sentence, ["greet"], float(ms)) for ms in range(100, 0, -1)])
    assert found["milliseconds"] == {"p50": 50.0, "p99": 99.0}


def test_sentences_keep_their_tabs_and_their_language(measure: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "lo.tsv").write_text("greet\tສະບາຍດີ\n\ninform\ta\tb\n", encoding="utf-8")
    assert measure.development(tmp_path) == [("lo", "greet", "ສະບາຍດີ"), ("lo", "inform", "a\tb")]


def test_a_file_with_two_names_takes_its_place_once(measure: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x" * 2_000_000)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert measure.environment_mb(tmp_path) == pytest.approx(2.0)


def test_the_result_in_the_documentation_has_the_shape_that_the_report_reads() -> None:
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    assert set(Plain.__annotations__) <= set(found)
    assert sum(row["sentences"] for row in found["by_language"].values()) == found["overall"]["sentences"]
