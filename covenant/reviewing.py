"""What the secretariat does with applications from the chat: sees what waits, takes one up, decides, and goes on."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from covenant import deciding, review, tickets
from covenant.applications import status_arguments
from covenant.deciding import WAITING
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, payload
from covenant.review import Event, LetterMissing, NotAllowed
from covenant.tally import counted, people_of
from covenant.turn import Turn, local_date
from db.messages import File
from db.records import Application, ApplicationState, Municipality

SHOWN = 8
QUEUE = Choice(button("What waits for review"), "/review_queue")
# What can be decided comes first: the signed letter is here, or somebody is at it.
FIRST = case({state: place for place, state in enumerate(WAITING)}, value=Application.state)


def waiting() -> Select[Application]:
    """Return the query for what waits for the secretariat, in the order in which it is looked at."""
    return select(Application).where(Application.state.in_(WAITING)).order_by(FIRST, Application.id)


def count_waiting(session: Session) -> int:
    """Return how many applications wait for the secretariat."""
    return session.scalar(select(func.count(Application.id)).where(Application.state.in_(WAITING))) or 0


def named(turn: Turn) -> Application | None:
    """Return the application that a button or the words name."""
    wanted = Application.reference.in_([turn.entities.get("application"), *written(turn)])
    return turn.session.scalars(select(Application).where(wanted)).first()


def written(turn: Turn) -> list[str]:
    """Return what may be references in the words of a turn: "what about 9ZN3R9Q6?"."""
    return re.findall(r"\b[A-Z0-9]{8}\b", turn.text.upper())


def page_of(turn: Turn) -> int:
    """Return the page of a list that a button asks for, from 0."""
    page = turn.entities.get("page")
    return page if isinstance(page, int) and page > 0 else 0


def listing(turn: Turn, doors: Sequence[Choice] = ()) -> Say:
    """Offer the applications that wait, eight at a time, and the `doors` to what else does."""
    page = page_of(turn)
    found = turn.session.scalars(waiting().offset(page * SHOWN).limit(SHOWN + 1)).all()
    args = {"count": count_waiting(turn.session), "tickets": tickets.count_waiting(turn.session)}
    more = (Choice(button("More"), payload("review_queue", page=page + 1)),) if len(found) > SHOWN else ()
    choices = (*(_look(one) for one in found[:SHOWN]), *more, *doors)
    return Say("utter_queue" if choices else "utter_queue_empty", args, choices)


def _look(application: Application) -> Choice:
    title = f"{application.municipality.name} · {application.reference}"
    return Choice(title, payload("review_queue", application=application.reference))


def details(turn: Turn, application: Application) -> list[Say]:
    """Show an application with its signed letter and what its reader may do with it."""
    letter = turn.session.get(File, application.letter_id) if application.letter_id else None
    args: dict[str, Any] = {
        **_names(application),
        "country": {"country": application.municipality.country},
        "signatory": application.signatory_name,
        "title": application.signatory_title,
        "focal": application.focal_name,
        "email": application.focal_email,
        "letter": button("Yes") if letter else button("No"),
    }
    shown = Say(
        "utter_queue_item", args, (*_deeds(turn, application), QUEUE), file=letter.public_id if letter else None
    )
    return [*_in_hand(turn, application), shown]


def _in_hand(turn: Turn, application: Application) -> list[Say]:
    """Tell since when a colleague has it in hand; who that is stays among the colleagues."""
    if application.state != ApplicationState.IN_REVIEW or application.reviewer_id == turn.contact.id:
        return []
    since = local_date(turn.contact.time_zone, application.moved_at)
    return [Say("utter_review_taken", {"day": {"date": since.isoformat()}})]


def _deeds(turn: Turn, application: Application) -> tuple[Choice, ...]:
    if application.state in review.FINAL:
        return ()
    if application.state != ApplicationState.IN_REVIEW:
        return (Choice(button("Take it up"), _do(application, "take")),)
    if application.reviewer_id != turn.contact.id:
        return (Choice(button("Take it over"), _do(application, "over")),)
    return (
        Choice(button("Accept"), _do(application, "accept")),
        Choice(button("Send it back"), _do(application, "return")),
        Choice(button("Decline"), _do(application, "decline")),
    )


def _do(application: Application, do: str, **more: str) -> str:
    return payload("review_queue", application=application.reference, do=do, **more)


def _names(application: Application) -> dict[str, Any]:
    return {"municipality": municipality_argument(application.municipality), "reference": application.reference}


def take(turn: Turn, application: Application, *, over: bool = False) -> list[Say]:
    """Take an application up, or over from a colleague, and show what may be decided."""
    try:
        deciding.take(turn.session, application, review.actor(turn), over=over)
    except NotAllowed as problem:
        return refused(turn, application, problem)
    return details(turn, application)


def accept(turn: Turn, application: Application) -> list[Say]:
    """Ask once, then accept."""
    by = review.actor(turn)
    try:
        review.check(application, Event.ACCEPTED, by)
        if turn.entities.get("sure") == "yes":
            deciding.accept(turn.session, application, by)
            return [Say("utter_accept_done", _names(application), (QUEUE,))]
    except NotAllowed as problem:
        return refused(turn, application, problem)
    yes = Choice(button("Yes, accept it"), _do(application, "accept", sure="yes"))
    no = Choice(button("No, not yet"), payload("review_queue", application=application.reference))
    return [Say("utter_accept_sure", _names(application), (yes, no))]


def refused(turn: Turn, application: Application, problem: NotAllowed) -> list[Say]:
    """Say why a step is not possible: it is decided, the letter is missing, or a colleague has it in hand."""
    if application.state == ApplicationState.WITHDRAWN:
        return [Say("utter_status", status_arguments(application), (QUEUE,))]
    if application.state in review.FINAL:
        return [Say("utter_accept_already", _names(application), (QUEUE,))]
    if isinstance(problem, LetterMissing):
        return [Say("utter_accept_no_letter", _names(application), (QUEUE,))]
    return details(turn, application)


def figures(turn: Turn) -> list[Say]:
    """Return the public figures: towns that joined, pledges, people the pledges want to reach."""
    joined = turn.session.scalar(select(func.count(Municipality.id)).where(Municipality.committed_on.is_not(None)))
    rows = counted(turn.session)
    people = people_of(rows)
    args = {"municipalities": joined or 0, "pledges": len(rows), "people": {"range": [people.low, people.high]}}
    return [Say("utter_figures", args)]
