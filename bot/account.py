"""The account a child process runs as, and its bond to the process that started it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StartError

# An administrator may make the first one; the second is on every Linux. We never edit /etc/passwd ourselves.
CANDIDATES = ("kawan", "nobody")
# Least power first. The two capabilities let PostgreSQL pass folders that only root may enter (a clone in a 0700
# folder), without changing any folder's permissions.
POWERS = ("", "dac_read_search", "dac_override")
UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"'


@dataclass(frozen=True)
class Account:
    """A user of this machine that is not root."""

    uid: int
    gid: int
    name: str


def is_root() -> bool:
    """Tell whether we run with root's powers."""
    return os.geteuid() == 0


def unprivileged() -> Account:
    """Return the account for programs that refuse root."""
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    message = "PostgreSQL must not run as root, and this machine has no account “nobody”: start Kawan as another user."
    raise StartError(message)


def owner(path: Path) -> Account:
    """Return the account that a folder belongs to."""
    found = path.stat()
    try:
        name = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        name = str(found.st_uid)
    return Account(found.st_uid, found.st_gid, name)


def bond(signal_name: str) -> tuple[str, ...]:
    """Return the words before a command that make it get this signal when its parent dies, however it dies."""
    program = shutil.which("setpriv")
    return (program, "--pdeathsig", signal_name) if program else ()


def bound(*command: str) -> tuple[str, ...]:
    """Return a command for a child that is killed when this process dies, so that even `kill -9` leaves no orphans.

    The bond is made in the child's first milliseconds. Whoever's parent was gone before that has another one by now,
    and ends instead of running the command.
    """
    words = bond("KILL")
    return (*words, "--", "/bin/sh", "-c", UNLESS_ORPHANED, str(os.getpid()), *command) if words else command


def disguise(account: Account, power: str, signal_name: str) -> tuple[str, ...]:
    """Return the words before a command that run it as `account`, keeping at most one power of root."""
    words = (*bond(signal_name), f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    if not power:
        return (*words, "--inh-caps=-all", "--")
    # Without no_setuid_fixup, access(2) ignores the power, and PostgreSQL looks for its own files with it.
    fixup = "--securebits=+no_setuid_fixup"
    return (*words, fixup, f"--inh-caps=-all,+{power}", f"--ambient-caps=-all,+{power}", "--")


def way_in(account: Account, programs: Sequence[Path], folder: Path, signal_name: str) -> tuple[str, ...]:
    """Return the least powerful disguise that can run `programs` and enter `folder`, found by trying."""
    if not bond(signal_name):
        message = "PostgreSQL must not run as root, and the program “setpriv” (package util-linux) is missing."
        raise StartError(message)
    tests = [word for path in (*programs, folder) for word in ("-x", str(path), "-a")][:-1]
    for power in POWERS:
        words = disguise(account, power, signal_name)
        if subprocess.run([*words, "test", *tests], check=False, capture_output=True, cwd="/").returncode == 0:
            return words
    message = (
        f"PostgreSQL must not run as root, and the account “{account.name}” cannot reach {folder} or "
        f"{programs[0].parent}: move Kawan to a folder that others may enter, or start it as an ordinary user."
    )
    raise StartError(message)
