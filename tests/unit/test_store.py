"""Both stores keep the same promises: a folder of ours, and S3 through its real client."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.store import Bucket, Folder, Missing, Store, StoreAway, open_bucket, open_store
from tests.s3 import KEY, S3, s3

BYTES = os.urandom(700_000)


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody's")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with s3() as store:
        yield store


@pytest.fixture
def bucket(remote: S3) -> Bucket:
    return open_bucket(f"s3://town/kawan/files?endpoint={remote.url}&region=ap-southeast-1")


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Folder(tmp_path / "files") if request.param == "folder" else request.getfixturevalue("bucket")


def test_what_was_put_comes_back_in_pieces(store: Store) -> None:
    store.put("one", BYTES)
    pieces = list(store.open("one"))
    assert b"".join(pieces) == BYTES
    assert len(pieces) > 1


def test_what_is_not_there_is_missing_before_anything_is_sent(store: Store) -> None:
    with pytest.raises(Missing):
        store.open("nothing")


def test_removing_twice_is_removing_once(store: Store) -> None:
    store.put("one", BYTES)
    store.put("two", BYTES)
    store.remove(["one"])
    store.remove(["one", "never"])
    with pytest.raises(Missing):
        store.open("one")
    assert b"".join(store.open("two")) == BYTES


def test_what_is_older_than_a_moment_is_listed(store: Store) -> None:
    store.put("one", b"1")
    now = datetime.now(UTC)
    assert list(store.older(now + timedelta(minutes=1))) == ["one"]
    assert list(store.older(now - timedelta(minutes=1))) == []


def test_an_empty_store_lists_nothing(store: Store) -> None:
    assert list(store.older(datetime.now(UTC))) == []


def test_a_bucket_is_asked_under_its_folder_with_the_operators_keys(remote: S3, bucket: Bucket) -> None:
    bucket.put("one", b"1")
    assert set(remote.held) == {"town/kawan/files/one"}, "signed by the key of the environment, or it were refused"


def test_only_what_lies_under_the_folder_is_listed(remote: S3, bucket: Bucket) -> None:
    remote.held["town/others/two"] = b"2", datetime(2020, 1, 1, tzinfo=UTC)
    bucket.put("one", b"1")
    assert list(bucket.older(datetime.now(UTC) + timedelta(minutes=1))) == ["one"]


def test_a_bucket_that_is_down_says_so_without_its_address(remote: S3, bucket: Bucket) -> None:
    remote.broken = True
    for attempt in (
        lambda: bucket.put("one", b"1"),
        lambda: bucket.open("one"),
        lambda: bucket.remove(["one"]),
        lambda: list(bucket.older(datetime.now(UTC))),
    ):
        with pytest.raises(StoreAway) as caught:
            attempt()
        assert (str(caught.value), caught.value.__suppress_context__) == ("", True)


def test_a_folder_and_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    Folder(tmp_path / "files").put("one", b"1")
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "files" / "one").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["one"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAway):
        Folder(tmp_path).put("one", BYTES)
    assert list(tmp_path.iterdir()) == []


def test_bytes_are_on_the_disk_before_they_have_their_name_and_the_name_before_we_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, sync, rename = [], os.fsync, os.rename
    monkeypatch.setattr(
        os, "fsync", lambda handle: (steps.append(stat.S_ISDIR(os.fstat(handle).st_mode)), sync(handle))
    )
    monkeypatch.setattr(Path, "rename", lambda draft, to: (steps.append("named"), rename(draft, to)))
    Folder(tmp_path).put("one", BYTES)
    assert steps == [False, "named", True]


def test_a_process_that_dies_while_writing_leaves_a_draft_that_nobody_takes_for_a_file(tmp_path: Path) -> None:
    dying = f"import os; from pathlib import Path; from bot.store import Folder; os.fsync = lambda _: os._exit(9); Folder(Path({str(tmp_path)!r})).put('one', bytes(700_000))"
    assert subprocess.run([sys.executable, "-c", dying], check=False).returncode == 9
    with pytest.raises(Missing):
        Folder(tmp_path).open("one")
    [draft] = Folder(tmp_path).older(datetime.now(UTC) + timedelta(minutes=1))
    assert draft.startswith(".one.")


def test_the_settings_choose_the_store(tmp_path: Path) -> None:
    known = {"host": "h", "port": 1, "data_dir": tmp_path, "public_url": "http://k", "secret_key": "x"}
    assert open_store(Settings(**known)) == Folder(tmp_path / "files")
    assert isinstance(open_store(Settings(**known, files_url="s3://town")), Bucket)
