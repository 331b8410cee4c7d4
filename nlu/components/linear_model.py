"""The linear half of the classifier: one separating plane for each intent, over n-grams and sentence vector."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from nlu.components.char_ngrams import Vocabulary
from nlu.components.embedding import Vectors

Planes: TypeAlias = tuple[list[str], NDArray[np.float64], NDArray[np.float64]]

WEIGHTS = "linear.npz"
NAMES = "linear.json"
PARTS = 2  # of the intents, fitted apart: as many on every machine, so that the model is the same on all of them
OTHERS = ""  # all intents of the other parts
WORTH_A_PROCESS = 5_000  # sentences: below, starting one takes longer than fitting
# A hundred times the usual: no answer to a development sentence changes, and fitting takes a sixth less time.
TOLERANCE = 1e-2
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
        distances = self.distances(document, vector)
        powers = np.exp(self.sharpness * (distances - distances.max()))
        likely: NDArray[np.float32] = powers / powers.sum()
        return likely

    def distances(self, document: Counter[str], vector: Vectors) -> NDArray[np.float32]:
        """How far one message lies from each intent's plane: beyond 1 it is surely on its side, below -1 not."""
        columns, values = self.vocabulary.row(document)
        measured: NDArray[np.float32] = self.bias + values @ self.of_ngrams[columns] + vector @ self.of_vector
        return measured

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
    vocabulary = Vocabulary.learn(documents, int(settings["least_documents"]))
    weight = float(settings["ngram_weight"])
    features = hstack([vocabulary.matrix(documents) * weight, csr_matrix(vectors)], format="csr").astype(np.float64)
    features.sort_indices()  # here, once: what processes share they may not change
    names, weights, bias = _planes(features, [str(intent) for intent in intents], float(settings["C"]))
    by_feature = np.ascontiguousarray(weights.T, dtype=np.float32)
    of_ngrams, of_vector = np.split(by_feature, [len(vocabulary.known)])
    return LinearModel(
        names,
        vocabulary,
        of_ngrams * np.float32(weight),
        of_vector,
        bias.astype(np.float32),
        float(settings["sharpness"]),
    )


def _planes(features: csr_matrix, intents: list[str], penalty: float) -> Planes:
    """The intents in their order, and the plane of each.

    Each plane parts one intent from all others, so that two cores may have half of the intents each. By processes,
    since the library's dice belong to the whole process: a training repeats bit by bit.
    """
    from joblib import Parallel, delayed

    names = sorted(set(intents))
    groups = [frozenset(names[first::PARTS]) for first in range(PARTS)]
    asked = ([intent if intent in group else OTHERS for intent in intents] for group in groups)
    cores = min(int(os.environ.get("OMP_NUM_THREADS") or 1), PARTS) if len(intents) > WORTH_A_PROCESS else 1
    found = Parallel(cores)(delayed(_fitted)(features, those, penalty) for those in asked)
    rows = {name: (plane, bias) for part in found for name, plane, bias in zip(*part, strict=True)}
    return names, np.stack([rows[name][0] for name in names]), np.array([rows[name][1] for name in names])


def _fitted(features: csr_matrix, intents: list[str], penalty: float) -> Planes:
    """The planes of these intents; for two, scikit-learn keeps only one plane, the other is its negative."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=penalty, tol=TOLERANCE, random_state=0).fit(features, intents)
    weights, bias = machine.coef_, machine.intercept_
    if len(weights) == 1:
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return [str(intent) for intent in machine.classes_], weights, bias
