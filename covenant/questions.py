"""How a draft speaks: the open question with its choices, or the review of everything that was answered."""

from collections.abc import Collection
from typing import Any

from covenant.display import value_argument
from covenant.fields import KEEP, Field, Journey, Option, is_open
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import open_field, plan_of
from covenant.turn import Turn
from covenant.values import Kind
from db.records import Draft


def ask(turn: Turn, draft: Draft) -> list[Say]:
    """Say the open question, or the review."""
    field = open_field(draft)
    return _review(turn, draft) if field is None else [_question(turn, draft, field)]


def _question(turn: Turn, draft: Draft, field: Field) -> Say:
    journey = plan_of(draft).journey
    if not journey.counted:
        return Say(field.response, {**_known(journey, draft), **field.words}, field_choices(turn, draft, field))
    asked = journey.asked(draft.values)
    chosen = draft.values.get(field.key) if field.many else None
    question = say(field.response, **_known(journey, draft), **field.words)
    args = {
        "step": asked.index(field) + 1,
        "steps": len(asked),
        "question": say("utter_another", chosen=value_argument(field, chosen)) if chosen else question,
    }
    return Say("utter_step", args, field_choices(turn, draft, field))


def _known(journey: Journey, draft: Draft) -> dict[str, Any]:
    """Return the answers so far as arguments, so that a question can name what it is about."""
    return {
        key: value_argument(journey.by_key[key], value)
        for key, value in draft.values.items()
        if key in journey.by_key and value is not None
    }


def field_choices(turn: Turn, draft: Draft, field: Field) -> tuple[Choice, ...]:
    """Return the buttons of a question: its options, what the journey offers, and skipping where it may be skipped."""
    chosen = (draft.values.get(field.key) or ()) if field.many else ()
    fixed = [answer_choice(field.key, one.value, _title(one, chosen)) for one in field.options]
    if field.kind == Kind.YES_NO:
        fixed += [answer_choice(field.key, "yes", button("Yes")), answer_choice(field.key, "no", button("No"))]
    extra = plan_of(draft).choices(turn, draft, field)
    if chosen:
        return (*fixed, *extra, answer_choice(field.key, KEEP, button("That is all")))
    skip = [Choice(button("Skip"), "/skip")] if field.optional else []
    return (*fixed, *extra, *skip)


def _title(option: Option, chosen: Collection[str]) -> dict[str, Any]:
    return say("utter_chosen", option=button(option.title)) if option.value in chosen else button(option.title)


def answer_choice(key: str, value: object, title: Any) -> Choice:
    """Return a button that answers the field `key`, also when another question is open by then."""
    return Choice(title, payload("inform", field=key, value=value))


def review_lines(draft: Draft, only: Collection[str] | None = None) -> dict[str, Any]:
    """Return everything that was answered, or only some fields of it, as lines of label and value."""
    journey = plan_of(draft).journey
    return {
        "lines": [
            [one.title, value_argument(one, draft.values.get(one.key))]
            for one in journey.asked(draft.values)
            if one.shown
            and one.key in (draft.values if only is None else only)
            and not (one.optional and is_open(draft.values.get(one.key)))
        ]
    }


def _review(turn: Turn, draft: Draft) -> list[Say]:
    plan = plan_of(draft)
    choices = (finish(draft), *_review_choices())
    missing = plan.journey.open_fields(draft.values)
    if missing:
        args = {"lines": review_lines(draft), "open": {"list": [one.title for one in missing]}}
        return [Say("utter_review_open", args, choices)]
    shown = plan.preview(turn, draft) if plan.preview else [Say("utter_review", {"lines": review_lines(draft)})]
    return [*shown[:-1], Say(shown[-1].key, shown[-1].args, choices, shown[-1].file)]


def finish(draft: Draft) -> Choice:
    """Return the first button of the review: sending, or filling in what is still open."""
    journey = plan_of(draft).journey
    return Choice(button("Fill in what is open") if journey.open_fields(draft.values) else journey.confirm, "/affirm")


def _review_choices() -> tuple[Choice, ...]:
    return Choice(button("Change something"), "/correct"), Choice(button("Cancel"), "/cancel")
