"""Measures Rasa's own plain pipeline on Kawan's sentences, for the report and the benchmark to put beside Kawan's ear.

From the project's root, in the environment that only this script has (real TensorFlow, 2.6 GB):

    uv run --locked --project tests/bench/plain python tests/bench/plain/measure.py --json docs/nlu/plain.json

The pipeline is the one that Rasa fills in for the configuration which `rasa init` writes, read from the package itself;
only the number of DIET's epochs is changed, so that training stays within the minutes given. A trial of a few epochs says
how many that are, and a clock ends the training should the guess have been too bold. Training runs on one thread and its
time is the processor's, so that a busy machine does not make it shorter. Every sentence of the development set is then
judged by the loaded model, one at a time. An answer of `nlu_fallback` counts as the meaning under it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import logging
import math
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parents[3]
MODEL = "plain.tar.gz"
MOST_EPOCHS = 100  # what the pipeline says itself
TRIAL_EPOCHS = 4
MARGIN = 1.1  # the trial's batches are larger than the mean of a whole training, and larger ones are faster
WRITING = 20  # seconds for the model's file, after the last epoch
MEGABYTE = 1e6
FALLBACK = "nlu_fallback"

Result = TypeVar("Result")
logger = logging.getLogger("plain")


class Sentence(NamedTuple):
    """One line of the development set."""

    lang: str
    intent: str
    text: str


class Training(NamedTuple):
    """The processor's seconds from a training's start until each epoch's end, and until the model was in its file."""

    ends: list[float]
    done: float


class Judged(NamedTuple):
    """What the model makes of it: its meanings, the likeliest first, and the time it took."""

    sentence: Sentence
    meanings: list[str]
    milliseconds: float


@dataclass
class Clock:
    """When a training began, when each epoch ended, and when it has to stop, in seconds of the processor."""

    started: float
    seconds: float
    ends: list[float] = field(default_factory=list)

    def over(self) -> bool:
        """Note an epoch's end; whether another one as long as the last would be too much."""
        self.ends.append(time.process_time() - self.started)
        last = self.ends[-1] - (self.ends[-2] if len(self.ends) > 1 else 0)
        return self.ends[-1] + last > self.seconds


def epochs_within(seconds: float, ends: Sequence[float]) -> int:
    """How many epochs fit, by the ends of a trial's epochs; the first of them also pays for all preparation."""
    if len(ends) < 2:  # not even a trial fits
        return 1
    each = MARGIN * statistics.mean(after - before for before, after in pairwise(ends))
    return max(1, min(MOST_EPOCHS, 1 + math.floor((seconds - ends[0]) / each)))


