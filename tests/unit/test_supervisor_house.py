"""Which processes Kawan is made of, and what each of them is told."""

import dataclasses
from pathlib import Path

import pytest

from bot import house
from bot.process import Spec
from bot.settings import Settings

DATABASE = "postgresql+psycopg://kawan:hunter2@db.example/kawan"
KEY = "a secret key that nobody can guess ..."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a database somewhere else."""
    return Settings("127.0.0.1", 8000, tmp_path / "var", "http://k", KEY, DATABASE)


def specs(settings: Settings) -> dict[str, Spec]:
    """Return the processes by their names, in their order."""
    return {spec.name: spec for spec in house.house(settings, print)}


def test_a_fresh_machine_runs_everything(settings: Settings) -> None:
    own = dataclasses.replace(settings, database_url=None)
    assert list(specs(own)) == ["postgres", "migrate", "train", "rasa", "worker", "web"]


def test_what_the_operator_runs_elsewhere_is_left_out(settings: Settings) -> None:
    assert "postgres" not in specs(settings)
    elsewhere = dataclasses.replace(settings, rasa_url="http://rasa.example:5005")
    found = specs(elsewhere)
    assert list(found) == ["migrate", "worker", "web"]
    assert found["worker"].env["KAWAN_RASA_URL"] == "http://rasa.example:5005"
    assert not settings.data_dir.exists()


def test_a_model_that_is_there_is_not_trained_again(settings: Settings) -> None:
    trained = house.model.model_path(settings)
    trained.parent.mkdir(parents=True)
    trained.touch()
    found = specs(settings)
    assert "train" not in found
    assert str(trained) in found["rasa"].command


def test_no_secret_is_on_any_command_line(settings: Settings) -> None:
    own = dataclasses.replace(settings, database_url=None)
    found = specs(own)
    password = found["web"].env["KAWAN_DATABASE_URL"].split(":")[2].split("@")[0]
    assert len(password) > 20
    words = " ".join(word for spec in found.values() for word in spec.command)
    for secret in (password, KEY, settings.internal_token):
        assert secret not in words


def test_rasa_knows_neither_the_database_nor_the_secret_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAWAN_SECRET_KEY", KEY)
    monkeypatch.setenv("KAWAN_DATABASE_URL", DATABASE)
    told = specs(settings)["rasa"].env
    assert {name for name in told if name.startswith("KAWAN_")} == {
        "KAWAN_ACTIONS_URL",
        "KAWAN_DATA_DIR",
        "KAWAN_INTERNAL_TOKEN",
        "KAWAN_NLG_URL",
    }
    assert not [value for value in told.values() if KEY in value or "hunter2" in value]
    assert told["RASA_TELEMETRY_ENABLED"] == "false"


def test_a_proxy_of_the_machine_is_not_asked_for_our_own_addresses(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    assert specs(settings)["worker"].env["NO_PROXY"] == "intranet.example,localhost,127.0.0.1,::1"


def test_only_the_schema_is_waited_for_so_that_rasa_loads_meanwhile(settings: Settings) -> None:
    found = specs(settings)
    assert found["rasa"].after == ("train",)
    assert found["web"].after == found["worker"].after == ("migrate",)
