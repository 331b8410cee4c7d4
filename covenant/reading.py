"""The first half of understanding a turn: what the open question makes of a text, before Rasa is asked.

`docs/architecture.md` (A form's turn) gives the order; the other half is Rasa's last component,
`nlu/components/turn_arbiter.py`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from covenant.fields import CHOICE, COUNTRY, PLACE, Field
from covenant.place_words import is_unspaced
from covenant.places import Candidate, certain
from covenant.values import Kind, Parsed, Refused, parse, parse_several
from covenant.values.names import looks_like_a_name
from covenant.values.politeness import without_politeness
from covenant.values.text import BETWEEN, without_marks
from locales import Catalogue
from locales.customs import country_name
from locales.languages import language_of_script

COMMANDS = ("go_back", "correct", "skip", "cancel", "help", "repeat")
NONE = "none"
SAME_TITLE = 88  # rapidfuzz ratio, 0 to 100: one wrong letter in eight
REVIEW = "review"
COUNTRIES = ("ID", "MY", "PH", "VN", "TH", "KH", "LA", "MM", "TL", "BN", "SG")
# A name or a title is never one of these, however it is written.
NEVER_A_NAME = (Kind.EMAIL, Kind.PHONE, Kind.DATE, Kind.YEAR)
NUMERIC = frozenset({Kind.COUNT, Kind.PEOPLE, Kind.YEAR, Kind.DATE, Kind.PERCENT, Kind.REDUCTION, Kind.PHONE})

LEAST_PART = 4  # letters of a title that may stand for it
_YES_AND_NO = ["no", "yes"]
_AFTER_YES = re.compile(r"[,၊、]")

FindPlaces = Callable[[str], Sequence[Candidate]]


@dataclass(frozen=True)
class Reading:
    """What the open question made of a text.

    `certain`: the whole text is such a value; `likely`: it has the form of one ("U Kyaw Kyaw", a town with namesakes),
    so that only a very sure classifier may take it for something else; `refused`: why it is none.
    """

    field: str | None = None
    kind: str | None = None
    value: Any = None
    certain: bool = False
    likely: bool = False
    free_text: bool = False
    command: str | None = None
    refused: str | None = None
    refused_args: Mapping[str, Any] | None = None
    resembles: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the form in which the reading travels as message metadata."""
        return asdict(self)


@dataclass(frozen=True)
class Reader:
    """Whose text is read: the words of the language, the country, the day, and how places are looked up."""

    catalogue: Catalogue
    country: str | None
    today: date
    find_places: FindPlaces


