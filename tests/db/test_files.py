"""Files from the page to the store and back: cleaned on the way, gone when nobody knows of them."""

import asyncio
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import files
from bot.app import Wiring
from bot.clock import UNTOLD_FILES, Clock
from bot.settings import Settings
from bot.store import Folder, Store, StoreAway, open_bucket
from covenant import privacy
from db.columns import new_public_id
from db.engine import Sessions
from db.messages import File, Inbound
from tests.db.conftest import served
from tests.people import SECRET, somebody
from tests.s3 import KEY, S3, s3

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
YESTERDAY = datetime.now(UTC) - UNTOLD_FILES - timedelta(hours=1)


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody's")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with s3() as store:
        yield store


@pytest.fixture(params=["folder", "bucket"])
def wiring(request: pytest.FixtureRequest, tmp_path: Path, database_url: str, nobody_yet: Sessions) -> Iterator[Wiring]:
    """The web application, over each kind of store."""
    remote = request.getfixturevalue("remote") if request.param == "bucket" else None
    settings = Settings(
        host="127.0.0.1",
        port=8000,
        data_dir=tmp_path,
        public_url="http://127.0.0.1:8000",
        secret_key=SECRET,
        files_url=f"s3://town/files?endpoint={remote.url}" if remote else None,
    )
    wiring = Wiring(settings, database_url, "http://127.0.0.1:1")
    yield wiring
    wiring.engine.dispose()


@pytest.fixture
def client(wiring: Wiring) -> Iterator[httpx.Client]:
    """Somebody new on the page."""
    with served(wiring.web()) as client:
        assert client.post("/chat/session", json={"language": "en"}).status_code == 200
        yield client


def photo() -> bytes:
    file, exif = BytesIO(), Image.Exif()
    exif.get_ifd(0x8825).update({29: "a place of mine"})
    Image.new("RGB", (40, 30), (200, 30, 30)).save(file, "JPEG", exif=exif)
    return file.getvalue()


def send(client: httpx.Client, name: str, content: bytes, message: str = "") -> httpx.Response:
    form = {"id": message or str(uuid.uuid4())}
    return client.post("/chat/files", data=form, files={"file": (name, content)})


def given_back(client: httpx.Client) -> httpx.Response:
    [mine] = [one for one in client.get("/chat/history").json()["messages"] if one["files"]]
    return client.get(mine["files"][0]["url"])


def test_a_photo_from_the_page_is_kept_without_its_place_and_given_back(client: httpx.Client, wiring: Wiring) -> None:
    assert b"a place of mine" in photo()
    assert send(client, "my “photo”.jpg", photo()).status_code == 202
    given = given_back(client)
    with wiring.sessions() as session:
        row = session.scalars(select(File)).one()
    assert (row.name, row.media_type, row.size) == ("my “photo”.jpg", "image/jpeg", len(given.content))
    assert b"a place of mine" not in given.content
    assert Image.open(BytesIO(given.content)).size == (40, 30)
    assert given.headers["content-type"] == "image/jpeg"
    assert given.headers["content-length"] == str(row.size)
    assert given.headers["content-disposition"] == "attachment; filename*=utf-8''my%20%E2%80%9Cphoto%E2%80%9D.jpg"
    assert given.headers["x-content-type-options"] == "nosniff"


def test_a_pdf_from_the_page_is_given_back_as_it_came(client: httpx.Client) -> None:
    assert send(client, "letter.pdf", PDF).status_code == 202
    assert given_back(client).content == PDF


@pytest.mark.parametrize("content", [photo()[:200], PDF + b"/JavaScript ", b"<svg/>"])
def test_what_may_not_be_kept_leaves_nothing(client: httpx.Client, wiring: Wiring, content: bytes) -> None:
    answer = send(client, "a.pdf", content)
    assert answer.status_code == 415
    assert answer.json() == {"error": "I cannot take this kind of file. Please send a photo or a PDF."}
    assert list(wiring.store.older(datetime.now(UTC) + timedelta(hours=1))) == []
    assert rows(wiring) == 0


def rows(wiring: Wiring) -> int:
    with wiring.sessions() as session:
        return session.scalar(select(func.count()).select_from(File)) or 0


def test_the_same_post_twice_keeps_one_file(client: httpx.Client, wiring: Wiring) -> None:
    message = str(uuid.uuid4())
    assert [send(client, "a.pdf", PDF, message).status_code for _ in range(2)] == [202, 202]
    assert rows(wiring) == 1


