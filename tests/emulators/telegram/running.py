"""Starts an emulator for tests: in a thread of this process, or in a process of its own."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tests.emulators.telegram.client import Telegram
from tests.emulators.telegram.server import HOST, configure
from tests.emulators.telegram.world import Options

ROOT = Path(__file__).parents[3]
READY_WITHIN = 90  # seconds


def _listen(port: int | None) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port or 0))
    return listener


def free_port() -> int:
    """A port on which nobody listens now."""
    with _listen(None) as listener:
        return int(listener.getsockname()[1])


def _until(is_ready: Any, problem: str) -> None:
    end = time.monotonic() + READY_WITHIN
    while not is_ready():
        if time.monotonic() > end:
            raise RuntimeError(problem)
        time.sleep(0.01)


@contextmanager
def run_telegram(port: int | None = None, **options: Any) -> Iterator[Telegram]:
    """A running emulator in a thread, with a world of its own. `options` are those of `Options`."""
    chosen = Options(**options)
    listener = _listen(port)
    server = uvicorn.Server(configure(chosen))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="telegram", daemon=True)
    thread.start()
    try:
        _until(lambda: server.started, "The emulator did not start")
        with Telegram(f"http://{HOST}:{listener.getsockname()[1]}", chosen.token) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def _flags(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield f"--{flag}"
            yield from map(str, value if isinstance(value, (list, tuple)) else [value])


@contextmanager
def spawn_telegram(port: int | None = None, **options: Any) -> Iterator[Telegram]:
    """The same in a process of its own, for tests that measure or that must not share their interpreter."""
    chosen, port = Options(**options), port or free_port()
    command = [sys.executable, "-m", "tests.emulators", "telegram", "--port", str(port), *_flags(options)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        with Telegram(f"http://{HOST}:{port}", chosen.token) as client:
            _until(lambda: client.is_up or process.poll() is not None, "The emulator did not start")
            if process.poll() is not None:
                raise RuntimeError(f"The emulator ended with {process.returncode}; is port {port} taken?")
            yield client
    finally:
        process.terminate()
        process.wait(10)
