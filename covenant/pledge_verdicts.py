"""Verifying pledges in the chat: one after the other, the oldest first; verified or sent back with a reason.

Behind the button `/verify_pledge`. A verdict carries the number of the last change that its reader has seen, so that
nobody ever verifies what was corrected meanwhile.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import pledge_access, pledge_book, pledge_deciding, pledge_lines, review
from covenant.drafts import start_anew
from covenant.fields import EVERY_INTENT, Field, Journey
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import Plan, register
from covenant.pledge_book import TABLE, Event, NotAllowed
from covenant.reviewing import QUEUE
from covenant.turn import Turn
from covenant.values import Kind
from db.messages import File
from db.pledges import Confidence, Pledge, PledgeReport
from db.records import Draft

VERIFY = "verify_pledge"
NEXT = Choice(button("Verify pledges"), f"/{VERIFY}")
REFERENCE, SEEN, REASON = "reference", "seen", "pledge_reason"
VERDICT = Journey(
    key="pledge_verdict",
    fields=(Field(REASON, Kind.TEXT, skippable=False, resembles=EVERY_INTENT, name="utter_label_verdict_reason"),),
    counted=False,
    confirm=button("Send it back"),
)


def wait(session: Session) -> Say:
    """Say how many pledges wait to be verified, with the button that begins with the oldest."""
    count = pledge_deciding.count_waiting(session)
    return Say("utter_pledges_wait", {"count": count}, (NEXT, QUEUE) if count else (QUEUE,))


def verify(turn: Turn) -> list[Say]:
    """Show the secretariat the pledge that waits for longest, or do what a button says with the one it names."""
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    pledge = pledge_book.find(turn.session, str(turn.entities.get("reference", "")))
    do = turn.entities.get("do")
    if pledge is None or do == "next":
        return _next(turn, pledge)
    if pledge_deciding.is_own(pledge, turn.contact.id):
        return show(turn, pledge)
    if do in DOINGS and turn.entities.get("seen") != pledge_book.last_change(turn.session, pledge):
        return _moved(turn, pledge)
    return DOINGS[do](turn, pledge) if do in DOINGS else show(turn, pledge)


def named(turn: Turn) -> Pledge | None:
    """Return the pledge whose reference a text of the secretariat's names, or None."""
    query = select(Pledge).where(Pledge.reference.in_(pledge_access.references_in(turn.text)))
    return turn.session.scalars(query).first()


def _next(turn: Turn, after: Pledge | None) -> list[Say]:
    query = pledge_deciding.waiting().limit(1)
    found = turn.session.scalars(query.where(Pledge.id > (after.id if after else 0))).first()
    return show(turn, found) if found else [wait(turn.session)]


def show(turn: Turn, pledge: Pledge) -> list[Say]:
    """Show a pledge as verifying it needs: what was changed since the last verdict, its figures, reports and files."""
    is_own = pledge_deciding.is_own(pledge, turn.contact.id)
    own = [Say("utter_pledge_own")] if is_own else []
    changed = pledge_lines.changed(turn.session, pledge)
    anew = [Say("utter_pledge_changed", {"lines": {"lines": changed}})] if changed else []
    files = _files(turn.session, pledge)
    number = turn.entities.get("file")
    number = number % len(files) if files and isinstance(number, int) else 0
    other = (Choice(button("Another file"), _do(pledge, file=number + 1)),) if len(files) > 1 else ()
    following = Choice(button("Next pledge"), _do(pledge, do="next"))
    args = {"sure": pledge_lines.SURE.get(pledge.confidence) if pledge.confidence else None, "files": len(files)}
    deeds = [] if is_own else _deeds(turn.session, pledge)
    choices = (*deeds, *other, following, QUEUE)
    file = files[number].public_id if files else None
    about = pledge_lines.about(turn.session, pledge, turn.contact.time_zone)
    return [*about, *anew, *own, Say("utter_pledge_sure", args, choices, file=file)]


def _files(session: Session, pledge: Pledge) -> Sequence[File]:
    """Return what its people sent to show it, the newest first."""
    query = select(File).join(PledgeReport, PledgeReport.file_id == File.id)
    return session.scalars(query.where(PledgeReport.pledge_id == pledge.id).order_by(PledgeReport.id.desc())).all()


def _deeds(session: Session, pledge: Pledge) -> list[Choice]:
    seen = pledge_book.last_change(session, pledge)
    deeds = {
        Event.VERIFIED: Choice(button("Verify"), _do(pledge, do="verify", seen=seen)),
        Event.RETURNED: Choice(button("Send it back"), _do(pledge, do="return", seen=seen)),
    }
    return [choice for event, choice in deeds.items() if (pledge.state, event) in TABLE]


def _do(pledge: Pledge, **more: object) -> str:
    return payload(VERIFY, reference=pledge.reference, **more)


# --- the verdict ----------------------------------------------------------------------------------------------------


def _verify(turn: Turn, pledge: Pledge) -> list[Say]:
    """Ask how reliable the figure is, and verify with the answer."""
    sure, seen = turn.entities.get("sure"), turn.entities["seen"]
    if sure not in tuple(Confidence):
        choices = [
            Choice(title, _do(pledge, do="verify", seen=seen, sure=one.value))
            for one, title in pledge_lines.SURE.items()
        ]
        return [Say("utter_pledge_how_sure", {"reference": pledge.reference}, tuple(choices))]
    try:
        pledge_deciding.verify(turn.session, pledge, review.actor(turn), Confidence(str(sure)), seen)
    except NotAllowed:
        return _moved(turn, pledge)
    return [_decided(pledge)]


def _return(turn: Turn, pledge: Pledge) -> list[Say]:
    """Ask for the reason, which its people read."""
    if (pledge.state, Event.RETURNED) not in TABLE:
        return _moved(turn, pledge)
    return start_anew(turn, VERDICT.key, {REFERENCE: pledge.reference, SEEN: turn.entities["seen"]})


DOINGS = {"verify": _verify, "return": _return}


def _moved(turn: Turn, pledge: Pledge) -> list[Say]:
    """Say that somebody was quicker, and show how it is now."""
    return [Say("utter_pledge_moved"), *show(turn, pledge)]


def _decided(pledge: Pledge) -> Say:
    args = {"reference": pledge.reference, "state": say(f"utter_pledge_was_{pledge.state}")}
    return Say("utter_pledge_decided", args, (Choice(button("Next pledge"), _do(pledge, do="next")), QUEUE))


def _preview(_turn: Turn, draft: Draft) -> list[Say]:
    args = {"reference": draft.values[REFERENCE], "reason": draft.values[REASON]}
    return [Say("utter_pledge_return_sure", args)]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    pledge = pledge_book.find(turn.session, draft.values[REFERENCE])
    if pledge is None or not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    try:
        pledge_deciding.send_back(turn.session, pledge, draft.values[REASON], review.actor(turn), draft.values[SEEN])
    except NotAllowed:
        return _moved(turn, pledge)
    return [_decided(pledge)]


PLAN = register(Plan(VERDICT, submit=_submit, preview=_preview))
