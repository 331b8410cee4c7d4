"""The processes Kawan is made of on one machine, and how each is run."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import account, model, ports
from bot.errors import StartError
from bot.postgres import Postgres, plain_env
from bot.process import Spec
from bot.settings import ROOT, Settings
from bot.status import StatusFile
from bot.supervisor import Supervisor

Say = Callable[[str], None]
Greet = Callable[[Settings, Say, float], None]

LOOPBACK = "localhost,127.0.0.1,::1"


@dataclass(frozen=True)
class Addresses:
    """Where the processes find each other; handed to them by environment, never on a command line."""

    database: str
    rasa: str


def welcome(settings: Settings, say: Say, seconds: float) -> None:
    """Say that people can come in."""
    say(f"ready after {seconds:.0f} s; logs are in {settings.data_dir / 'log'}; Ctrl-C stops everything")
    say(f"Kawan answers at {settings.own_url}/")


def run(settings: Settings, say: Say, more: Sequence[Spec] = (), greet: Greet = welcome) -> None:
    """Start everything, `greet` a person once it answers, and return when a person has stopped it."""
    status = StatusFile(settings.data_dir)
    with status.held():
        require_port(settings)
        began = time.monotonic()
        supervisor = Supervisor(
            specs=[*house(settings, say), *more],
            log_dir=settings.private_dir("log"),
            cwd=ROOT,
            say=say,
            changed=lambda processes: status.write(settings.own_url, processes),
        )
        supervisor.run(lambda: greet(settings, say, time.monotonic() - began))
        say("everything is stopped")


def require_port(settings: Settings) -> None:
    """Refuse to begin where people could not reach us."""
    problem = ports.refusal(settings.host, settings.port)
    if problem and problem.errno == errno.EADDRINUSE:
        message = f"Port {settings.port} on {settings.host} is taken by another program: choose one with KAWAN_PORT."
        raise StartError(message)
    if problem:
        message = f"Kawan cannot listen on {settings.host}, port {settings.port}: {problem.strerror}."
        raise StartError(message)


def house(settings: Settings, say: Say) -> list[Spec]:
    """Return every process to run here: what the operator runs elsewhere is left out."""
    specs: list[Spec] = []
    rasa_port = ports.free_port()
    database = settings.database_url
    if database is None:
        postgres = own_database(settings, say)
        database = postgres.url
        specs.append(database_spec(postgres))
    addresses = Addresses(database, settings.rasa_url or f"http://127.0.0.1:{rasa_port}")
    specs.append(migrate_spec(addresses, after=tuple(spec.name for spec in specs)))
    if settings.rasa_url is None:
        specs.extend(ear_specs(settings, rasa_port))
    return [*specs, worker_spec(addresses), web_spec(settings, addresses)]


def own_database(settings: Settings, say: Say) -> Postgres:
    """Return our own PostgreSQL, prepared: on the first run its cluster is made here."""
    postgres = Postgres(settings.data_dir)
    if not postgres.cluster.exists():
        say("making a new database …")
    postgres.prepare()
    return postgres


def database_spec(postgres: Postgres) -> Spec:
    """Return how PostgreSQL is run; SIGINT is its fast and clean stop."""
    return Spec(
        name="postgres",
        command=postgres.command,
        env=plain_env(),
        prepare=postgres.end_leftovers,
        trouble=postgres.trouble,
        stop_signal=signal.SIGINT,
        stop_wait=30,
    )


def migrate_spec(addresses: Addresses, after: tuple[str, ...]) -> Spec:
    """Return the step that brings the database to the newest schema."""
    return Spec(
        name="migrate",
        command=kawan("migrate"),
        env=our_env(addresses),
        after=after,
        once=True,
        doing="bringing the database to the newest schema",
    )


def ear_specs(settings: Settings, port: int) -> list[Spec]:
    """Return Rasa, and before it the training when the training data changed."""
    rasa = Spec(
        name="rasa",
        command=rasa_command(model.model_path(settings), port),
        env=rasa_env(settings),
        after=("train",),
        trouble=lambda: ports.http_trouble(f"http://127.0.0.1:{port}/"),
        doing="loading the language model, about 10 s",
    )
    if model.model_path(settings).exists():
        return [rasa]
    env = dict(os.environ) | {"PYTHONUNBUFFERED": "1"}
    doing = "training the language model, some minutes the first time"
    return [Spec(name="train", command=kawan("train"), env=env, once=True, doing=doing), rasa]


def rasa_command(trained: Path, port: int) -> tuple[str, ...]:
    """Return the words that run Rasa in its own environment."""
    options = ("--model", str(trained), "--host", "127.0.0.1", "--port", str(port))
    return account.bound(str(model.rasa_python()), "nlu/serve.py", *options)


def rasa_env(settings: Settings) -> dict[str, str]:
    """Return what Rasa may know: where its actions and its words are, and how to be let in there."""
    return model.rasa_env(settings) | {
        "KAWAN_ACTIONS_URL": settings.actions_url,
        "KAWAN_NLG_URL": settings.nlg_url,
        "KAWAN_INTERNAL_TOKEN": settings.internal_token,
    }


def worker_spec(addresses: Addresses) -> Spec:
    """Return the process that answers and sends."""
    return Spec(name="worker", command=kawan("worker"), env=our_env(addresses), after=("migrate",), stop_wait=20)


def web_spec(settings: Settings, addresses: Addresses) -> Spec:
    """Return the process people reach; it is ready when a message would be answered."""
    return Spec(
        name="web",
        command=kawan("web"),
        env=our_env(addresses),
        after=("migrate",),
        trouble=lambda: ports.http_trouble(f"{settings.own_url}/healthz"),
    )


def our_env(addresses: Addresses) -> dict[str, str]:
    """Return the environment of our own processes: the operator's, and the addresses found here."""
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    direct = f"{direct},{LOOPBACK}" if direct else LOOPBACK
    return dict(os.environ) | {
        "KAWAN_DATABASE_URL": addresses.database,
        "KAWAN_RASA_URL": addresses.rasa,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PYTHONUNBUFFERED": "1",
    }


def kawan(verb: str) -> tuple[str, ...]:
    """Return the words that run one of our own verbs."""
    return account.bound(sys.executable, "-m", "bot", verb)
