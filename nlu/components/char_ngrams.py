"""Character n-grams of a message, without marks and case, as a weighted sparse vector of length one or less."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

SHORTEST, LONGEST = 1, 5
# Combining marks of Latin script only: in Thai, Lao, Khmer and Burmese the vowels are combining characters too.
LATIN_MARKS = range(0x0300, 0x0370)

# Lao is written with sisters of the Thai letters, in Unicode 0x80 further on, and shares many words with Thai: read in
# Thai letters, each language helps the other. These few have no sister.
IN_THAI: dict[int, int | str] = {
    **{letter: letter - 0x80 for letter in range(0x0E81, 0x0ECE)},
    0x0EBB: "",
    0x0EBC: "ล",
    0x0EBD: "ีย",
}
IN_THAI |= {0x0EDC: "หน", 0x0EDD: "หม"}

Row: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float32]]


def fold(text: str) -> str:
    """Lower case without Latin marks (people type Vietnamese without them, and đ as d), Lao in Thai letters."""
    decomposed = unicodedata.normalize("NFD", in_small_letters(text))
    kept = "".join(c for c in decomposed if ord(c) not in LATIN_MARKS)
    return unicodedata.normalize("NFC", kept).replace("đ", "d")


def in_small_letters(text: str) -> str:
    """Lower case, Lao in Thai letters, marks kept: without them many Vietnamese words are another language's."""
    return unicodedata.normalize("NFC", text.casefold()).translate(IN_THAI)


def ngrams(words: Iterable[str]) -> Counter[str]:
    """How often each n-gram occurs in the words with one blank between them and around, across borders too."""
    line = f" {' '.join(map(fold, words))} "
    found = Counter(
        line[start : start + size] for size in range(SHORTEST, LONGEST + 1) for start in range(len(line) - size + 1)
    )
    del found[" "]
    return found


class Vocabulary:
    """The n-grams a classifier knows: the column of each, and how much it tells (its inverse document frequency).

    An n-gram that is not known counts in the length of the row, as the rarest one would: a message of which little is
    known has a short row, and leaves the decision to its meaning.
    """

    def __init__(self, known: Sequence[str], weights: NDArray[np.float32], unknown: float) -> None:
        self.known = list(known)
        self.weights = weights
        self.unknown = unknown
        self._columns = {ngram: column for column, ngram in enumerate(self.known)}

    @classmethod
    def learn(cls, documents: Sequence[Counter[str]], least_documents: int) -> Vocabulary:
        """The n-grams that occur in at least so many documents."""
        seen = Counter(ngram for document in documents for ngram in document)
        known = sorted(ngram for ngram, among in seen.items() if among >= least_documents)
        weights = np.array([_weight(seen[ngram], len(documents)) for ngram in known], dtype=np.float32)
        return cls(known, weights, _weight(least_documents, len(documents)))

    def row(self, document: Counter[str]) -> Row:
        """Columns and values of one document."""
        found = [
            (self._columns[ngram], _dampened(times)) for ngram, times in document.items() if ngram in self._columns
        ]
        columns = np.array([column for column, _ in found], dtype=np.int64)
        values = np.array([times for _, times in found], dtype=np.float32) * self.weights[columns]
        missed = sum(_dampened(times) ** 2 for ngram, times in document.items() if ngram not in self._columns)
        length = math.sqrt(float(values @ values) + missed * self.unknown**2)
        return columns, values / np.float32(max(length, 1e-9))

    def matrix(self, documents: Sequence[Counter[str]]) -> csr_matrix:
        """All documents as rows of one sparse matrix."""
        rows = [self.row(document) for document in documents]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows])
        values = np.concatenate([values for _, values in rows])
        return csr_matrix((values, columns, starts), shape=(len(rows), len(self.known)))


def _weight(among: int, documents: int) -> float:
    return math.log((1 + documents) / (1 + among)) + 1


def _dampened(times: int) -> float:
    """Said twice is not twice as much."""
    return 1 + math.log(times)
