"""`kawan simulate` over many seeds, as an operator runs it; the whole of them only in `make soak`."""

import json
import subprocess
import sys

import pytest

from bot.settings import ROOT
from tests.soak.crowd import FULL, note

SECONDS = 120  # for 500 towns over four years, on two cores


def run(*words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bot", "simulate", "--json", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not FULL, reason="twenty seeds take minutes; tests/db/test_simulation.py has two small ones")
@pytest.mark.timeout(1800)
def test_every_promise_holds_for_twenty_seeds() -> None:
    told = [run("--years", "2", "--cities", "60", "--seed", str(seed)) for seed in range(20)]
    note("simulation-seeds", {"reminders": sum(one["reminders"] for one in told), "seeds": len(told)})


@pytest.mark.skipif(not FULL, reason="the full region takes a minute or two")
@pytest.mark.timeout(1800)
def test_five_hundred_towns_over_four_years_take_less_than_two_minutes() -> None:
    told = run("--years", "4", "--cities", "500")
    note("simulation", told)
    assert told["seconds"] < SECONDS
