"""What the tests of the ear share: a small trained model, a server with it, and closed sockets."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from nlu import environment

environment.prepare(threads=2)
os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"  # Rasa 3.6 is bound to SQLAlchemy 1.4

from house import Neighbours, Server, run_module  # noqa: E402 - numpy comes after the environment

# These tests run in the ear's own environment; the application's pytest passes them by.
collect_ignore_glob = [] if find_spec("rasa") else ["test_*.py"]
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            pytest.fail(f"A test tried to reach {address[0]}.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The empty home folder of every process under test."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "home"
        empty.mkdir()
        yield empty


@pytest.fixture(scope="session")
def model(home: Path) -> Iterator[Path]:
    """A model trained on the tiny data, with the real configuration, domain and rules."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "models" / "tiny.tar.gz"
        done = run_module(home, "nlu.train", "--data", "tests/nlu/tiny", "--data", "nlu/rules", "--out", str(out))
        assert done.returncode == 0, done.stderr
        yield out


@pytest.fixture(scope="session")
def neighbours() -> Iterator[Neighbours]:
    """The action server and the words, as Rasa sees them."""
    with Neighbours() as running:
        yield running


@pytest.fixture(scope="session")
def server(home: Path, model: Path, neighbours: Neighbours) -> Iterator[Server]:
    """Rasa serving the tiny model."""
    with Server(home, model, neighbours) as running:
        yield running
