"""Trains the model: `uv run --project nlu python -m nlu.train --out FILE.tar.gz` from the project's root."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first

logger = logging.getLogger("nlu.train")
MODEL = "model.tar.gz"
DATA = [ROOT / "nlu" / "training", ROOT / "nlu" / "rules"]


class TrainingError(RuntimeError):
    """Rasa ended without a model."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="nlu.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the model file to write, ending in .tar.gz")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yml")
    parser.add_argument("--domain", type=Path, default=ROOT / "nlu" / "domain")
    parser.add_argument("--data", type=Path, action="append", help="a file or folder; training and rules by default")
    return parser.parse_args(given)


def train(config: Path, domain: Path, data: list[Path], out: Path) -> None:
    """Train, and put the finished model in place in one step; whatever is wrong is raised."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        said = _rasa_trains(str(config), str(domain), [str(path) for path in data], folder)
        made = Path(folder) / MODEL
        if not made.exists():
            raise TrainingError(said or "there is no training data.")
        made.replace(out)


def _rasa_trains(config: str, domain: str, data: list[str], folder: str) -> str:
    """Let Rasa train into a folder; what it prints is the reason when it leaves no model there."""
    from rasa import model_training, telemetry
    from rasa.engine.training.hooks import TrainingHook

    # It would write an identifier into the home folder even where telemetry is off.
    telemetry.initialize_telemetry = lambda: False
    # Its cache is switched off (`environment.py`), but the keys for it would be made of every sentence at every node.
    TrainingHook.on_before_node = lambda *_args, **_named: {}
    TrainingHook.on_after_node = lambda *_args, **_named: None
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
        model_training.train(domain, config, data, folder, fixed_model_name=MODEL, force_training=True)
    return quiet_logs.without_colours(said.getvalue())


def one_sentence(error: BaseException) -> str:
    """The innermost reason, without the wrapping that Rasa's graph puts around it."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:600]


def main(given: list[str] | None = None) -> int:
    """Train as the command line says; 0 when the model is in place."""
    options = arguments(given)
    environment.prepare(threads=os.cpu_count() or 1)
    quiet_logs.configure()
    started = time.monotonic()
    logger.info("Loading Rasa.")
    try:
        train(options.config, options.domain, options.data or DATA, options.out)
    except Exception as error:  # noqa: BLE001 - whatever it is, the person gets one sentence
        logger.error("Training failed: %s", one_sentence(error))  # noqa: TRY400 - a sentence, not a traceback
        return 1
    logger.info("Trained in %.0f s: %s", time.monotonic() - started, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
