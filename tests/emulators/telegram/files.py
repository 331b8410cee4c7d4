"""Files that went in either direction: their ids, their paths, and the sizes in which Telegram keeps a photo."""

import base64
import itertools
import mimetypes
import random
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.state import Json

DOWNLOAD_LIMIT = 20 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
SIDES = (90, 320, 800, 1280)
FOLDERS = {
    "photo": "photos", "document": "documents", "voice": "voice", "video": "videos", "sticker": "stickers",
}  # fmt: skip
PREFIXES = {"photo": "AgACAgQ", "document": "BQACAgQ", "voice": "AwACAgQ", "video": "BAACAgQ", "sticker": "CAACAgQ"}


@dataclass(frozen=True)
class File:
    """One file as Telegram keeps it. `size` may be more than `data` has: a big file that nobody downloads."""

    id: str
    unique_id: str
    kind: str
    path: str
    data: bytes
    size: int
    name: str = ""
    mime: str = "application/octet-stream"
    width: int = 0
    height: int = 0

    @property
    def head(self) -> Json:
        """What every kind of file has in the Bot API."""
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": self.size}


class Files:
    """All files, found by id or by path."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._numbers = itertools.count(0)
        self.by_id: dict[str, File] = {}
        self.by_path: dict[str, File] = {}

    def add(self, kind: str, data: bytes, name: str = "", **more: Any) -> File:
        """Keeps a file under a new id. `size` in `more` may claim more than there is."""
        size = more.pop("size", None) or len(data)
        mime = more.pop("mime", None) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        end = f".{name.rpartition('.')[2]}" if "." in name else ""
        path = f"{FOLDERS[kind]}/file_{next(self._numbers)}{end}"
        file = File(
            PREFIXES[kind] + self._letters(48), "AQAD" + self._letters(12), kind, path, data, size, name, mime, **more
        )
        self.by_id[file.id] = file
        self.by_path[path] = file
        return file

    def _letters(self, count: int) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(count))[:count].decode()

    def find(self, file_id: str, kind: str | None = None) -> File:
        """The file of that id and kind, or Telegram's 400."""
        file = self.by_id.get(file_id)
        if file is None:
            raise bad("wrong file identifier/HTTP URL specified")
        if kind and file.kind != kind:
            raise bad(f"can't use file of type {file.kind.title()} as {kind.title()}")
        return file

    def add_photo(self, data: bytes) -> list[Json]:
        """A photo in all its sizes, smallest first, re-encoded as JPEG without its metadata as Telegram does."""
        try:
            with Image.open(BytesIO(data)) as picture:
                full = picture.convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError) as error:
            raise bad("IMAGE_PROCESS_FAILED") from error
        width, height = full.size
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        sides = [side for side in SIDES if side < max(full.size)]
        wanted = [*sides, max(full.size)] if max(full.size) <= SIDES[-1] else sides
        return [self._sized(full, side) for side in wanted]

    def _sized(self, full: Image.Image, side: int) -> Json:
        small = full.copy()
        small.thumbnail((side, side))
        out = BytesIO()
        small.save(out, "JPEG", quality=87)
        file = self.add("photo", out.getvalue(), "photo.jpg", width=small.width, height=small.height)
        return {**file.head, "width": file.width, "height": file.height}


def as_document(file: File) -> Json:
    """A Bot API `Document`."""
    return {**file.head, "file_name": file.name or "file", "mime_type": file.mime}
