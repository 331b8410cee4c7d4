"""One supervised child process: started with its log, watched, restarted after growing waits, stopped for certain."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from bot.errors import StartError

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
HEALTHY_AFTER = 60.0
LOG_LIMIT = 5_000_000
STOP_PAUSE = 0.05
QUESTION_SOON = 0.2
QUESTION_LATE = 1.0
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \S+ [A-Z]+ +\S+: ")  # time, level and logger of a log line


def nothing() -> None:
    """Do nothing: the preparation of most processes."""


def no_trouble() -> str:
    """Find nothing wrong: a process that is ready as soon as it runs."""
    return ""


class State(StrEnum):
    """Where a process is in its life."""

    WAITING = "waiting"  # for others to be ready
    STARTING = "starting"
    READY = "ready"
    DONE = "done"  # a step that ended well
    RESTING = "resting"  # died, waits to be started again
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Spec:
    """What to run and how to treat it; `once` marks a step that runs to its end, everything else runs for ever."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    after: tuple[str, ...] = ()
    once: bool = False
    prepare: Callable[[], None] = nothing
    trouble: Callable[[], str] = no_trouble
    doing: str = "starting"
    stop_signal: signal.Signals = signal.SIGTERM
    stop_wait: float = 10.0


def rest_before(deaths: int) -> float:
    """Return how long to wait before the next start after this many deaths in a row."""
    return min(FIRST_WAIT * 2.0 ** (deaths - 1), LONGEST_WAIT)


class Process:
    """The life of one Spec; the caller passes the time, so that nothing here waits by itself."""

    def __init__(self, spec: Spec, log: Path, cwd: Path) -> None:
        """Nothing runs before `start`."""
        self.spec = spec
        self.log = log
        self.cwd = cwd
        self.state = State.WAITING
        self.restarts = 0
        self.deaths = 0
        self.since = 0.0
        self.was_ready = False
        self.ending = ""
        self.trouble = ""
        self.log_start = 0
        self.next_question = 0.0
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the running child."""
        return self.child.pid if self.child else None

    def start(self, now: float) -> None:
        """Run the command; what keeps it from running is a StartError at first, and one more death later."""
        self.trouble, self.next_question = "", now
        try:
            self.spec.prepare()
            self.child = self.launch()
        except (OSError, StartError) as problem:
            if not self.was_ready:
                message = f"{self.spec.name} cannot be started: {problem}"
                raise StartError(message) from None
            self.rest(f"cannot be started ({problem})", now)
        else:
            self.state, self.since = State.STARTING, now

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the child in a process group of its own, everything it prints going to its log."""
        with self.log.open("ab") as log:
            log.write(f"--- {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC {self.spec.name} starts\n".encode())
            log.flush()
            self.log_start = log.tell()
            return subprocess.Popen(
                self.spec.command,
                env=dict(self.spec.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def look(self, now: float) -> None:
        """Move on: notice an end, ask whether a starting process is ready, start a rested one again."""
        trim(self.log)
        if self.state is State.RESTING and now >= self.since:
            self.restarts += 1
            self.start(now)
        elif self.child and self.child.poll() is not None and self.state in {State.STARTING, State.READY}:
            self.bury(self.child.returncode, now)
        elif self.state is State.STARTING and not self.spec.once:
            self.ask_whether_ready(now)

    def ask_whether_ready(self, now: float) -> None:
        """Ask for its trouble, often at first and every second later on."""
        if now < self.next_question:
            return
        self.next_question = now + (QUESTION_SOON if now - self.since < 5 * QUESTION_LATE else QUESTION_LATE)
        self.trouble = self.spec.trouble()
        if not self.trouble:
            self.state, self.was_ready = State.READY, True

    def bury(self, code: int, now: float) -> None:
        """Record an end: a step is done or failed, anything else rests before its next start."""
        self.signal_group(signal.SIGKILL)
        self.child = None
        if self.spec.once:
            self.ending = ending(code)
            self.state = State.FAILED if code else State.DONE
            return
        if now - self.since > HEALTHY_AFTER:
            self.deaths = 0
        self.rest(ending(code), now)

    def rest(self, reason: str, now: float) -> None:
        """Wait before the next start, longer after each death in a row."""
        self.deaths += 1
        self.ending = reason
        self.state, self.since = State.RESTING, now + rest_before(self.deaths)

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Return when the child and everything in its group is gone: asked first, ended when it does not listen."""
        if self.child is None:
            self.state = State.STOPPED
            return
        if self.child.poll() is None:
            os.kill(self.child.pid, self.spec.stop_signal)
        limit = time.monotonic() + self.spec.stop_wait
        while self.child.poll() is None and time.monotonic() < limit and not hurry():
            time.sleep(STOP_PAUSE)
        self.signal_group(signal.SIGKILL)
        self.child.wait()
        self.child = None
        self.state = State.STOPPED

    def signal_group(self, number: signal.Signals) -> None:
        """Signal whatever is left of the child's group."""
        if self.child:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, number)

    def last_words(self) -> str:
        """Return the last line it printed since its start, the likeliest reason of its end."""
        with suppress(OSError):
            lines = self.log.read_bytes()[self.log_start :].decode("utf-8", "replace").strip().splitlines()
            return STAMP.sub("", lines[-1]).removeprefix("kawan: ").strip() if lines else ""
        return ""


def ending(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"ended with code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def trim(log: Path, limit: int = LOG_LIMIT) -> None:
    """Copy a log that has grown past the limit over the one before, and empty it; the child keeps appending to it."""
    with suppress(OSError):
        if log.stat().st_size > limit:
            log.with_suffix(".1.log").write_bytes(log.read_bytes())
            os.truncate(log, 0)
