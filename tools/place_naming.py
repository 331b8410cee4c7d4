"""Chooses the names of a place: its English one, its local one, and the other spellings worth keeping."""

import re
import unicodedata
from collections.abc import Iterable

from covenant.place_words import compact
from db.place import PlaceKind

SCRIPTS = {"TH": "THAI", "KH": "KHMER", "LA": "LAO", "MM": "MYANMAR"}
KEPT_SCRIPTS = {"LATIN", "THAI", "KHMER", "LAO", "MYANMAR", "ARABIC", "CJK", "TAMIL"}
PLAIN_COUNTRIES = {"VN", "TH", "KH", "LA", "MM"}  # English drops the diacritics of these
PROVINCE_WORDS = ("จังหวัด", "ខេត្ត", "ແຂວງ")
ASCII_LETTERS = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "œ": "oe", "Œ": "Oe", "\u2019": "'"})
VIETNAMESE_TOO = "ăâđêôơưàáãèéìíòóõùúý"
FAR_SCRIPTS = {
    "IN": {"DEVANAGARI", "BENGALI", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "GUJARATI", "GURMUKHI", "ORIYA"},
    "NP": {"DEVANAGARI"}, "BD": {"BENGALI"}, "LK": {"SINHALA", "TAMIL"}, "PK": {"ARABIC"}, "IR": {"ARABIC"},
    "AF": {"ARABIC"}, "MV": {"THAANA"}, "BT": {"TIBETAN"}, "MN": {"CYRILLIC"}, "KR": {"HANGUL"}, "KP": {"HANGUL"},
    "JP": {"CJK", "HIRAGANA", "KATAKANA"}, "CN": {"CJK"}, "TW": {"CJK"}, "HK": {"CJK"}, "MO": {"CJK"},
}  # fmt: skip
FAR_CITY = 500_000  # people: from here on other Latin spellings are kept too
SIDES = {
    "Utara": ("North ", ""), "Selatan": ("South ", ""), "Barat Daya": ("Southwest ", ""), "Barat": ("West ", ""),
    "Timur": ("East ", ""), "Tengah": ("Central ", ""), "Tenggara": ("Southeast ", ""), "Kepulauan": ("", " Islands"),
}  # fmt: skip
LONGEST = 60
SHORTEST_EXONYM = 6  # shorter ones are ordinary words of our languages: "Thai", "Tanam"

UNIT_BEFORE = re.compile(
    r"^(King Amphoe|Amphoe|Khet|Srŏk|Srok|Khétt|Krŏng|Krong|Khan|Muang|Daerah|Bahagian|Huyện|Quận|Thị Xã|Thành Phố"
    r"|Thành phố|Phường|Xã|Thị trấn|Mukim|Province of|Kabupaten Administrasi|Kabupaten"
    r"|Kota Administrasi|Kota(?= .*\bKOTA$)|Changwat)\s+",
)
UNIT_AFTER = re.compile(r"\s+(District|Distrct|Province|State|Region|Municipality|KOTA)$", re.IGNORECASE)
ENGLISH_ALIAS = re.compile(r"^(North|South|East|West|Central|Southeast|Southwest|Highland)\b|\bIslands$")
NOT_VIETNAMESE = re.compile(r"[^\W\d_a-zA-Zàáâãèéêìíòóôõùúýăđĩũơư\u1ea0-\u1ef9]", re.IGNORECASE)
NOT_A_NAME = re.compile(r"[\d()|_/:;+*\[\]]|^.$|^[A-Z]{2,4}$")


def core(name: str, country: str) -> str:
    """Return the name of a district or province without the word for what it is.

    >>> core("Amphoe Pa Daet", "TH"), core("Kota Bogor", "ID"), core("Kota Belud", "MY")
    ('Pa Daet', 'Bogor', 'Kota Belud')
    """
    marked = f"{name} KOTA" if country == "ID" else name
    return UNIT_AFTER.sub("", UNIT_BEFORE.sub("", marked)) or name


