"""The trained model: which one belongs to the training data at hand, and how it comes into being."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bot import account
from bot.errors import StartError
from bot.settings import ROOT, Settings

# Everything that decides what a model will be; a changed byte in one of them means a new training.
INGREDIENTS = (
    "config.yml",
    "locales",  # what the catalogues say is a sample of each language
    "nlu/components",
    "nlu/domain",
    "nlu/importer.py",
    "nlu/rules",
    "nlu/train.py",
    "nlu/training",
    "nlu/uv.lock",
)
KEPT = 3
RASA_PYTHON = "nlu/.venv/bin/python"


def ingredients(root: Path = ROOT) -> Iterator[Path]:
    """Yield the files a model is made of, always in the same order."""
    for name in INGREDIENTS:
        place = root / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (path for path in files if path.is_file() and is_ingredient(path))


def is_ingredient(path: Path) -> bool:
    """Tell real files from the leavings of editors and interpreters."""
    return "__pycache__" not in path.parts and not path.name.startswith(".") and not path.name.endswith("~")


def fingerprint(root: Path = ROOT) -> str:
    """Return a short name that changes whenever the model would."""
    total = hashlib.sha256()
    for path in ingredients(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()[:16]


def model_path(settings: Settings, root: Path = ROOT) -> Path:
    """Return where the model of the training data at hand is, or will be."""
    return settings.models_dir / f"{fingerprint(root)}.tar.gz"


def rasa_python(root: Path = ROOT) -> Path:
    """Return the interpreter of Rasa's own environment."""
    python = root / RASA_PYTHON
    if not python.exists():
        message = f"Rasa's environment is missing ({python}): run `uv sync --locked --project nlu`, or `make run`."
        raise StartError(message)
    return python


def train(settings: Settings, root: Path = ROOT) -> Path:
    """Train the model of the training data at hand unless it is there; it appears whole or not at all."""
    target = model_path(settings, root)
    if target.exists():
        target.touch()
        return target
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"draft-{os.getpid()}.tar.gz")
    try:
        run_trainer(draft, settings, root)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    forget_old(settings.models_dir)
    return target


def run_trainer(draft: Path, settings: Settings, root: Path) -> None:
    """Run Rasa's training, passing on what it prints; its last words are the reason when it fails."""
    command = account.bound(str(rasa_python(root)), "nlu/train.py", "--out", str(draft))
    words = ""
    env = rasa_env(settings)
    with subprocess.Popen(command, cwd=root, env=env, stderr=subprocess.PIPE, text=True, errors="replace") as trainer:
        for line in trainer.stderr or ():
            sys.stderr.write(line)
            sys.stderr.flush()
            words = line.strip() or words
    if trainer.returncode or not draft.exists():
        message = f"The training of the language model failed: {words or f'it ended with {trainer.returncode}'}"
        raise StartError(message)


def understand(settings: Settings, table: Path, root: Path = ROOT) -> int:
    """Let the trained model read a table of texts in Rasa's environment; returns that program's exit code."""
    trained = train(settings, root)
    command = account.bound(str(rasa_python(root)), "nlu/understand.py", "--model", str(trained), str(table.absolute()))
    return subprocess.run(command, cwd=root, env=rasa_env(settings), check=False).returncode


def rasa_env(settings: Settings) -> dict[str, str]:
    """Return the environment for Rasa's programs: of our settings only where files are kept, and no telemetry."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("KAWAN_", "AWS_"))}
    ours = {"KAWAN_DATA_DIR": str(settings.data_dir)}
    return others | ours | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1"}


def forget_old(models_dir: Path) -> None:
    """Keep the models used last, remove the others and the drafts of trainings that were killed."""
    by_use = sorted(models_dir.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    finished = [path for path in by_use if not path.name.startswith("draft-")]
    abandoned = [path for path in by_use if path.name.startswith("draft-") and not is_at_work(path)]
    for path in (*finished[KEPT:], *abandoned):
        path.unlink(missing_ok=True)


def is_at_work(draft: Path) -> bool:
    """Tell whether the process that writes a draft still lives."""
    number = draft.name.removeprefix("draft-").removesuffix(".tar.gz")
    return number.isdigit() and Path("/proc", number).exists()
