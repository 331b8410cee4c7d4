"""What the secretariat does in the chat with evidence for milestones: sees what waits, accepts it or sends it back."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from covenant import progress, reviewing
from covenant.display import municipality_argument
from covenant.drafts import start_anew
from covenant.fields import EVERY_INTENT, Field, Journey
from covenant.hours import zone_of
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import Plan, register
from covenant.progress import Decided
from covenant.reviewing import QUEUE, SHOWN
from covenant.turn import Turn
from covenant.values import Kind
from db.messages import File
from db.milestones import Evidence, EvidenceState
from db.records import Draft

DESK = "review_evidence"  # the payload of its buttons
REASON = "verdict_reason"
ABOUT = "evidence"  # the key in the draft: the reference of what is sent back
RETURN = Journey(
    key="evidence_return",
    fields=(Field(REASON, Kind.TEXT, skippable=False, resembles=EVERY_INTENT),),
    counted=False,
    confirm=button("Send it to the town"),
)


def desk(turn: Turn) -> list[Say]:
    """Show what waits, or one piece of evidence, or decide on it, as a button of the secretariat asks."""
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    found = progress.find(turn.session, str(turn.entities.get("id")))
    if found is None:
        return _listing(turn)
    do = turn.entities.get("do")
    if found.state != EvidenceState.WAITING and do in {"accept", "return"}:
        return [_decided(found)]
    if do == "accept":
        return _accept(turn, found)
    return _ask_why(turn, found) if do == "return" else _details(turn, found)


def doors(turn: Turn) -> tuple[Choice, ...]:
    """Return the button that leads to the evidence that waits; none where nothing does."""
    count = progress.count_waiting(turn.session)
    return (Choice(say("utter_evidence_door", count=count), payload(DESK)),) if count else ()


def written(turn: Turn) -> list[Say]:
    """Show the evidence that the words of a turn name; nothing when they name none."""
    named = select(Evidence).where(Evidence.reference.in_(reviewing.written(turn)))
    found = turn.session.scalars(named.limit(1)).first()
    return _details(turn, found) if found else []


# --- looking --------------------------------------------------------------------------------------------------------


def _listing(turn: Turn) -> list[Say]:
    page = reviewing.page_of(turn)
    found = turn.session.scalars(progress.handed_in_waiting().offset(page * SHOWN).limit(SHOWN + 1)).all()
    if not found:
        return [reviewing.listing(turn)]
    more = (Choice(button("More"), payload(DESK, page=page + 1)),) if len(found) > SHOWN else ()
    args = {"count": progress.count_waiting(turn.session)}
    return [Say("utter_evidence_queue", args, (*(_look(one) for one in found[:SHOWN]), *more, QUEUE))]


def _look(evidence: Evidence) -> Choice:
    title = f"{evidence.milestone.municipality.name} · {evidence.reference}"
    return Choice(title, payload(DESK, id=evidence.reference))


def _details(turn: Turn, evidence: Evidence) -> list[Say]:
    """Show evidence with its first file, and a button for each further one."""
    pieces = progress.together(turn.session, evidence) or [evidence]
    files = {one.id: _file(turn, one) for one in pieces}
    own = files.get(evidence.id)
    country = evidence.milestone.municipality.country
    handed_in_on = evidence.created_at.astimezone(zone_of(turn.contact.time_zone, country)).date()
    args: dict[str, Any] = {
        **_names(evidence),
        "country": {"country": country},
        "milestone": say(evidence.milestone.key),
        "day": {"date": handed_in_on.isoformat()},
        "year": {"year": evidence.year} if evidence.year else None,
        "link": evidence.link,
        "note": evidence.note,
        "files": {"list": [file.name for file in files.values() if file]} if any(files.values()) else None,
    }
    others = (
        Choice(file.name, payload(DESK, id=one.reference))
        for one in pieces
        if (file := files[one.id]) and one is not evidence
    )
    choices = (*_deeds(evidence), *others, QUEUE)
    return [Say("utter_evidence_item", args, choices, file=own.public_id if own else None)]


def _file(turn: Turn, evidence: Evidence) -> File | None:
    return turn.session.get(File, evidence.file_id) if evidence.file_id else None


def _deeds(evidence: Evidence) -> Sequence[Choice]:
    if evidence.state != EvidenceState.WAITING:
        return ()
    accept, back = (payload(DESK, id=evidence.reference, do=do) for do in ("accept", "return"))
    return Choice(button("Accept"), accept), Choice(button("Send it back"), back)


def _names(evidence: Evidence) -> dict[str, Any]:
    return {
        "municipality": municipality_argument(evidence.milestone.municipality),
        "reference": evidence.reference,
    }


# --- deciding -------------------------------------------------------------------------------------------------------


def _decided(evidence: Evidence) -> Say:
    return Say("utter_accept_already", _names(evidence), (QUEUE,))


def _accept(turn: Turn, evidence: Evidence) -> list[Say]:
    """Ask once, then accept; the team hears it as it does from the command line."""
    if turn.entities.get("sure") != "yes":
        sure = payload(DESK, id=evidence.reference, do="accept", sure="yes")
        yes = Choice(button("Yes, accept it"), sure)
        no = Choice(button("No, not yet"), payload(DESK, id=evidence.reference))
        return [Say("utter_accept_sure", _names(evidence), (yes, no))]
    try:
        progress.accept(turn.session, evidence, turn.now, turn.contact)
    except Decided:
        return [_decided(evidence)]
    args = {**_names(evidence), "milestone": say(evidence.milestone.key)}
    return [Say("utter_evidence_done", args, (*doors(turn), QUEUE))]


def _ask_why(turn: Turn, evidence: Evidence) -> list[Say]:
    return start_anew(turn, RETURN.key, {ABOUT: evidence.reference})


def _about(turn: Turn, draft: Draft) -> Evidence:
    return turn.session.scalars(select(Evidence).where(Evidence.reference == draft.values[ABOUT])).one()


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    evidence = _about(turn, draft)
    args = {**_names(evidence), "fields": say(evidence.milestone.key), "reason": draft.values[REASON]}
    return [Say("utter_return_sure", args)]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    evidence = _about(turn, draft)
    try:
        progress.send_back(turn.session, evidence, draft.values[REASON], turn.now, turn.contact)
    except Decided:
        return [_decided(evidence)]
    return [Say("utter_verdict_done", _names(evidence), (*doors(turn), QUEUE))]


PLAN = register(Plan(RETURN, submit=_submit, preview=_preview))
