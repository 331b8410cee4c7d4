"""Handing in the signed letter: every copy is a version of its own, and pages that come one by one belong together."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from covenant import review
from covenant.applications import LETTER, next_steps, status_arguments
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, payload
from covenant.review import Event, NotAllowed
from covenant.turn import Turn
from db.messages import File
from db.records import Application, ApplicationState, Letter

PAGES_WITHIN = timedelta(minutes=10)  # a person with a stack of paper and a phone
READABLE = 1000  # dots of a page's longer side; A4 at 85 dots an inch, below which small print is lost
PICTURE = "image/"


def may_hand_in(application: Application, turn: Turn) -> bool:
    """Tell whether a document may be this application's signed letter."""
    try:
        review.check(application, Event.LETTER_RECEIVED, review.actor(turn))
    except NotAllowed:
        return False
    return True


def hand_in(turn: Turn, application: Application, files: Sequence[File]) -> list[Say]:
    """Keep the files as a new version of the signed letter; NotAllowed once the secretariat has decided.

    Pictures that follow pictures of the same person within ten minutes are further pages of that letter.
    """
    review.lock(turn.session, application)
    last = latest(turn, application)
    pages = [*_pages_before(turn, last, files), *files]
    version = last.version + 1 if last else 1
    change = {"version": version, "files": [one.public_id for one in pages]}
    review.move(turn.session, application, Event.LETTER_RECEIVED, review.actor(turn), change=change)
    whole = pages[0] if len(pages) == 1 else None
    turn.session.add(
        Letter(
            application_id=application.id,
            version=version,
            contact_id=turn.contact.id,
            pages=change["files"],
            file_id=whole and whole.id,
            bound_at=turn.now if whole else None,
            at=turn.now,
        )
    )
    application.letter_id = pages[0].id
    review.mend(turn.session, application, (LETTER,), review.actor(turn))
    turn.session.flush()
    return [*_received(application, files, pages)]


def latest(turn: Turn, application: Application) -> Letter | None:
    """Return the newest version of an application's signed letter."""
    query = select(Letter).where(Letter.application_id == application.id).order_by(Letter.version.desc())
    return turn.session.scalars(query.limit(1)).first()


def _pages_before(turn: Turn, last: Letter | None, files: Sequence[File]) -> list[File]:
    """Return the pages that the files follow; none where they begin anew."""
    if last is None or turn.entities.get("do") == "anew" or turn.now - last.at > PAGES_WITHIN:
        return []
    query = select(File).where(File.public_id.in_(last.pages), File.contact_id == turn.contact.id)
    found = {one.public_id: one for one in turn.session.scalars(query)}
    before = [found[one] for one in last.pages if one in found]
    same = last.contact_id == turn.contact.id and len(before) == len(last.pages)
    return before if same and _are_pictures([*before, *files]) else []


def _are_pictures(files: Sequence[File]) -> bool:
    return all(one.media_type.startswith(PICTURE) for one in files)


def _received(application: Application, files: Sequence[File], pages: Sequence[File]) -> list[Say]:
    args = {"municipality": municipality_argument(application.municipality), "reference": application.reference}
    said = [Say("utter_letter_received", args)]
    if any(one.long_side is not None and one.long_side < READABLE for one in files):
        said.append(Say("utter_letter_small"))
    if _are_pictures(pages):
        anew = payload("send_document", file=files[-1].public_id, do="anew")
        only = (Choice(button("Only the last page"), anew),) if len(pages) > 1 else ()
        said.append(Say("utter_letter_pages", {"count": len(pages)}, only))
    if application.state == ApplicationState.RETURNED:  # something else is still to be mended
        said.append(Say("utter_status", status_arguments(application), next_steps(application)))
    return said
