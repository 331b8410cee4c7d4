"""What is kept of a file: pictures without what they tell beside the picture, PDFs that cannot act, nothing else."""

import os
import random
import struct
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from bot import files, pictures

ORIENTATION, GPS = 0x0112, 0x8825
PLACE = b"-8.5439"


def drawn(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, so that one sees which way is up."""
    picture = Image.new("RGB", (width, height), (200, 30, 30))
    picture.paste((30, 30, 200), (width // 2, 0, width, height))
    return picture.convert(mode)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(content))
    picture.load()
    return picture


def told(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "A maker of phones"
    exif.get_ifd(GPS).update({1: "S", 2: (8.0, 32.0, 38.0), 3: "E", 29: PLACE.decode()})
    return exif


FORMS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}


@pytest.mark.parametrize(("kind", "form"), FORMS.items())
def test_where_a_photo_was_taken_is_not_kept(kind: str, form: str) -> None:
    content = saved(drawn(), form, exif=told())
    assert PLACE in content
    kept = files.clean(content)
    assert kept.media_type == ("image/jpeg" if kind == "image/heic" else kind)
    assert files.media_type(kept.content) == kept.media_type
    assert not opened(kept.content).getexif()
    assert PLACE not in kept.content
    assert b"A maker of phones" not in kept.content


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_comments_profiles_and_texts_are_not_kept(form: str) -> None:
    beside = {"comment": b"a word of mine", "icc_profile": b"a profile of mine", "xmp": b"<x>a word of mine</x>"}
    kept = files.clean(saved(drawn(), form, **beside)).content
    assert b"of mine" not in kept
    assert not {"comment", "icc_profile", "xmp", "exif"} & set(opened(kept).info)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_taken_sideways_is_kept_upright(form: str) -> None:
    taken = drawn()
    taken.info["exif"] = told(orientation=6).tobytes()
    content = saved(taken, form, **({} if form == "HEIF" else {"exif": taken.info["exif"]}))
    assert b"irot" in content or form != "HEIF", "in a HEIC a box of its own says which way is up"
    kept = opened(files.clean(content).content)
    assert kept.size == (40, 60)
    top, bottom = kept.convert("RGB").getpixel((20, 5)), kept.convert("RGB").getpixel((20, 55))
    assert top[0] > 150 > top[2], "red was left, a quarter turn to the right brings it up"
    assert bottom[2] > 150 > bottom[0]


def page(size: tuple[int, int] = (2480, 3508)) -> Image.Image:
    """A photographed letter: uneven light, grain, and small print."""
    picture = Image.new("L", size, 235)
    pen, chance = ImageDraw.Draw(picture), random.Random(4)
    for line in range(60):
        words = " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(14))
        pen.text((150, 150 + line * 52), words, fill=40, font=ImageFont.load_default(32))
    grain = Image.effect_noise(size, 12)
    return ImageChops.add(picture, grain, scale=1, offset=-128).convert("RGB")


def test_a_photographed_letter_stays_readable_and_is_no_larger_than_it_came() -> None:
    letter = page()
    content = saved(letter, "JPEG", quality=92)
    kept = files.clean(content).content
    assert len(kept) <= len(content)
    assert opened(kept).size == letter.size
    [rms] = ImageStat.Stat(ImageChops.difference(opened(kept).convert("L"), letter.convert("L"))).rms
    assert rms < 12, "less than the grain itself; ink and paper are 195 apart"


def test_cleaning_what_was_cleaned_costs_nothing_more() -> None:
    once = files.clean(saved(page((1200, 900)), "JPEG", quality=95)).content
    assert len(files.clean(once).content) <= len(once)


def test_a_very_large_photo_is_kept_as_large_as_an_office_scans() -> None:
    for size, smaller in {(5600, 4200): (4096, 3072), (8000, 6000): (4000, 3000), (8000, 1000): (4096, 512)}.items():
        for form in ("JPEG", "WEBP") if size[1] == 1000 else ("JPEG",):
            assert opened(files.clean(saved(drawn(*size), form)).content).size == smaller


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_of_every_kind_is_kept_as_what_it_shows(mode: str) -> None:
    deep = b"".join(bytes((0, shade)) for shade in drawn(mode="L").tobytes())
    picture = Image.frombytes("I;16", (60, 40), deep) if mode == "I;16" else drawn(mode=mode)
    kept = opened(files.clean(saved(picture, "PNG")).content)
    shown = drawn().convert("L") if mode == "I;16" else picture
    assert kept.size == shown.size
    difference = ImageChops.difference(kept.convert("RGBA"), shown.convert("RGBA"))
    assert max(high for _, high in difference.getextrema()) <= 1


def test_what_is_see_through_stays_so() -> None:
    picture = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    for form in ("PNG", "WEBP"):
        assert opened(files.clean(saved(picture, form)).content).convert("RGBA").getpixel((3, 3))[3] == 0
    palette = picture.convert("RGB").convert("P")
    assert opened(
        files.clean(saved(palette, "PNG", transparency=palette.getpixel((0, 0)))).content
    ).has_transparency_data


def test_a_photo_in_the_colours_of_print_is_kept_in_those_of_screens() -> None:
    assert opened(files.clean(saved(drawn(mode="CMYK"), "JPEG")).content).mode == "RGB"


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_kept(form: str) -> None:
    moving = saved(drawn(), form, save_all=True, append_images=[Image.new("RGB", (60, 40), (0, 255, 0))], duration=100)
    assert opened(moving).n_frames == 2
    kept = opened(files.clean(moving).content)
    assert getattr(kept, "n_frames", 1) == 1
    assert kept.convert("RGB").getpixel((5, 5))[0] > 150


def bomb(width: int, height: int) -> bytes:
    """A PNG that is small as a file and says that it is enormous."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    dots = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(6001, 6000), (12_000, 9_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_goes_off(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_dots", lambda *_: pytest.fail("it was about to be decoded"))
    with pytest.raises(files.FileRefused):
        files.clean(bomb(*size))


