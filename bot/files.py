"""Files that people hand in: checked by their content, stored under opaque names outside of what the web serves."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import puremagic
from sqlalchemy.orm import Session

from db.columns import new_public_id
from db.messages import File

MAX_BYTES = 10 * 1024 * 1024
ALLOWED = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
}


class FileRefused(Exception):
    """The file is of no kind that we take."""


def media_type(content: bytes) -> str:
    """Return the type that the content itself shows; FileRefused for anything but a photo or a PDF."""
    try:
        found = {guess.mime_type for guess in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        found = set()
    allowed = next((kind for kind in ALLOWED if kind in found), None)
    if allowed is None:
        raise FileRefused
    return allowed


def keep(session: Session, folder: Path, contact_id: int, name: str, content: bytes) -> File:
    """Store a file's bytes and its row; the row is visible only when the caller commits."""
    row = File(
        public_id=new_public_id(),
        contact_id=contact_id,
        name=safe_name(name),
        media_type=media_type(content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / row.public_id, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    session.add(row)
    session.flush()
    return row


def safe_name(name: str) -> str:
    """Return a file name that is only a name: no folders, no control characters, not too long."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in bare if letter.isprintable())[-120:] or "file"


def remove(folder: Path, public_ids: Iterable[str]) -> None:
    """Remove the bytes of files whose rows are gone."""
    for public_id in public_ids:
        (folder / public_id).unlink(missing_ok=True)
