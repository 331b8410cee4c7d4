"""One supervisor a data directory, and what it tells about itself."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot import house, ports
from bot.errors import StartError
from bot.process import Process, Spec
from bot.settings import Settings
from bot.status import StatusFile, memory_of, table


def test_a_second_supervisor_is_told_who_runs_and_where(tmp_path: Path) -> None:
    first = StatusFile(tmp_path)
    with first.held():
        first.write("http://127.0.0.1:8000", [])
        with pytest.raises(StartError) as caught, StatusFile(tmp_path).held():
            pass
        assert str(caught.value) == (
            f"Kawan already runs here (process {os.getpid()}) and answers at http://127.0.0.1:8000/,"
            f" with its data in {tmp_path}."
        )
    with StatusFile(tmp_path).held():
        pass


def test_a_supervisor_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from bot.status import StatusFile
with StatusFile(Path({str(tmp_path)!r})).held():
    print("held", flush=True)
    input()
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    assert StatusFile(tmp_path).is_held()
    holder.kill()
    holder.communicate()
    assert not StatusFile(tmp_path).is_held()


def test_nothing_runs_in_a_folder_that_was_never_used(tmp_path: Path) -> None:
    assert not StatusFile(tmp_path).is_held()
    assert StatusFile(tmp_path).lines() == []


def test_the_table_names_every_process_with_its_memory_and_the_total(tmp_path: Path) -> None:
    process = Process(Spec("rasa", ("sleep", "60"), {"PATH": os.environ["PATH"]}), tmp_path / "rasa.log", tmp_path)
    process.start(0)
    file = StatusFile(tmp_path)
    with file.held():
        file.write("http://127.0.0.1:8000", [process])
        head, supervisor, rasa, total = table(file.lines())
    process.stop()
    assert head.split() == ["process", "pid", "state", "restarts", "own", "MB", "share", "MB", "resident", "MB"]
    assert supervisor.split()[:3] == ["supervisor", str(os.getpid()), "ready"]
    assert rasa.split()[:2] == ["rasa", str(process.pid) if process.pid else rasa.split()[1]]
    assert int(total.split()[-1]) >= int(supervisor.split()[-1]) > 10


def test_a_process_that_is_gone_needs_no_memory() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    assert memory_of(gone.pid).resident == 0


def test_a_taken_port_is_one_sentence_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError) as caught:
            house.run(Settings("127.0.0.1", port, tmp_path, "http://k", "s" * 32), print)
    assert str(caught.value) == f"Port {port} on 127.0.0.1 is taken by another program: choose one with KAWAN_PORT."
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_ours_is_one_sentence(tmp_path: Path, host: str) -> None:
    with pytest.raises(StartError, match=f"Kawan cannot listen on {host}, port 8000: "):
        house.run(Settings(host, 8000, tmp_path, "http://k", "s" * 32), print)


def test_a_free_port_is_free_and_outside_the_range_of_outgoing_connections() -> None:
    port = ports.free_port()
    assert ports.is_free("127.0.0.1", port)
    assert port < 32768


def test_an_address_nobody_answers_at_is_named_as_such() -> None:
    assert ports.http_trouble(f"http://127.0.0.1:{ports.free_port()}/") == "does not answer yet"
