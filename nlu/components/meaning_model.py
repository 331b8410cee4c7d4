"""The other half of the classifier: a small network over the sentence vector alone, the same for every language.

Letters it does not see, so that it carries over to languages and words that no training sentence has.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.components.embedding import Vectors

WEIGHTS, NAMES = "meaning.npz", "meaning.json"
# Chosen on the development sentences; docs/nlu/README.md has the table.
DEFAULTS: Mapping[str, float] = {"hidden": 384, "rounds": 10, "decay": 1e-3}


@dataclass(frozen=True)
class MeaningModel:
    """Two layers as plain arrays."""

    intents: list[str]
    first: NDArray[np.float32]
    first_bias: NDArray[np.float32]
    second: NDArray[np.float32]
    second_bias: NDArray[np.float32]

    def probabilities(self, vector: Vectors) -> NDArray[np.float32]:
        """How likely each intent is for one message."""
        scores = np.maximum(vector @ self.first + self.first_bias, 0) @ self.second + self.second_bias
        powers = np.exp(scores - scores.max())
        likely: NDArray[np.float32] = powers / powers.sum()
        return likely

    def save(self, folder: Path) -> None:
        """Write arrays and JSON."""
        (folder / NAMES).write_text(json.dumps(self.intents))
        arrays = {"first": self.first, "second": self.second}
        np.savez_compressed(folder / WEIGHTS, **arrays, first_bias=self.first_bias, second_bias=self.second_bias)

    @classmethod
    def read(cls, folder: Path) -> MeaningModel:
        """What `save` wrote."""
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            layers = (stored[name] for name in ("first", "first_bias", "second", "second_bias"))
            return cls(json.loads((folder / NAMES).read_text()), *layers)


def fit(vectors: Vectors, intents: Sequence[str], settings: Mapping[str, Any]) -> MeaningModel:
    """The network that tells these vectors' intents apart; `settings` are those of `DEFAULTS`."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    network = MLPClassifier(
        (int(settings["hidden"]),),
        alpha=float(settings["decay"]),
        batch_size=min(256, len(intents)),
        max_iter=int(settings["rounds"]),
        random_state=0,
    )
    # On one core: the same bits on every machine, and its products never wait for a core that has other work (17 s
    # instead of 5).
    with warnings.catch_warnings(), threadpool_limits(1):
        # Stopping after `rounds` is meant: it keeps the network from learning the sentences by heart.
        warnings.simplefilter("ignore", category=ConvergenceWarning)
        network.fit(vectors, intents)
    return _plain(network)


def _plain(network: Any) -> MeaningModel:
    """Scikit-learn's network as arrays; for two classes it has one output, the other is its negative."""
    first, second = network.coefs_
    first_bias, second_bias = network.intercepts_
    if second.shape[1] == 1:
        second, second_bias = np.hstack([-second / 2, second / 2]), np.concatenate([-second_bias / 2, second_bias / 2])
    arrays = (np.asarray(each, dtype=np.float32) for each in (first, first_bias, second, second_bias))
    return MeaningModel([str(intent) for intent in network.classes_], *arrays)
