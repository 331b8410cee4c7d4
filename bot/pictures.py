"""Pictures are drawn anew from their dots: what else a file carried, such as where it was taken, is left behind."""

from io import BytesIO

import pillow_heif
from PIL import Image, ImageOps

# A phone's largest usual photo has 50 million dots, a page of A4 at 600 dots an inch 35 million. Decoded, a dot takes
# four bytes, and with see-through ones twice that: 300 MB at most, whatever the file says.
MOST_DOTS = {"image/jpeg": 50_000_000, "image/heic": 50_000_000, "image/png": 36_000_000, "image/webp": 36_000_000}
LONGEST_SIDE = 4096  # a page of A4 keeps 350 dots an inch, more than an office scans with
HALF_WILL_DO = (3000, 3000)  # a JPEG that has as much at half its size is never decoded whole
QUALITIES = (85, 75, 65)  # small print of a photographed letter stays readable at the last of them
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
KEPT_AS = {"image/heic": "image/jpeg"}  # browsers do not show HEIC
MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "WEBP": ("RGB", "RGBA")}

pillow_heif.register_heif_opener(thumbnails=False)


class Unreadable(Exception):
    """It is no whole picture of that type, or it is too large to be drawn."""


def redraw(content: bytes, media_type: str) -> tuple[bytes, str]:
    """Return the picture's dots as a new file and its type: upright, first frame only, without any metadata.

    It takes seconds of a processor at worst: never call it on an event loop. Unreadable when it is no whole picture.
    """
    kept_as = KEPT_AS.get(media_type, media_type)
    try:
        with Image.open(BytesIO(content), formats=(FORMATS[media_type],)) as picture:
            _refuse_bomb(picture, MOST_DOTS[media_type])
            return _smallest(_dots(picture, FORMATS[kept_as]), FORMATS[kept_as], len(content)), kept_as
    except Exception:  # noqa: BLE001 - decoders trip over a broken file with exceptions of every kind
        raise Unreadable from None


def long_side(content: bytes) -> int:
    """Return a picture's longer side in dots, by its header alone."""
    with Image.open(BytesIO(content)) as picture:
        return max(picture.size)


def _refuse_bomb(picture: Image.Image, most: int) -> None:
    """Refuse by what the header says: nothing is decoded yet."""
    if picture.width * picture.height > most:
        raise Unreadable


def _dots(picture: Image.Image, form: str) -> Image.Image:
    if picture.mode.startswith("I"):  # 65,536 shades of grey; converted as they are, all would be white
        picture = picture.convert("I").point(lambda shade: shade * (1 / 256)).convert("L")
    if max(picture.size) > LONGEST_SIDE:
        if picture.mode in {"1", "P"}:  # these cannot hold the shades between two dots
            picture = picture.convert("L" if picture.mode == "1" else "RGBA")
        picture.draft(None, HALF_WILL_DO)
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    if upright.mode not in MODES[form]:
        upright = upright.convert(_mode(upright, form))
    # Writers look for comments and colour profiles here; only which colour is see-through belongs to the dots.
    upright.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    return upright


def _mode(picture: Image.Image, form: str) -> str:
    if form == "JPEG":
        return "RGB"
    return "RGBA" if picture.has_transparency_data else "RGB"


def _smallest(picture: Image.Image, form: str, wished: int) -> bytes:
    """Return the first try that is not larger than the file that came, else the smallest."""
    best = b""
    for quality in (None,) if form == "PNG" else QUALITIES:
        file = BytesIO()
        options = {"compress_level": 6} if quality is None else {"quality": quality}
        picture.save(file, form, **options)
        if not best or file.tell() < len(best):
            best = file.getvalue()
        if len(best) <= wished:
            break
    return best
