"""Where the bytes of files lie: a folder of ours, or an S3-compatible store that several machines share."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from bot.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config  # is not there at run time

CHUNK = 256 * 1024
PATIENCE = timedelta(seconds=20)  # a person waits while we try


class StoreAway(Exception):
    """The store does not answer; the same again later may work."""


class Missing(Exception):
    """There are no bytes of that name."""


class Store(Protocol):
    """The promises that both stores keep; names are public ids. StoreAway when it cannot be reached or written."""

    def put(self, name: str, content: bytes) -> None:
        """Keep the bytes whole or not at all; when this returns, they survive a power cut."""

    def open(self, name: str) -> Iterator[bytes]:
        """Return the bytes in pieces; Missing is raised here, not at the first piece."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove the bytes; what is gone already is fine."""

    def older(self, than: datetime) -> Iterator[str]:
        """Return the names of everything put before that moment, drafts left by a crash among them."""


@dataclass(frozen=True)
class Folder:
    """Files in a folder that only its owner may open."""

    path: Path

    def put(self, name: str, content: bytes) -> None:
        """Write a draft, bring it to the disk, then give it its name; a crash leaves a draft at most."""
        draft = self.path / f".{name}.{secrets.token_hex(4)}"
        with _reached():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                _write(draft, content)
                draft.rename(self.path / name)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            _sync(self.path)

    def open(self, name: str) -> Iterator[bytes]:
        """Return the bytes in pieces."""
        with _reached(absent=Missing):
            file = (self.path / name).open("rb")

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(CHUNK):
                    yield piece

        return pieces()

    def remove(self, names: Iterable[str]) -> None:
        """Remove the bytes; what is gone already is fine."""
        with _reached():
            for name in names:
                (self.path / name).unlink(missing_ok=True)

    def older(self, than: datetime) -> Iterator[str]:
        """Return the names of everything put before that moment."""
        with _reached():
            for found in os.scandir(self.path) if self.path.is_dir() else ():
                with suppress(FileNotFoundError):  # another process was faster
                    if datetime.fromtimestamp(found.stat().st_mtime, UTC) < than:
                        yield found.name


@dataclass(frozen=True)
class Bucket:
    """Files in an S3-compatible store; a put there is whole or not at all by itself."""

    remote: S3Store

    def put(self, name: str, content: bytes) -> None:
        """Keep the bytes under a name."""
        with _reached():
            # In one piece: a broken multipart upload leaves parts that are paid for and that nobody sees.
            obstore.put(self.remote, name, content, use_multipart=False)

    def open(self, name: str) -> Iterator[bytes]:
        """Return the bytes in pieces."""
        with _reached(absent=Missing):
            stream = obstore.get(self.remote, name).stream(min_chunk_size=CHUNK)

        def pieces() -> Iterator[bytes]:
            with _reached():
                for piece in stream:
                    yield bytes(piece)

        return pieces()

    def remove(self, names: Iterable[str]) -> None:
        """Remove the bytes; what is gone already is fine."""
        for name in names:
            with _reached():
                try:
                    obstore.delete(self.remote, name)
                except NotFoundError:
                    continue

    def older(self, than: datetime) -> Iterator[str]:
        """Return the names of everything put before that moment."""
        with _reached():
            for batch in obstore.list(self.remote):
                for found in batch:
                    if found["last_modified"] < than:
                        yield found["path"]


def open_store(settings: Settings) -> Store:
    """Return the store that the settings name; nothing is connected before it is used."""
    return open_bucket(settings.files_url) if settings.files_url else Folder(settings.data_dir / "files")


def open_bucket(url: str) -> Bucket:
    """Return the store of an address such as `s3://bucket/folder?region=eu-west-1&endpoint=https://minio.example`.

    The keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as every S3 program has them.
    """
    parts = urlsplit(url)
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    endpoint = asked.get("endpoint")
    config: S3Config = {"region": asked.get("region", "us-east-1")}
    if endpoint:
        config["endpoint"] = endpoint
    remote = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": PATIENCE},
        retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
    )
    return Bucket(remote)


@contextmanager
def _reached(absent: type[Exception] = StoreAway) -> Iterator[None]:
    """Turn what libraries raise into words of ours; theirs may name folders, buckets and signed addresses."""
    try:
        yield
    except (FileNotFoundError, NotFoundError):
        raise absent from None
    except (OSError, BaseError):
        raise StoreAway from None


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Bring the folder's own list of names to the disk; without it a power cut may forget the newest."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