def development(folder: Path) -> list[Sentence]:
    """Every sentence of `<folder>/<language>.tsv`."""
    lines = [
        (path.stem, line)
        for path in sorted(folder.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").split("\n")
    ]
    return [Sentence(lang, *line.split("\t", 1)) for lang, line in lines if line.strip()]


def environment() -> None:
    """One thread, no telemetry, no bars: what has to be set before numpy and TensorFlow are imported."""
    # The OpenBLAS of that time can compute wrong results on newer processors; see nlu/environment.py.
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
    os.environ.setdefault("OPENBLAS_L2_SIZE", "512")
    for threads in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[threads] = "1"
    os.environ |= {"RASA_TELEMETRY_ENABLED": "false", "LOG_LEVEL": "ERROR", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.environ |= {"RASA_MAX_CACHE_SIZE": "0", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    os.environ.setdefault("RASA_CACHE_DIRECTORY", tempfile.gettempdir() + "/kawan-plain-cache")


def configuration(epochs: int) -> dict[str, Any]:
    """Rasa's default pipeline with so many epochs of DIET; the policies play no part."""
    import rasa
    from rasa.shared.utils.io import read_yaml_file

    default = dict(read_yaml_file(Path(rasa.__file__).parent / "engine/recipes/config_files/default_config.yml"))
    pipeline = [dict(step) for step in default["pipeline"]]
    for step in pipeline:
        if "epochs" in step:
            step["epochs"] = epochs
    return {"recipe": "default.v1", "assistant_id": "plain", "language": "en", "pipeline": pipeline}


def train(training: Path, out: Path, epochs: int, seconds: float) -> Training:
    """Train a model into `out`; no epoch is begun that would probably end after so many seconds."""
    from rasa import model_training, telemetry
    from rasa.utils import train_utils

    telemetry.initialize_telemetry = lambda: False  # it writes into the home folder even where it is off
    clock = Clock(time.process_time(), seconds)
    common = train_utils.create_common_callbacks
    train_utils.create_common_callbacks = lambda *given, **named: [*common(*given, **named), _stopping(clock)]
    config = out / "config.yml"
    config.write_text(json.dumps(configuration(epochs)))  # JSON is YAML
    with contextlib.redirect_stdout(io.StringIO()):
        model_training.train_nlu(str(config), str(training), str(out), fixed_model_name=MODEL)
    return Training(clock.ends, time.process_time() - clock.started)


def _stopping(clock: Clock) -> Any:
    """What tells Keras to stop when the clock is over."""
    from tensorflow.keras.callbacks import Callback

    class Stopping(Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            self.model.stop_training = clock.over()
            logger.info("epoch %d ended after %.0f s: %s", epoch + 1, clock.ends[-1], logs)

    return Stopping()


def judge(model: Path, sentences: Sequence[Sentence]) -> tuple[list[Judged], float]:
    """What the model makes of each sentence, and the megabytes that the process took."""
    return asyncio.run(_judge(model, sentences))


async def _judge(model: Path, sentences: Sequence[Sentence]) -> tuple[list[Judged], float]:
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    await agent.parse_message("hello")  # the first one builds the graph
    judged = []
    for sentence in sentences:
        began = time.perf_counter()
        parsed = await agent.parse_message(sentence.text)
        took = 1000 * (time.perf_counter() - began)
        judged.append(Judged(sentence, meanings(parsed), took))
    return judged, resident_mb()


def meanings(parsed: dict[str, Any]) -> list[str]:
    """The intents of an answer, the likeliest first, without the fallback that hides them."""
    return [each["name"] for each in parsed["intent_ranking"] if each["name"] != FALLBACK]


def resident_mb() -> float:
    """How much memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def environment_mb(folder: Path) -> float:
    """How much the environment takes on disk; a file with two names counts once."""
    files = (path.lstat() for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sum({(file.st_dev, file.st_ino): file.st_size for file in files}.values()) / MEGABYTE


def accuracy(judged: Sequence[Judged]) -> dict[str, float]:
    """Percent whose first meaning is right, and whose right one is among two."""
    first = sum(each.sentence.intent in each.meanings[:1] for each in judged)
    second = sum(each.sentence.intent in each.meanings[:2] for each in judged)
    return {
        "sentences": len(judged),
        "accuracy": round(100 * first / len(judged), 1),
        "among_two": round(100 * second / len(judged), 1),
    }


def understanding(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures of `nlu/report_figures.py` that depend on what was judged."""
    took = sorted(each.milliseconds for each in judged)
    languages = sorted({each.sentence.lang for each in judged})
    return {
        "milliseconds": {"p50": round(_percentile(took, 50), 1), "p99": round(_percentile(took, 99), 1)},
        "by_language": {code: accuracy([each for each in judged if each.sentence.lang == code]) for code in languages},
        "overall": accuracy(judged),
    }


def _percentile(ordered: Sequence[float], percent: float) -> float:
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def alone(work: Callable[..., Result], *given: object) -> Result:
    """The result of a function in a process of its own, which has the memory of nothing before it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_configure) as pool:
        return pool.submit(work, *given).result()


def _configure() -> None:
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="kawan: %(message)s", force=True)
    logger.setLevel(logging.INFO)


def trial(training: Path, out: Path, seconds: float) -> int:
    """How many epochs fit into so many seconds, by trying a few."""
    logger.info("a trial of %d epochs", TRIAL_EPOCHS)
    tried = alone(train, training, out, TRIAL_EPOCHS, seconds)
    return epochs_within(seconds - WRITING, tried.ends)


def measure(training: Path, sentences: Sequence[Sentence], minutes: float, epochs: int | None = None) -> dict[str, Any]:
    """Everything: a trial unless the epochs are known, the training, and the judging."""
    seconds = 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        epochs = epochs or trial(training, out, seconds)
        logger.info("training %d epochs, at most %g minutes", epochs, minutes)
        trained = alone(train, training, out, epochs, seconds - WRITING)
        logger.info("judging %d sentences", len(sentences))
        judged, memory = alone(judge, out / MODEL, sentences)
    return {
        "epochs": len(trained.ends),
        "training_seconds": round(trained.done, 1),
        "environment_mb": round(environment_mb(Path(sys.prefix))),
        "memory_mb": round(memory),
        **understanding(judged),
    }


def main(given: Iterable[str] | None = None) -> int:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--training", type=Path, default=ROOT / "nlu" / "training", help="Rasa's YAML, by language")
    parser.add_argument("--development", type=Path, default=ROOT / "nlu" / "development", help="<language>.tsv")
    parser.add_argument("--minutes", type=float, default=30, help="at most so long a training")
    parser.add_argument("--epochs", type=int, help="what an earlier trial said, instead of a new one")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(None if given is None else list(given))
    environment()
    _configure()
    found = measure(options.training, development(options.development), options.minutes, options.epochs)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"minutes": options.minutes, **found}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
