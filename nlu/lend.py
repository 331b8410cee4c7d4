"""Chooses the training sentences that need no vector of their own: `python -m nlu.lend` writes nlu/training/lent.tsv.

Run it when sentences were changed or taken away (the tests say so); new ones are simply embedded until then. It embeds
whatever no training has embedded yet. The same sentences give the same list.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first
from nlu.components.embedding import Embedder, Vectors  # noqa: E402
from nlu.components.lent_vectors import LENT  # noqa: E402
from nlu.components.typed_text import typed  # noqa: E402
from nlu.lint import Sentence, sentences  # noqa: E402

# Cosine of two vectors without the mean of their language; docs/nlu/README.md has what other values do.
ALIKE = 0.615
LEAST = 25  # sentences of an intent in a language, up to which all have their own vector
LONGEST = 600  # letters, as `max_characters` of the featurizer

logger = logging.getLogger("nlu.lend")


def loans(given: Sequence[Sentence], vectors: Vectors) -> Iterator[tuple[Sentence, Sentence]]:
    """Each sentence that borrows with the one it borrows from, which has a vector of its own.

    `vectors` has a row for each sentence, of any length but zero once the mean of its language is taken away.
    """
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, sentence in enumerate(given):
        groups[sentence.language, sentence.intent].append(number)
    directions = _directions(given, vectors)
    for members in groups.values():
        if len(members) > LEAST:
            for borrower, lender in _within(directions[members]):
                yield given[members[borrower]], given[members[lender]]


def _directions(given: Sequence[Sentence], vectors: Vectors) -> Vectors:
    """The vectors without the mean of their language, each of length one."""
    languages = np.array([sentence.language for sentence in given])
    centred = vectors.copy()
    for language in np.unique(languages):
        centred[languages == language] -= vectors[languages == language].mean(axis=0)
    directions: Vectors = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return directions


def _within(directions: Vectors) -> Iterator[tuple[int, int]]:
    """In their order, each either borrows from the nearest that keeps its own, when near enough, or keeps its own."""
    cosines = directions @ directions.T
    keep: list[int] = []
    for row in range(len(cosines)):
        nearest = max(keep, key=lambda kept: cosines[row, kept], default=row)
        if nearest != row and cosines[row, nearest] >= ALIKE:
            yield row, nearest
        else:
            keep.append(row)


def lines(given: Sequence[Sentence], vectors: Vectors) -> list[str]:
    """The list as it is kept, sorted; texts as the featurizer sees them."""
    found = ((one.language, typed(one.text), typed(other.text)) for one, other in loans(given, vectors))
    return sorted({"\t".join(loan) for loan in found if loan[1] != loan[2]})


def main(path: Path = LENT) -> int:
    """Write the list anew."""
    environment.prepare(threads=os.cpu_count() or 1)
    quiet_logs.configure()
    given = list(sentences(path.parent))
    vectors = Embedder(LONGEST, remembered=0).vectors([typed(sentence.text) for sentence in given])
    found = lines(given, vectors)
    path.write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
    logger.info("%d of %d sentences borrow their vector: %s", len(found), len(given), path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
