"""What is set before numpy is imported."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT, bare

SHOW = "from nlu import environment; environment.prepare(); import json, os, sys; print(json.dumps([dict(os.environ), 'numpy' in sys.modules]))"


def prepared(home: Path, **more: str) -> tuple[dict[str, str], bool]:
    command = [sys.executable, "-c", SHOW]
    done = subprocess.run(command, cwd=ROOT, env=bare(home, **more), capture_output=True, text=True, check=True)
    variables, has_numpy = json.loads(done.stdout)
    return variables, has_numpy


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has these kernels")
def test_an_empty_environment_gets_kernels_that_compute_right(home: Path) -> None:
    variables, has_numpy = prepared(home)
    assert variables["OPENBLAS_CORETYPE"] == "Haswell"
    assert variables["OMP_NUM_THREADS"] == "1"
    assert not has_numpy


def test_what_is_set_stays(home: Path) -> None:
    variables, _ = prepared(home, OPENBLAS_CORETYPE="Zen", OMP_NUM_THREADS="3")
    assert (variables["OPENBLAS_CORETYPE"], variables["OMP_NUM_THREADS"]) == ("Zen", "3")


def test_telemetry_is_off_whatever_is_set(home: Path) -> None:
    assert prepared(home, RASA_TELEMETRY_ENABLED="true")[0]["RASA_TELEMETRY_ENABLED"] == "false"


def test_matrix_products_are_right_with_these_kernels(home: Path) -> None:
    """The reason for it all: the same product twice, by BLAS and by plain sums."""
    code = (
        "from nlu import environment; environment.prepare(threads=2); import numpy as np; r = np.random.default_rng(1); "
        "a = r.standard_normal((513, 384)).astype('f4'); b = r.standard_normal((384, 701)).astype('f4'); "
        "assert np.abs(a @ b - np.einsum('ik,kj->ij', a, b)).max() < 1e-3; "
        "x = r.standard_normal((200, 200)); assert np.abs(np.linalg.inv(x) @ x - np.eye(200)).max() < 1e-8"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=bare(home), check=True)