def test_the_same_post_twice_at_the_same_moment_keeps_one_row(
    client: httpx.Client, wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, cleaned = str(uuid.uuid4()), files.cleaned

    async def meanwhile(content: bytes) -> files.Clean:
        monkeypatch.setattr(files, "cleaned", cleaned)
        assert (await asyncio.to_thread(send, client, "a.pdf", PDF, message)).status_code == 202
        return await cleaned(content)

    monkeypatch.setattr(files, "cleaned", meanwhile)
    assert send(client, "a.pdf", PDF, message).status_code == 202
    assert rows(wiring) == 1
    with wiring.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Inbound).where(Inbound.content.has_key("file"))) == 1


def test_bytes_that_are_gone_are_not_found(client: httpx.Client, wiring: Wiring) -> None:
    send(client, "a.pdf", PDF)
    with wiring.sessions() as session:
        wiring.store.remove(session.scalars(select(File.public_id)))
    assert given_back(client).status_code == 404


@pytest.mark.parametrize("wiring", ["bucket"], indirect=True)
def test_a_store_that_is_away_asks_to_come_back(client: httpx.Client, wiring: Wiring, remote: S3) -> None:
    send(client, "a.pdf", PDF)
    remote.broken = True
    again = send(client, "b.pdf", PDF)
    assert (again.status_code, again.json(), again.headers["retry-after"]) == (503, {"error": "try again"}, "2")
    assert given_back(client).status_code == 503
    assert rows(wiring) == 1


# --- what nobody knows of -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files")


def old(folder: Folder, name: str) -> None:
    """Put bytes there as they would lie there since yesterday."""
    folder.put(name, b"bytes")
    os.utime(folder.path / name, (YESTERDAY.timestamp(), YESTERDAY.timestamp()))


def kept(session: Session, store: Store, contact_id: int) -> str:
    return files.keep(session, store, contact_id, "a.pdf", files.clean(PDF)).public_id


def test_bytes_whose_transaction_never_committed_go_a_day_later(nobody_yet: Sessions, folder: Folder) -> None:
    with nobody_yet.begin() as session:
        contact_id = somebody(session).contact.id
        known = kept(session, folder, contact_id)
    with nobody_yet() as session:
        lost = kept(session, folder, contact_id)
        session.rollback()
        young = kept(session, folder, contact_id)
        session.rollback()
    for name in (known, lost):
        old(folder, name)
    draft = f".{new_public_id()}.0a1b2c3d"
    for name in (draft, "notes.txt"):
        old(folder, name)
    for _ in range(2):
        Clock(nobody_yet, SECRET, folder).sweep()
        assert {path.name for path in folder.path.iterdir()} == {known, young, "notes.txt"}


def test_a_store_full_of_what_is_not_ours_is_left_alone(
    nobody_yet: Sessions, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(files.FEW + 1):
        old(folder, new_public_id())
    with nobody_yet() as session:
        assert files.sweep(session, folder, datetime.now(UTC)) == 0
    assert len(list(folder.path.iterdir())) == files.FEW + 1
    assert "does another Kawan use this store?" in caplog.text


def test_a_bucket_is_swept_too(nobody_yet: Sessions, remote: S3) -> None:
    bucket, name = open_bucket(f"s3://town/files?endpoint={remote.url}"), new_public_id()
    remote.held[f"town/files/{name}"] = b"lost", YESTERDAY
    Clock(nobody_yet, SECRET, bucket).sweep()
    assert remote.held == {}


def test_an_erased_persons_bytes_leave_the_bucket_and_nobody_is_erased_while_it_is_away(
    nobody_yet: Sessions, remote: S3
) -> None:
    bucket = open_bucket(f"s3://town/files?endpoint={remote.url}")
    with nobody_yet.begin() as session:
        contact = somebody(session).contact
        kept(session, bucket, contact.id)
        privacy.request_erasure(contact)
    clock = Clock(nobody_yet, SECRET, bucket)
    remote.broken = True
    with pytest.raises(StoreAway):
        clock.erase()
    with nobody_yet() as session:
        assert session.scalar(select(func.count()).select_from(File)) == 1
    remote.broken = False
    clock.erase()
    assert remote.held == {}
    with nobody_yet() as session:
        assert session.scalar(select(func.count()).select_from(File)) == 0
