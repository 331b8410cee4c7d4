"""The picture of an invitation's link, for somebody who sits on the other side of the desk."""

import io
import re

import segno

NAME, TYPE = "invitation.png", "image/png"
LINK = re.compile(r"https?://\S+")
SCALE, BORDER = 8, 4  # dots a module, and the quiet zone of the standard in modules: a photo of the screen is enough


def picture(content: str) -> bytes:
    """Return a text as the PNG of a QR code."""
    file = io.BytesIO()
    segno.make_qr(content, error="m").save(file, kind="png", scale=SCALE, border=BORDER)
    return file.getvalue()


def link_with(code: str, text: str) -> str:
    """Return the first link of a message that brings a code along, the code itself where no link does."""
    return next((link for link in LINK.findall(text) if code in link), code)
