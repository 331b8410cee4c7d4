"""Which model belongs to the training data, and how it is made."""

import os
import sys
from pathlib import Path

import pytest

from bot import model
from bot.errors import StartError
from bot.settings import Settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project with training data, and a trainer of a few lines in place of Rasa's environment."""
    root = tmp_path / "project"
    (root / "nlu" / "training" / "id").mkdir(parents=True)
    (root / "nlu" / "training" / "id" / "join.yml").write_text("- ikut\n")
    (root / "config.yml").write_text("language: en\n")
    (root / "nlu" / "train.py").write_text("import sys; open(sys.argv[2], 'w').write('a model')\n")
    python = root / model.RASA_PYTHON
    python.parent.mkdir(parents=True)
    python.symlink_to(Path(sys.executable))
    return root


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a data directory of this test."""
    return Settings("127.0.0.1", 8000, tmp_path / "var", "http://k", "s" * 32)


@pytest.mark.parametrize("name", ["config.yml", "nlu/training/id/join.yml", "nlu/training/th/new.yml", "nlu/uv.lock"])
def test_a_changed_or_new_ingredient_means_another_model(root: Path, name: str) -> None:
    before = model.fingerprint(root)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("something else\n")
    assert model.fingerprint(root) != before


@pytest.mark.parametrize("name", ["README.md", "nlu/training/.join.yml.swp", "nlu/components/__pycache__/a.pyc"])
def test_what_is_no_ingredient_changes_nothing(root: Path, name: str) -> None:
    before = model.fingerprint(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("noise\n")
    assert model.fingerprint(root) == before


def test_a_moved_sentence_means_another_model(root: Path) -> None:
    before = model.fingerprint(root)
    (root / "nlu" / "training" / "id" / "join.yml").rename(root / "nlu" / "training" / "id" / "leave.yml")
    assert model.fingerprint(root) != before


def test_training_happens_once_for_the_same_data(root: Path, settings: Settings) -> None:
    made = model.train(settings, root)
    assert made.read_text() == "a model"
    made.write_text("kept")
    assert model.train(settings, root).read_text() == "kept"


def test_a_failed_training_says_why_and_leaves_nothing(root: Path, settings: Settings) -> None:
    (root / "nlu" / "train.py").write_text("import sys; sys.exit('there is no training data')\n")
    with pytest.raises(StartError, match="The training of the language model failed: there is no training data"):
        model.train(settings, root)
    assert not list(settings.models_dir.iterdir())


def test_a_missing_environment_is_one_sentence(root: Path, settings: Settings) -> None:
    (root / model.RASA_PYTHON).unlink()
    with pytest.raises(StartError, match="Rasa's environment is missing"):
        model.train(settings, root)


def test_old_models_and_abandoned_drafts_go_and_the_ones_used_last_stay(tmp_path: Path) -> None:
    for age in range(6):
        path = tmp_path / f"model{age}.tar.gz"
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    (tmp_path / "draft-999999999.tar.gz").touch()
    (tmp_path / f"draft-{os.getpid()}.tar.gz").touch()
    model.forget_old(tmp_path)
    kept = {"model0.tar.gz", "model1.tar.gz", "model2.tar.gz", f"draft-{os.getpid()}.tar.gz"}
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_training_sees_none_of_our_secrets(root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAWAN_DATABASE_URL", "postgresql://a:hunter2@db/kawan")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    (root / "nlu" / "train.py").write_text("import os, sys; open(sys.argv[2], 'w').write(str(dict(os.environ)))\n")
    seen = model.train(settings, root).read_text()
    assert "hunter2" not in seen
    assert "'RASA_TELEMETRY_ENABLED': 'false'" in seen
