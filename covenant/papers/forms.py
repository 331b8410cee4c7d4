"""Gives a paper its form: DOCX by a blank with merge fields, PDF and PNG by typst. All words are data, never markup."""

import functools
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import typst
from docxtpl.template import DocxTemplate
from jinja2.sandbox import SandboxedEnvironment

from covenant.papers.blanks import OURS
from covenant.papers.words import Page, Pair
from locales.languages import LANGUAGES

# What Word has for each script; where it is missing, Word and LibreOffice take another font that has the letters.
WORD_FONTS = {"my": "Myanmar Text"}
WORD_FONT = "Leelawadee UI"  # Thai, Lao and Khmer
FONTS = ("Noto Sans", "Noto Sans Thai", "Noto Sans Lao", "Noto Sans Khmer", "Noto Sans Myanmar")
FONT_FOLDERS = (("justmytype_intl_sea", "fonts"), ("justmytype_western_core", "fonts/ofl/notosans"))
LINE = "\n\n" + "_" * 30 + "\n"
NO_LINE = "\n\n\n"  # beside the one that is written on
DOTS = 72  # an inch, so that a point of share.typ is a dot


def word(blank: Path, page: Page, fields: Mapping[str, str]) -> bytes:
    """Return a paper as DOCX; `fields` are the merge fields, beside `mark`, `title`, `rows`, `both`, `font`, `tag`."""
    document = DocxTemplate(blank)
    both = not page.is_english
    said = {
        "mark": page.mark,
        "title": page.title,
        "rows": [_in_word(row, both=both) for row in page.rows],
        "both": both,
        "font": WORD_FONTS.get(page.language, WORD_FONT),
        "tag": _tag(page.language),
    }
    # Values are escaped, and a blank can do nothing but place them.
    document.render({**fields, **said}, SandboxedEnvironment(autoescape=True))
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _in_word(row: Pair, *, both: bool) -> Pair:
    before = {"item": ("• ", "• "), "line": (LINE, NO_LINE if both else LINE)}.get(row.look, ("", ""))
    return Pair(before[0] + row.local, before[1] + row.english, row.look)


def _tag(language: str) -> str:
    """Return the language with its country, as Word names it, such as `km-KH`."""
    countries = LANGUAGES[language].countries if language in LANGUAGES else ()
    return f"{language}-{countries[0]}" if countries else language


def pdf(blank: Path, page: Page, fields: Mapping[str, str]) -> bytes:
    """Return a paper as PDF."""
    return _typeset(blank, {**asdict(page), "fields": dict(fields)}, "pdf")


def picture(language: str, name: str, joined: Pair) -> bytes:
    """Return the picture to share, a PNG of 1200 by 1200 dots."""
    return _typeset(OURS / "share.typ", {"language": language, "name": name, "joined": asdict(joined)}, "png")


def _typeset(blank: Path, said: Mapping[str, Any], kind: Literal["pdf", "png"]) -> bytes:
    made = typst.compile(
        blank,
        root=blank.parent,
        font_paths=_fonts(),
        format=kind,
        ppi=DOTS,
        sys_inputs={"paper": json.dumps({**said, "fonts": FONTS})},
    )
    return made if isinstance(made, bytes) else made[0]


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(font_folders()))


def font_folders() -> tuple[Path, ...]:
    """Return the folders of the fonts that papers are set in; they come in packages, none of the machine's is used."""
    return tuple(Path(str(files(package))) / folder for package, folder in FONT_FOLDERS)
