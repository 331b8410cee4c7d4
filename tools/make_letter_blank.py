"""Writes the Word blank of our papers, covenant/data/letters/paper.docx: `uv run python -m tools.make_letter_blank`.

It is a Word file with fields for docxtpl as any other: whoever prefers may open it in Word and change it by hand.
"""

from pathlib import Path

from docx import Document
from docx.document import Document as Doc
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

FILE = Path(__file__).parent.parent / "covenant" / "data" / "letters" / "paper.docx"
BLUE = RGBColor(0x0B, 0x4F, 0x6C)
SIDES = ("local", "english")
ORDER = tuple(map(qn, ("w:rFonts", "w:b", "w:bCs", "w:color", "w:sz", "w:szCs", "w:lang")))  # the schema's


def main() -> None:
    """Write the blank."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(16), Mm(14)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    tag(document.add_paragraph(), "{%p if both %}")
    two_columns(document)
    tag(document.add_paragraph(), "{%p else %}")
    one_column(document)
    tag(document.add_paragraph(), "{%p endif %}")
    document.core_properties.author = "Kawan"
    document.core_properties.comments = ""
    document.save(str(FILE))


def two_columns(document: Doc) -> None:
    """Paragraph by paragraph: the local language on the left, the English on the right."""
    table = document.add_table(rows=5, cols=2)
    for cell, side in zip(table.rows[0].cells, SIDES, strict=True):
        shade(cell)
        write(cell.paragraphs[0], f"{{{{ mark.{side} }}}}", side, size=8)
    for cell, side in zip(table.rows[1].cells, SIDES, strict=True):
        write(cell.paragraphs[0], f"{{{{ title.{side} }}}}", side, size=13, title=True)
    tag(table.rows[2].cells[0].paragraphs[0], "{%tr for row in rows %}")
    for cell, side in zip(table.rows[3].cells, SIDES, strict=True):
        write(cell.paragraphs[0], f"{{{{ row.{side} }}}}", side)
    tag(table.rows[4].cells[0].paragraphs[0], "{%tr endfor %}")


def one_column(document: Doc) -> None:
    """The English alone."""
    write(document.add_paragraph(), "{{ mark.english }}", "english", size=8)
    write(document.add_paragraph(), "{{ title.english }}", "english", size=13, title=True)
    tag(document.add_paragraph(), "{%p for row in rows %}")
    write(document.add_paragraph(), "{{ row.english }}", "english")
    tag(document.add_paragraph(), "{%p endfor %}")


def tag(paragraph: Paragraph, text: str) -> None:
    """Write a tag that docxtpl takes out together with its paragraph or row."""
    paragraph.add_run(text)


def write(paragraph: Paragraph, text: str, side: str, size: float = 10, *, title: bool = False) -> None:
    """Write a merge field; the local side names the font and the language that its script needs in Word."""
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), title
    if title:
        run.font.color.rgb = BLUE
    properties = run._element.get_or_add_rPr()  # noqa: SLF001 - python-docx has no words for complex scripts
    properties.append(element("w:szCs", val=str(round(size * 2))))
    if title:
        properties.append(element("w:bCs"))
    if side == "local":
        fonts = properties.get_or_add_rFonts()
        fonts.set(qn("w:cs"), "{{ font }}")
        properties.append(element("w:lang", bidi="{{ tag }}"))
    properties[:] = sorted(properties, key=lambda one: ORDER.index(one.tag))


def shade(cell: _Cell) -> None:
    """Lay a grey ground under a cell."""
    cell._element.get_or_add_tcPr().append(element("w:shd", val="clear", fill="EBEBEB"))  # noqa: SLF001


def element(name: str, **attributes: str) -> BaseOxmlElement:
    """Return an element of WordprocessingML."""
    made: BaseOxmlElement = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


if __name__ == "__main__":
    main()
