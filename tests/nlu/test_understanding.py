"""Vectors, their caches, and the classifier over them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.components import blend, embedding, language_centres, language_model, linear_model, meaning_model
from nlu.components.blend import Blend
from nlu.components.blended_intent_classifier import BlendedIntentClassifier, sentence_vector
from nlu.components.char_ngrams import Vocabulary, ngrams
from nlu.components.e5_featurizer import E5Featurizer
from nlu.components.embedding import DIMENSION, Embedder, Vectors
from nlu.components.language_identifier import language_of
from nlu.components.payload import command_word, is_payload
from nlu.components.typed_text import typed


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
    classifier = BlendedIntentClassifier(BlendedIntentClassifier.get_default_config(), None, None, _tiny_model())
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


def test_the_cache_does_not_grow_for_ever(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "MOST_KEPT", 2)
    CountingEmbedder().vectors(["one", "two"])
    CountingEmbedder().vectors(["new"])
    last = CountingEmbedder()
    last.vectors(["one", "two", "new"])
    assert len(last.computed) == 1


def test_a_broken_cache_is_made_again(data_dir: Path) -> None:
    CountingEmbedder().vectors(["one"])
    (file,) = (data_dir / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    again = CountingEmbedder()
    again.vectors(["one"])
    assert again.computed == ["one"]


def test_batches_side_by_side_come_back_in_their_order(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowFirst(CountingEmbedder):
        def _compute(self, texts: list[str]) -> Vectors:
            time.sleep(0.2 / len(texts[0]))
            return super()._compute(texts)

    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(embedding, "BATCH", 4)
    texts = ["a" * length for length in range(1, 30)]
    embedder = SlowFirst()
    assert embedder.vectors(texts)[:, 0].tolist() == [len(text) for text in texts]
    assert embedder.computed[0] != "a"  # the second batch was ready first


def test_loading_the_engine_leaves_the_number_of_threads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """scikit-learn reads it too, later."""
    for threads in ("2", None):
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        if threads:
            monkeypatch.setenv("OMP_NUM_THREADS", threads)
        embedding._engine()
        assert os.environ.get("OMP_NUM_THREADS") == threads


def test_e5_brings_translations_together() -> None:
    embedder = Embedder(600, 10)
    flood, banjir, thanks = (
        embedder.vector(text) for text in ("flood in our village", "banjir di desa kami", "thank you so much")
    )
    assert flood @ banjir > flood @ thanks


def test_the_cache_holds_the_sentences_of_several_calls(data_dir: Path) -> None:
    CountingEmbedder().vectors(["one", "two"])
    CountingEmbedder().vectors(["three"])
    last = CountingEmbedder()
    last.vectors(["one", "two", "three"])
    assert last.computed == []


def test_a_model_read_back_says_the_same(tmp_path: Path) -> None:
    model = _tiny_model()
    model.save(tmp_path)
    read = Blend.read(tmp_path, blend.DEFAULTS)
    vector = np.ones(DIMENSION, dtype=np.float32)
    assert read.intents == ["greet", "help"]
    # The weights of n-grams are kept in half precision.
    assert read.probabilities(["halo"], vector) == pytest.approx(model.probabilities(["halo"], vector), abs=1e-3)


def test_both_halves_fitted_at_once_are_those_fitted_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    texts = [f"{word} {number}" for number in range(40) for word in ("halo", "tolong", "jadwal")]
    intents = ["greet", "help", "show_deadlines"] * 40
    vectors = rng.normal(size=(len(texts), DIMENSION)).astype(np.float32)
    model = blend.fit([text.split() for text in texts], vectors, intents, blend.DEFAULTS)
    linear = linear_model.fit([ngrams(text.split()) for text in texts], vectors, intents, blend.DEFAULTS)
    meaning = meaning_model.fit(vectors, intents, blend.DEFAULTS)
    assert np.array_equal(model.linear.of_ngrams, linear.of_ngrams)
    assert np.array_equal(model.linear.of_vector, linear.of_vector)
    assert np.array_equal(model.meaning.first, meaning.first)
    assert np.array_equal(model.meaning.second, meaning.second)


@pytest.mark.parametrize("intents", [2, 5])
def test_the_planes_are_the_same_however_many_cores_fit_them(monkeypatch: pytest.MonkeyPatch, intents: int) -> None:
    rng = np.random.default_rng(0)
    words = ("halo", "tolong", "jadwal", "terima", "sampai")[:intents]
    texts = [f"{word} {number}" for number in range(30) for word in words]
    documents = [ngrams(text.split()) for text in texts]
    vectors = rng.normal(size=(len(texts), DIMENSION)).astype(np.float32)
    said = [text.split()[0] for text in texts]
    alone = linear_model.fit(documents, vectors, said, blend.DEFAULTS)
    monkeypatch.setattr(linear_model, "WORTH_A_PROCESS", 0)
    for cores in ("1", "2", "64"):
        monkeypatch.setenv("OMP_NUM_THREADS", cores)
        shared = linear_model.fit(documents, vectors, said, blend.DEFAULTS)
        assert shared.intents == alone.intents == sorted(words)
        assert np.array_equal(shared.of_ngrams, alone.of_ngrams)
        assert np.array_equal(shared.of_vector, alone.of_vector)
    guesses = [alone.intents[int(alone.probabilities(*one).argmax())] for one in zip(documents, vectors, strict=True)]
    assert guesses == said


def test_probabilities_add_up_and_letters_alone_can_decide() -> None:
    """Two classes are the special case: scikit-learn keeps one row of weights for them."""
    model = _tiny_model()
    likely = model.probabilities(["halo"], np.zeros(DIMENSION, dtype=np.float32))
    assert float(likely.sum()) == pytest.approx(1, abs=1e-6)
    assert model.intents[int(likely.argmax())] == "greet"


def test_of_unknown_words_the_letters_say_less() -> None:
    model = _tiny_model()
    assert model._share(["halo", "pagi"]) == pytest.approx(model.settings["share_known"])
    assert model._share(["kumusta", "po"]) == pytest.approx(model.settings["share_unknown"])


def test_a_row_of_which_little_is_known_is_short() -> None:
    vocabulary = Vocabulary.learn([ngrams(["halo"]), ngrams(["halo", "pagi"])], least_documents=1)
    known, partly, unknown = (np.linalg.norm(vocabulary.row(ngrams([word]))[1]) for word in ("halo", "hakim", "zzz"))
    assert known == pytest.approx(1, abs=1e-6)
    assert known > partly > unknown >= 0


def test_ngrams_reach_across_the_border_of_words() -> None:
    assert "o p" in ngrams(["halo", "pagi"])


def test_lao_and_thai_share_the_letters_of_their_common_words() -> None:
    assert ngrams(["ນ້ຳ"]) == ngrams(["น้ำ"])
    assert ngrams(["ໜັງ"]) == ngrams(["หนัง"])


def test_zawgyi_and_invisible_signs_are_undone() -> None:
    assert typed("ေရႀကီးေနၿပီ") == "ရေကြီးနေပြီ"
    assert typed("ភាសា\u200bខ្មែរ") == "ភាសាខ្មែរ"


def test_a_language_is_told_by_its_letters_and_the_chosen_one_is_likelier(tmp_path: Path) -> None:
    texts = ["kami mau bergabung dengan kota lain", "gusto naming sumali sa inyong programa", "สวัสดีครับ"]
    model = language_model.learn(texts, ["id", "fil", "th"])
    model.save(tmp_path)
    likely = language_model.LanguageModel.read(tmp_path).likely("gusto naming sumali")
    assert max(likely, key=lambda code: likely[code]) == "fil"
    assert language_of({"id": 0.5, "ms": 0.4, "fil": 0.1}, "ms", 20) == "ms"
    assert language_of({"id": 0.999, "ms": 0.001}, "ms", 20) == "id"


def test_the_centre_of_a_language_without_sentences_comes_from_what_we_say_in_it() -> None:
    def embed(texts: Sequence[str]) -> Vectors:
        return np.array([[float(len(text))] for text in texts], dtype=np.float32)

    vectors = np.array([[3.0], [5.0]], dtype=np.float32)  # one apart from what the catalogue says in that language
    samples = {"en": ("aaa",), "tet": ("aaaaaaa",)}
    centres = language_centres.learn(vectors, ["en", "en"], samples, embed)
    assert [float(centres(code)[0]) for code in ("en", "tet", "xx", None)] == [4, 8, 4, 4]


def _tiny_model() -> Blend:
    texts = ["halo", "halo pagi", "tolong", "tolong bantu"]
    vectors = np.zeros((4, DIMENSION), dtype=np.float32)
    return blend.fit([text.split() for text in texts], vectors, ["greet", "greet", "help", "help"], blend.DEFAULTS)
