"""The languages that have a catalogue, how they call themselves, and which one fits a hint."""

from dataclasses import dataclass

from babel import Locale, UnknownLocaleError


@dataclass(frozen=True)
class Language:
    """A language with a catalogue: its code, its own name, its English name."""

    code: str
    name: str
    english: str


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("en", "English", "English"),
        Language("id", "Bahasa Indonesia", "Indonesian"),
        Language("ms", "Bahasa Melayu", "Malay"),
        Language("fil", "Filipino", "Filipino"),
        Language("vi", "Tiếng Việt", "Vietnamese"),
        Language("th", "ไทย", "Thai"),
        Language("km", "ខ្មែរ", "Khmer"),
        Language("lo", "ລາວ", "Lao"),
        Language("my", "မြန်မာ", "Burmese"),
    )
}

# A client says `tl` for Filipino and `jv` or `su` on Indonesian phones: answer in the nearest catalogue.
NEAREST = {"tl": "fil", "ceb": "fil", "ilo": "fil", "jv": "id", "su": "id", "in": "id"}

SCRIPTS = (
    ("th", 0x0E00, 0x0E7F),
    ("lo", 0x0E80, 0x0EFF),
    ("my", 0x1000, 0x109F),
    ("km", 0x1780, 0x17FF),
)

COUNTRY_LANGUAGE = {
    "ID": "id",
    "MY": "ms",
    "BN": "ms",
    "PH": "fil",
    "VN": "vi",
    "TH": "th",
    "KH": "km",
    "LA": "lo",
    "MM": "my",
}


def closest(hint: str | None) -> str | None:
    """Return the catalogue's code that fits a client's language tag such as `id-ID` or `tl`, or None."""
    if not hint:
        return None
    try:
        language = Locale.parse(hint.replace("-", "_").split(",")[0].split(";")[0]).language
    except (ValueError, UnknownLocaleError):
        return None
    language = NEAREST.get(language, language)
    return language if language in LANGUAGES else None


def language_of_script(text: str) -> str | None:
    """Return the language that most of the text's letters belong to by their script alone, or None."""
    counts = {code: sum(low <= ord(letter) <= high for letter in text) for code, low, high in SCRIPTS}
    best = max(counts, key=lambda code: counts[code])
    letters = sum(letter.isalpha() for letter in text)
    return best if counts[best] > letters / 2 else None


def language_of_country(country: str | None) -> str | None:
    """Return the everyday language of a country among ours, or None."""
    return COUNTRY_LANGUAGE.get(country or "")