def test_a_photo_that_is_also_a_page_is_kept_as_the_photo_only() -> None:
    script = b"<html><script>alert(1)</script></html>"
    jpeg = saved(drawn(), "JPEG", comment=script) + script
    assert jpeg.count(script) == 2
    assert b"script" not in files.clean(jpeg).content
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("evil.js", "alert(1)")
    for form in FORMS.values():
        assert b"evil.js" not in files.clean(saved(drawn(), form) + zipped.getvalue()).content


def docx() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just words",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><p>hello",
        docx(),
        b"\x1f\x8b\x08\x00" + bytes(20),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"MZ\x90\x00",
        saved(drawn(), "GIF"),
        saved(drawn(), "TIFF"),
        saved(drawn(), "BMP"),
        b"<script>alert(1)</script>%PDF-1.7\n",
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "svg in xml",
        "html",
        "docx",
        "gzip",
        "old office",
        "exe",
        "gif",
        "tiff",
        "bmp",
        "html before pdf",
    ],
)
def test_anything_but_a_photo_or_a_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(files.FileRefused):
        files.clean(content)


@pytest.mark.parametrize("form", FORMS.values())
def test_a_broken_picture_is_refused_and_nothing_worse(form: str) -> None:
    whole, chance = saved(page((300, 200)), form), random.Random(7)
    with pytest.raises(files.FileRefused):
        files.clean(whole[: len(whole) // 2])
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.randrange(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            kept = files.clean(bytes(broken))
        except files.FileRefused:
            continue
        assert kept.media_type in files.ALLOWED


def test_a_heic_is_renamed_after_what_it_is_kept_as() -> None:
    assert files.named("IMG_0042.HEIC", "image/jpeg") == "IMG_0042.jpg"
    assert files.named("letter.pdf", "application/pdf") == "letter.pdf"
    assert files.named("photo.jpeg", "image/jpeg") == "photo.jpeg"


def test_a_heic_of_a_real_encoder_is_told_by_its_content() -> None:
    heif = pillow_heif.from_pillow(drawn(640, 480))
    file = BytesIO()
    heif.save(file)
    assert files.clean(file.getvalue()).media_type == "image/jpeg"


# --- PDFs -----------------------------------------------------------------------------------------------------------


def pdf(*objects: bytes, more: bytes = b"") -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, content) for number, content in enumerate(objects, 1))
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + body + more + b"trailer <</Root 1 0 R>>\n%%EOF\n"


def object_stream(objects: bytes, words: bytes = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode") -> bytes:
    data = zlib.compress(b"7 0 " + objects)
    return b"<< " + words + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
HARMLESS = b"<</Type /Page /MediaBox [0 0 595 842]>>"
SCRIPT = b"<</S /JavaScript /JS (app.alert\\(1\\))>>"


@pytest.mark.parametrize(
    "content",
    [
        pdf(CATALOGUE),
        pdf(CATALOGUE, HARMLESS, b"<</OpenAction [3 0 R /Fit] /Lang (id)>>"),
        pdf(CATALOGUE, object_stream(HARMLESS)),
        pdf(
            CATALOGUE,
            object_stream(HARMLESS),
            object_stream(HARMLESS, b"/Filter[/FlateDecode]/First 4/N 1/Type/ObjStm"),
        ),
        pdf(b"<</Type /Catalog /Title (a paper on JavaScript and /JavaScripture)>>"),
        pdf(CATALOGUE, b"<</Filter /FlateDecode>>\nstream\n" + zlib.compress(b"0 g " + SCRIPT) + b"\nendstream"),
        pdf(CATALOGUE, b"<</S /URI /URI (https://example.org)>>"),
    ],
    ids=["plain", "opens at a page", "object stream", "two of them", "words about it", "text of a page", "link"],
)
def test_a_pdf_that_only_shows_is_kept_as_it_came(content: bytes) -> None:
    assert files.clean(content) == files.Clean(content, "application/pdf")


def test_a_long_photo_inside_of_a_pdf_is_no_reason_to_refuse_it() -> None:
    data = random.Random(2).randbytes(3_000_000)
    content = pdf(CATALOGUE, b"<</Filter /DCTDecode>>\nstream\n" + data + b"\nendstream")
    assert files.clean(content).content == content


@pytest.mark.parametrize(
    "content",
    [
        pdf(CATALOGUE, SCRIPT),
        pdf(b"<</Type/Catalog/Names<</JavaScript 3 0 R>>>>"),
        pdf(CATALOGUE, b"<</S/Java#53cript/JS(x)>>"),
        pdf(CATALOGUE, b"<</S/#4a#61vaScrip#74/JS(x)>>"),
        pdf(CATALOGUE, b"<</S /Launch /F (calc.exe)>>"),
        pdf(CATALOGUE, b"<</Type /EmbeddedFile /Length 3>>\nstream\nabc\nendstream"),
        pdf(b"<</Names <</EmbeddedFiles 4 0 R>>>>"),
        pdf(CATALOGUE, b"<</Subtype /FileAttachment>>"),
        pdf(CATALOGUE, b"<</Subtype /RichMedia>>"),
        pdf(b"<</AcroForm <</XFA [3 0 R]>>>>"),
        pdf(CATALOGUE, object_stream(SCRIPT)),
        pdf(CATALOGUE, object_stream(HARMLESS), object_stream(SCRIPT)),
        pdf(CATALOGUE, object_stream(SCRIPT, b"/Type/Obj#53tm/N 1/First 4/Filter/FlateDecode")),
        pdf(CATALOGUE, object_stream(HARMLESS, b"/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]")),
        pdf(CATALOGUE, object_stream(HARMLESS, b"/Type /ObjStm /Filter [/FlateDecode /ASCIIHexDecode]")),
        pdf(CATALOGUE, object_stream(HARMLESS, b"/Type /ObjStm /Filter 9 0 R")),
        pdf(CATALOGUE, object_stream(HARMLESS, b"/Type /ObjStm /Filter /FlateDecode /DecodeParms <</Predictor 12>>")),
        pdf(CATALOGUE, object_stream(HARMLESS, b"/Type /ObjStm /Filter /FlateDecode /F (elsewhere)")),
        pdf(CATALOGUE, b"<</Type /ObjStm /Filter /FlateDecode>>\nstream\n" + bytes(40) + b"\nendstream"),
        pdf(CATALOGUE, b"/ObjStm", object_stream(SCRIPT, b"/Type 2 0 R /Filter /FlateDecode")),
        pdf(CATALOGUE, object_stream(bytes(70_000_000))),
        pdf(CATALOGUE, object_stream(object_stream(SCRIPT))),
    ],
    ids=lambda content: str(len(content)),
)
def test_a_pdf_that_could_act_or_that_hides_whether_it_could_is_refused(content: bytes) -> None:
    with pytest.raises(files.FileRefused):
        files.clean(content)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", [b"/ObjStm ", b"stream\n", b"1 0 obj /ObjStm /Filter/FlateDecode stream\n", b"/#4a", b"obj"]
)
def test_a_pdf_made_to_take_for_ever_does_not(piece: bytes) -> None:
    content = b"%PDF-1.7\n" + piece * (files.MAX_BYTES // len(piece))
    with suppress(files.FileRefused):
        files.clean(content)


def test_many_object_streams_are_read_in_one_pass() -> None:
    content = pdf(CATALOGUE, *(object_stream(HARMLESS + os.urandom(30).hex().encode()) for _ in range(30_000)))
    assert files.clean(content).content == content
