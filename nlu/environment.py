"""What must be in the process environment before numpy and Rasa are imported; needs only the standard library."""

import os
import platform
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
X86 = {"x86_64", "amd64"}


def data_dir() -> Path:
    """The folder for what this machine keeps: `KAWAN_DATA_DIR`, else `var` in the project."""
    return Path(os.environ.get("KAWAN_DATA_DIR") or ROOT / "var")


def prepare(threads: int = 1) -> None:
    """Set what is unset: a safe OpenBLAS kernel, no telemetry, caches inside the data folder, the number of threads.

    A server takes one thread: beside a web process, a worker and PostgreSQL a second one costs more than it gives.
    """
    if _needs_old_kernels():
        # The OpenBLAS inside numpy 1.23 and scipy 1.10 chooses its kernels by processor family and its block sizes by
        # what the processor says of its second cache. On processors newer than itself, and on virtual ones, it can
        # compute wrong results or crash; the Haswell kernels with a plain block size are right wherever there is AVX2.
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
        os.environ.setdefault("OPENBLAS_L2_SIZE", "512")
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # Rasa would keep its training cache in the working directory. The embeddings, which are what takes time, have a
    # cache of their own (`components/embedding.py`).
    os.environ.setdefault("RASA_MAX_CACHE_SIZE", "0")
    os.environ.setdefault("RASA_CACHE_DIRECTORY", str(data_dir() / "cache" / "rasa"))
    # Rasa's word for "draw no progress bars"; the level of our own log lines is set in `quiet_logs.py`.
    os.environ["LOG_LEVEL"] = "ERROR"


def _needs_old_kernels() -> bool:
    """Whether this is an x86-64 processor with AVX2; where nobody can tell, it is one, as all since 2015 are."""
    if platform.machine().lower() not in X86:
        return False
    flags = Path("/proc/cpuinfo")
    return not flags.exists() or " avx2 " in flags.read_text(errors="replace")