def plain(text: str) -> str:
    """Return the text without case, outer punctuation and doubled spaces, for comparing words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w\s'’\u0300-\u036f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]", " ", folded).split())


def words(catalogue: Catalogue, command: str) -> frozenset[str]:
    """Return the exact command words of a language, its own and the English ones."""
    key = f"utter_words_{command}"
    lists = (catalogue.text(key), catalogue.sources[key].text)
    return frozenset(plain(word) or word.strip() for each in lists for word in each.split("|"))


def command_in(catalogue: Catalogue, text: str, field: Field | None) -> str | None:
    """Return the command that the whole text is, or None; "none" skips a field that may be skipped."""
    said = plain(text) or text.strip()  # a mere "?" asks for help, "👍" does not
    if field and field.kind == Kind.NAME:
        # "anh Huy" is a person, though "huỷ" cancels and is often typed without its mark.
        shorter = without_politeness(said, catalogue.language, only_last=True)
        return None if _may_be_unmarked(catalogue, said) else _command(catalogue, said, shorter, field)
    return _command(catalogue, said, without_politeness(said, catalogue.language), field)


def _command(catalogue: Catalogue, said: str, shorter: str, field: Field | None) -> str | None:
    if field and field.skippable and {said, shorter} & words(catalogue, NONE):
        return "skip"
    return next((command for command in COMMANDS if {said, shorter} & words(catalogue, command)), None)


def _may_be_unmarked(catalogue: Catalogue, said: str) -> bool:
    """Tell whether a single word is a command only as long as its accents are left out."""
    marked = {word for command in COMMANDS for word in words(catalogue, command) if not word.isascii()}
    return said.isascii() and " " not in said and said in {without_marks(word) for word in marked}


def _declines(reader: Reader, text: str, field: Field | None) -> bool:
    """Tell whether a clear no answers a question that may stay without an answer: "is there a second person?" "no"."""
    may_be_none = field and field.kind != Kind.YES_NO and (field.optional or field.many)
    return bool(may_be_none) and _yes_no(text, reader.catalogue) == "no"


def read(reader: Reader, text: str, field: Field | None, *, at_review: bool = False) -> Reading:
    """Say what `text` is to the open question: a command, a certain value, a possible one, or nothing."""
    command = command_in(reader.catalogue, text, field)
    if at_review:
        return Reading(field=REVIEW, kind=Kind.YES_NO, command=command or _verdict(reader, text))
    if command is None and _declines(reader, text, field):
        command = "skip"
    if field is None:
        return Reading(command=command)
    value, is_certain, refused = _value(reader, text, field)
    return Reading(
        field=field.key,
        kind=field.kind,
        value=value,
        certain=is_certain and command is None,
        likely=refused is None and _is_likely(reader, text, field),
        free_text=field.free_text and refused is None,
        command=command,
        refused=refused.reason if refused else None,
        refused_args=refused.args if refused else None,
        resembles=field.resembles,
    )


def _is_likely(reader: Reader, text: str, field: Field) -> bool:
    """Tell whether a text that is no certain value has the form of one; a place that was found may have namesakes."""
    if field.kind == PLACE:
        return "?" not in text
    return field.kind == Kind.NAME and looks_like_a_name(text, reader.catalogue.language)


def _verdict(reader: Reader, text: str) -> str | None:
    parsed = parse(Kind.YES_NO, text, reader.catalogue.language)
    if isinstance(parsed, Refused) or not parsed.certain:
        return None
    return "affirm" if parsed.value == "yes" else "deny"


def _value(reader: Reader, text: str, field: Field) -> tuple[Any, bool, Refused | None]:
    if field.many:
        return _several(reader, text, field)
    option = match_option(reader.catalogue, text, field)
    if option is not None:
        return option, True, None
    if field.kind == PLACE:
        return _place(reader, text)
    if field.kind in {CHOICE, COUNTRY}:
        country = _country(reader, text) if field.kind == COUNTRY else None
        return country, country is not None, None if country else Refused("utter_wrong_choice", {})
    return _parsed(reader, text, field)


def _several(reader: Reader, text: str, field: Field) -> tuple[Any, bool, Refused | None]:
    """Return every answer that a text names to a question that takes several."""
    parts = [part for part in BETWEEN.split(text) if plain(part)]
    options = [match_option(reader.catalogue, part, field) for part in parts]
    chosen = list(dict.fromkeys(one for one in options if one is not None))[: field.many]
    if chosen and None not in options:
        return chosen, True, None
    if field.kind == CHOICE:
        return chosen or None, False, None if chosen else Refused("utter_wrong_choice", {})
    named = parse_several(Kind(field.kind), text, reader.catalogue.language)
    if isinstance(named, Refused):
        return None, False, named
    return named.value[: field.many], named.certain, None


def _parsed(reader: Reader, text: str, field: Field) -> tuple[Any, bool, Refused | None]:
    if field.kind == Kind.NAME and _is_no_name(reader, text):
        return None, False, Refused("utter_wrong_name", {})
    parsed = parse(
        Kind(field.kind),
        text,
        reader.catalogue.language,
        reader.country,
        reader.today,
        earliest=date(reader.today.year, 1, 1) if field.ahead else None,
        latest=reader.today if field.past else None,
    )
    script = language_of_script(text) if field.by_script and isinstance(parsed, Refused) else None
    if script:
        return script, True, None
    if isinstance(parsed, Parsed):
        # A name or a title may be anything, so it must not win over a question or a command.
        return parsed.value, parsed.certain and not field.free_text, None
    return None, False, parsed


def _place(reader: Reader, text: str) -> tuple[Any, bool, Refused | None]:
    candidates = reader.find_places(text)
    if certain(candidates):  # "is Makati City a member?" names a place surely, and is no answer
        return {"place_id": candidates[0].place_id}, "?" not in text, None
    return None, False, None if candidates else Refused("utter_wrong_place", {})


def _country(reader: Reader, text: str) -> str | None:
    said = plain(text)
    names = {code: country_names(reader.catalogue.language, code) for code in COUNTRIES}
    return next((code for code, known in names.items() if said in known), None)


def country_names(language: str, code: str) -> frozenset[str]:
    """Return what a country is called in a language and in English, and its code."""
    own, english = (country_name(one, code) for one in (language, "en"))
    return frozenset(plain(name) for name in (own, english, code))


def _is_no_name(reader: Reader, text: str) -> bool:
    answers = (parse(kind, text, reader.catalogue.language, reader.country) for kind in NEVER_A_NAME)
    return any(isinstance(one, Parsed) and one.certain for one in answers)


def match_option(catalogue: Catalogue, text: str, field: Field) -> str | None:
    """Return the value of the option whose title was typed, a slip of the finger allowed, or a word for it; or None."""
    said = plain(text)
    by_word = (one.value for one in field.options if one.words and said in words(catalogue, one.words))
    found = next(by_word, None)
    if found is not None:
        return found
    scored = [(fuzz.ratio(said, plain(catalogue.title(one.title))), one.value) for one in field.options]
    score, value = max(scored, default=(0, None))
    return value if score >= SAME_TITLE else _by_part(catalogue, said, field)


def _by_part(catalogue: Catalogue, said: str, field: Field) -> str | None:
    """Return the only option of a choice in whose title these words stand: "komuniti" is "Kumpulan komuniti"."""
    if field.kind != CHOICE or len(said) < LEAST_PART:
        return None
    part = re.escape(said) if is_unspaced(said) else rf"(?<!\w){re.escape(said)}(?!\w)"
    found = [one.value for one in field.options if re.search(part, plain(catalogue.title(one.title)))]
    return found[0] if len(found) == 1 else None


def match_offer(
    text: str, offered: Sequence[Mapping[str, str]], catalogue: Catalogue, field: Field | None
) -> str | None:
    """Return the payload of the option last offered that `text` picks: by number, by title, or by yes and no."""
    number = None if field and field.kind in NUMERIC else _number(text)
    if number is not None and 1 <= number <= len(offered):
        return offered[number - 1]["payload"]
    said = plain(text)
    titled = [one for one in offered if plain(one["title"]) == said]
    if field and field.many and match_option(catalogue, text, field):
        titled = []  # who types the answer has said it, and is not asked for another one
    by_title = next((one["payload"] for one in titled), None)
    return by_title or _by_verdict(text, offered, catalogue)


def _number(text: str) -> int | None:
    digits = text.strip().strip("#.() ")
    return int(digits) if digits.isdecimal() and len(digits) <= 2 else None  # noqa: PLR2004 - no list is longer


def _by_verdict(text: str, offered: Sequence[Mapping[str, str]], catalogue: Catalogue) -> str | None:
    verdict = _yes_no(text, catalogue)
    if verdict is None:
        return None
    # Two buttons are a question of yes or no, however they go on; of more, "Send it" and "Cancel" would be one, too.
    of_title = _title_verdict if len(offered) == len(_YES_AND_NO) else _yes_no
    said = [(of_title(one["title"], catalogue), one["payload"]) for one in offered]
    if sorted(each for each, _payload in said if each) != _YES_AND_NO:
        return None
    return next(payload for each, payload in said if each == verdict)


def _title_verdict(title: str, catalogue: Catalogue) -> str | None:
    """Return the yes or no with which a button's title begins: "Yes, it is right", "ບໍ່, ພໍແລ້ວ"."""
    opening = _AFTER_YES.split(title, maxsplit=1)[0]
    parsed = parse(Kind.YES_NO, opening, catalogue.language)
    return str(parsed.value) if isinstance(parsed, Parsed) else None


def _yes_no(text: str, catalogue: Catalogue) -> str | None:
    parsed = parse(Kind.YES_NO, text, catalogue.language)
    return str(parsed.value) if isinstance(parsed, Parsed) and parsed.certain else None
