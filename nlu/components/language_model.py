"""Which language a text is in: its script, and for what is written in Latin letters a naive Bayes over letters."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.components.spelling import WORD

TABLE, CODES = "languages.npz", "languages.json"
BUCKETS = 1 << 16
SHORTEST, LONGEST = 1, 4
SMOOTHING = 0.05
# Letters of one text depend on each other; without this, four words would be "certain".
EVIDENCE = 0.35


@dataclass(frozen=True)
class LanguageModel:
    """For each bucket of letter sequences, how much it speaks for each language."""

    codes: list[str]
    table: NDArray[np.float32]

    def likely(self, text: str) -> dict[str, float]:
        """The probability of each language; all alike for a text without letters."""
        rows = sorted({bucket(piece) for piece in pieces(text)})
        scores = EVIDENCE * self.table[rows].sum(axis=0)
        powers = np.exp(scores - scores.max())
        return dict(zip(self.codes, (powers / powers.sum()).tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write arrays and JSON."""
        (folder / CODES).write_text(json.dumps(self.codes))
        np.savez_compressed(folder / TABLE, table=self.table.astype(np.float16))

    @classmethod
    def read(cls, folder: Path) -> LanguageModel:
        """What `save` wrote."""
        with np.load(folder / TABLE, allow_pickle=False) as stored:
            return cls(json.loads((folder / CODES).read_text()), stored["table"].astype(np.float32))


def learn(texts: Sequence[str], languages: Sequence[str]) -> LanguageModel:
    """The model of these texts; every language counts alike, however many texts it has."""
    codes = sorted(set(languages))
    counts = np.full((BUCKETS, len(codes)), SMOOTHING)
    for text, language in zip(texts, languages, strict=True):
        counts[sorted({bucket(piece) for piece in pieces(text)}), codes.index(language)] += 1
    shares = np.log(counts / counts.sum(axis=0))
    return LanguageModel(codes, (shares - shares.mean(axis=1, keepdims=True)).astype(np.float32))


def pieces(text: str) -> set[str]:
    """The letter sequences of a text within its words, digits and signs left out, accents kept: they tell much."""
    return {
        padded[start : start + size]
        for word in WORD.findall(text.casefold())
        for padded in (f" {word} ",)
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(len(padded) - size + 1)
    }


def bucket(piece: str) -> int:
    """Where a sequence is counted; a few share a bucket, which costs nothing measurable."""
    return zlib.crc32(piece.encode()) % BUCKETS
