"""Changing what was sent to the secretariat: all of it, or just what it was returned for; earlier versions are kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from covenant import review
from covenant.applications import LETTER, current_application, next_steps, status_arguments
from covenant.drafts import start_anew
from covenant.fields import Field, Journey, Values
from covenant.joining import COPIED, JOIN
from covenant.joining import PLAN as JOIN_PLAN
from covenant.messages import Say, button
from covenant.plans import Plan, register
from covenant.review import Event, NotAllowed
from covenant.turn import Turn
from db.records import Application, ApplicationState, Draft

ONLY = "only"  # the draft's list of the fields that are asked; without it, all of them


def _wanted(field: Field) -> Callable[[Values], bool]:
    return lambda values: field.needed(values) and field.key in values.get(ONLY, (field.key,))


AMEND = Journey(
    key="amend",
    fields=tuple(
        replace(one, needed=_wanted(one)) for one in JOIN.fields if one.key not in {"municipality", "country"}
    ),
    confirm=button("Send the change"),
)


def amend(turn: Turn) -> list[Say]:
    """Open what was sent for changing, as long as the secretariat has not decided."""
    application = current_application(turn)
    if application is None:
        return [Say("utter_nothing_to_correct")]
    if application.state in review.FINAL:
        return [_decided(application)]
    values = {one.key: _kept(application, one.key) for one in AMEND.fields}
    if turn.entities.get("do") == "mend" and application.state == ApplicationState.RETURNED:
        return _mend(turn, application, values)
    return start_anew(turn, AMEND.key, values)


def _mend(turn: Turn, application: Application, values: dict[str, object]) -> list[Say]:
    """Ask just what is to be mended, saying why."""
    asked = [one for one in application.returned_fields if one != LETTER]
    said = Say("utter_status", status_arguments(application))
    if not asked:
        return [said, Say("utter_send_document")]
    known = {key: value for key, value in values.items() if key not in asked}
    return [said, *start_anew(turn, AMEND.key, {**known, ONLY: asked})]


def _decided(application: Application) -> Say:
    if application.state == ApplicationState.WITHDRAWN:
        return _standing(application)
    return Say("utter_amend_decided", {"reference": application.reference})


def _standing(application: Application) -> Say:
    return Say("utter_status", status_arguments(application), next_steps(application))


def _kept(application: Application, key: str) -> object:
    value = getattr(application, key)
    return value.isoformat() if isinstance(value, date) else value


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    application = current_application(turn)
    if application is None:
        return [Say("utter_nothing_to_correct")]
    review.lock(turn.session, application)
    changes = _changes(application, draft.values)
    try:
        review.move(turn.session, application, Event.AMENDED, review.actor(turn), change=changes)
    except NotAllowed:  # the secretariat decided while it was being changed
        return [_decided(application)]
    for key in changes:
        value = draft.values.get(key)
        setattr(application, key, date.fromisoformat(value) if value and key == "mandate_date" else value)
    if changes:
        application.signatory_confirmed_at = None  # they saw what was there before
    review.mend(turn.session, application, draft.values.get(ONLY) or tuple(changes), review.actor(turn))
    sent = Say("utter_amended", {"reference": application.reference, "changes": len(changes)})
    return [sent, _standing(application)] if application.state == ApplicationState.RETURNED else [sent]


def _changes(application: Application, values: Values) -> dict[str, list[object]]:
    """Return the old and the new value of each field that was asked and is different now."""
    asked = [key for key in (*COPIED, "mandate_date") if key in values.get(ONLY, (key,))]
    both = {key: [_kept(application, key), values.get(key)] for key in asked}
    return {key: pair for key, pair in both.items() if pair[0] != pair[1]}


PLAN = register(Plan(AMEND, submit=_submit, choices=JOIN_PLAN.choices))
