"""How fast and how heavy the ear is: training cold and warm, then one process that understands on one core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "nlu" / ".venv"
# What runs in a process of its own, so that its memory is nobody else's.
PROBE = """
import asyncio, json, os, statistics, sys, time
started = time.monotonic()
from nlu import environment, quiet_logs
environment.prepare(threads=1)
quiet_logs.configure()
from nlu import report
from rasa.core.agent import Agent
processor = Agent.load(sys.argv[1]).processor
from rasa.core.channels.channel import UserMessage
async def timed(texts):
    taken = []
    for text in texts:
        before = time.perf_counter()
        await processor.parse_message(UserMessage(text))
        taken.append(1000 * (time.perf_counter() - before))
    return taken
async def run():
    await timed(["hello"])
    ready = time.monotonic() - started
    texts = [each.text for each in report.judged_examples(report.DEVELOPMENT)[::5]]
    new, again, payload = await timed(texts), await timed(texts), await timed(["/affirm"] * 50)
    resident = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    print(json.dumps({
        "new_ms_p50": statistics.median(new), "new_ms_p99": sorted(new)[int(len(new) * 0.99)],
        "repeated_ms_p50": statistics.median(again), "payload_ms_p50": statistics.median(payload),
        "start_seconds": ready, "memory_mb": resident,
    }))
asyncio.run(run())
"""


def speed() -> dict[str, float]:
    """Train twice in an empty data folder, and understand with what came out; Linux only, elsewhere nothing."""
    if not Path("/proc/self/statm").exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.tar.gz"
        cold, warm = (_training_seconds(Path(folder), model) for _ in range(2))
        probed = _run(Path(folder), "-c", PROBE, str(model))
    size = sum(path.lstat().st_size for path in ENVIRONMENT.rglob("*")) / 1e6
    training = {"training_seconds_cold": cold, "training_seconds_warm": warm}
    return {key: round(value, 1) for key, value in {**json.loads(probed), **training, "environment_mb": size}.items()}


def _training_seconds(folder: Path, model: Path) -> float:
    started = time.monotonic()
    _run(folder, "-m", "nlu.train", "--out", str(model))
    return time.monotonic() - started


def _run(folder: Path, *arguments: str) -> str:
    kept = {**os.environ, "KAWAN_DATA_DIR": str(folder)}
    kept.pop("OMP_NUM_THREADS", None)  # each process decides for itself
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=kept, capture_output=True, text=True, check=True)
    return done.stdout
