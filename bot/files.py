"""Files that people hand in: checked and cleaned by their content, stored under opaque names outside of the web."""

import asyncio
import hashlib
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import pdf, pictures
from bot.store import Store
from db.columns import new_public_id
from db.messages import File

log = logging.getLogger(__name__)

MAX_BYTES = 10 * 1024 * 1024
ALLOWED = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
}


# How files of these types begin: PDF 1.7, 7.5.2; JPEG, B.1.1.3; PNG, 5.2; WebP in RIFF; the HEVC brands of HEIF.
BEGINS = {
    "application/pdf": re.compile(rb"%PDF-"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "image/heic": re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL),
}
ASIDE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")  # decoded pictures are large: one at a time
HEIC = (".heic", ".heif")
OURS = re.compile(r"\.?[\w-]{22}(\.[0-9a-f]{8})?", re.ASCII)  # a public id, or its draft that a crash left
FEW = 100  # files that crashes and cancelled uploads may leave in a day


class FileRefused(Exception):
    """The file is of no kind that we take, or broken, or one that could act by itself."""


@dataclass(frozen=True)
class Clean:
    """A file as it is kept: a picture drawn anew, or a PDF that cannot act."""

    content: bytes
    media_type: str


def media_type(content: bytes) -> str:
    """Return the type that the content itself shows; FileRefused for anything but a photo or a PDF."""
    kind = next((kind for kind, begins in BEGINS.items() if begins.match(content)), None)
    if kind is None:
        raise FileRefused
    return kind


def clean(content: bytes) -> Clean:
    """Return what may be kept of a file that came in, from whatever channel; FileRefused when nothing may.

    A large photo takes a processor a second or more: never called on an event loop or inside of a transaction.
    """
    kind = media_type(content)
    if kind == "application/pdf":
        if pdf.can_act(content):
            raise FileRefused
        return Clean(content, kind)
    try:
        return Clean(*pictures.redraw(content, kind))
    except pictures.Unreadable:
        raise FileRefused from None


async def cleaned(content: bytes) -> Clean:
    """Do what `clean` does without holding up the event loop, or the threads on which everything else waits."""
    return await asyncio.get_running_loop().run_in_executor(ASIDE, clean, content)


def keep(session: Session, store: Store, contact_id: int, name: str, file: Clean) -> File:
    """Store a file's bytes and its row; the row is visible only when the caller commits.

    Should the caller never commit, the clock removes the bytes a day later.
    """
    row = File(
        public_id=new_public_id(),
        contact_id=contact_id,
        name=named(safe_name(name), file.media_type),
        media_type=file.media_type,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        long_side=pictures.long_side(file.content) if file.media_type.startswith("image/") else None,
    )
    store.put(row.public_id, file.content)
    session.add(row)
    session.flush()
    return row


def safe_name(name: str) -> str:
    """Return a file name that is only a name: no folders, no control characters, not too long."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in bare if letter.isprintable())[-120:] or "file"


def named(name: str, media_type: str) -> str:
    """Return the name of a picture from an iPhone with the ending of what it is kept as."""
    bare, dot, ending = name.rpartition(".")
    is_heic = dot + ending.lower() in HEIC and media_type != "image/heic"
    return f"{bare}.{ALLOWED[media_type]}" if is_heic else name


def sweep(session: Session, store: Store, before: datetime) -> int:
    """Remove bytes put before a moment that no row speaks of, and return how many; what is not ours stays.

    A store that holds mostly files of others is left as it is: it is more likely that two houses share it.
    """
    found = [name for name in store.older(before) if OURS.fullmatch(name)]
    known = set(session.scalars(select(File.public_id)))
    lost = [name for name in found if name not in known]
    if len(lost) > FEW and len(lost) * 2 > len(found):
        log.warning("%d of %d files have no row and stay: does another Kawan use this store?", len(lost), len(found))
        return 0
    store.remove(lost)
    return len(lost)
