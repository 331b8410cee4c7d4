"""Which vector stands for a training sentence: its own, or that of a sentence which means about the same.

Embedding is most of a cold training. A fifth of the sentences say so nearly what another one of their intent and
language says that they do without a vector of their own; their letters are still learnt from (docs/nlu/README.md has
what that costs). `python -m nlu.lend` chooses them; only training reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

LENT = Path(__file__).resolve().parent.parent / "training" / "lent.tsv"


def embedded(language: str | None, text: str) -> str:
    """The text whose vector stands for this training sentence; what is not in the list stands for itself."""
    return lenders().get((language or "", text), text)


@cache
def lenders(path: Path = LENT) -> Mapping[tuple[str, str], str]:
    """By language and text of those that borrow: each line of the list has language, borrower and lender."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if line)
    return {(language, borrower): lender for language, borrower, lender in rows}
