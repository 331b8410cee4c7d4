"""Looks for what is wrong with the training sentences: `python -m nlu.lint` prints each fault in a line.

Duplicates and near-copies inside an intent (they teach nothing and flatter every cross-validation), the same sentence
under two intents, a script that is not the language's, and intents with too few sentences.
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from locales.languages import foreign_script, language_of_script  # noqa: E402
from nlu.components.spelling import unmarked  # noqa: E402

LEAST = 25  # sentences of an intent in each language; Tetum has fewer (`docs/add-a-language.md`)
LEAST_OF = {"tet": 16}
ALIKE = 0.9  # shared letter triples, of all triples of both, from which two sentences are copies
LONG_ENOUGH = 17  # letters, below which sentences look alike by themselves
LINE = re.compile(r"^\s*- (.+)$")


@dataclass(frozen=True)
class Sentence:
    """One training sentence."""

    language: str
    intent: str
    text: str

    @property
    def key(self) -> str:
        """What stays of it without case, marks, spaces and signs."""
        letters = unicodedata.normalize("NFKC", unmarked(self.text)).casefold()
        return "".join(c for c in letters if c.isalnum() or unicodedata.category(c)[0] in "MS")


def sentences(folder: Path) -> Iterator[Sentence]:
    """All sentences under `<folder>/<language>/`."""
    for path in sorted(folder.glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                found = LINE.match(line)
                if found:
                    yield Sentence(path.parent.name, block["intent"], found[1].strip())


def faults(given: Sequence[Sentence]) -> Iterator[str]:
    """Every fault as one line."""
    yield from _too_few(given)
    yield from (f"{s.language} {s.intent}: not in its script: {s.text}" for s in given if _is_strange(s))
    for language in sorted({sentence.language for sentence in given}):
        mine = [sentence for sentence in given if sentence.language == language]
        yield from _same(mine)
        yield from _alike(mine)


def _too_few(given: Sequence[Sentence]) -> Iterator[str]:
    counts = Counter((sentence.language, sentence.intent) for sentence in given)
    intents = sorted({sentence.intent for sentence in given})
    for language in sorted({sentence.language for sentence in given}):
        for intent in intents:
            if counts[language, intent] < LEAST_OF.get(language, LEAST):
                yield f"{language} {intent}: only {counts[language, intent]} sentences"


def _is_strange(sentence: Sentence) -> bool:
    """Whether it is in a script that neither this language nor Latin letters have; values may be of any language."""
    if sentence.intent == "inform":
        return False
    script = language_of_script(sentence.text)
    return foreign_script(sentence.text) is not None or script not in (None, sentence.language)


def _same(mine: Sequence[Sentence]) -> Iterator[str]:
    by_key: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in mine:
        by_key[sentence.key].append(sentence)
    for first, *others in by_key.values():
        for other in others:
            if other.intent != first.intent and other.text.casefold() != first.text.casefold():
                continue  # "đúng" and "dừng" differ by their marks, which often is all
            kind = "twice" if other.intent == first.intent else f"also under {other.intent}"
            yield f"{first.language} {first.intent}: {kind}: {first.text} | {other.text}"


def _alike(mine: Sequence[Sentence]) -> Iterator[str]:
    """Pairs under two intents, or within one, that share nearly all their letter triples."""
    long = [sentence for sentence in mine if len(sentence.key) >= LONG_ENOUGH]
    if not long:
        return
    rows = [sorted({s.key[i : i + 3] for i in range(len(s.key) - 2)}) for s in long]
    columns = {triple: number for number, triple in enumerate(sorted({triple for row in rows for triple in row}))}
    sizes = np.array([len(row) for row in rows])
    places = [columns[triple] for row in rows for triple in row]
    matrix = csr_matrix((np.ones(len(places)), places, np.concatenate([[0], np.cumsum(sizes)])))
    shared = (matrix @ matrix.T).tocoo()
    for one, other, common in zip(shared.row, shared.col, shared.data, strict=True):
        if one < other and common >= ALIKE * (sizes[one] + sizes[other] - common) and long[one].key != long[other].key:
            first, second = long[one], long[other]
            yield f"{first.language} {first.intent}: nearly as under {second.intent}: {first.text} | {second.text}"


def main(given: list[str] | None = None) -> int:
    """Print the faults; 1 when there are any."""
    parser = argparse.ArgumentParser(prog="nlu.lint", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "nlu" / "training")
    found = list(faults(list(sentences(parser.parse_args(given).data))))
    sys.stdout.write("".join(f"{fault}\n" for fault in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
