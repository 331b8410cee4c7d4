"""What a PDF could do by itself: scripts, programs to start, files inside of it.

A PDF is kept as it came, so it is looked through as a whole, in one pass and within fixed limits. What may act stands
in plain objects, or in object streams, which are inflated here. A PDF that hides objects in any other way (an object
stream with another filter, or encrypted) is treated as one that acts. That is stricter than a PDF library, which reads
only what the file's own table of contents points at, and it cannot be made to run for minutes.
"""

import re
import zlib
from collections.abc import Iterator

MOST_INFLATED = 64 * 1024 * 1024
LONGEST_DICTIONARY = 4096  # bytes before an object stream; writers need some 200
ACTS = (
    "JavaScript",
    "Launch",
    "EmbeddedFile",
    "EmbeddedFiles",
    "FileAttachment",
    "GoToE",
    "Rendition",
    "RichMedia",
    "XFA",
)
END = rb"(?=[\x00\t\n\f\r ()<>\[\]{}/%]|\Z)"


def _spelt(name: str) -> bytes:
    """Return a pattern for a name, each letter of which may be written as `#` and its number."""
    letters = (b"(?:%s|#%s)" % (letter.encode(), _number(letter)) for letter in name)
    return b"".join(letters)


def _number(letter: str) -> bytes:
    return "".join(f"[{digit}{digit.upper()}]" for digit in f"{ord(letter):02x}").encode()


ACTING = re.compile(rb"/(?:" + b"|".join(_spelt(name) for name in ACTS) + rb")" + END)
OBJECT_STREAM = re.compile(rb"/" + _spelt("ObjStm") + END)
STREAM = re.compile(rb"stream\r?\n")
INFLATED = re.compile(rb"/Filter\s*(?:/FlateDecode|\[\s*/FlateDecode\s*\])")
FILTER = re.compile(rb"/Filter")
WHOLE = re.compile(rb"^\s*\d")  # an object stream begins with the numbers of its objects
OTHERWISE = re.compile(rb"endobj|#|/DecodeParms|/DP\b|/F\b|/FFilter")


class Hidden(Exception):
    """Objects are kept where they cannot be looked at."""


def can_act(content: bytes) -> bool:
    """Tell whether a PDF holds scripts, actions that leave the page, or files, or hides what it holds."""
    try:
        return any(ACTING.search(part) for part in _parts(content))
    except Hidden:
        return True


def _parts(content: bytes) -> Iterator[bytes]:
    yield content
    left = MOST_INFLATED
    for found in OBJECT_STREAM.finditer(content):
        objects = _inflate(content, found.start(), left)
        if OBJECT_STREAM.search(objects):  # streams inside of streams do not exist
            raise Hidden
        left -= len(objects)
        yield objects


def _inflate(content: bytes, place: int, most: int) -> bytes:
    """Return the objects of the object stream whose dictionary names its type at `place`."""
    stream = STREAM.search(content, place, place + LONGEST_DICTIONARY)
    begin = content.rfind(b"obj", max(0, place - LONGEST_DICTIONARY), place)
    end = content.find(b"endstream", place)
    if stream is None or begin < 0 or end < stream.end() or not _is_plain(content[begin + 3 : stream.start()]):
        raise Hidden
    inflater = zlib.decompressobj()
    try:
        objects = inflater.decompress(memoryview(content)[stream.end() : end], max(most, 1))
    except zlib.error:
        raise Hidden from None
    # What follows the end of the data would be copied for each stream; a line break is all that belongs there.
    if not inflater.eof or len(inflater.unused_data) > len(b"\r\n") or not WHOLE.match(objects):
        raise Hidden
    return objects


def _is_plain(dictionary: bytes) -> bool:
    """Tell whether a dictionary is of one object stream, deflated and nothing else, in the plainest spelling."""
    once = (INFLATED.findall(dictionary), FILTER.findall(dictionary), OBJECT_STREAM.findall(dictionary))
    return all(len(found) == 1 for found in once) and not OTHERWISE.search(dictionary)
