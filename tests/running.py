"""Runs the whole of Kawan as its users do, and talks to it over the web channel as the page does."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import ports
from bot.model import model_path
from bot.offers import ANSWER
from bot.settings import ROOT, load_settings
from db.engine import Sessions, open_engine, open_sessions
from db.messages import Inbound, Outbound, OutboundState, TurnEffect

# Seconds. Limits for what hangs: a machine that is busy with other work is not a fault, and nobody waits them out.
READY_WITHIN = 900  # the first time the language model is trained
ANSWER_WITHIN = 180


@dataclass
class House:
    """A running Kawan: where it answers, its database, its processes."""

    url: str
    data_dir: Path
    sessions: Sessions
    supervisor: subprocess.Popen[bytes]
    talks: list["Talk"] = field(default_factory=list)

    def process(self, name: str) -> psutil.Process:
        """The process of that name, as the supervisor's status file knows it."""
        rows = json.loads((self.data_dir / "run" / "status.json").read_text())["processes"]
        return psutil.Process(next(row["pid"] for row in rows if row["name"] == name))

    def kill(self, name: str) -> None:
        """kill -9, without a chance to tidy up."""
        self.process(name).send_signal(signal.SIGKILL)

    def is_well(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_until_well(self, seconds: float = ANSWER_WITHIN) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.is_well():
                return
            assert self.supervisor.poll() is None, (self.data_dir / "up.log").read_text()[-2000:]
            time.sleep(0.2)
        raise AssertionError(f"not well after {seconds} s: {(self.data_dir / 'up.log').read_text()[-2000:]}")

    def talk(self, language: str = "en", time_zone: str = "Asia/Jakarta") -> "Talk":
        """Somebody new who opens the page."""
        talk = Talk(self, language, time_zone)
        self.talks.append(talk)
        return talk

    def close(self) -> None:
        """Close every connection that the tests opened."""
        for talk in self.talks:
            talk.client.close()
        self.sessions.kw["bind"].dispose()


@contextmanager
def run_house(data_dir: Path, port: int | None = None, **settings: str) -> Iterator[House]:
    """Run `kawan up` on a free port, with more settings; the trained model is shared with `make run`."""
    share_model(data_dir)
    port = port or ports.free_port()
    env = {**os.environ, "KAWAN_DATA_DIR": str(data_dir), "KAWAN_PORT": str(port)}
    env |= {f"KAWAN_{name.upper()}": value for name, value in settings.items()}
    log = (data_dir / "up.log").open("wb")
    supervisor = subprocess.Popen([sys.executable, "-m", "bot", "up"], cwd=ROOT, env=env, stdout=log, stderr=log)
    house = House(f"http://127.0.0.1:{port}", data_dir, open_sessions(open_engine("postgresql://unused")), supervisor)
    try:
        house.wait_until_well(READY_WITHIN)
        url = json.loads((data_dir / "run" / "postgres.json").read_text())["url"]
        house.sessions = open_sessions(open_engine(url))
        yield house
    finally:
        house.close()
        supervisor.terminate()
        supervisor.wait(60)
        log.close()


def share_model(data_dir: Path) -> None:
    """Use the model that lies in the project's own data folder, trained now if it is not there yet."""
    trained = model_path(load_settings())
    if not trained.exists():
        subprocess.run([sys.executable, "-m", "bot", "train"], cwd=ROOT, check=True, timeout=READY_WITHIN)
    (data_dir / "models").mkdir(parents=True, exist_ok=True)
    (data_dir / "models" / trained.name).symlink_to(trained)


@dataclass
class Talk:
    """One person on the page. `said` is what the bot said last, `keys` the response names of that turn."""

    house: House
    language: str
    time_zone: str
    client: httpx.Client = field(init=False)
    last: dict[str, Any] = field(default_factory=dict)
    all: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.house.url, trust_env=False, timeout=30)
        self.client.post(
            "/chat/session", json={"language": self.language, "timezone": self.time_zone}
        ).raise_for_status()
        self.listen()

    @property
    def text(self) -> str:
        return str(self.last["text"])

    @property
    def titles(self) -> list[str]:
        return [button["title"] for button in self.last["buttons"]]

    def say(self, text: str) -> "Talk":
        """Type a text and wait for the answer."""
        return self.post({"text": text}).listen()

    def press(self, title: str | int) -> "Talk":
        """Press a button of the last message, by its title or its number."""
        buttons = self.last["buttons"]
        found = buttons[title - 1] if isinstance(title, int) else next(one for one in buttons if one["title"] == title)
        return self.post({"payload": found["payload"], "title": found["title"]}).listen()

    def press_payload(self, payload: str) -> "Talk":
        """Press the button that sends `payload`, whatever its title is in this language."""
        found = next(one for one in self.last["buttons"] if one["payload"].startswith(payload))
        return self.post({"payload": found["payload"], "title": found["title"]}).listen()

    def post(self, body: dict[str, Any], message_id: str | None = None) -> "Talk":
        """Send without waiting; what cannot be taken just now is sent again under the same id, as the page does."""
        message = {"id": message_id or str(uuid.uuid4()), **body}
        end = time.monotonic() + ANSWER_WITHIN
        while True:
            try:
                response = self.client.post("/chat/messages", json=message)
                if response.status_code < 500 and response.status_code != 429:
                    response.raise_for_status()
                    return self
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, "the message was never taken"
            time.sleep(0.3)

    def send_file(self, name: str, content: bytes) -> "Talk":
        response = self.client.post("/chat/files", data={"id": str(uuid.uuid4())}, files={"file": (name, content)})
        response.raise_for_status()
        return self.listen()

    def file(self) -> bytes:
        """What the last message brought along."""
        return self.client.get(self.last["files"][0]["url"]).raise_for_status().content

    def listen(self) -> "Talk":
        """Wait for the next thing the bot says."""
        end = time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < end:
            fresh = self.fresh()
            if fresh:
                self.all += fresh
                self.last = fresh[-1]
                return self
            time.sleep(0.05)
        raise AssertionError(f"no answer; last was {self.last.get('text')!r}")

    def fresh(self) -> list[dict[str, Any]]:
        """What the bot said that was not heard yet."""
        try:
            history = self.client.get("/chat/history").raise_for_status().json()
        except httpx.HTTPError:
            return []
        heard = {message["id"] for message in self.all}
        said = [one for one in history["messages"] if one["from"] == "bot" and one["id"] not in heard]
        return [] if history["typing"] else said

    @property
    def keys(self) -> list[str]:
        """The response names of the last message."""
        with self.house.sessions() as session:
            feed = int(self.last["id"].removeprefix("o"))
            outbound = session.scalars(select(Outbound).where(Outbound.feed == feed)).one()
            assert outbound.state == OutboundState.SENT
            return names_of(session, outbound)

    @property
    def contact_id(self) -> int:
        with self.house.sessions() as session:
            feed = int(self.last["id"].removeprefix("o"))
            return session.scalars(select(Outbound.contact_id).where(Outbound.feed == feed)).one()

    def inbound(self) -> list[Inbound]:
        with self.house.sessions() as session:
            query = select(Inbound).where(Inbound.contact_id == self.contact_id).order_by(Inbound.id)
            return list(session.scalars(query))


def names_of(session: Session, row: Outbound) -> list[str]:
    """The response names of a message: of the turn that it answers, or of what Kawan said by itself."""
    if not row.key.startswith(ANSWER):
        return [said["response"] for said in row.content.get("says", ())]
    effect = session.get(TurnEffect, int(row.key.removeprefix(ANSWER)))
    return [name for reply in effect.replies for name in names_in(reply)] if effect else []


def names_in(reply: dict[str, Any]) -> list[str]:
    """The response name of a reply, and of the question that a step holds."""
    question = reply["args"].get("question")
    return [reply["response"], *([question["say"]] if isinstance(question, dict) else [])]
