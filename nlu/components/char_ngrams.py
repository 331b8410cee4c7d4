"""Character n-grams of a message's words, without marks and case, as a normalised sparse vector."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

SHORTEST, LONGEST = 1, 4
# Combining marks of Latin script only: in Thai, Lao, Khmer and Burmese the vowels are combining characters too.
LATIN_MARKS = range(0x0300, 0x0370)

Row: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float32]]


def fold(text: str) -> str:
    """Lower case without Latin marks: people type Vietnamese without them, and đ as d."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(c for c in decomposed if ord(c) not in LATIN_MARKS)
    return unicodedata.normalize("NFC", kept).replace("đ", "d")


def ngrams(words: Iterable[str]) -> Counter[str]:
    """How often each n-gram occurs within the words, each word padded by a blank on both sides."""
    return Counter(
        padded[start : start + size]
        for padded in (f" {fold(word)} " for word in words)
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(len(padded) - size + 1)
        if padded[start : start + size] != " "
    )


class Vocabulary:
    """The n-grams a classifier knows, each with its column."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = list(known)
        self._columns = {ngram: column for column, ngram in enumerate(self.known)}

    @classmethod
    def learn(cls, documents: Iterable[Counter[str]], least_documents: int) -> Vocabulary:
        """The n-grams that occur in at least so many documents."""
        seen = Counter(ngram for document in documents for ngram in document)
        return cls(sorted(ngram for ngram, documents_with in seen.items() if documents_with >= least_documents))

    def row(self, document: Counter[str]) -> Row:
        """Columns and values of one document, the values of length one together."""
        found = [(self._columns[ngram], times) for ngram, times in document.items() if ngram in self._columns]
        columns = np.array([column for column, _ in found], dtype=np.int64)
        values = np.array([times for _, times in found], dtype=np.float32)
        return columns, values / max(float(np.linalg.norm(values)), 1e-9)

    def matrix(self, documents: Sequence[Counter[str]]) -> csr_matrix:
        """All documents as rows of one sparse matrix."""
        rows = [self.row(document) for document in documents]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows])
        values = np.concatenate([values for _, values in rows])
        return csr_matrix((values, columns, starts), shape=(len(rows), len(self.known)))
