"""Vectors, their caches, and the classifier over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.components import linear_model
from nlu.components.char_ngrams import ngrams
from nlu.components.e5_featurizer import E5Featurizer
from nlu.components.embedding import DIMENSION, Embedder, Vectors
from nlu.components.linear_intent_classifier import LinearIntentClassifier, sentence_vector
from nlu.components.linear_model import LinearModel
from nlu.components.payload import command_word, is_payload


class CountingEmbedder(Embedder):
    """Counts the texts it had to compute, and makes their vectors from their length."""

    def __init__(self) -> None:
        super().__init__(max_characters=50, remembered=3)
        self.computed: list[str] = []

    def _compute(self, texts: list[str]) -> Vectors:
        self.computed += texts
        return np.stack([np.full(DIMENSION, len(text), dtype=np.float32) for text in texts])


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("text", ["/affirm", ' /inform{"value": {"a": [1, 2]}} ', "/skip@0.9", '/inform {"a":"b\nc"}'])
def test_what_rasa_reads_by_itself_is_a_payload(text: str) -> None:
    assert is_payload(text)


@pytest.mark.parametrize(
    "text", ["/ affirm", "affirm", "/2030", "/start ref", "yes /affirm", "/", "", None, "/inform{", "/ช่วย"]
)
def test_everything_else_is_a_text(text: str | None) -> None:
    assert not is_payload(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [("/start", "start"), ("/Start@kawan_bot ref-1", "start"), ("/start{", None), ("start", None), ("", None)],
)
def test_the_command_word_of_a_chat_client(text: str, word: str | None) -> None:
    assert command_word(text) == word


def test_a_payload_costs_no_embedding_and_gets_no_ranking() -> None:
    featurizer = E5Featurizer(E5Featurizer.get_default_config(), None, None)
    featurizer._embedder = CountingEmbedder()
    payload, empty, text = Message({"text": "/affirm"}), Message({"text": " "}), Message({"text": "halo"})
    featurizer.process([payload, empty, text])
    assert featurizer._embedder.computed == ["halo"]
    assert [sentence_vector(message) is None for message in (payload, empty, text)] == [True, True, False]
    classifier = LinearIntentClassifier(LinearIntentClassifier.get_default_config(), None, None, _tiny_model())
    classifier.process([payload, empty, text])
    assert [bool(message.get("intent_ranking")) for message in (payload, empty, text)] == [False, False, True]


def test_a_repeated_text_is_embedded_once_and_the_oldest_is_forgotten() -> None:
    embedder = CountingEmbedder()
    for text in ("a", "b", "a", " a ", "c", "d", "a", "b"):
        embedder.vector(text)
    assert embedder.computed == ["a", "b", "c", "d", "b"]


def test_a_second_training_computes_only_what_is_new(data_dir: Path) -> None:
    CountingEmbedder().vectors(["one", "three", "one"])
    again = CountingEmbedder()
    assert again.vectors(["three", "seven77", "one"])[:, 0].tolist() == [5, 7, 3]
    assert again.computed == ["seven77"]
    assert [path.suffix for path in (data_dir / "cache").iterdir()] == [".npz"]


def test_the_cache_forgets_what_no_training_uses(data_dir: Path) -> None:
    CountingEmbedder().vectors(["one", "two"])
    CountingEmbedder().vectors(["one", "new"])
    last = CountingEmbedder()
    last.vectors(["two"])
    assert last.computed == ["two"]


def test_a_broken_cache_is_made_again(data_dir: Path) -> None:
    CountingEmbedder().vectors(["one"])
    (file,) = (data_dir / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    again = CountingEmbedder()
    again.vectors(["one"])
    assert again.computed == ["one"]


def test_e5_brings_translations_together() -> None:
    embedder = Embedder(600, 10)
    flood, banjir, thanks = (
        embedder.vector(text) for text in ("flood in our village", "banjir di desa kami", "thank you so much")
    )
    assert flood @ banjir > flood @ thanks


def test_a_model_read_back_says_the_same(tmp_path: Path) -> None:
    model = _tiny_model()
    model.save(tmp_path)
    read = LinearModel.read(tmp_path)
    document, vector = ngrams(["halo"]), np.ones(DIMENSION, dtype=np.float32)
    assert read.intents == ["greet", "help"]
    assert read.probabilities(document, vector).tolist() == model.probabilities(document, vector).tolist()


def test_probabilities_are_scikit_learns() -> None:
    """Two classes are the special case: scikit-learn keeps one row of weights for them."""
    model = _tiny_model()
    likely = model.probabilities(ngrams(["halo"]), np.zeros(DIMENSION, dtype=np.float32))
    assert float(likely.sum()) == pytest.approx(1, abs=1e-6)
    assert model.intents[int(likely.argmax())] == "greet"


def _tiny_model() -> LinearModel:
    texts = ["halo", "halo pagi", "tolong", "tolong bantu"]
    documents = [ngrams(text.split()) for text in texts]
    vectors = np.zeros((4, DIMENSION), dtype=np.float32)
    return linear_model.fit(documents, vectors, ["greet", "greet", "help", "help"], linear_model.DEFAULTS)
