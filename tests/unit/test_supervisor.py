"""The supervisor keeps real child processes alive, in order, and leaves none behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from bot import account
from bot.errors import StartError
from bot.process import Process, Spec, State, rest_before, trim
from bot.supervisor import Supervisor

PATIENCE = 15.0
FOR_EVER = "import time; print('here', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"


def python(code: str) -> tuple[str, ...]:
    """Return the command of a small program."""
    return (sys.executable, "-c", code)


def spec(name: str, code: str, **more: object) -> Spec:
    """Return a spec of a small Python program."""
    return Spec(name=name, command=python(code), env={"PATH": os.environ["PATH"]}, **more)  # type: ignore[arg-type]


def until(true: Callable[[], object]) -> None:
    """Wait for something to become true."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


class Bench:
    """A supervisor stepped by hand, and what it said."""

    def __init__(self, specs: Sequence[Spec], folder: Path) -> None:
        self.said: list[str] = []
        self.records: list[Mapping[str, State]] = []
        self.announced = 0
        self.supervisor = Supervisor(specs, folder, folder, self.said.append, self.note)

    def note(self, processes: Sequence[Process]) -> None:
        """Keep what the status file would say."""
        self.records.append({process.spec.name: process.state for process in processes})

    def announce(self) -> None:
        """Count how often people are told to come in."""
        self.announced += 1

    def process(self, name: str) -> Process:
        """Return a process by its name."""
        return next(process for process in self.supervisor.processes if process.spec.name == name)

    def step(self) -> None:
        """Take one step at the real time."""
        self.supervisor.step(time.monotonic(), self.announce)

    def step_until(self, true: Callable[[], object]) -> None:
        """Step until something is true."""
        until(lambda: (self.step(), true())[1])


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Make supervisors and stop them afterwards."""
    made: list[Bench] = []

    def make(*specs: Spec) -> Bench:
        made.append(Bench(specs, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.supervisor.asked = 2
        one.supervisor.stop()


def test_a_process_waits_for_what_it_builds_on(bench: Callable[..., Bench], tmp_path: Path) -> None:
    step = spec("step", f"import time; time.sleep(.4); open({str(tmp_path / 'made')!r}, 'w')", once=True)
    house = bench(step, spec("service", FOR_EVER, after=("step",)))
    house.step()
    assert house.process("service").state is State.WAITING
    house.step_until(lambda: house.process("service").state is State.READY)
    assert (tmp_path / "made").exists()
    assert house.process("step").state is State.DONE


def test_people_are_invited_once_and_only_when_everything_is_ready(bench: Callable[..., Bench]) -> None:
    trouble = ["is loading"]
    house = bench(spec("one", FOR_EVER), spec("two", FOR_EVER, trouble=lambda: trouble[0]))
    house.step()
    house.step()
    assert house.announced == 0
    trouble[0] = ""
    house.step_until(lambda: house.announced)
    house.step()
    assert house.announced == 1


def test_a_killed_process_is_started_again(bench: Callable[..., Bench]) -> None:
    house = bench(spec("one", FOR_EVER))
    house.step_until(lambda: house.announced)
    first = house.process("one").pid
    assert first
    os.kill(first, signal.SIGKILL)
    house.step_until(lambda: house.process("one").state is State.READY and house.process("one").pid != first)
    assert house.process("one").restarts == 1
    assert any(line.startswith("one was ended by SIGKILL, starting it again") for line in house.said)


def test_waits_grow_and_stay_bounded() -> None:
    assert [rest_before(deaths) for deaths in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_waits_begin_anew_after_a_healthy_while(bench: Callable[..., Bench]) -> None:
    house = bench(spec("one", FOR_EVER))
    process = house.process("one")
    for started, died, deaths in ((0, 61, 1), (100, 159, 6)):
        process.start(started)
        assert process.child
        process.child.kill()
        code = process.child.wait()
        process.deaths = 5
        process.bury(code, died)
        assert process.deaths == deaths


def test_a_step_that_fails_is_one_sentence_with_its_last_words_and_its_log(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    house = bench(
        spec("train", "import sys; print('loading', flush=True); sys.exit('there is no training data')", once=True)
    )
    with pytest.raises(StartError) as caught:
        house.step_until(lambda: False)
    assert str(caught.value) == (
        f"train ended with code 1: there is no training data\nMore is in {tmp_path / 'train.log'}"
    )


def test_a_process_that_never_comes_up_is_given_up(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.process.FIRST_WAIT", 0.01)
    house = bench(spec("rasa", "raise SystemExit('the model is broken')", trouble=lambda: "does not answer yet"))
    with pytest.raises(StartError, match="rasa ended with code 1: the model is broken"):
        house.step_until(lambda: False)
    assert house.process("rasa").restarts == 3


def test_a_process_that_was_ready_once_is_never_given_up(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.process.FIRST_WAIT", 0.01)
    monkeypatch.setattr("bot.process.LONGEST_WAIT", 0.02)
    flag = tmp_path / "flag"
    code = f"import os, time; os.path.exists({str(flag)!r}) and exit(3); open({str(flag)!r}, 'w'); time.sleep(600)"
    house = bench(spec("one", code, trouble=lambda: "" if flag.exists() else "is loading"))
    house.step_until(lambda: house.announced)
    pid = house.process("one").pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    house.step_until(lambda: house.process("one").restarts >= 7)


def test_a_program_that_does_not_exist_is_one_sentence(bench: Callable[..., Bench]) -> None:
    house = bench(Spec("rasa", ("/nowhere/python",), {}))
    with pytest.raises(StartError, match=r"rasa cannot be started: .*/nowhere/python"):
        house.step()


def test_a_long_step_shows_how_far_it_is(bench: Callable[..., Bench], tmp_path: Path) -> None:
    line = "2026-11-23 00:21:37,580 INFO nlu.embedding: Embedded 24 of 60 sentences."
    house = bench(spec("train", f"import time; print({line!r}, 'here', flush=True); time.sleep(600)", once=True))
    began = time.monotonic()
    house.supervisor.step(began, house.announce)
    until(lambda: not heard(tmp_path / "train.log")())
    house.supervisor.step(began + 11, house.announce)
    assert house.said[-1] == "train: 11 s so far (Embedded 24 of 60 sentences. here)"


def test_silence_is_broken_while_something_takes_long(bench: Callable[..., Bench]) -> None:
    house = bench(spec("rasa", FOR_EVER, trouble=lambda: "is loading"))
    began = time.monotonic()
    house.supervisor.step(began, house.announce)
    house.supervisor.step(began + 11, house.announce)
    assert "rasa: 11 s so far (is loading)" in house.said


def test_everything_stops_in_the_opposite_order(bench: Callable[..., Bench], tmp_path: Path) -> None:
    log = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        f"def bye(*_): open({str(log)!r}, 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, bye); print('here', flush=True); time.sleep(600)"
    )
    specs = [
        Spec(name, (*python(code), name), {"PATH": os.environ["PATH"]}, trouble=heard(tmp_path / f"{name}.log"))
        for name in ("a", "b", "c")
    ]
    house = bench(*specs)
    house.step_until(lambda: house.announced)
    house.supervisor.stop()
    assert log.read_text() == "cba"
    assert set(house.records[-1].values()) == {State.STOPPED}


def heard(log: Path) -> Callable[[], str]:
    """Return a check that a program has said it is here."""
    return lambda: "" if log.exists() and b"here" in log.read_bytes() else "is silent"


def test_a_deaf_process_and_its_children_are_ended_all_the_same(bench: Callable[..., Bench], tmp_path: Path) -> None:
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOR_EVER!r}]); {DEAF}"
    house = bench(spec("deaf", code, stop_wait=0.2, trouble=heard(tmp_path / "deaf.log")))
    house.step_until(lambda: house.announced)
    pid = house.process("deaf").pid
    assert pid
    [child] = psutil.Process(pid).children()
    house.supervisor.stop()
    until(lambda: not psutil.pid_exists(pid) and not is_alive(child))


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs; an unreaped one does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_second_ctrl_c_ends_the_politeness(bench: Callable[..., Bench], tmp_path: Path) -> None:
    house = bench(spec("deaf", DEAF, stop_wait=60, trouble=heard(tmp_path / "deaf.log")))
    house.step_until(lambda: house.announced)
    timer = threading.Timer(0.5, house.supervisor.ask, (2, None))
    house.supervisor.asked = 1
    timer.start()
    began = time.monotonic()
    house.supervisor.stop()
    assert time.monotonic() - began < 10


def test_kill_minus_nine_of_the_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
from bot import account
from bot.process import Spec
from bot.supervisor import Supervisor
folder = Path({str(tmp_path)!r})
command = account.bound(sys.executable, "-c", {DEAF!r})
specs = [Spec(name, command, dict(os.environ)) for name in ("one", "two")]
Supervisor(specs, folder, folder, print, lambda all: None).run(lambda: print("up", flush=True))
"""
    assert account.bond("KILL"), "setpriv is part of util-linux"
    supervisor = subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout
    while "up" not in supervisor.stdout.readline():
        assert supervisor.poll() is None
    children = psutil.Process(supervisor.pid).children(recursive=True)
    assert len(children) == 2
    supervisor.kill()
    supervisor.communicate()
    until(lambda: not any(is_alive(child) for child in children))


