"""Which paper a name stands for, what it is called as a file, and who makes it."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from db.people import Contact

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
PNG = "image/png"
ICS = "text/calendar"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS = {DOCX: "docx", PDF: "pdf", PNG: "png", ICS: "ics", XLSX: "xlsx"}


@dataclass(frozen=True)
class Paper:
    """A file made for somebody."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


# Session, who asks, what stands behind the colon of the name: the bytes, or None where this contact has no right to it.
Maker = Callable[[Session, Contact, str], bytes | None]


@dataclass(frozen=True)
class Kind:
    """A kind of paper: the file's name without its ending, its media type, and who makes it."""

    file_name: str
    media_type: str
    make: Maker


KINDS: dict[str, Kind] = {}


def register(kind: str, file_name: str, media_type: str, make: Maker, *, is_numbered: bool = True) -> None:
    """Add a kind of paper; a kind that is there already is an error.

    `is_numbered`: the file's name ends with the paper's argument.
    """
    if kind in KINDS:
        message = f"There are two papers called {kind}."
        raise ValueError(message)
    argument = "{argument}" if is_numbered else ""
    KINDS[kind] = Kind(f"{file_name}{argument}.{ENDINGS[media_type]}", media_type, make)


def named(kind: str, argument: str = "") -> str:
    """Return the name under which a message attaches a paper; KeyError where there is no such kind."""
    if kind not in KINDS:
        raise KeyError(kind)
    return f"{kind}:{argument}" if argument else kind


def described(name: str) -> tuple[str, str] | None:
    """Return the file name and the media type of a paper without making it; None when the name is no paper's."""
    kind, _, argument = name.partition(":")
    known = KINDS.get(kind)
    if known is None:
        return None
    plain = "".join(letter for letter in unicodedata.normalize("NFKC", argument) if letter.isalnum() or letter == "-")
    return known.file_name.format(argument=f"-{plain}" if plain else ""), known.media_type


def make(session: Session, contact: Contact, name: str) -> Paper | None:
    """Return a paper for a contact; None when the name is no paper's, or this contact has no right to it."""
    kind, _, argument = name.partition(":")
    about = described(name)
    content = KINDS[kind].make(session, contact, argument) if about else None
    return Paper(*about, content) if about and content is not None else None
