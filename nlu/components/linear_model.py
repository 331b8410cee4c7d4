"""The linear half of the classifier: one separating plane for each intent, over n-grams and sentence vector."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from nlu.components.char_ngrams import Vocabulary
from nlu.components.embedding import Vectors

WEIGHTS = "linear.npz"
NAMES = "linear.json"
# Chosen on the development sentences; docs/nlu/README.md has the table.
DEFAULTS: Mapping[str, float] = {"C": 0.05, "ngram_weight": 8.0, "least_documents": 2, "sharpness": 6.0}


@dataclass(frozen=True)
class LinearModel:
    """What a fit leaves: names, and the weights of n-grams and vector for each intent."""

    intents: list[str]
    vocabulary: Vocabulary
    of_ngrams: NDArray[np.float32]
    of_vector: NDArray[np.float32]
    bias: NDArray[np.float32]
    sharpness: float

    def probabilities(self, document: Counter[str], vector: Vectors) -> NDArray[np.float32]:
        """How likely each intent is for one message: the distances from the planes, made into shares."""
        columns, values = self.vocabulary.row(document)
        distances = self.bias + values @ self.of_ngrams[columns] + vector @ self.of_vector
        powers = np.exp(self.sharpness * (distances - distances.max()))
        likely: NDArray[np.float32] = powers / powers.sum()
        return likely

    def save(self, folder: Path) -> None:
        """Write arrays and JSON: nothing that runs code when it is read."""
        names = {"intents": self.intents, "ngrams": self.vocabulary.known, "sharpness": self.sharpness}
        (folder / NAMES).write_text(json.dumps({**names, "unknown": self.vocabulary.unknown}))
        np.savez_compressed(
            folder / WEIGHTS,
            # Half precision halves the file and changes no decision.
            ngrams=self.of_ngrams.astype(np.float16),
            weights=self.vocabulary.weights,
            vector=self.of_vector,
            bias=self.bias,
        )

    @classmethod
    def read(cls, folder: Path) -> LinearModel:
        """What `save` wrote."""
        names = json.loads((folder / NAMES).read_text())
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            arrays = stored["ngrams"].astype(np.float32), stored["vector"], stored["bias"]
            vocabulary = Vocabulary(names["ngrams"], stored["weights"], names["unknown"])
        return cls(names["intents"], vocabulary, *arrays, names["sharpness"])


def fit(
    documents: Sequence[Counter[str]], vectors: Vectors, intents: Sequence[str], settings: Mapping[str, Any]
) -> LinearModel:
    """The model that tells these sentences' intents apart; `settings` are those of `DEFAULTS`."""
    from sklearn.svm import LinearSVC

    vocabulary = Vocabulary.learn(documents, int(settings["least_documents"]))
    weight = float(settings["ngram_weight"])
    features = hstack([vocabulary.matrix(documents) * weight, csr_matrix(vectors)], format="csr")
    machine = LinearSVC(C=float(settings["C"]), random_state=0).fit(features, intents)
    return _plain(machine, vocabulary, settings)


def _plain(machine: Any, vocabulary: Vocabulary, settings: Mapping[str, Any]) -> LinearModel:
    """Scikit-learn's fitted model as arrays; for two classes it keeps only one row, the other is its negative."""
    weights, bias = machine.coef_, machine.intercept_
    if len(weights) == 1:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    by_feature = np.ascontiguousarray(weights.T, dtype=np.float32)
    of_ngrams, of_vector = np.split(by_feature, [len(vocabulary.known)])
    return LinearModel(
        [str(intent) for intent in machine.classes_],
        vocabulary,
        of_ngrams * np.float32(settings["ngram_weight"]),
        of_vector,
        bias.astype(np.float32),
        float(settings["sharpness"]),
    )
