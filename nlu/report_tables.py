"""Tables of the report, and how its page writes figures and languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from babel import Locale

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and how it is to be looked at: `good`, `bad`, `best`, `words` or as a figure."""

    text: str
    look: str = ""


def table(heads: Sequence[Cell | str], rows: Sequence[Sequence[Cell | str]]) -> str:
    """A table that scrolls by itself where the screen is narrow."""
    head = "".join(_cell(name, "th") for name in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(cell: Cell | str, kind: str = "td") -> str:
    given = cell if isinstance(cell, Cell) else Cell(cell)
    look = f' class="{given.look}"' if given.look else ""
    return f"<{kind}{look}>{escape(given.text)}</{kind}>"


def number(value: object, unit: str = "") -> str:
    """A figure with as many digits as can mean something; or that nobody measured it."""
    if not isinstance(value, int | float):
        return NOT_MEASURED
    return rounded(value) + (f" {unit}" if unit else "")


def rounded(value: float) -> str:
    """Hundreds and counts without a point, tens with one digit after it, ones with two."""
    digits = next((digits for least, digits in ((200, 0), (10, 1)) if abs(value) >= least), 2)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def percent(value: float | None) -> str:
    """A percentage to one digit."""
    return NOT_MEASURED if value is None else f"{value:.1f} %"


@cache
def language(code: str) -> str:
    """The language's English name with its code."""
    name = Locale("en").languages.get(code)
    return f"{name} ({code})" if name else code
