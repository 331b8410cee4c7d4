"""The languages that have a catalogue, how they call themselves, and which one fits a hint.

Each stands in its own `locales/<code>/language.yml`; docs/add-a-language.md tells what may be in it.
"""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale, parse_locale

from locales.sources import read_yaml

FOLDER = Path(__file__).parent
FILE = "language.yml"
ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """A language with a catalogue.

    `countries`: whose everyday language it is. `also`: tags of phones that are answered in it. `script`: the first and
    the last letter, where no other language of ours has them. `cldr`: the locale whose customs are nearest, for a
    language that CLDR lacks. `months`, `conjunction`, `country_names`: what CLDR lacks or has otherwise. `dates`: the
    locale that writes its dates. `buddhist_era`: the sign before a year of that era, where offices use it;
    `era_begins`: the country after whose Visaka Bochea such a year begins, where not on the first of January.
    """

    code: str
    name: str
    english: str
    countries: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    script: tuple[int, int] | None = None
    cldr: str = ""
    dates: str = ""
    months: tuple[str, ...] = ()
    conjunction: str = ""
    country_names: Mapping[str, str] = field(default_factory=dict)
    buddhist_era: str = ""
    era_begins: str = ""


def read_language(path: Path) -> Language:
    """Return the language that a `language.yml` describes; its folder's name is its code."""
    told = {"conjunction" if key == "and" else key: value for key, value in read_yaml(path).items()}
    lists = {key: tuple(value) for key, value in told.items() if isinstance(value, list)}
    return Language(path.parent.name, **{**told, **lists})


def _by_name(language: Language) -> tuple[bool, str]:
    return language.code != ENGLISH, language.name


# English first, the others in the order of their own names.
LANGUAGES: dict[str, Language] = {
    language.code: language for language in sorted(map(read_language, FOLDER.glob(f"*/{FILE}")), key=_by_name)
}

# A client says `tl` for Filipino and `jv` or `su` on Indonesian phones: answer in the nearest catalogue.
NEAREST = {tag: language.code for language in LANGUAGES.values() for tag in language.also}

SCRIPTS = tuple((language.code, *language.script) for language in LANGUAGES.values() if language.script)

COUNTRY_LANGUAGE = {country: language.code for language in LANGUAGES.values() for country in language.countries}


def locale_of(language: str) -> Locale:
    """Return what CLDR knows of a language of ours, or of the one whose customs are nearest."""
    return Locale.parse(LANGUAGES[language].cldr or language)


def closest(hint: str | None) -> str | None:
    """Return the catalogue's code that fits a client's language tag such as `id-ID` or `tl`, or None."""
    if not hint:
        return None
    try:
        language = parse_locale(hint.replace("-", "_").split(",")[0].split(";")[0])[0]
    except ValueError:
        return None
    language = NEAREST.get(language, language)
    return language if language in LANGUAGES else None


def language_of_script(text: str) -> str | None:
    """Return the language that most of the text's letters belong to by their script alone, or None."""
    counts = {code: sum(low <= ord(letter) <= high for letter in text) for code, low, high in SCRIPTS}
    best = max(counts, key=lambda code: counts[code])
    letters = sum(letter.isalpha() for letter in text)
    return best if counts[best] > letters / 2 else None


def foreign_script(text: str) -> str | None:
    """Return the Unicode name of the script that most letters are in, where no language of ours is written in it."""
    names = Counter(unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha())
    script, letters = (names.most_common(1) or [("LATIN", 0)])[0]
    ours = script == "LATIN" or language_of_script(text) is not None
    return None if ours or letters <= names.total() / 2 else script


def language_of_country(country: str | None) -> str | None:
    """Return the everyday language of a country among ours, or None."""
    return COUNTRY_LANGUAGE.get(country or "")
