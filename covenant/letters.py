"""Handing out the papers of joining in the chat, one a message: the letter, what the council needs, the group's kit."""

from dataclasses import replace

from covenant import papers, review
from covenant.applications import current_application
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, payload, say
from covenant.papers.makers import can_be_made, is_ours
from covenant.review import Event
from covenant.turn import Turn
from db.people import Role
from db.records import Application

KIT = "kit-pdf"
TITLES = {
    "letter-pdf": button("Letter as PDF"),
    "letter-docx": button("Letter for Word"),
    "brief-pdf": button("Brief for council"),
    "resolution-docx": button("Draft resolution"),
}
LETTERS = {"letter-pdf", "letter-docx"}


def letter(turn: Turn) -> list[Say]:
    """Hand out the letter or the paper whose button was pressed; without an application, lead to where it begins."""
    application = current_application(turn)
    if turn.entities.get("paper") == KIT or (turn.contact.role == Role.COMMUNITY and application is None):
        return [Say("utter_kit", file=papers.named(KIT))]
    if application is None:
        return [Say("utter_letter_none", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]
    kind = _wanted(turn, application)
    if kind in LETTERS and application.state not in review.FINAL:
        review.move(turn.session, application, Event.LETTER_ISSUED, review.actor(turn), change={"paper": kind})
    here, *more = _letter(application) if kind in LETTERS else [Say("utter_paper")]
    file = papers.named(kind, application.reference)
    return [replace(here, file=file, choices=_others(application, kind)), *more]


def share(application: Application) -> str:
    """Return the name under which a message attaches the picture to share, once an application is accepted."""
    return papers.named("share-png", application.reference)


def _letter(application: Application) -> list[Say]:
    here = Say("utter_letter", {"municipality": municipality_argument(application.municipality)})
    draft = Say("utter_paper_note", {"note": say("paper_mark_letter")})
    return [here, draft] if is_ours(application) else [here]


def _wanted(turn: Turn, application: Application) -> str:
    """Return what a button asked for, or the letter in the form that is read on a phone."""
    asked = turn.entities.get("paper")
    return asked if asked in _offered(application) else _offered(application)[0]


def _offered(application: Application) -> tuple[str, ...]:
    return tuple(kind for kind in TITLES if can_be_made(application, kind))


def _others(application: Application, kind: str) -> tuple[Choice, ...]:
    """Offer the other papers, one button each."""
    return tuple(Choice(TITLES[one], payload("get_letter", paper=one)) for one in _offered(application) if one != kind)
