"""Finds training sentences that teach nothing: `python -m nlu.idle` prints them, `--remove` takes them out.

Embedding a sentence is most of what a training costs. The planes of the linear half rest on the sentences near them
alone; one that lies far on its side of all of them could be missing and no plane would move. On 29 November 2026 this
took 5 274 of 35 428 sentences and a sixth of the letters, in two steps; docs/nlu/README.md says what it did to the
figures.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first
from nlu.components.blend import ALARMS  # noqa: E402
from nlu.components.char_ngrams import ngrams  # noqa: E402
from nlu.components.icu_tokenizer import words  # noqa: E402
from nlu.components.typed_text import typed  # noqa: E402
from nlu.ear import Ear, Example, learn, pipeline  # noqa: E402
from nlu.lint import LINE, sentences  # noqa: E402

TRAINING = ROOT / "nlu" / "training"
SHARE = 0.13  # of all letters
LEAST = 35  # sentences that stay of an intent in each language: more than `nlu.lint` asks for
SHORT = 20  # letters: what is shorter costs little, and "hello" belongs into every language


def weights(ear: Ear, examples: Sequence[Example]) -> Iterator[float]:
    """How hard each sentence pulls at the planes: the sum of what it lacks to be surely on its side of each."""
    texts = [typed(each.text) for each in examples]
    intents = np.array(ear.blend.intents)
    for each, text, vector in zip(examples, texts, ear.embed(texts), strict=True):
        document = ngrams([word for word, _, _ in words(text)])
        distances = ear.blend.linear.distances(document, ear.centred(vector, each.lang))
        yield float(np.maximum(1 - np.where(intents == each.intent, distances, -distances), 0).sum())


def idle(examples: Sequence[Example], pulls: Sequence[float], share: float = SHARE) -> Iterator[Example]:
    """The lightest sentences, up to a share of all letters; no alarm, no short one, never too many of an intent."""
    left = Counter((each.lang, each.intent) for each in examples)
    room = share * sum(len(each.text) for each in examples)
    for _, each in sorted(zip(pulls, examples, strict=True), key=lambda one: one[0]):
        stays = each.intent in ALARMS or len(each.text) < SHORT or left[each.lang, each.intent] <= LEAST
        if stays:
            continue
        room -= len(each.text)
        if room < 0:
            return
        left[each.lang, each.intent] -= 1
        yield each


def remove(found: Sequence[Example], folder: Path) -> int:
    """Take these sentences out of the files below a folder; how many were there."""
    gone = {(each.lang, each.intent, each.text) for each in found}
    removed = 0
    for path in sorted(folder.glob("*/*.yml")):
        kept, intent = [], ""
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            intent = line.partition(":")[2].strip() if line.startswith("- intent:") else intent
            sentence = LINE.match(line)
            if sentence and (path.parent.name, intent, sentence[1].strip()) in gone:
                removed += 1
            else:
                kept.append(line)
        path.write_text("".join(kept), encoding="utf-8")
    return removed


def main(given: list[str] | None = None) -> int:
    """Print or remove them."""
    parser = argparse.ArgumentParser(prog="nlu.idle", description=__doc__)
    parser.add_argument("--share", type=float, default=SHARE, help="of all letters (default: %(default)s)")
    parser.add_argument("--remove", action="store_true", help="take them out of nlu/training")
    options = parser.parse_args(given)
    environment.prepare(threads=2)
    quiet_logs.configure()
    examples = [Example(each.language, each.text, each.intent) for each in sentences(TRAINING)]
    ear = learn(examples, pipeline(ROOT / "config.yml"))
    found = list(idle(examples, list(weights(ear, examples)), options.share))
    sys.stdout.write("".join(f"{each.lang}\t{each.intent}\t{each.text}\n" for each in found))
    if options.remove:
        sys.stderr.write(f"kawan: {remove(found, TRAINING)} sentences removed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
