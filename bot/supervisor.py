"""Runs a list of processes on one machine: starts them in order, keeps them alive, stops them together."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bot.errors import StartError
from bot.process import Process, Spec, State

PAUSE = 0.2
NEWS_EVERY = 10.0
TRIES = 4  # a process that dies so often without ever having been ready will not get better by itself
FINISHED = {State.READY, State.DONE}


class Supervisor:
    """`run` returns when a person has asked it to stop; StartError when a step fails or a process never comes up."""

    def __init__(
        self,
        specs: Sequence[Spec],
        log_dir: Path,
        cwd: Path,
        say: Callable[[str], None],
        changed: Callable[[Sequence[Process]], None],
    ) -> None:
        """Take the processes in the order in which they are started; they are stopped in the opposite order."""
        self.processes = [Process(spec, log_dir / f"{spec.name}.log", cwd) for spec in specs]
        self.say = say
        self.changed = changed
        self.asked = 0
        self.was_up = False
        self.next_news = 0.0
        self.seen: list[tuple[State, int | None]] = []

    def run(self, announce: Callable[[], None]) -> None:
        """Start everything, call `announce` once all of it is ready, keep it so until asked to stop."""
        with self.listening():
            try:
                self.next_news = time.monotonic() + NEWS_EVERY
                while not self.asked:
                    self.step(time.monotonic(), announce)
                    time.sleep(PAUSE)
            finally:
                self.stop()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn the signals that mean “stop” into a wish, for the length of a block."""
        wanted = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            wanted.append(signal.SIGHUP)
        before = {number: signal.signal(number, self.ask) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Remember that somebody wants us to stop; twice means at once."""
        self.asked += 1

    def step(self, now: float, announce: Callable[[], None]) -> None:
        """Look at every process once and do what its state asks for."""
        for process in self.processes:
            before = process.state
            if before is State.WAITING and self.may_start(process):
                process.start(now)
            process.look(now)
            if process.state is not before:
                self.react(process, now)
        self.record()
        if not self.was_up and all(process.state in FINISHED for process in self.processes):
            self.was_up = True
            announce()
        if not self.was_up and now >= self.next_news:
            self.next_news = now + NEWS_EVERY
            self.say_news(now)

    def may_start(self, process: Process) -> bool:
        """Tell whether everything a process builds on is ready."""
        return all(other.state in FINISHED for other in self.processes if other.spec.name in process.spec.after)

    def react(self, process: Process, now: float) -> None:
        """Tell a person about a change, and give up where waiting would not help."""
        name = process.spec.name
        if process.state is State.FAILED:
            raise StartError(explain(process))
        if process.state is State.RESTING:
            if not process.was_ready and process.deaths >= TRIES:
                raise StartError(explain(process))
            self.say(f"{name} {process.ending}, starting it again in {process.since - now:.1f} s")
        elif process.state is State.STARTING:
            self.say(f"{name}: {process.spec.doing}")
        elif process.state is State.DONE:
            self.say(f"{name}: done after {now - process.since:.0f} s")
        elif process.state is State.READY:
            self.say(f"{name}: ready after {now - process.since:.0f} s")

    def say_news(self, now: float) -> None:
        """Say what is still being waited for, so that silence never looks like standing still."""
        for process in self.processes:
            if process.state is State.STARTING:
                reason = process.last_words() if process.spec.once else process.trouble
                self.say(
                    f"{process.spec.name}: {now - process.since:.0f} s so far" + (f" ({reason})" if reason else "")
                )

    def record(self) -> None:
        """Report the processes when anything about them changed."""
        seen = [(process.state, process.pid) for process in self.processes]
        if seen != self.seen:
            self.seen = seen
            self.changed(self.processes)

    def stop(self) -> None:
        """End every process, the last started first; a second wish to stop ends the politeness."""
        for process in reversed(self.processes):
            process.stop(hurry=lambda: self.asked > 1)
        self.record()


def explain(process: Process) -> str:
    """Return one sentence about a process that cannot be had, and where to read more."""
    words = process.last_words()
    reason = f": {words}" if words else "."
    return f"{process.spec.name} {process.ending}{reason}\nMore is in {process.log}"
