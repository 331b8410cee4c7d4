"""Runs the emulator for a test: in a thread, or as a process of its own that can be killed."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.emulators.whatsapp import contract
from tests.emulators.whatsapp.client import WhatsApp
from tests.emulators.whatsapp.options import Options
from tests.emulators.whatsapp.server import bind, make_server
from tests.emulators.whatsapp.world import World

READY_WITHIN = 90


@contextmanager
def run_whatsapp(port: int | None = None, **options: Any) -> Iterator[WhatsApp]:
    """The emulator in a thread; `options` are those of `Options`."""
    listening = bind(port)
    world = World(Options(**options), listening.getsockname()[1])
    server = make_server(world)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    client = WhatsApp(world.url)
    try:
        wait_until(client)
        yield client
    finally:
        client.close()
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def run_whatsapp_process(port: int, *arguments: str) -> Iterator[WhatsApp]:
    """The emulator as `python -m tests.emulators whatsapp` starts it."""
    command = [sys.executable, "-m", "tests.emulators", "whatsapp", "--port", str(port), *arguments]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.DEVNULL)
    client = WhatsApp(f"http://127.0.0.1:{port}")
    try:
        wait_until(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def need_contract() -> None:
    """Skips the test, loudly, on a machine without Twilio's published documents; where all must run, it fails."""
    if contract.is_present():
        return
    missing = f"Twilio's published documents are missing: {contract.HOW}"
    if os.environ.get("KAWAN_REQUIRE_ALL") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def wait_until(client: WhatsApp) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        try:
            client.state()
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the emulator did not start")
