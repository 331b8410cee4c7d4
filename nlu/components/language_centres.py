"""Where the sentence vectors of each language lie: what a message means is its distance from there.

e5 puts the sentences of one language near each other; without that common part, what is learnt in eight languages
holds better in a ninth (measured: docs/nlu/README.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.components.embedding import DIMENSION, Vectors

FILE = "centres.npz"
OVERALL = "overall"


@dataclass(frozen=True)
class Centres:
    """The mean vector of each language, and of all sentences for whatever else comes."""

    of: Mapping[str, Vectors]

    def __call__(self, language: str | None) -> Vectors:
        """The centre of a language; of an unknown one, that of all."""
        return self.of.get(language or OVERALL, self.of[OVERALL])

    def save(self, folder: Path) -> None:
        """Write arrays."""
        np.savez(folder / FILE, **self.of)

    @classmethod
    def read(cls, folder: Path) -> Centres:
        """What `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return cls({name: stored[name] for name in stored.files})


def nowhere() -> Centres:
    """No centre at all: vectors stay as they are."""
    return Centres({OVERALL: np.zeros(DIMENSION, dtype=np.float32)})


def learn(
    vectors: Vectors,
    languages: Sequence[str | None],
    samples: Mapping[str, Sequence[str]],
    embed: Callable[[Sequence[str]], Vectors],
) -> Centres:
    """The centres of these sentences; of a language that has only samples of what we say, from those.

    What people say lies elsewhere than what we say, by about the same distance in every language: the languages with
    both tell how far.
    """
    told = np.array([language or "" for language in languages])
    means = {str(code): vectors[told == code].mean(axis=0) for code in np.unique(told) if code}
    missing = [code for code, texts in samples.items() if texts and code not in means] if means else []
    if missing:
        ours = {code: embed(texts).mean(axis=0) for code, texts in samples.items() if texts}
        shift = np.mean([means[code] - ours[code] for code in means if code in ours] or [0.0 * vectors[0]], axis=0)
        means.update({code: ours[code] + shift for code in missing})
    return Centres({**means, OVERALL: vectors.mean(axis=0)})
