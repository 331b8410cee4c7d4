"""`kawan simulate`: a simulation on a database of its own, which is thrown away afterwards."""

import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import typer

from bot.errors import StartError
from bot.postgres import TUNING, Postgres
from bot.simulation import Simulation
from bot.simulation_ledger import Figures
from db.engine import open_engine, open_sessions
from db.migrate import upgrade

# Nothing in it is worth a wait for the disk.
HASTY = {**TUNING, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def simulate(years: int, cities: int, seed: int, *, as_json: bool) -> int:
    """Run a simulation and print its figures; returns the exit code, 1 when a promise was broken."""
    if years < 1 or cities < 1:
        message = "A simulation needs one year and one city at least: `kawan simulate --years 4 --cities 500`."
        raise StartError(message)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kawan-simulation-") as folder:
        figures = _run(Path(folder), years, cities, seed)
    seconds = round(time.monotonic() - began, 1)
    told = {"years": years, "cities": cities, "seed": seed, **asdict(figures), "seconds": seconds}
    typer.echo(json.dumps(told) if as_json else "\n".join(f"{key:<24} {value}" for key, value in told.items()))
    return 0 if is_good(figures) else 1


def is_good(figures: Figures) -> bool:
    """Tell whether every promise was kept: one message a day, none at night or on a day off, nothing forgotten."""
    broken = figures.night_sends + figures.holiday_sends + figures.forgotten
    return not broken and figures.max_per_person_per_day <= 1


def _run(folder: Path, years: int, cities: int, seed: int) -> Figures:
    with Postgres(folder, HASTY).running() as url:
        upgrade(url)
        engine = open_engine(url, pool_size=1)
        try:
            return Simulation(open_sessions(engine), cities, years, seed).run()
        finally:
            engine.dispose()
