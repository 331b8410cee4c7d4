"""The stand-ins for libraries that are left out: inert when imported, plain-spoken when used."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest
from house import run_module
from kawan_stand_ins import LIBRARIES, MissingLibraryError

PIPELINE = """\
recipe: default.v1
assistant_id: kawan
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: CountVectorsFeaturizer
  - name: {classifier}
policies:
  - name: {policy}
"""


@pytest.mark.parametrize(
    ("classifier", "policy", "user"),
    [("DIETClassifier", "RulePolicy", "DIET"), ("KeywordIntentClassifier", "TEDPolicy", "TED")],
)
def test_a_component_that_needs_tensorflow_says_so(
    home: Path, tmp_path: Path, classifier: str, policy: str, user: str
) -> None:
    config = tmp_path / "config.yml"
    config.write_text(PIPELINE.format(classifier=classifier, policy=policy))
    out = tmp_path / "model.tar.gz"
    data = [part for path in ("tests/nlu/tiny", "tests/nlu/stories.yml") for part in ("--data", path)]
    done = run_module(home, "nlu.train", "--config", str(config), *data, "--out", str(out))
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert f"Training failed: {user} needs " in last
    assert "is not installed here, a stand-in takes its place" in last
    assert classifier in last or policy in last
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_left_out_library_is_a_stand_in(library: str) -> None:
    module = importlib.import_module(library)
    with pytest.raises(MissingLibraryError, match=rf"{library}\.Anything, but {library} is not installed here"):
        module.Anything()


def test_a_stand_in_can_be_subclassed_annotated_and_caught() -> None:
    keras = importlib.import_module("tensorflow.keras.layers")

    class Layer(keras.Layer):
        def call(self, inputs: keras.Tensor | int) -> None:
            """As Rasa does it."""

    with pytest.raises(MissingLibraryError, match=r"Layer needs tensorflow\.keras\.layers\.Layer"):
        Layer()
    with pytest.raises(ValueError, match="other"):
        _raise_past(importlib.import_module("botocore.exceptions").BotoCoreError)


def _raise_past(kind: type[BaseException]) -> None:
    try:
        msg = "other"
        raise ValueError(msg)
    except kind:
        pytest.fail("A stand-in caught what is not its own.")


def test_private_names_are_absent() -> None:
    assert not hasattr(importlib.import_module("tensorflow"), "__wrapped__")
    assert importlib.util.find_spec("tensorflow.nothing") is not None
    assert importlib.util.find_spec("nowhere") is None
