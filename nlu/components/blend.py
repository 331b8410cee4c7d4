"""Both halves of the classifier together: letters and meaning where the words are known, meaning where they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.components import linear_model, meaning_model
from nlu.components.char_ngrams import in_small_letters, ngrams
from nlu.components.embedding import Vectors
from nlu.components.linear_model import LinearModel
from nlu.components.meaning_model import MeaningModel

WORDS = "words.txt"
DEFAULTS: Mapping[str, float] = {
    **linear_model.DEFAULTS,
    **meaning_model.DEFAULTS,
    # The linear half's share of the vote: the first when at most `few_known` of the words were ever seen, the second
    # from `many_known` on, in between in proportion.
    "share_unknown": 0.30,
    "share_known": 0.90,
    "few_known": 0.3,
    "many_known": 0.7,
    # From this probability on, what must not be missed comes first: on the development sentences every emergency is
    # then heard, for four in two thousand heard where there is none.
    "alarm": 0.3,
}
ALARMS = frozenset({"emergency", "opt_out"})


@dataclass(frozen=True)
class Blend:
    """Both halves, and every word of the training sentences."""

    linear: LinearModel
    meaning: MeaningModel
    words: frozenset[str]
    settings: Mapping[str, float]

    @property
    def intents(self) -> list[str]:
        """In the order of the probabilities."""
        return self.linear.intents

    def probabilities(self, words: Sequence[str], vector: Vectors) -> NDArray[np.float32]:
        """How likely each intent is for the message of these words."""
        share = np.float32(self._share([in_small_letters(word) for word in words]))
        return share * self.linear.probabilities(ngrams(words), vector) + (1 - share) * self.meaning.probabilities(
            vector
        )

    def ranking(self, words: Sequence[str], vector: Vectors, most: int) -> list[tuple[str, float]]:
        """The likeliest intents with their probability, an alarm first where it is likely enough."""
        likely = zip(self.intents, self.probabilities(words, vector).tolist(), strict=True)
        alarm = self.settings["alarm"]
        return sorted(likely, key=lambda one: (one[0] in ALARMS and one[1] >= alarm, one[1]), reverse=True)[:most]

    def _share(self, words: Sequence[str]) -> float:
        known = sum(word in self.words for word in words) / max(len(words), 1)
        few, many = self.settings["few_known"], self.settings["many_known"]
        progress = min(max((known - few) / (many - few), 0), 1)
        least, most = self.settings["share_unknown"], self.settings["share_known"]
        return least + (most - least) * progress

    def save(self, folder: Path) -> None:
        """Write both halves and the words."""
        self.linear.save(folder)
        self.meaning.save(folder)
        (folder / WORDS).write_text("\n".join(sorted(self.words)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, settings: Mapping[str, Any]) -> Blend:
        """What `save` wrote."""
        words = frozenset((folder / WORDS).read_text(encoding="utf-8").split("\n"))
        return cls(LinearModel.read(folder), MeaningModel.read(folder), words, settings)


def fit(
    sentences: Sequence[Sequence[str]], vectors: Vectors, intents: Sequence[str], settings: Mapping[str, Any]
) -> Blend:
    """The model of these sentences, each given as its words and its vector."""
    with ThreadPoolExecutor(1) as beside:
        # The linear half needs one core for its n-grams, then processes of its own: the network is fitted beside it.
        meaning = beside.submit(meaning_model.fit, vectors, intents, settings)
        linear = linear_model.fit([ngrams(words) for words in sentences], vectors, intents, settings)
        known = frozenset(in_small_letters(word) for words in sentences for word in words)
        return Blend(linear, meaning.result(), known, settings)
