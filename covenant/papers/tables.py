"""Gives a paper the form of a table: an XLSX file in which everything is text, so that nothing typed is calculated."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from covenant.papers.forms import WORD_FONT, WORD_FONTS

HEAD = 1  # the row of the columns' titles, below that of the table's title
A4 = 9
LONGEST = 32_767  # characters of a cell; a longer text would not be written at all


@dataclass(frozen=True)
class Table:
    """A sheet: its name, language and title; the columns' titles and widths in letters; rows; notes below them."""

    name: str
    language: str
    title: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Looks:
    """The formats of a sheet's cells."""

    title: Format
    head: Format
    text: Format
    note: Format


def workbook(tables: Sequence[Table]) -> bytes:
    """Return tables as one XLSX file, each on a sheet of its own."""
    made = io.BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        for table in tables:
            _write(book.add_worksheet(table.name), table, _looks(book, table.language))
    return made.getvalue()


def _looks(book: Workbook, language: str) -> Looks:
    # Quoted, a text that begins with =, +, - or @ stays a text also when somebody edits its cell.
    base = {"font_name": WORD_FONTS.get(language, WORD_FONT), "valign": "top", "quote_prefix": True}
    text = {**base, "text_wrap": True}
    return Looks(
        title=book.add_format({**base, "bold": True, "font_size": 14}),
        head=book.add_format({**text, "bold": True, "bg_color": "#DCE9E2", "bottom": 1}),
        text=book.add_format(text),
        note=book.add_format(base),  # not wrapped: it runs over the empty cells beside it
    )


def _write(sheet: Worksheet, table: Table, looks: Looks) -> None:
    _put(sheet, (0, 0), table.title, looks.title)
    for column, (title, width) in enumerate(table.columns):
        sheet.set_column(column, column, width)
        _put(sheet, (HEAD, column), title, looks.head)
    for number, row in enumerate(table.rows, HEAD + 1):
        for column, text in enumerate(row):
            _put(sheet, (number, column), text, looks.text)
    for number, note in enumerate(table.notes, HEAD + len(table.rows) + 2):
        _put(sheet, (number, 0), note, looks.note)
    sheet.freeze_panes(HEAD + 1, 0)
    _set_page(sheet)


def _put(sheet: Worksheet, cell: tuple[int, int], text: str, look: Format) -> None:
    sheet.write_string(*cell, text[:LONGEST], look)


def _set_page(sheet: Worksheet) -> None:
    """Let it be printed on as many pages as it needs, each as wide as the table, with the columns' titles."""
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, HEAD)
