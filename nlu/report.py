"""How well the training sentences predict each other: `python -m nlu.report`.

Five folds by a sentence's position within its intent, the same position in every language: where the languages are
translations of each other, a sentence is never judged by its own translation.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first

if TYPE_CHECKING:
    from nlu.components.embedding import Vectors

FOLDS = 5
ANSWERS = frozenset({"inform", "affirm", "deny", "out_of_scope"})
ALARMS = frozenset({"emergency", "opt_out"})


@dataclass(frozen=True)
class Example:
    """One training sentence, and the fold it is judged in."""

    lang: str
    text: str
    intent: str
    fold: int


@dataclass(frozen=True)
class Judgement:
    """What a model that never saw the sentence says of it."""

    lang: str
    text: str
    intent: str
    ranking: list[tuple[str, float]]

    @property
    def guess(self) -> str:
        """The first of the ranking."""
        return self.ranking[0][0]

    @property
    def confidence(self) -> float:
        """How sure the model is of it."""
        return self.ranking[0][1]


def examples(folder: Path) -> list[Example]:
    """All training sentences under `<folder>/<language>/`."""
    from rasa.shared.importers.utils import training_data_from_paths

    found = []
    for language in sorted(path for path in folder.iterdir() if path.is_dir()):
        data = training_data_from_paths([str(path) for path in sorted(language.glob("*.yml"))], language.name)
        seen: Counter[str] = Counter()
        for message in data.intent_examples:
            text, intent = message.get("text"), message.get("intent")
            found.append(Example(language.name, text, intent, seen[intent] % FOLDS))
            seen[intent] += 1
    return found


def judge(given: Sequence[Example], settings: dict[str, dict[str, Any]]) -> list[Judgement]:
    """Every sentence judged by a model of the other folds."""
    from nlu.components import linear_model
    from nlu.components.char_ngrams import ngrams
    from nlu.components.icu_tokenizer import words

    documents = [ngrams(word for word, _, _ in words(example.text)) for example in given]
    vectors = _vectors([example.text for example in given], settings["E5Featurizer"])
    judged = []
    for fold in range(FOLDS):
        others = [number for number, example in enumerate(given) if example.fold != fold]
        model = linear_model.fit(
            [documents[n] for n in others],
            vectors[others],
            [given[n].intent for n in others],
            {**linear_model.DEFAULTS, **settings["LinearIntentClassifier"]},
        )
        for number, example in enumerate(given):
            if example.fold == fold:
                likely = model.probabilities(documents[number], vectors[number])
                ranking = [(model.intents[i], float(likely[i])) for i in (-likely).argsort()[:3]]
                judged.append(Judgement(example.lang, example.text, example.intent, ranking))
    return judged


def _vectors(texts: list[str], settings: dict[str, Any]) -> Vectors:
    from nlu.components.e5_featurizer import E5Featurizer
    from nlu.components.embedding import Embedder

    merged = {**E5Featurizer.get_default_config(), **settings}
    raw = Embedder(int(merged["max_characters"]), remembered=0).vectors(texts)
    vectors: Vectors = (raw - raw.mean(axis=0) * bool(merged["center"])) * float(merged["scale"])
    return vectors


def pipeline(config: Path) -> dict[str, dict[str, Any]]:
    """The settings of each component in `config.yml`, by class name."""
    from rasa.shared.utils.io import read_yaml_file

    return {step["name"].rpartition(".")[2]: dict(step) for step in read_yaml_file(config)["pipeline"]}


def share(judged: Iterable[Judgement], test: Callable[[Judgement], bool]) -> float:
    """How many of these pass, in percent."""
    results = [test(each) for each in judged]
    return round(100 * sum(results) / max(len(results), 1), 1)


def by_language(judged: Sequence[Judgement]) -> dict[str, dict[str, float]]:
    """Accuracy, and how often the right intent is among the first three."""
    return {
        lang: {
            "sentences": len(mine),
            "accuracy": share(mine, lambda j: j.guess == j.intent),
            "among_three": share(mine, lambda j: j.intent in [name for name, _ in j.ranking]),
        }
        for lang in sorted({each.lang for each in judged})
        for mine in [[each for each in judged if each.lang == lang]]
    }


def thresholds(judged: Sequence[Judgement]) -> list[dict[str, float]]:
    """What each threshold would do, for the decisions of the turn arbiter."""
    return [{"threshold": percent / 100, **_at(percent / 100, judged)} for percent in range(20, 100, 5)]


def _at(threshold: float, judged: Sequence[Judgement]) -> dict[str, float]:
    """Shares of all sentences, of answers to questions, of wishes and of alarms."""

    def sure(each: Judgement, *, right: bool) -> bool:
        return each.confidence >= threshold and (each.guess == each.intent) == right

    answers = [each for each in judged if each.intent in ANSWERS]
    wishes = [each for each in judged if each.intent not in ANSWERS]
    alarms = [each for each in judged if each.intent in ALARMS]
    calm = [each for each in judged if each.intent not in ALARMS]
    return {
        "understood": share(judged, lambda j: sure(j, right=True)),
        "misunderstood": share(judged, lambda j: sure(j, right=False)),
        "asked_back": share(judged, lambda j: j.confidence < threshold),
        "wish_heard_in_form": share(wishes, lambda j: sure(j, right=True)),
        "answer_taken_for_wish": share(answers, lambda j: sure(j, right=False) and j.guess not in ANSWERS),
        "alarm_heard": share(alarms, lambda j: sure(j, right=True)),
        "false_alarm": share(calm, lambda j: sure(j, right=False) and j.guess in ALARMS),
    }


def confusions(judged: Sequence[Judgement], most: int = 25) -> list[tuple[str, str, int]]:
    """Which intents are taken for which, the most frequent first."""
    pairs = Counter((each.intent, each.guess) for each in judged if each.guess != each.intent)
    return [(*pair, times) for pair, times in pairs.most_common(most)]


def by_intent(judged: Sequence[Judgement]) -> dict[str, float]:
    """Accuracy of each intent over all languages."""
    return {
        intent: share([each for each in judged if each.intent == intent], lambda j: j.guess == j.intent)
        for intent in sorted({each.intent for each in judged})
    }


def page(judged: Sequence[Judgement]) -> str:
    """The report as Markdown."""
    lines = ["| language | sentences | accuracy % | among the first three % |", "|---|---|---|---|"]
    lines += [
        f"| {lang} | " + " | ".join(f"{v:g}" for v in row.values()) + " |" for lang, row in by_language(judged).items()
    ]
    rows = thresholds(judged)
    lines += ["", "| " + " | ".join(rows[0]).replace("_", " ") + " |", "|---" * len(rows[0]) + "|"]
    lines += ["| " + " | ".join(f"{value:g}" for value in row.values()) + " |" for row in rows]
    lines += ["", "| intent | accuracy % |", "|---|---|"]
    lines += [f"| {intent} | {accuracy:g} |" for intent, accuracy in by_intent(judged).items()]
    lines += ["", "| intent | taken for | times |", "|---|---|---|"]
    lines += [f"| {intent} | {guess} | {times} |" for intent, guess, times in confusions(judged)]
    return "\n".join(lines)


def main(given: list[str] | None = None) -> int:
    """Judge and print."""
    parser = argparse.ArgumentParser(prog="nlu.report", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "nlu" / "training")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yml")
    parser.add_argument("--json", type=Path, help="also write every judgement here")
    options = parser.parse_args(given)
    environment.prepare(threads=os.cpu_count() or 1)
    quiet_logs.configure()
    judged = judge(examples(options.data), pipeline(options.config))
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in judged], ensure_ascii=False))
    sys.stdout.write(page(judged) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