def test_a_child_whose_parent_died_before_the_bond_was_made_does_not_stay(tmp_path: Path) -> None:
    flag = tmp_path / "ran"
    # The child comes to its bond late, as on a busy machine: by then its parent, which does not wait, is gone.
    code = f"""
import subprocess, sys
from bot import account
command = account.bound(sys.executable, "-c", "import time; open({str(flag)!r}, 'w'); time.sleep(600)")
late = ["/bin/sh", "-c", 'sleep 1; exec "$@"', "late", *command]
child = subprocess.Popen(late, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
"""
    parent = subprocess.run(python(code), capture_output=True, text=True, check=True)
    child = int(parent.stdout)
    until(lambda: not psutil.pid_exists(child) or not is_alive(psutil.Process(child)))
    assert not flag.exists()


def test_sigterm_stops_the_run_and_puts_the_old_handlers_back(bench: Callable[..., Bench]) -> None:
    house = bench(spec("one", FOR_EVER))
    before = signal.getsignal(signal.SIGTERM)
    house.supervisor.run(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert house.process("one").state is State.STOPPED
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_log_stays_bounded_and_its_writer_keeps_writing(tmp_path: Path) -> None:
    log = tmp_path / "rasa.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 2000)
        trim(log, limit=1000)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "rasa.1.log").stat().st_size == 2000


def test_what_a_restart_needs_may_fail_without_ending_the_house(bench: Callable[..., Bench]) -> None:
    problems: list[str] = []

    def prepare() -> None:
        if problems:
            raise StartError(problems.pop())

    house = bench(spec("postgres", FOR_EVER, prepare=prepare))
    house.step_until(lambda: house.announced)
    problems.append("the disk is full")
    pid = house.process("postgres").pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    house.step_until(lambda: not problems and house.process("postgres").state is State.READY)
