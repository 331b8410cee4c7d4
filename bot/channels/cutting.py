"""Cuts long texts where a reader would pause, and writes buttons as numbers where a channel cannot show them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

Measure = Callable[[str], int]
PAUSES = ("\n\n", "\n", ". ", " ")  # where to cut, the best place first


def utf16(text: str) -> int:
    """Return the length as Telegram counts it: letters beyond the first plane count twice."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int, measure: Measure = len) -> Iterator[str]:
    """Give the text in parts of at most `limit`: nothing is lost but the white space at which it is cut."""
    rest = text
    while measure(rest) > limit:
        head = _head(rest, limit, measure)
        place = _place(head)
        yield head[:place].rstrip()
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


def _place(head: str) -> int:
    """Return where to cut: at the last pause in the second half, at the end where there is none."""
    for pause in PAUSES:
        found = head.rfind(pause, len(head) // 2)
        if found > 0:
            return found + len(pause)
    return len(head)


def numbered(text: str, buttons: Sequence[Mapping[str, str]]) -> str:
    """Return the text with its buttons as a numbered list: whoever answers "2" has pressed the second one."""
    if not buttons:
        return text
    rows = "\n".join(f"{number}. {one['title']}" for number, one in enumerate(buttons, 1))
    return f"{text}\n\n{rows}"


def shortened(text: str, limit: int, measure: Measure = len) -> str:
    """Return a title that fits, ended with a sign that it goes on."""
    return text if measure(text) <= limit else _head(text, limit - 1, measure).rstrip() + "…"