def plain(name: str) -> str:
    """Return `name` without diacritics."""
    letters = unicodedata.normalize("NFKD", name.translate(ASCII_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def script(name: str) -> str:
    """Return the Unicode name of the script of the first letter of `name`."""
    first = next((letter for letter in name if letter.isalpha()), "?")
    return unicodedata.name(first, "?").split()[0]


def english_of_town(name: str, country: str) -> str:
    """Return the English name of a populated place."""
    return plain(core(name, country)) if country == "VN" else plain(name) if country in PLAIN_COUNTRIES else name


def english_of_unit(name: str, aliases: Iterable[str], country: str, kind: PlaceKind) -> str:
    """Return the English name of a province or district."""
    latin = [alias for alias in aliases if script(alias) == "LATIN"]
    if name.startswith("Kabupaten "):
        regency = f"{core(name, country)} Regency"
        return next((alias for alias in latin if alias.endswith(" Regency")), regency)
    if kind is PlaceKind.PROVINCE:
        name = next((alias for alias in latin if ENGLISH_ALIAS.search(alias)), name)
        if country == "MM":
            return plain(next((alias for alias in latin if alias.endswith((" State", " Region"))), name))
        if country in {"KH", "LA"}:
            name = next((alias for alias in latin if alias.isascii()), name)
    bare = core(name, country)
    return plain(bare) if country in PLAIN_COUNTRIES or country in FAR_SCRIPTS else bare


def bare_city(name: str) -> str:
    """Return the name of a Philippine city without the words for what it is.

    >>> bare_city("City of Batac"), bare_city("Science City of Muñoz"), bare_city("Tuguegarao City")
    ('Batac', 'Muñoz', 'Tuguegarao')
    """
    return name.rpartition("City of ")[2].removesuffix(" City")


def english_of_regency(name: str) -> str:
    """Return the English name of an Indonesian regency or city.

    >>> english_of_regency("Kabupaten Muna Barat"), english_of_regency("Kota Bau Bau")
    ('West Muna Regency', 'Bau Bau')
    """
    bare = name.removeprefix("Kota ").removeprefix("Kabupaten ")
    if name.startswith("Kota "):
        return bare
    for word, (before, after) in SIDES.items():
        if bare.endswith(f" {word}"):
            return f"{before}{bare.removesuffix(f' {word}')}{after} Regency"
    main = bare.removeprefix("Kepulauan ").removeprefix("Kep. ")
    return f"{main} Islands Regency" if main != bare else f"{bare} Regency"


def english_of_township(name: str) -> str:
    """Return the English name of a township of Myanmar without brackets.

    >>> english_of_township("Dagon Myothit (South)"), english_of_township("Pangsang (Panghkam)")
    ('South Dagon Myothit', 'Pangsang')
    """
    bare, _, more = name.removesuffix(")").partition(" (")
    side = more if more in {"North", "South", "East", "West"} else ""
    return f"{side} {bare}".strip().removesuffix(" Sub-township")


def useful_far(names: Iterable[str], english: str, country: str, people: int) -> list[str]:
    """Return the names kept of a place outside South-East Asia: in its own scripts, of large cities also Latin ones."""
    own = sorted({name for name in names if script(name) in FAR_SCRIPTS.get(country, ()) and len(name) <= LONGEST})
    latin = useful((name for name in names if script(name) == "LATIN"), english, country, frozenset())
    known = [name for name in latin if len(name) >= SHORTEST_EXONYM] if people >= FAR_CITY else []
    return [*own, *known]


def useful(names: Iterable[str], english: str, country: str, never: frozenset[str]) -> list[str]:
    """Return the names that a person of the region may write, in a stable order."""
    wanted = {name for name in map(str.strip, names) if _is_useful(name, compact(english)) and name not in never}
    if country == "VN":  # elsewhere a diacritic more does no harm, here it is another word
        wanted = {name for name in wanted if script(name) != "LATIN" or _may_be_vietnamese(name)}
    return sorted(wanted)


def _may_be_vietnamese(name: str) -> bool:
    return NOT_VIETNAMESE.search(unicodedata.normalize("NFC", name)) is None


def _is_useful(name: str, english: str) -> bool:
    if not name or len(name) > LONGEST or NOT_A_NAME.search(name) or script(name) not in KEPT_SCRIPTS:
        return False
    if script(name) != "LATIN":
        return True
    is_exonym = len(compact(name)) < SHORTEST_EXONYM and compact(name) not in english and english not in compact(name)
    return not is_exonym and not next(letter for letter in name if letter.isalpha()).islower()


def local(names: Iterable[str], english: str, country: str, kind: PlaceKind) -> str:
    """Return what the place calls itself, the English name when that is not known."""
    if country == "VN":
        same = [name for name in names if compact(name) == compact(english)]
        return max([english, *same], key=lambda name: (_vietnamese(name), name))
    if country == "ID":
        # A city and the regency around it share a name and are two governments: neither is called like the other.
        if kind is PlaceKind.DISTRICT:
            titled = f"Kabupaten {english.removesuffix(' Regency')}"
            regencies = sorted(
                (name for name in names if name.startswith("Kabupaten ")), key=lambda name: name != titled
            )
            return next(iter(regencies), english)
        return next((name for name in names if name == f"Kota {english}"), english)
    in_script = (name for name in names if script(name) == SCRIPTS.get(country) and "." not in name)
    own = sorted(in_script, key=lambda name: (len(name), name))
    if kind is PlaceKind.PROVINCE:
        own = [name for name in own if name.startswith(PROVINCE_WORDS)] or own
    return next((name for name in own if len(name) > 1), english)


def _vietnamese(name: str) -> int:
    """Say how much `name` looks like Vietnamese, by the letters that only it has."""
    letters = unicodedata.normalize("NFC", name.lower())
    return sum(2 * ("\u1ea0" <= letter <= "\u1ef9") + (letter in VIETNAMESE_TOO) for letter in letters) - 3 * (
        "-" in name
    )
