"""How well the ear hears: `make nlu-report` trains, judges the development sentences and writes a page and a JSON.

The development sentences (`nlu/development/`) were written apart from the training sentences; thresholds and weights
were chosen on them. `tests/nlu/unseen/` was not used for choosing anything: `--sentences tests/nlu/unseen`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, cast

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first

if TYPE_CHECKING:
    from nlu.ear import Ear, Example, Ranking, Settings
    from nlu.report_figures import Accuracy, Alarm, Calibration, Figures, LanguageAccuracy, Speed, Threshold

TRAINING, DEVELOPMENT = ROOT / "nlu" / "training", ROOT / "nlu" / "development"
PLAIN, VARIANTS = ROOT / "docs" / "nlu" / "plain.json", ROOT / "docs" / "nlu" / "variants.json"
ANSWERS = frozenset({"inform", "affirm", "deny", "out_of_scope"})
ALARMS = ("emergency", "opt_out")
BURMESE = "my"
BINS = 10
SEED = 20261123

logger = logging.getLogger("nlu.report")


@dataclass(frozen=True)
class Judgement:
    """What is heard in a sentence that the model never saw."""

    lang: str
    intent: str
    ranking: Ranking

    @property
    def guess(self) -> str:
        """The first of the ranking."""
        return self.ranking[0][0]

    @property
    def confidence(self) -> float:
        """How sure the model is of it."""
        return self.ranking[0][1]

    @property
    def is_right(self) -> bool:
        """Whether the guess is what was meant."""
        return self.guess == self.intent

    @property
    def is_offered(self) -> bool:
        """Whether what was meant is one of the two that would be offered."""
        return self.intent in [name for name, _ in self.ranking[:2]]


def judged_examples(folder: Path) -> list[Example]:
    """The sentences to judge: `<folder>/<language>.tsv`, each line an intent and a text."""
    from nlu.ear import Example

    found = []
    for path in sorted(folder.glob("*.tsv")):
        rows = (line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines() if line)
        found += [Example(path.stem, text, intent) for intent, text in rows]
    return found


def training_examples(folder: Path = TRAINING) -> list[Example]:
    """The sentences to learn from."""
    from nlu.ear import Example
    from nlu.lint import sentences

    return [Example(each.language, each.text, each.intent) for each in sentences(folder)]


def judge(ear: Ear, asked: Sequence[Example]) -> list[Judgement]:
    """What the ear hears in each sentence."""
    rankings = ear.rankings([(each.text, each.lang) for each in asked])
    return [Judgement(each.lang, each.intent, ranking) for each, ranking in zip(asked, rankings, strict=True)]


def share(judged: Iterable[Judgement], test: Callable[[Judgement], bool]) -> float:
    """How many of these pass, in percent."""
    results = [test(each) for each in judged]
    return round(100 * sum(results) / max(len(results), 1), 1)


def accuracy(judged: Sequence[Judgement]) -> Accuracy:
    """First guess, and one of the two offered."""
    return {"accuracy": share(judged, lambda j: j.is_right), "among_two": share(judged, lambda j: j.is_offered)}


def by_language(judged: Sequence[Judgement]) -> dict[str, LanguageAccuracy]:
    """The same for each language."""
    mine = {lang: [each for each in judged if each.lang == lang] for lang in sorted({each.lang for each in judged})}
    return {lang: {**accuracy(those), "sentences": len(those)} for lang, those in mine.items()}


def calibration(judged: Sequence[Judgement]) -> Calibration:
    """Whether a confidence is the share of guesses that are right."""
    bins: list[tuple[float, float, float]] = []
    for number in range(BINS):
        those = [each for each in judged if min(int(each.confidence * BINS), BINS - 1) == number]
        if those:
            sure = sum(each.confidence for each in those) / len(those)
            right = sum(each.is_right for each in those) / len(those)
            bins.append((round(sure, 4), round(right, 4), round(len(those) / len(judged), 4)))
    return {"bins": bins, "error": round(sum(abs(sure - right) * part for sure, right, part in bins), 4)}


def thresholds(judged: Sequence[Judgement]) -> list[Threshold]:
    """What each threshold would do, for the decisions of the turn arbiter."""
    return [_at(percent / 100, judged) for percent in range(20, 100, 5)]


def _at(threshold: float, judged: Sequence[Judgement]) -> Threshold:
    """Shares of all sentences, of answers to questions, of wishes and of alarms."""

    def sure(each: Judgement, *, right: bool) -> bool:
        return each.confidence >= threshold and each.is_right == right

    answers = [each for each in judged if each.intent in ANSWERS]
    wishes = [each for each in judged if each.intent not in ANSWERS]
    alarms = [each for each in judged if each.intent in ALARMS]
    calm = [each for each in judged if each.intent not in ALARMS]
    return {
        "threshold": threshold,
        "understood": share(judged, lambda j: sure(j, right=True)),
        "misunderstood": share(judged, lambda j: sure(j, right=False)),
        "asked_back": share(judged, lambda j: j.confidence < threshold),
        "wish_heard_in_form": share(wishes, lambda j: sure(j, right=True)),
        "answer_taken_for_wish": share(answers, lambda j: sure(j, right=False) and j.guess not in ANSWERS),
        "alarm_heard": share(alarms, lambda j: sure(j, right=True)),
        "false_alarm": share(calm, lambda j: sure(j, right=False) and j.guess in ALARMS),
    }


def alarms(judged: Sequence[Judgement]) -> dict[str, Alarm]:
    """How often what must not be missed is heard, and heard where it was not said."""
    return {intent: _alarm(intent, judged) for intent in ALARMS}


def _alarm(intent: str, judged: Sequence[Judgement]) -> Alarm:
    said, unsaid = ([each for each in judged if (each.intent == intent) == meant] for meant in (True, False))
    return {
        "recall": share(said, lambda j: j.is_right),
        "false_alarms": share(unsaid, lambda j: j.guess == intent),
    }


def noises(ear: Ear, asked: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Accuracy by language on the same sentences as thumbs, old phones and hurry write them."""
    from nlu import noise
    from nlu.components.spelling import unmarked

    rng = Random(SEED)  # noqa: S311 - slips, not secrets
    made: dict[str, Callable[[str], str]] = {
        "typos": lambda text: noise.typos(text, rng),
        "no_marks": unmarked,
        "no_spaces": noise.without_spaces,
        "zawgyi": noise.in_zawgyi,
    }
    found = {}
    for name, change in made.items():
        those = [each for each in asked if name != "zawgyi" or each.lang == BURMESE]
        judged = judge(ear, [replace(each, text=change(each.text)) for each in those])
        found[name] = {lang: row["accuracy"] for lang, row in by_language(judged).items()}
    return found


