"""LibreOffice opens the papers made for it and reads in them just what stands there, in every language and script."""

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from locales import LANGUAGES
from tests.db.test_papers import AWKWARD, made, paragraphs, town
from tests.people import somebody

OFFICE = shutil.which("soffice")
KINDS = ("letter-docx", "resolution-docx")


def letters(text: str) -> str:
    """A text without the room between its words, and without a list's bullets, which only LibreOffice shows."""
    return "".join(unicodedata.normalize("NFC", text).replace("•", "").split())


def read(files: list[Path], folder: Path) -> list[str]:
    """What LibreOffice reads in each file; it keeps its settings in a folder of the test."""
    assert OFFICE, "LibreOffice is missing: apt-get install libreoffice-writer-nogui"
    command = [OFFICE, "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", str(folder)]
    home = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    subprocess.run([*command, *map(str, files)], check=True, env=home, capture_output=True, timeout=170)
    return [letters((folder / f"{file.stem}.txt").read_text(encoding="utf-8-sig")) for file in files]


@pytest.mark.skipif(
    OFFICE is None and os.environ.get("KAWAN_REQUIRE_ALL") != "1",
    reason="LibreOffice is not installed: apt-get install libreoffice-writer-nogui",
)
def test_libreoffice_reads_what_was_typed(session: Session, tmp_path: Path) -> None:
    person = somebody(session)
    files: dict[Path, str] = {}
    for language, name in zip(LANGUAGES, AWKWARD * 2, strict=False):
        application = town(session, person, language, signatory_name=name)
        for kind in KINDS:
            file = tmp_path / f"{kind}-{language}.docx"
            file.write_bytes(made(session, person, kind, application))
            files[file] = letters("".join(paragraphs(file.read_bytes())))
        assert letters(name) in files[tmp_path / f"letter-docx-{language}.docx"]
    assert len(files) == len(KINDS) * len(LANGUAGES)
    for file, said in zip(files, read(list(files), tmp_path), strict=True):
        assert said == files[file], file.stem
