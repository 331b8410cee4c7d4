"""Where a paper's blank lies: the secretariat's own goes before ours, the nearest to country and language first."""

from dataclasses import dataclass
from pathlib import Path

OURS = Path(__file__).parent.parent / "data" / "letters"
OWN_FOLDER = "letters"
ANY = "paper"  # our blank for every paper
WORD, TYPST = "docx", "typ"


@dataclass
class Shelf:
    """Where the secretariat's own blanks lie, in this process."""

    own: Path | None = None


SHELF = Shelf()


def use_own(data_dir: Path) -> None:
    """Let the secretariat's blanks, where there are any in the data folder, go before ours in this process."""
    SHELF.own = data_dir / OWN_FOLDER


def find(kind: str, country: str, language: str, ending: str) -> Path | None:
    """Return the blank to use; None where the secretariat has one for this paper, but not in this form."""
    own = _own(kind, country, language, ending)
    return own or (None if has_own(kind, country, language) else OURS / f"{ANY}.{ending}")


def has_own(kind: str, country: str, language: str) -> bool:
    """Whether the secretariat has a blank of its own for a paper: ours would then say something else than theirs."""
    return any(_own(kind, country, language, ending) for ending in (WORD, TYPST))


def _own(kind: str, country: str, language: str, ending: str) -> Path | None:
    """Return the first there is of `letter.KH.km.docx`, `letter.km.docx` and `letter.docx`."""
    if SHELF.own is None:
        return None
    names = (f"{kind}.{country}.{language}.{ending}", f"{kind}.{language}.{ending}", f"{kind}.{ending}")
    return next((path for name in names if (path := SHELF.own / name).is_file()), None)
