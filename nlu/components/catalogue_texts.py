"""What the catalogues say, as samples of each language: a language may have a catalogue before it has sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from locales import load_catalogues
from locales.languages import LANGUAGES

ENGLISH = "en"
SHORTEST, LONGEST, MOST = 8, 120, 250  # letters of a text that is like a chat message; texts of each language
PLACEHOLDER = re.compile(r"\{\w+\}")


@cache
def samples() -> Mapping[str, tuple[str, ...]]:
    """Up to `MOST` texts for each language that has a catalogue."""
    catalogues = load_catalogues()
    english = [source.text for source in catalogues[ENGLISH].sources.values()]
    found = {code: [forms[0] for forms in catalogues[code].texts.values()] for code in LANGUAGES}
    return {code: _usable(english if code == ENGLISH else texts) for code, texts in found.items()}


def _usable(texts: list[str]) -> tuple[str, ...]:
    plain = (PLACEHOLDER.sub(" ", text).strip() for text in texts)
    return tuple(dict.fromkeys(text for text in plain if SHORTEST <= len(text) <= LONGEST))[:MOST]
