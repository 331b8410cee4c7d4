"""Changing what was sent to the secretariat: reviewed by the person again, with the earlier version kept."""

from datetime import date

from covenant.applications import current_application, note_event
from covenant.drafts import start
from covenant.fields import Journey
from covenant.joining import COPIED, JOIN
from covenant.joining import PLAN as JOIN_PLAN
from covenant.messages import Say, button
from covenant.plans import Plan, register
from covenant.turn import Turn
from db.records import Application, ApplicationState, Draft

AMEND = Journey(
    key="amend",
    fields=tuple(one for one in JOIN.fields if one.key not in {"municipality", "country"}),
    confirm=button("Send the change"),
)


def amend(turn: Turn) -> list[Say]:
    """Open what was sent for changing, as long as the secretariat has not decided."""
    application = current_application(turn)
    if application is None:
        return [Say("utter_nothing_to_correct")]
    if application.state in {ApplicationState.ACCEPTED, ApplicationState.DECLINED}:
        return [Say("utter_amend_decided", {"reference": application.reference})]
    values = {one.key: _kept(application, one.key) for one in AMEND.fields}
    return start(turn, AMEND.key, values)


def _kept(application: Application, key: str) -> object:
    value = getattr(application, key)
    return value.isoformat() if isinstance(value, date) else value


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    application = current_application(turn)
    if application is None:
        return [Say("utter_nothing_to_correct")]
    before = {one.key: _kept(application, one.key) for one in AMEND.fields}
    changes = {key: [before[key], draft.values.get(key)] for key in before if before[key] != draft.values.get(key)}
    for key in COPIED:
        setattr(application, key, draft.values.get(key))
    decided = draft.values.get("mandate_date")
    application.mandate_date = date.fromisoformat(decided) if decided else None
    if application.state == ApplicationState.RETURNED:
        application.state = ApplicationState.SUBMITTED
    application.signatory_confirmed_at = None  # they saw what was there before
    note_event(turn, application, "amended", changes)
    return [Say("utter_amended", {"reference": application.reference, "changes": len(changes)})]


PLAN = register(Plan(AMEND, submit=_submit, choices=JOIN_PLAN.choices))