def left_out(
    training: Sequence[Example], asked: Sequence[Example], settings: Settings
) -> tuple[dict[str, Accuracy], dict[str, Accuracy]]:
    """Each language judged by an ear that learnt no sentence of it: without and with its catalogue."""
    from nlu.ear import learn

    strict, centred = {}, {}
    for lang in sorted({each.lang for each in asked}):
        ear = learn([each for each in training if each.lang != lang], settings)
        mine = [each for each in asked if each.lang == lang]
        centred[lang] = accuracy(judge(ear, mine))
        strict[lang] = accuracy(judge(ear.without(lang), mine))
        logger.info("Without %s: %s %% of it right, with its catalogue %s %%.", lang, strict[lang], centred[lang])
    return strict, centred


def confusions(judged: Sequence[Judgement]) -> list[tuple[str, str, int]]:
    """Which intents are taken for which, the most frequent first."""
    pairs = Counter((each.intent, each.guess) for each in judged if not each.is_right)
    return [(*pair, times) for pair, times in pairs.most_common()]


def measure(asked: Sequence[Example], config: Path, *, quick: bool) -> Figures:
    """Everything that can be told from these sentences; `quick` leaves the left-out languages away."""
    from nlu.ear import learn, pipeline

    settings, training = pipeline(config), training_examples()
    ear = learn(training, settings)
    judged = judge(ear, asked)
    intents = sorted({each.intent for each in judged})
    figures: Figures = {
        "made": datetime.now(UTC).date().isoformat(),
        "sentences": {"training": len(training), "development": len(judged)},
        "overall": accuracy(judged),
        "by_language": by_language(judged),
        "by_intent": {
            intent: {"accuracy": accuracy(mine)["accuracy"], "sentences": len(mine)}
            for intent in intents
            for mine in [[each for each in judged if each.intent == intent]]
        },
        "confusions": confusions(judged),
        "calibration": calibration(judged),
        "thresholds": thresholds(judged),
        "alarms": alarms(judged),
        "noise": noises(ear, asked),
    }
    if not quick:
        figures["left_out"], figures["left_out_centred"] = left_out(training, asked, settings)
    return figures


def main(given: list[str] | None = None) -> int:
    """Measure, and write the page and the JSON beside each other."""
    parser = argparse.ArgumentParser(prog="nlu.report", description=__doc__)
    parser.add_argument("--sentences", type=Path, default=DEVELOPMENT, help="the sentences to judge")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yml")
    parser.add_argument("--out", type=Path, default=environment.data_dir() / "nlu-report.html")
    parser.add_argument("--quick", action="store_true", help="leave out what takes ten minutes: the left-out languages")
    options = parser.parse_args(given)
    environment.prepare(threads=os.cpu_count() or 1)
    quiet_logs.configure()
    from nlu.report_page import page
    from nlu.report_speed import speed

    figures = measure(judged_examples(options.sentences), options.config, quick=options.quick)
    figures["speed"] = cast("Speed", speed())
    figures["plain"] = json.loads(PLAIN.read_text()) if PLAIN.exists() else None
    figures["variants"] = json.loads(VARIANTS.read_text()) if VARIANTS.exists() else []
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.with_suffix(".json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    options.out.write_text(page(figures), encoding="utf-8")
    logger.info("Written: %s and %s", options.out, options.out.with_suffix(".json").name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
