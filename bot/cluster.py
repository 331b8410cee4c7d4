"""A new database cluster: made beside its place and moved there only when it is complete."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot import account
from bot.errors import StartError

MAJOR = "18"
# Text is sorted and folded by PostgreSQL's own Unicode tables: the same on every machine, whatever its locales.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST")
SAFE = ("--auth=scram-sha-256", "--username=postgres", "--no-instructions")


def create(cluster: Path, binaries: Path) -> None:
    """Make the cluster with the role and database “kawan”; nobody knows the password of its superuser."""
    draft = cluster.with_name(cluster.name + ".new")
    superuser = cluster.with_name(cluster.name + ".superuser")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    prefix = hand_over(draft, binaries)
    try:
        write_private(superuser, secrets.token_urlsafe(24), draft)
        initdb = [str(binaries / "initdb"), f"--pgdata={draft}", f"--pwfile={superuser}", *SAFE, *LOCALE]
        run([*prefix, *initdb])
        password = secrets.token_urlsafe(24)
        run([*prefix, str(binaries / "postgres"), *single_user(draft)], statements(password))
        write_private(draft / "kawan.password", password, draft)
    finally:
        superuser.unlink(missing_ok=True)
    draft.rename(cluster)


def hand_over(draft: Path, binaries: Path) -> tuple[str, ...]:
    """Give the folder to the account that will own the cluster, and return the words that run a program as it."""
    if not account.is_root():
        return ()
    chosen = account.unprivileged()
    os.chown(draft, chosen.uid, chosen.gid)
    return account.way_in(chosen, [binaries / "initdb", binaries / "postgres"], draft, "KILL")


def single_user(draft: Path) -> tuple[str, ...]:
    """Return the options of a server without network; a failing statement, which names the password, is not logged."""
    return ("--single", "-D", str(draft), "-c", "log_min_error_statement=panic", "postgres")


def statements(password: str) -> str:
    """Return what the application owns: a role that may make databases (tests do), but is no superuser."""
    return f"CREATE ROLE kawan LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE kawan OWNER kawan\n"


def write_private(path: Path, text: str, like: Path) -> None:
    """Write a file that only the owner of `like` may read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    if account.is_root():
        os.chown(path, like.stat().st_uid, like.stat().st_gid)


def run(command: Sequence[str], said: str = "") -> None:
    """Run one step of the making; its last complaint becomes the reason when it fails."""
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    ended = subprocess.run(command, check=False, input=said, capture_output=True, text=True, env=env, cwd="/")
    complaints = [line for line in ended.stderr.splitlines() if "ERROR:" in line or "FATAL:" in line]
    if ended.returncode or complaints:
        reason = (complaints or ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"])[-1]
        message = f"The database could not be made: {reason}"
        raise StartError(message)
