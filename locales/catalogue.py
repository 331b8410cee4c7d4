"""The catalogues: one per language, read from `.po` at start; what is not translated is said in English."""

import gettext
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from locales.languages import LANGUAGES
from locales.sources import BUTTON, Source, all_sources

FOLDER = Path(__file__).parent


def _always_zero(_count: int) -> int:
    return 0


@dataclass(frozen=True)
class Catalogue:
    """One language's sentences by key. `choose` is the language's plural rule: count to form."""

    language: str
    sources: Mapping[str, Source]
    texts: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    choose: Callable[[int], int] = _always_zero

    def text(self, key: str, count: int = 1) -> str:
        """Return the sentence of `key` in this language, or in English; KeyError when nobody ever wrote it."""
        source = self.sources[key]
        forms = self.texts.get((key, source.text))
        if forms:
            return forms[min(self.choose(count), len(forms) - 1)]
        return source.plural if source.plural and count != 1 else source.text

    def title(self, title: str) -> str:
        """Return a button's title in this language, or as it is."""
        return self.texts.get((BUTTON, title), (title,))[0]


Catalogues = Mapping[str, Catalogue]


def po_path(language: str) -> Path:
    """Return where a language's catalogue lies."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def load_catalogue(language: str, sources: Mapping[str, Source]) -> Catalogue:
    """Read one language's `.po`; entries without a translation are left out."""
    path = po_path(language)
    if not path.exists():
        return Catalogue(language, sources)
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    texts = dict(_entry(message) for message in catalogue if message.id and all(_forms(message)))
    return Catalogue(language, sources, texts, gettext.c2py(catalogue.plural_expr))


def _forms(message: Message) -> tuple[str, ...]:
    string = message.string
    return (string,) if isinstance(string, str) else tuple(string or ())


def _entry(message: Message) -> tuple[tuple[str, str], tuple[str, ...]]:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    return (message.context or "", singular), _forms(message)


def load_catalogues() -> Catalogues:
    """Read every language's catalogue over the same English sources."""
    sources = all_sources()
    return {code: load_catalogue(code, sources) for code in LANGUAGES}
