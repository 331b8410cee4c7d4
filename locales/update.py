"""Brings the catalogues up to date with the English sources, and takes finished translations in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from locales.catalogue import po_path
from locales.languages import ENGLISH, LANGUAGES, locale_of
from locales.sources import BUTTON, ROOT, Source, all_sources

MACHINE = "origin: machine"
PERSON = "origin: person"
CODE = ("covenant", "actions", "bot")
TITLES = {"button": None, "Option": (2,)}  # the calls whose argument is a button's title
UNSPOKEN = frozenset({"utter_probe"})  # only machines hear it
HEADER = "# Kawan in {name}. How to review: docs/translate.md\n#"


class NamedCatalog(Catalog):
    """A catalogue under our code for its language, also where its plural rule is that of another locale."""

    def __init__(self, language: str, **known: Any) -> None:
        """Start an empty one."""
        self.language = language
        super().__init__(locale=locale_of(language), **known)

    @property
    def locale_identifier(self) -> str:
        """The code in the header."""
        return self.language


@dataclass(frozen=True)
class Entry:
    """One sentence to translate: its key, the English text, the English plural, a note for the translator."""

    key: str
    text: str
    plural: str | None = None
    note: str | None = None


def entries(sources: Mapping[str, Source] | None = None) -> Iterator[Entry]:
    """Yield every sentence that a catalogue must have, button titles once each."""
    titles = dict.fromkeys(code_titles())
    for source in (sources or all_sources()).values():
        if source.text and source.key not in UNSPOKEN:
            yield Entry(source.key, source.text, source.plural, source.note)
        titles.update(dict.fromkeys(title for title, _payload in source.buttons))
    for title in titles:
        yield Entry(BUTTON, title)


def code_titles() -> Iterator[str]:
    """Yield the button titles that the code names: `button("Skip")`, `Option("council", "Council decision")`."""
    for folder in CODE:
        for _file, _line, title, _comments, _context in extract_from_dir(
            ROOT / folder, keywords=TITLES, strip_comment_tags=True
        ):
            yield title if isinstance(title, str) else title[-1]


def update(language: str, translations: Mapping[tuple[str, str], list[str]] | None = None) -> int:
    """Rewrite a language's catalogue from the sources, keeping what is translated and adding `translations`.

    `translations` maps (key, English text) to the forms of the language. What comes in this way is marked as made by
    a machine; a reviewer changes the mark to `origin: person`. Returns how many entries are still empty.
    """
    old = _read(language)
    new = NamedCatalog(language, project="Kawan", version="1", header_comment=HEADER.format(name=language), fuzzy=False)
    empty = sum(_add(new, old, entry, (translations or {}).get((entry.key, entry.text))) for entry in entries())
    # A fixed date: the file changes only when a sentence does.
    new.creation_date = new.revision_date = datetime(2026, 11, 22, tzinfo=UTC)
    po_path(language).parent.mkdir(parents=True, exist_ok=True)
    with po_path(language).open("wb") as file:
        write_po(file, new, width=120, omit_header=False)
    return empty


def _read(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return NamedCatalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _add(new: NamedCatalog, old: Catalog, entry: Entry, given: list[str] | None) -> bool:
    kept = old.get(entry.text, entry.key)
    forms = given or _kept_forms(kept) or _english(new, entry)
    origin = (
        MACHINE if given else next((c for c in (kept.user_comments if kept else ()) if c.startswith("origin:")), None)
    )
    identity: str | tuple[str, str] = (entry.text, entry.plural) if entry.plural else entry.text
    filled = _fit(forms, new.num_plurals) if entry.plural else (forms[0] if forms else "")
    new.add(
        identity,
        filled,
        context=entry.key,
        auto_comments=[entry.note] if entry.note else [],
        user_comments=[origin or MACHINE] if forms else [],
    )
    return not forms


def _kept_forms(kept: object) -> list[str]:
    string = getattr(kept, "string", None)
    forms = [string] if isinstance(string, str) else list(string or ())
    return [] if not all(forms) else forms


def _english(new: NamedCatalog, entry: Entry) -> list[str]:
    if new.language != ENGLISH:
        return []
    return [entry.text, entry.plural] if entry.plural else [entry.text]


def _fit(forms: list[str], wanted: int) -> tuple[str, ...]:
    if not forms:
        return ("",) * wanted
    return tuple((forms * wanted)[:wanted]) if len(forms) == 1 else tuple((forms + forms[-1:] * wanted)[:wanted])


def update_all() -> dict[str, int]:
    """Update every catalogue; returns the number of empty entries by language."""
    return {language: update(language) for language in LANGUAGES}
