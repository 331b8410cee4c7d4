"""What runs here now: one supervisor a data directory, and a file that says what it does."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

from bot.errors import StartError
from bot.process import Process
from bot.settings import private_dir

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Line:
    """One process as the status file knows it."""

    name: str
    pid: int | None
    state: str
    restarts: int


@dataclass(frozen=True)
class Memory:
    """Megabytes: `own` is nobody else's, `share` adds a fair part of what is shared, `resident` all of it."""

    own: float
    share: float
    resident: float

    def __add__(self, other: "Memory") -> "Memory":
        """Return both together."""
        return Memory(self.own + other.own, self.share + other.share, self.resident + other.resident)


NO_MEMORY = Memory(0, 0, 0)


class StatusFile:
    """The file `<data dir>/run/status.json` and the lock that only one supervisor can hold."""

    def __init__(self, data_dir: Path) -> None:
        """Know where both are; nothing is made before it is needed."""
        self.folder = data_dir / "run"
        self.path = self.folder / "status.json"
        self.lock = self.folder / "lock"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only supervisor of this data directory, or say in one sentence who is."""
        private_dir(self.folder.parent)
        private_dir(self.folder)
        with self.lock.open("a") as file:
            if not took(file, fcntl.LOCK_EX):
                raise StartError(self.who_runs())
            self.path.unlink(missing_ok=True)
            try:
                yield
            finally:
                self.path.unlink(missing_ok=True)

    def is_held(self) -> bool:
        """Tell whether a supervisor runs here."""
        try:
            with self.lock.open("r") as file:
                return not took(file, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def who_runs(self) -> str:
        """Return one sentence about the supervisor that runs here."""
        known = self.read()
        where = f" and answers at {known['url']}/" if known.get("url") else ""
        number = f" (process {known['supervisor']})" if known.get("supervisor") else ""
        return f"Kawan already runs here{number}{where}, with its data in {self.folder.parent}."

    def write(self, url: str, processes: Sequence[Process]) -> None:
        """Say what runs now; readers see the old file or the new one, never half of one."""
        lines = [asdict(Line(p.spec.name, p.pid, p.state.value, p.restarts)) for p in processes]
        content = {"supervisor": os.getpid(), "url": url, "written": time.time(), "processes": lines}
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(content, indent=1) + "\n")
        draft.replace(self.path)

    def read(self) -> dict[str, object]:
        """Return the content of the file; empty when there is none."""
        with suppress(OSError, ValueError):
            content = json.loads(self.path.read_text())
            return content if isinstance(content, dict) else {}
        return {}

    def lines(self) -> list[Line]:
        """Return the supervisor and its processes."""
        content = self.read()
        number, found = content.get("supervisor"), content.get("processes")
        supervisor = [Line("supervisor", number, "ready", 0)] if isinstance(number, int) else []
        return supervisor + [Line(**entry) for entry in (found if isinstance(found, list) else [])]


def took(file: IO[str], kind: int) -> bool:
    """Try to lock a file and tell whether it worked; nobody is waited for."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def memory_of(pid: int, *, tree: bool = True) -> Memory:
    """Return the memory of a process, with all its descendants unless told otherwise."""
    try:
        process = psutil.Process(pid)
        family = [process, *(process.children(recursive=True) if tree else [])]
    except psutil.NoSuchProcess:
        return NO_MEMORY
    return sum((memory_alone(member) for member in family), NO_MEMORY)


def memory_alone(process: psutil.Process) -> Memory:
    """Return the memory of one process; where the details are another account's, what is resident counts for all."""
    try:
        full = process.memory_full_info()
        return Memory(full.uss / MEGABYTE, full.pss / MEGABYTE, full.rss / MEGABYTE)
    except psutil.AccessDenied:
        resident = process.memory_info().rss / MEGABYTE
        return Memory(resident, resident, resident)
    except psutil.NoSuchProcess:
        return NO_MEMORY


def table(lines: Sequence[Line]) -> list[str]:
    """Return the status as lines of text: every process with its memory in MB, and all together."""
    rows = [f"{'process':<12}{'pid':>8}  {'state':<10}{'restarts':>8}{'own MB':>9}{'share MB':>10}{'resident MB':>13}"]
    total = NO_MEMORY
    for line in lines:
        used = memory_of(line.pid, tree=line.name != "supervisor") if line.pid else NO_MEMORY
        total += used
        rows.append(f"{line.name:<12}{line.pid or '-':>8}  {line.state:<10}{line.restarts:>8}{numbers(used)}")
    return [*rows, f"{'total':<40}{numbers(total)}"]


def numbers(used: Memory) -> str:
    """Return the three columns of memory."""
    return f"{used.own:>9.0f}{used.share:>10.0f}{used.resident:>13.0f}"
