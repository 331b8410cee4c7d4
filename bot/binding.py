"""Binds the pages of a signed letter into one PDF: photos one to a page, PDFs as they are, in the order they came."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import Image
from pypdf import PdfReader, PdfWriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import files
from bot.store import Missing, Store, StoreAway
from db.engine import Sessions
from db.messages import File
from db.people import Contact
from db.records import Application, Letter

log = logging.getLogger(__name__)

PDF = "application/pdf"
PAGE_SIDE = 2480  # dots of a page's longer side: A4 at 210 an inch; a letter of ten pages stays under 10 MB
QUALITY = 80
DOTS_AN_INCH = 210.0


@dataclass(frozen=True)
class Page:
    """A file of a letter: its bytes and its type."""

    content: bytes
    media_type: str


def bind_next(sessions: Sessions, store: Store, now: datetime) -> bool:
    """Bind the oldest letter that waits, and tell whether there was one; a store that is away is waited for.

    The pages are read and joined outside of any transaction. A letter that cannot be bound keeps its pages as they are.
    """
    with sessions() as session:
        query = select(Letter).where(Letter.file_id.is_(None), Letter.bound_at.is_(None)).order_by(Letter.id)
        letter = session.scalars(query.limit(1)).first()
        pages = _files_of(session, letter) if letter else []
    if letter is None:
        return False
    try:
        bound = _bound(store, pages)
    except StoreAway as problem:
        log.warning("the pages of letter %s cannot be read now: %s", letter.id, problem)
        return False
    with sessions.begin() as session:
        _keep(session, store, letter.id, bound, now)
    return True


def _files_of(session: Session, letter: Letter) -> list[File]:
    found = {one.public_id: one for one in session.scalars(select(File).where(File.public_id.in_(letter.pages)))}
    return [found[one] for one in letter.pages if one in found]


def _bound(store: Store, pages: Sequence[File]) -> bytes | None:
    """Return the pages as one PDF; None when that is not possible."""
    try:
        return join([Page(b"".join(store.open(one.public_id)), one.media_type) for one in pages])
    except StoreAway:
        raise
    except Missing:
        return None
    except Exception as problem:  # noqa: BLE001 - readers trip over a broken file with exceptions of every kind
        log.warning("a letter cannot be bound: %s", type(problem).__name__)
        return None


def join(pages: Sequence[Page]) -> bytes:
    """Return one PDF of all pages in order; whatever the libraries raise for a page that they cannot read."""
    writer = PdfWriter()
    for page in pages:
        content = page.content if page.media_type == PDF else _printed(page.content)
        writer.append(PdfReader(BytesIO(content)), import_outline=False)
    bound = BytesIO()
    writer.write(bound)
    return bound.getvalue()


def _printed(content: bytes) -> bytes:
    """Return a photo as a PDF of one page, on white where it is see-through."""
    with Image.open(BytesIO(content)) as picture:
        picture.thumbnail((PAGE_SIDE, PAGE_SIDE))
        drawn = picture.convert("RGBA")
    sheet = Image.new("RGB", drawn.size, "white")
    sheet.paste(drawn, mask=drawn)
    page = BytesIO()
    sheet.save(page, "PDF", resolution=DOTS_AN_INCH, quality=QUALITY)
    return page.getvalue()


def _keep(session: Session, store: Store, letter_id: int, bound: bytes | None, now: datetime) -> None:
    """Keep the bound letter, unless another clock did or its owner is gone; the newest version is the one to read."""
    letter = _hold(session, letter_id)
    if letter is None or letter.bound_at is not None:
        return
    letter.bound_at = now
    if bound is None or letter.contact_id is None or not letter.pages:
        return
    file = files.keep(session, store, letter.contact_id, f"letter-{letter.version}.pdf", files.Clean(bound, PDF))
    letter.file_id = file.id
    newest = select(Letter.version).where(Letter.application_id == letter.application_id)
    if session.scalar(newest.order_by(Letter.version.desc()).limit(1)) == letter.version:
        session.get_one(Application, letter.application_id).letter_id = file.id


def _hold(session: Session, letter_id: int) -> Letter | None:
    """Hold a letter, and before it whoever handed it in, as their own turns and their erasure do."""
    owner = select(Letter.contact_id).where(Letter.id == letter_id).scalar_subquery()
    session.execute(select(Contact.id).where(Contact.id == owner).with_for_update(read=True, key_share=True))
    return session.scalars(select(Letter).where(Letter.id == letter_id).with_for_update()).first()
