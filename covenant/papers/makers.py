"""Who may have which paper, and the making of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.calendar_file import make_ics
from covenant.display import municipality_argument
from covenant.papers import blanks, contents, forms, holdings_table
from covenant.papers.contents import Subject
from covenant.papers.registry import DOCX, ICS, PDF, PNG, XLSX, Maker, register
from covenant.papers.words import Page, Writer, catalogue_of
from covenant.teams import team
from db.people import Contact
from db.records import Application, ApplicationState
from locales.languages import language_of_country


@dataclass(frozen=True)
class Form:
    """A paper about one application: its blank, its file's name, the blank's ending, and what stands on it."""

    blank: str
    file_name: str
    ending: str
    write: Callable[[Subject], Page]


def application_for(session: Session, contact: Contact, reference: str) -> Application | None:
    """Return an application by its reference: to who sent it and to its municipality's team, to nobody else."""
    found = session.scalars(select(Application).where(Application.reference == reference)).first()
    if found is None:
        return None
    is_theirs = found.contact_id == contact.id or contact in team(session, found.municipality)
    return found if is_theirs else None


def can_be_made(application: Application, paper: str) -> bool:
    """Whether a paper can be had: not where the secretariat has a blank of its own, but in another form alone."""
    return _blank(application, OF_APPLICATION[paper]) is not None


def _blank(application: Application, form: Form) -> Path | None:
    return blanks.find(form.blank, application.municipality.country, Subject(application).language, form.ending)


def is_ours(application: Application) -> bool:
    """Whether the letter is our draft, since the secretariat has no blank of its own."""
    return not blanks.has_own("letter", application.municipality.country, Subject(application).language)


def _maker(form: Form) -> Maker:
    """Return the maker of a paper about one application."""

    def maker(session: Session, contact: Contact, reference: str) -> bytes | None:
        application = application_for(session, contact, reference)
        blank = _blank(application, form) if application else None
        if application is None or blank is None:
            return None
        subject = Subject(application)
        make = forms.word if form.ending == blanks.WORD else forms.pdf
        return make(blank, form.write(subject), contents.fields(subject))

    return maker


def _kit(_session: Session, contact: Contact, _argument: str) -> bytes | None:
    """The page for a mayor, in the language of who forwards it; everybody may have it."""
    blank = blanks.find("kit", contact.country or "", contact.language, blanks.TYPST)
    return forms.pdf(blank, contents.kit(contact.language), {}) if blank else None


def _share(session: Session, contact: Contact, reference: str) -> bytes | None:
    """The picture for a town that was accepted, its name in its own script."""
    application = application_for(session, contact, reference)
    if application is None or application.state != ApplicationState.ACCEPTED:
        return None
    own = language_of_country(application.municipality.country) or Subject(application).language
    writer = Writer(own)
    name = writer.pair("utter_paper_note", note=municipality_argument(application.municipality)).local
    return forms.picture(own, name, writer.pair("paper_share"))


def _dates(session: Session, contact: Contact, _argument: str) -> bytes | None:
    """The dates of the town for which a contact speaks now, in the contact's own language."""
    return make_ics(session, contact, catalogue_of(contact.language), datetime.now(UTC))


OF_APPLICATION = {
    "letter-pdf": Form("letter", "commitment-letter", blanks.TYPST, contents.letter),
    "letter-docx": Form("letter", "commitment-letter", blanks.WORD, contents.letter),
    "brief-pdf": Form("brief", "council-brief", blanks.TYPST, contents.brief),
    "resolution-docx": Form("resolution", "draft-resolution", blanks.WORD, contents.resolution),
}


def register_all() -> None:
    """Add every paper to what can be attached."""
    for name, form in OF_APPLICATION.items():
        register(name, form.file_name, DOCX if form.ending == blanks.WORD else PDF, _maker(form))
    register("kit-pdf", "for-the-mayor", PDF, _kit)
    register("share-png", "we-have-joined", PNG, _share)
    register("dates-ics", "dates", ICS, _dates)
    register(holdings_table.KIND, "reporting", XLSX, holdings_table.make, is_numbered=False)
