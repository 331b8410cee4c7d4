"""Several pages become one PDF: in order, once, whatever a page is, and never at the cost of the pages themselves."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import files, pdf
from bot.binding import Page, bind_next, join
from bot.store import Folder, StoreAway
from db.engine import Sessions
from db.messages import File
from db.records import Application, Letter
from tests.db.applicants import Town, town

NOW = datetime.now(UTC)
RED, BLUE = (200, 20, 20), (20, 20, 200)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (300, 400), form: str = "JPEG") -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


def document(*colours: tuple[int, int, int]) -> bytes:
    file = BytesIO()
    first, *rest = [Image.new("RGB", (300, 400), colour) for colour in colours]
    first.save(file, "PDF", save_all=True, append_images=rest)
    return file.getvalue()


def colours(content: bytes) -> list[str]:
    """Whether each page is mostly red or blue, in order."""
    dots = [page.images[0].image.convert("RGB").getpixel((10, 10)) for page in PdfReader(BytesIO(content)).pages]
    return ["red" if red > blue else "blue" for red, _green, blue in dots]


def handed_in(session: Session, folder: Folder, *contents: bytes) -> Town:
    place = town(session)
    kept = [files.keep(session, folder, place.person.contact.id, "page", files.clean(one)) for one in contents]
    names = [one.public_id for one in kept]
    place.officer.press("send_document", file=names[0], files=",".join(names))
    return place


def letter(sessions: Sessions) -> tuple[Letter, File | None]:
    with sessions() as session:
        row = session.scalars(select(Letter).order_by(Letter.id.desc())).first()
        assert row
        return row, session.get(File, row.file_id) if row.file_id else None


def test_pages_are_joined_in_their_order_whatever_they_are() -> None:
    pages = [
        Page(picture(RED), "image/jpeg"),
        Page(document(BLUE, RED), "application/pdf"),
        Page(picture(BLUE, form="PNG"), "image/png"),
    ]
    assert colours(join(pages)) == ["red", "blue", "red", "blue"]


def test_what_is_see_through_is_on_white() -> None:
    file = BytesIO()
    Image.new("RGBA", (300, 400), (0, 0, 0, 0)).save(file, "PNG")
    page = PdfReader(BytesIO(join([Page(file.getvalue(), "image/png")]))).pages[0]
    assert min(page.images[0].image.convert("RGB").getpixel((5, 5))) > 250


def test_a_letter_of_photos_is_one_pdf_of_a_sheet_each_that_cannot_act(nobody_yet: Sessions, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with nobody_yet.begin() as session:
        place = handed_in(session, folder, picture(RED), picture(BLUE), picture(RED))
    assert letter(nobody_yet)[1] is None
    assert bind_next(nobody_yet, folder, NOW)
    assert not bind_next(nobody_yet, folder, NOW)
    row, file = letter(nobody_yet)
    assert file
    content = b"".join(folder.open(file.public_id))
    assert colours(content) == ["red", "blue", "red"]
    assert not pdf.can_act(content)
    assert (file.media_type, file.size, file.contact_id) == ("application/pdf", len(content), place.person.contact.id)
    assert len(row.pages) == 3
    with nobody_yet() as session:
        assert session.scalars(select(Application.letter_id)).one() == file.id
        assert len(session.scalars(select(File)).all()) == 4, "the pages stay"


def test_a_single_file_needs_no_binding(nobody_yet: Sessions, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with nobody_yet.begin() as session:
        handed_in(session, folder, document(RED))
    assert not bind_next(nobody_yet, folder, NOW)
    assert letter(nobody_yet)[1]


def test_an_older_version_that_is_bound_late_is_not_the_one_to_read(nobody_yet: Sessions, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with nobody_yet.begin() as session:
        place = handed_in(session, folder, picture(RED), picture(BLUE))
        newer = files.keep(session, folder, place.person.contact.id, "whole", files.clean(document(BLUE)))
        place.officer.press("send_document", file=newer.public_id)
    assert bind_next(nobody_yet, folder, NOW)
    with nobody_yet() as session:
        assert session.scalars(select(Application.letter_id)).one() == newer.id
        assert all(session.scalars(select(Letter.file_id)))


def test_a_page_that_cannot_be_read_leaves_the_pages_and_is_not_tried_forever(
    nobody_yet: Sessions, tmp_path: Path
) -> None:
    folder = Folder(tmp_path)
    with nobody_yet.begin() as session:
        broken = b"%PDF-1.7\nnothing of a PDF\n"
        handed_in(session, folder, broken, picture(RED))
    assert bind_next(nobody_yet, folder, NOW)
    assert not bind_next(nobody_yet, folder, NOW)
    row, file = letter(nobody_yet)
    assert (file, row.bound_at, len(row.pages)) == (None, NOW, 2)
    with nobody_yet() as session:
        assert session.scalars(select(Application.letter_id)).one() is not None


def test_a_store_that_is_away_is_waited_for(
    nobody_yet: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    with nobody_yet.begin() as session:
        handed_in(session, folder, picture(RED), picture(BLUE))

    def away(_self: Folder, _name: str) -> None:
        raise StoreAway

    with monkeypatch.context() as without:
        without.setattr(Folder, "open", away)
        assert not bind_next(nobody_yet, folder, NOW)
    assert letter(nobody_yet)[0].bound_at is None
    assert bind_next(nobody_yet, folder, NOW)
