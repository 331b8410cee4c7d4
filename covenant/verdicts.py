"""Returning or declining an application in the chat: what is to be mended, the reason, a last look before it leaves."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from covenant import deciding, evidence_desk, pledge_verdicts, review, reviewing
from covenant.applications import field_titles
from covenant.deciding import RETURNABLE
from covenant.display import municipality_argument
from covenant.drafts import start_anew
from covenant.fields import EVERY_INTENT, Field, Journey, Values
from covenant.messages import Choice, Say, button, say
from covenant.plans import Plan, register
from covenant.questions import answer_choice
from covenant.review import Event, NotAllowed
from covenant.reviewing import QUEUE, refused
from covenant.turn import Turn
from covenant.values import Kind
from db.records import Application, Draft

RETURN = "return"
EVENTS = {RETURN: Event.RETURNED, "decline": Event.DECLINED}
FIELD, REASON = "verdict_field", "verdict_reason"


def _is_return(values: Values) -> bool:
    return values.get("do") == RETURN


VERDICT = Journey(
    key="verdict",
    fields=(
        Field(FIELD, Kind.TEXT, optional=True, needed=_is_return, resembles=EVERY_INTENT),
        Field(REASON, Kind.TEXT, skippable=False, resembles=EVERY_INTENT),
    ),
    counted=False,
    confirm=button("Send it to the town"),
)


def begin(turn: Turn, application: Application, do: str) -> list[Say]:
    """Open the form that returns or declines an application, if its reviewer may do that now."""
    try:
        review.check(application, EVENTS[do], review.actor(turn), reason=do)
    except NotAllowed as problem:
        return refused(turn, application, problem)
    return start_anew(turn, VERDICT.key, {"application": application.id, "do": do, "fields": []})


def _left(draft: Draft) -> list[str]:
    return [one for one in RETURNABLE if one not in draft.values["fields"]]


def _choices(_turn: Turn, draft: Draft, field: Field) -> Sequence[Choice]:
    if field.key != FIELD:
        return ()
    return tuple(answer_choice(FIELD, one, say(f"utter_label_{one}")) for one in _left(draft))


def _noticed(_turn: Turn, draft: Draft, field: Field) -> Sequence[Say] | None:
    """Put a chosen field on the list and ask for the next one; what is no field of ours is asked again."""
    if field.key == FIELD:
        chosen = draft.values[FIELD]
        fields = [*draft.values["fields"], chosen] if chosen in _left(draft) else draft.values["fields"]
        rest = {key: value for key, value in draft.values.items() if key != FIELD}
        draft.values = {**rest, "fields": fields, **({} if len(fields) < len(RETURNABLE) else {FIELD: None})}
    return None


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    application = _application(turn, draft)
    args = {
        "municipality": municipality_argument(application.municipality),
        "reference": application.reference,
        "reason": draft.values[REASON],
    }
    if not _is_return(draft.values):
        return [Say("utter_decline_sure", args)]
    fields = draft.values["fields"]
    return [Say("utter_return_sure", args | {"fields": field_titles(fields) if fields else None})]


def _application(turn: Turn, draft: Draft) -> Application:
    return turn.session.scalars(select(Application).where(Application.id == draft.values["application"])).one()


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    if not turn.contact.is_secretariat:
        return [Say("utter_not_for_you")]
    application, by, reason = _application(turn, draft), review.actor(turn), draft.values[REASON]
    try:
        if _is_return(draft.values):
            deciding.send_back(turn.session, application, by, reason, draft.values["fields"])
        else:
            deciding.decline(turn.session, application, by, reason)
    except NotAllowed as problem:
        return refused(turn, application, problem)
    args = {"municipality": municipality_argument(application.municipality), "reference": application.reference}
    return [Say("utter_verdict_done", args, (QUEUE,))]


def queue(turn: Turn) -> list[Say]:
    """Show what waits for review, or one application or pledge, or decide on it; others get the public figures."""
    if not turn.contact.is_secretariat:
        return reviewing.figures(turn)
    application = reviewing.named(turn)
    if application is None:
        pledge = pledge_verdicts.named(turn)
        if pledge:
            return pledge_verdicts.show(turn, pledge)
        return evidence_desk.written(turn) or _all_that_waits(turn)
    do = str(turn.entities.get("do"))
    if do in EVENTS:
        return begin(turn, application, do)
    if do in {"take", "over"}:
        return reviewing.take(turn, application, over=do == "over")
    return reviewing.accept(turn, application) if do == "accept" else reviewing.details(turn, application)


def _all_that_waits(turn: Turn) -> list[Say]:
    """Offer the applications, with the doors to the evidence and the pledges that wait."""
    pledges = pledge_verdicts.wait(turn.session)
    if pledge_verdicts.NEXT not in pledges.choices:
        return [reviewing.listing(turn, evidence_desk.doors(turn))]
    listed = reviewing.listing(turn, (*evidence_desk.doors(turn), pledge_verdicts.NEXT))
    return [replace(listed, choices=()), replace(pledges, choices=listed.choices)]


PLAN = register(Plan(VERDICT, submit=_submit, noticed=_noticed, choices=_choices, preview=_preview))
