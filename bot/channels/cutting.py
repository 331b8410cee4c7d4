"""Cuts long texts where a reader would pause, and writes buttons as numbers where a channel cannot show them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import icu

Measure = Callable[[str], int]
LOOK_AHEAD = 32  # letters behind the limit that tell whether a sign goes on
ROOT = icu.Locale.getRoot()
PAUSES = ("\n\n", "\n", ". ", " ")  # where to cut, the best place first


def utf16(text: str) -> int:
    """Return the length as Telegram counts it: letters beyond the first plane count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int, measure: Measure = len) -> Iterator[str]:
    """Give the text in parts of at most `limit`: nothing is lost but the white space at which it is cut.

    No part is empty, and the only one longer than the limit is a single letter that is longer itself.
    """
    rest = text.strip()
    while measure(rest) > limit:
        head = _head(rest, limit, measure)
        place = _place(rest, head)
        yield rest[:place].rstrip()
        rest = rest[place:].lstrip()
    if rest:
        yield rest


def _head(text: str, limit: int, measure: Measure) -> str:
    """Return the longest beginning that fits, never half a letter."""
    low, high = 1, min(limit, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(text[:middle]) <= limit else (low, middle - 1)
    return text[:low]


def _place(text: str, head: str) -> int:
    """Return where to cut a text of which `head` fits: at the last pause in the second half, else between words.

    Thai, Lao, Khmer and Burmese write no spaces between them; what is one sign to the reader stays whole if it can.
    """
    for pause in PAUSES:
        found = head.rfind(pause, len(head) // 2)
        if found > 0:
            return found + len(pause)
    near = text[: len(head) + LOOK_AHEAD]
    lines, signs = icu.BreakIterator.createLineInstance(ROOT), icu.BreakIterator.createCharacterInstance(ROOT)
    return _last_break(lines, near, len(head)) or _last_break(signs, near, len(head)) or len(head)


def _last_break(breaks: Any, text: str, end: int) -> int:
    """Return the last break at or before `end`, 0 where there is none; ICU counts in UTF-16."""
    breaks.setText(icu.UnicodeString(text))
    last = utf16(text[:end])
    found = last if breaks.isBoundary(last) else breaks.preceding(last)
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * max(found, 0)].decode("utf-16-le", "surrogatepass"))


def numbered(text: str, buttons: Sequence[Mapping[str, str]]) -> str:
    """Return the text with its buttons as a numbered list: whoever answers "2" has pressed the second one."""
    if not buttons:
        return text
    rows = "\n".join(f"{number}. {one['title']}" for number, one in enumerate(buttons, 1))
    return f"{text}\n\n{rows}"


def shortened(text: str, limit: int, measure: Measure = len) -> str:
    """Return a title that fits, ended with a sign that it goes on."""
    if measure(text) <= limit:
        return text
    head = _head(text, limit - 1, measure)
    return (
        text[: _last_break(icu.BreakIterator.createCharacterInstance(ROOT), text, len(head)) or len(head)].rstrip()
        + "…"
    )
