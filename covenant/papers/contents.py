"""What stands on each paper of joining. The words and their sources are in `covenant/data/papers.yml`."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import object_session

from covenant import places
from covenant.display import municipality_argument, value_argument
from covenant.joining import JOIN
from covenant.papers.words import Page, Pair, Writer
from db.records import Application
from locales.languages import ENGLISH, LANGUAGES

PROMISES = ("emissions", "adaptation", "energy", "plans", "reports")
ON_LETTER = tuple(one.key for one in JOIN.fields if one.key not in {"municipality", "country", "letter_language"})
SECOND = {"second_name", "second_email"}  # nobody has to have one: no room is left for it


@dataclass(frozen=True)
class Subject:
    """An application as a paper speaks of it."""

    application: Application

    @property
    def language(self) -> str:
        """The language that the letter was asked for in; English where we do not have that one."""
        asked = self.application.letter_language
        return asked if asked in LANGUAGES else ENGLISH

    @property
    def municipality(self) -> Any:
        """The municipality's name, in its own script for who reads its own language."""
        return municipality_argument(self.application.municipality)

    @property
    def country(self) -> dict[str, Any]:
        """The country, in the reader's language."""
        return {"country": self.application.municipality.country}

    @property
    def province(self) -> str | None:
        """The province as the letter's language writes it."""
        municipality = self.application.municipality
        session = object_session(municipality)
        if session is None or municipality.place_id is None:
            return municipality.province
        return places.province_of(session, municipality.place_id, self.language)

    def answer(self, key: str) -> Any:
        """Return what was answered to a question of the journey, as an argument; None where it was left open."""
        value = getattr(self.application, key)
        shown = value.isoformat() if key == "mandate_date" and value else value
        return value_argument(JOIN.by_key[key], shown) if shown else None


def letter(subject: Subject) -> Page:
    """Return the commitment letter in our words."""
    writer = Writer(subject.language)
    known = [key for key in ON_LETTER if key not in SECOND or subject.answer(key)]
    return Page(
        subject.language,
        writer.pair("paper_mark_letter"),
        writer.pair("paper_title_letter"),
        (
            writer.pair("paper_letter_opening", municipality=subject.municipality, country=subject.country),
            writer.pair("paper_letter_promises"),
            *_promises(writer),
            *(writer.detail(JOIN.by_key[key].label, subject.answer(key)) for key in known),
            *_signing(writer),
        ),
    )


def brief(subject: Subject) -> Page:
    """Return the page that tells the council what joining means."""
    writer = Writer(subject.language)
    return _explained(writer, "paper_title_brief")


def resolution(subject: Subject) -> Page:
    """Return a decision for the council to take, with the names that were given."""
    writer = Writer(subject.language)
    answer = subject.answer
    return Page(
        subject.language,
        writer.pair("paper_mark_resolution"),
        writer.pair("paper_title_resolution", municipality=subject.municipality),
        (
            writer.pair("paper_resolution_joins", municipality=subject.municipality),
            writer.pair("paper_resolution_signs", name=answer("signatory_name"), title=answer("signatory_title")),
            writer.pair("paper_resolution_focal", name=answer("focal_name"), title=answer("focal_post")),
            writer.pair("paper_resolution_plans"),
            *_signing(writer),
        ),
    )


def kit(language: str) -> Page:
    """Return the page that a community group forwards to its mayor."""
    writer = Writer(language)
    return _explained(writer, "paper_title_kit", writer.pair("paper_kit_help"))


def _explained(writer: Writer, title: str, *more: Pair) -> Page:
    return Page(
        writer.language,
        writer.pair("paper_mark_brief"),
        writer.pair(title),
        (
            writer.pair("paper_brief_what"),
            writer.pair("paper_brief_who"),
            writer.pair("paper_brief_promises"),
            *_promises(writer),
            writer.pair("paper_brief_order"),
            writer.pair("paper_brief_after"),
            *more,
            writer.pair("paper_more"),
        ),
    )


def _promises(writer: Writer) -> tuple[Pair, ...]:
    return tuple(writer.pair(f"paper_promise_{one}", "item") for one in PROMISES)


def _signing(writer: Writer) -> tuple[Pair, ...]:
    return writer.line("paper_place_and_day"), writer.line("paper_signature")


def fields(subject: Subject) -> dict[str, str]:
    """Return the merge fields for a blank of the secretariat, each also in English under `…_english`."""
    writer = Writer(subject.language)
    said: dict[str, Any] = {
        "municipality": subject.municipality,
        "country": subject.country,
        "province": subject.province or "",
        "reference": subject.application.reference,
        **{key: subject.answer(key) for key in ON_LETTER},
    }
    pairs = {key: writer.pair("utter_paper_note", note=value) for key, value in said.items()}
    english = {f"{key}_english": pair.english for key, pair in pairs.items()}
    return {key: pair.local for key, pair in pairs.items()} | english
