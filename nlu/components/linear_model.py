"""Multinomial logistic regression over sentence vectors and character n-grams, kept as plain arrays."""

from __future__ import annotations

import json
import warnings
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

WEIGHTS = "weights.npz"
NAMES = "names.json"
DEFAULTS: Mapping[str, float] = {"C": 3.0, "ngram_weight": 4.0, "least_documents": 2, "max_iterations": 100}


@dataclass(frozen=True)
class LinearModel:
    """What a fit leaves: names, and the weights of n-grams and vector for each intent."""

    intents: list[str]
    vocabulary: Vocabulary
    of_ngrams: NDArray[np.float32]
    of_vector: NDArray[np.float32]
    bias: NDArray[np.float32]

    def probabilities(self, document: Counter[str], vector: Vectors) -> NDArray[np.float32]:
        """How likely each intent is for one message."""
        columns, values = self.vocabulary.row(document)
        scores = self.bias + values @ self.of_ngrams[columns] + vector @ self.of_vector
        powers = np.exp(scores - scores.max())
        likely: NDArray[np.float32] = powers / powers.sum()
        return likely

    def save(self, folder: Path) -> None:
        """Write arrays and JSON: nothing that runs code when it is read."""
        (folder / NAMES).write_text(json.dumps({"intents": self.intents, "ngrams": self.vocabulary.known}))
        np.savez_compressed(folder / WEIGHTS, ngrams=self.of_ngrams, vector=self.of_vector, bias=self.bias)

    @classmethod
    def read(cls, folder: Path) -> LinearModel:
        """What `save` wrote."""
        names = json.loads((folder / NAMES).read_text())
        with np.load(folder / WEIGHTS, allow_pickle=False) as weights:
            arrays = weights["ngrams"], weights["vector"], weights["bias"]
        return cls(names["intents"], Vocabulary(names["ngrams"]), *arrays)


def fit(
    documents: Sequence[Counter[str]], vectors: Vectors, intents: Sequence[str], settings: Mapping[str, Any]
) -> LinearModel:
    """The model that tells these sentences' intents apart; `settings` are those of `DEFAULTS`."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    vocabulary = Vocabulary.learn(documents, int(settings["least_documents"]))
    weight = float(settings["ngram_weight"])
    features = hstack([vocabulary.matrix(documents) * weight, csr_matrix(vectors)], format="csr")
    regression = LogisticRegression(C=float(settings["C"]), max_iter=int(settings["max_iterations"]))
    with warnings.catch_warnings():
        # Stopping at `max_iterations` is meant: more of them doubled the time and changed no accuracy.
        warnings.simplefilter("ignore", category=ConvergenceWarning)
        regression.fit(features, intents)
    return _plain(regression, vocabulary, weight)


def _plain(regression: Any, vocabulary: Vocabulary, ngram_weight: float) -> LinearModel:
    """Scikit-learn's fitted model as arrays; for two classes it keeps only one row, the other is its negative."""
    weights, bias = regression.coef_, regression.intercept_
    if len(weights) == 1:
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    by_feature = np.ascontiguousarray(weights.T, dtype=np.float32)
    of_ngrams, of_vector = np.split(by_feature, [len(vocabulary.known)])
    intents = [str(intent) for intent in regression.classes_]
    return LinearModel(intents, vocabulary, of_ngrams * np.float32(ngram_weight), of_vector, bias.astype(np.float32))
