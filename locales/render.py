"""Puts a message into a language: placeholders, plurals, dates and numbers in the reader's way.

An argument is a plain string (said as it is), a number (grouped as the language does), or a typed value, a mapping
with a key that is its kind: `{"date": "2026-11-22"}`, `{"year": 2030}`, `{"say": key, "args": {…}}`,
`{"button": title}`, `{"list": […]}`, `{"lines": [[label, value], …]}`, `{"marked": [[sign, value], …]}`,
`{"paragraphs": […]}`, `{"range": [low, high]}`, `{"percent": 40}`, `{"language": "th"}`, `{"country": "TH"}`,
`{"place": "Nan", "own": "น่าน", "land": "TH"}` (its own name for who reads its country's language). All of them
survive JSON, so Rasa can carry them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from locales.catalogue import Catalogue, Catalogues
from locales.customs import country_name, date_text, list_text, number_text, percent_text, year_text
from locales.languages import LANGUAGES, language_of_country

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Rendered:
    """What a person will see: the text and the buttons as (title, payload)."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


def render(catalogues: Catalogues, language: str, say: Mapping[str, Any]) -> Rendered:
    """Render `{"response": key, "args": {…}, "choices": […]}` in `language` (English when we do not have it)."""
    catalogue = catalogues.get(language) or catalogues["en"]
    text = render_text(catalogue, say["response"], say.get("args") or {})
    source = catalogue.sources[say["response"]]
    fixed = tuple((catalogue.title(title), payload) for title, payload in source.buttons)
    asked = tuple((_title(catalogue, choice["title"]), choice["payload"]) for choice in say.get("choices") or ())
    return Rendered(text, asked + fixed)


def render_text(catalogue: Catalogue, key: str, args: Mapping[str, Any]) -> str:
    """Return the sentence of `key` with its placeholders filled; an argument that is missing stays visible."""
    by = catalogue.sources[key].by
    count = args.get(by, 1) if by else 1
    sentence = catalogue.text(key, count if isinstance(count, int) else 2)
    return PLACEHOLDER.sub(lambda match: _argument(catalogue, args, match), sentence)


def _argument(catalogue: Catalogue, args: Mapping[str, Any], match: re.Match[str]) -> str:
    name = match[1]
    return value_text(catalogue, args[name]) if name in args else match[0]


def _title(catalogue: Catalogue, title: Any) -> str:
    return value_text(catalogue, title)


def value_text(catalogue: Catalogue, value: Any) -> str:
    """Return one argument as the reader of this catalogue writes it."""
    if isinstance(value, dict):
        return _typed_text(catalogue, value)
    if isinstance(value, bool) or value is None:
        return "–" if value is None else catalogue.title("Yes" if value else "No")
    if isinstance(value, int | float):
        return number_text(catalogue.language, value)
    return str(value)


def _typed_text(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    # Not simply the first key: PostgreSQL's jsonb sorts them.
    formatter = next((_FORMATTERS[key] for key in value if key in _FORMATTERS), None)
    return formatter(catalogue, value) if formatter else ""


def _say(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return render_text(catalogue, value["say"], value.get("args") or {})


def _button(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return catalogue.title(value["button"])


def _date(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return date_text(catalogue.language, date.fromisoformat(value["date"]))


def _year(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return year_text(catalogue.language, int(value["year"]))


def _list(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return list_text(catalogue.language, [value_text(catalogue, item) for item in value["list"]])


def _lines(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    rows = [tuple(value_text(catalogue, cell) for cell in row) for row in value["lines"]]
    return "\n".join("• " + ": ".join(row) for row in rows)


def _marked(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return "\n".join(f"{sign} {value_text(catalogue, text)}" for sign, text in value["marked"])


def _paragraphs(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return "\n\n".join(value_text(catalogue, item) for item in value["paragraphs"])


def _percent(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return percent_text(catalogue.language, value["percent"])


def _range(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    low, high = (number_text(catalogue.language, end) for end in value["range"])
    return low if low == high else f"{low}–{high}"


def _language(_catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    language = LANGUAGES.get(value["language"])
    return language.name if language else str(value["language"])


def _country(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    return country_name(catalogue.language, value["country"])


def _place(catalogue: Catalogue, value: Mapping[str, Any]) -> str:
    is_own = language_of_country(value["land"]) == catalogue.language
    return str(value["own"] if is_own else value["place"])


_FORMATTERS = {
    "say": _say,
    "button": _button,
    "date": _date,
    "year": _year,
    "list": _list,
    "lines": _lines,
    "marked": _marked,
    "paragraphs": _paragraphs,
    "range": _range,
    "percent": _percent,
    "language": _language,
    "country": _country,
    "place": _place,
}
