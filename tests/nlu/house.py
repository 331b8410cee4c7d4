"""The processes around the ear: its own, started as a user would with an empty environment, and the two Rasa asks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOKEN = "let-me-in"
ROOT = Path(__file__).resolve().parent.parent.parent


def bare(home: Path, **more: str) -> dict[str, str]:
    """The environment of a machine where nothing is set; the data folder is beside the home folder, not in it."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "KAWAN_DATA_DIR": str(home.parent / "kawan-test-data"),
        **more,
    }


def run_module(home: Path, module: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a module of ours to its end."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=bare(home, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Neighbours:
    """An action server that answers with what it was told, and words that repeat what they were asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.broken: str | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def variables(self) -> dict[str, str]:
        """What `endpoints.yml` asks the environment for."""
        here = f"http://127.0.0.1:{self._http.server_port}"
        return {"KAWAN_ACTIONS_URL": f"{here}/actions", "KAWAN_NLG_URL": f"{here}/nlg", "KAWAN_INTERNAL_TOKEN": TOKEN}

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, Any]:
        """What is sent back; `broken` makes one side misbehave."""
        if self.broken == path:
            return 200, {"events": "none", "text": 7}
        if self.broken == "down":
            return 500, {}
        if path == "/nlg":
            return 200, {"text": asked["response"], "buttons": [{"title": "Yes", "payload": "/affirm"}]}
        self.asked.append(asked)
        return 200, {"events": [], "responses": [{"response": f"utter_{asked['next_action']}"}]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        neighbours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                assert self.headers["X-Kawan-Internal"] == TOKEN
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, answer = neighbours.answer(self.path, asked)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The tests print enough."""

        return Handler


class Server:
    """`nlu.serve` as a process."""

    def __init__(self, home: Path, model: Path, neighbours: Neighbours) -> None:
        self.neighbours = neighbours
        descriptor, self._log = tempfile.mkstemp(suffix=".log")
        self.port = _free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nlu.serve", "--model", str(model), "--port", str(self.port)],
            cwd=ROOT,
            env=bare(home, **neighbours.variables()),
            stdout=descriptor,
            stderr=subprocess.STDOUT,
        )
        os.close(descriptor)

    def __enter__(self) -> Self:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2):
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        Path(self._log).unlink()

    def stop(self) -> float:
        """Send SIGTERM; how many seconds the end took."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=20)
        return time.monotonic() - started

    def log(self) -> str:
        """Everything the process has printed."""
        return Path(self._log).read_text()

    def say(self, text: str, sender: str = "someone", **metadata: Any) -> list[dict[str, Any]]:
        """One turn over the REST channel."""
        body = json.dumps({"sender": sender, "message": text, "metadata": {"lang": "en", **metadata}}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/webhooks/rest/webhook", body)
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own address
            replies: list[dict[str, Any]] = json.load(answer)
        return replies

    def heard(self, text: str, **metadata: Any) -> dict[str, Any]:
        """What the action server is told about one text: action, intent, confidence, ranking and entities."""
        self.neighbours.asked.clear()
        self.say(text, **metadata)
        (asked,) = self.neighbours.asked
        return {"action": asked["next_action"], **asked["tracker"]["latest_message"]}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
