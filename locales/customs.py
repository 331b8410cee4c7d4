"""How a language writes numbers, dates, lists and the names of countries: as CLDR has it, or as its `language.yml`."""

import functools
from collections.abc import Sequence
from datetime import date

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from locales.languages import ENGLISH, LANGUAGES, locale_of

BUDDHIST_OFFSET = 543
FEAST = "Visaka Bochea"


def number_text(language: str, number: float) -> str:
    """Return a number, grouped."""
    return format_decimal(number, locale=locale_of(language))


def percent_text(language: str, percent: float) -> str:
    """Return a percentage with its sign, as the language writes it; 40 is forty per cent."""
    return format_percent(percent / 100, "#,##0.#%" if percent % 1 else None, locale=locale_of(language))


def date_text(language: str, day: date) -> str:
    """Return a day with its month's name, and the year of the Buddhist era where offices write it."""
    known = LANGUAGES[language]
    locale = Locale.parse(known.dates) if known.dates else locale_of(language)
    text = format_date(day, _pattern(locale, known.months, day), locale=locale)
    return f"{text} ({_buddhist(language, day)})" if known.buddhist_era else text


def _pattern(locale: Locale, months: Sequence[str], day: date) -> str:
    pattern = str(locale.date_formats["long"].pattern)
    return pattern.replace("MMMM", f"'{months[day.month - 1]}'") if months else pattern


def year_text(language: str, year: int) -> str:
    """Return a year, beside that of the Buddhist era where offices write it and it begins with the same day."""
    known = LANGUAGES[language]
    is_same = known.buddhist_era and not known.era_begins
    return f"{year} ({_buddhist(language, date(year, 1, 1))})" if is_same else str(year)


def _buddhist(language: str, day: date) -> str:
    known = LANGUAGES[language]
    begun = bool(known.era_begins) and day > _feast(known.era_begins, day.year)
    return f"{known.buddhist_era} {day.year + BUDDHIST_OFFSET + begun}"


@functools.cache
def _feast(country: str, year: int) -> date:
    """Return the day of the Buddha's birth in a country, after which its year of the Buddhist era begins."""
    import holidays

    return holidays.country_holidays(country, years=year, language="en_US").get_named(FEAST)[0]


def list_text(language: str, items: Sequence[str]) -> str:
    """Return "a, b and c"; a dash for nothing."""
    conjunction = LANGUAGES[language].conjunction
    if conjunction and len(items) > 1:
        return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"
    return format_list(items, locale=locale_of(language)) if items else "–"


def country_name(language: str, country: str) -> str:
    """Return what a country is called, in English where the language has no word for it, or else its code."""
    known = LANGUAGES[language].country_names, *(locale_of(one).territories for one in (language, ENGLISH))
    return next((str(names[country]) for names in known if country in names), country)
