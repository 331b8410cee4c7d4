"""The form's engine: opens a draft, takes answers, goes back, corrects, skips, cancels, sends.

A draft lives in our own table only, so it survives restarts and silence. Everything here changes the session of the
turn and returns what to say; nothing commits.
"""

from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import select

from covenant.display import value_argument
from covenant.fields import Field, is_open
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import open_field, plan_of
from covenant.questions import ask, field_choices, finish
from covenant.reading import plain
from covenant.turn import Turn
from db.records import Draft, DraftEvent, DraftState
from locales import render_text

CONSENTLESS = "welcome"  # nothing that is typed before the consent is kept
MANY_MISSES = 2  # the third refusal offers a way out
SETTLED = "_settled"  # beside the answers: the fields whose odd values the person said are right
KNOWN = "_known"  # beside the answers: the fields that were known without being asked for
LABEL_MATCH = 85  # rapidfuzz partial ratio, 0 to 100


def open_draft(turn: Turn) -> Draft | None:
    """Return the draft whose question is open, or None."""
    return turn.session.get(Draft, turn.contact.draft_id) if turn.contact.draft_id else None


def find_draft(turn: Turn, journey: str, *states: DraftState) -> Draft | None:
    """Return the contact's newest draft of a journey in one of `states`."""
    query = select(Draft).where(Draft.contact_id == turn.contact.id, Draft.journey == journey, Draft.state.in_(states))
    return turn.session.scalars(query.order_by(Draft.changed_at.desc(), Draft.id.desc()).limit(1)).first()


def begin(turn: Turn, journey: str, values: dict[str, Any] | None = None) -> list[Say]:
    """Open a journey, or go on with the draft that is open already; `values` are known beforehand."""
    draft = find_draft(turn, journey, DraftState.OPEN)
    if draft:
        turn.contact.draft_id = draft.id
        return [Say("utter_go_on", {"journey": say(f"utter_journey_{journey}")}), *ask(turn, draft)]
    return start(turn, journey, values)


def start(turn: Turn, journey: str, values: dict[str, Any] | None = None) -> list[Say]:
    """Open a new draft of a journey and ask its first question."""
    draft = Draft(contact_id=turn.contact.id, journey=journey, values=dict(values or {}), candidates={})
    turn.session.add(draft)
    turn.session.flush()
    turn.contact.draft_id = draft.id
    return advance(turn, draft)


def start_anew(turn: Turn, journey: str, values: dict[str, Any]) -> list[Say]:
    """Open a new draft of a journey in place of one that is still open."""
    left = find_draft(turn, journey, DraftState.OPEN)
    if left:
        left.state = DraftState.CANCELLED
    return start(turn, journey, values)


def revive(turn: Turn, draft: Draft) -> list[Say]:
    """Take up a cancelled draft with everything that was given."""
    draft.state = DraftState.OPEN
    turn.contact.draft_id = draft.id
    return [Say("utter_go_on", {"journey": say(plan_of(draft).journey.label)}), *advance(turn, draft)]


def advance(turn: Turn, draft: Draft) -> list[Say]:
    """Move to the first unanswered field, to the review, or, without a review, to the end."""
    plan = plan_of(draft)
    upcoming = plan.journey.next_field(draft.values)
    draft.field = upcoming.key if upcoming else None
    draft.changed_at = turn.now
    draft.candidates = {}
    if upcoming is None and not plan.journey.review:
        return send(turn, draft)
    return ask(turn, draft)


def answer(turn: Turn, draft: Draft, field: Field, value: Any) -> list[Say]:
    """Keep a valid value, read it back, and go on."""
    keep(turn, draft, field.key, value)
    ended = plan_of(draft).noticed(turn, draft, field)
    if ended is not None:
        return list(ended)
    follow = advance(turn, draft)
    is_told = plan_of(draft).journey.counted and field.shown
    return [_noted(field, draft.values[field.key]), *follow] if is_told else follow


def toggle(turn: Turn, draft: Draft, field: Field, value: Any) -> list[Say]:
    """Add one answer to a field that takes several, or take it back; ask for another until there may be no more."""
    chosen = list(draft.values.get(field.key) or ())
    chosen = [one for one in chosen if one != value] if value in chosen else [*chosen, value]
    if len(chosen) >= field.many:
        return answer(turn, draft, field, chosen)
    keep(turn, draft, field.key, chosen)
    draft.field = field.key
    return ask(turn, draft)


def settle(turn: Turn, draft: Draft, field: Field) -> list[Say]:
    """Go on with what is kept for a field: that is all, or it is right however odd it looks."""
    if is_open(draft.values.get(field.key)):
        return ask(turn, draft)
    settled = {*draft.values.get(SETTLED, ()), field.key}
    draft.values = {**draft.values, SETTLED: sorted(settled)}
    ended = plan_of(draft).noticed(turn, draft, field)
    return advance(turn, draft) if ended is None else list(ended)


def _noted(field: Field, value: Any) -> Say:
    return Say("utter_noted", {"label": field.title, "value": value_argument(field, value)})


def keep(turn: Turn, draft: Draft, key: str, value: Any) -> None:
    """Write a value into the draft and its history."""
    _record(turn, draft, key, {"old": draft.values.get(key), "new": value})
    settled = [one for one in draft.values.get(SETTLED, ()) if one != key]
    draft.values = {**draft.values, key: value} | ({SETTLED: settled} if SETTLED in draft.values else {})
    draft.changed_at = turn.now


def _record(turn: Turn, draft: Draft, key: str, change: dict[str, Any]) -> None:
    turn.session.add(DraftEvent(draft_id=draft.id, contact_id=turn.contact.id, field=key, change=change, at=turn.now))


def refuse(turn: Turn, draft: Draft, field: Field, because: Say) -> list[Say]:
    """Say what is wrong with a value, keep what was typed, and from the third time on offer a way out."""
    if draft.journey != CONSENTLESS:
        _record(turn, draft, field.key, {"refused": turn.text[:500]})
    misses = int(draft.candidates.get("misses", 0)) + 1
    draft.candidates = {**draft.candidates, "misses": misses}
    if misses <= MANY_MISSES:
        return [Say(because.key, because.args, because.choices or field_choices(turn, draft, field))]
    ways = (Choice(button("Skip"), "/skip"),) if field.skippable else ()
    ways = (*ways, Choice(button("Ask a person"), "/talk_to_human"), Choice(button("Cancel"), "/cancel"))
    return [because, Say("utter_many_misses", {}, (*because.choices, *ways))]


def go_back(turn: Turn, draft: Draft) -> list[Say]:
    """Ask the field before the open one again; its answer is kept until a new one is given.

    What was known without a question is passed over, since nobody was asked for it.
    """
    known = set(draft.values.get(KNOWN, ())) - {draft.field}
    asked = [one.key for one in plan_of(draft).journey.asked(draft.values) if one.key not in known]
    position = asked.index(draft.field) if draft.field in asked else len(asked)
    if position == 0:
        return [Say("utter_first_question"), *ask(turn, draft)]
    draft.field = asked[position - 1]
    return _again(turn, draft)


def _again(turn: Turn, draft: Draft) -> list[Say]:
    field = open_field(draft)
    if field is None or field.many or draft.values.get(field.key) is None:  # one of many says itself what is chosen
        return ask(turn, draft)
    now = Say("utter_so_far", {"label": field.title, "value": value_argument(field, draft.values[field.key])})
    return [now, *ask(turn, draft)]


def skip(turn: Turn, draft: Draft) -> list[Say]:
    """Leave the open question; one that is needed comes back at the review."""
    field = open_field(draft)
    if field is None or not field.skippable:
        return [Say("utter_cannot_skip"), *ask(turn, draft)]
    if field.many and not is_open(draft.values.get(field.key)):
        return settle(turn, draft, field)
    if is_open(draft.values.get(field.key)):
        keep(turn, draft, field.key, None)
    left = Say("utter_skipped" if field.optional else "utter_skipped_for_now")
    return [left, *advance(turn, draft)]


def correct(turn: Turn, draft: Draft) -> list[Say]:
    """Open the field that the person names, by button or in words; without a name, offer all of them."""
    key = turn.entities.get("field") or _named_field(turn, draft)
    journey = plan_of(draft).journey
    if key in {one.key for one in journey.asked(draft.values)}:
        draft.field = key
        return _again(turn, draft)
    choices = _answered(draft)
    if not choices:
        return [Say("utter_nothing_to_correct"), *ask(turn, draft)]
    return [Say("utter_which_field", {}, choices)]


def _answered(draft: Draft) -> tuple[Choice, ...]:
    """Return a button for each answer that may be corrected."""
    asked = plan_of(draft).journey.asked(draft.values)
    return tuple(Choice(one.title, payload("correct", field=one.key)) for one in asked if one.key in draft.values)


def _named_field(turn: Turn, draft: Draft) -> str | None:
    said = plain(turn.text)
    fields = plan_of(draft).journey.asked(draft.values)
    labels = {plain(render_text(turn.catalogue, one.label, one.words)): one.key for one in fields}
    # "Post of the focal point" holds "focal point": the longest label that was said is meant.
    whole = max((label for label in labels if label in said), key=len, default=None)
    if whole:
        return labels[whole]
    scored = [(fuzz.partial_ratio(label, said), key) for label, key in labels.items()]
    best = max(scored, default=(0, ""))
    unique = [one for one in scored if one[0] == best[0]]
    return best[1] if best[0] >= LABEL_MATCH and len(unique) == 1 and len(said) > 2 else None  # noqa: PLR2004


def at_review(turn: Turn, draft: Draft) -> list[Say]:
    """Take words at the review that are neither yes nor no: a field they name is corrected, else every answer offered.

    The review itself stands just above; who writes something else there mostly wants something changed.
    """
    if _named_field(turn, draft):
        return correct(turn, draft)
    return [Say("utter_wrong_choice"), Say("utter_which_field", {}, (*_answered(draft), finish(draft)))]


def cancel(turn: Turn, draft: Draft) -> list[Say]:
    """Give the draft up for now; what was given stays and can be taken up again."""
    draft.state = DraftState.CANCELLED
    draft.changed_at = turn.now
    said = Say("utter_cancelled", {"journey": say(plan_of(draft).journey.label)})
    return [said, *close(turn, draft)]


def send(turn: Turn, draft: Draft) -> list[Say]:
    """Hand a finished draft in, and go on with an earlier one that is still open."""
    missing = plan_of(draft).journey.open_fields(draft.values)
    if missing and plan_of(draft).journey.review:
        draft.field = missing[0].key
        return ask(turn, draft)
    said = plan_of(draft).submit(turn, draft)
    draft.state = DraftState.SENT
    draft.changed_at = turn.now
    return [*said, *close(turn, draft)]


def close(turn: Turn, draft: Draft) -> list[Say]:
    """Leave a draft; ask the open question of the newest other open draft, if there is one."""
    turn.session.flush()
    query = select(Draft).where(
        Draft.contact_id == turn.contact.id, Draft.state == DraftState.OPEN, Draft.id != draft.id
    )
    other = turn.session.scalars(query.order_by(Draft.changed_at.desc()).limit(1)).first()
    turn.contact.draft_id = other.id if other else None
    return resume(turn) if other else []


def ask_open(turn: Turn) -> list[Say]:
    """Say the open question as it is; nothing without a draft."""
    draft = open_draft(turn)
    return ask(turn, draft) if draft else []


def resume(turn: Turn) -> list[Say]:
    """Ask the open question again after something else was answered, saying where we were; nothing without a draft."""
    draft = open_draft(turn)
    if draft is None:
        return []
    return [Say("utter_back_to", {"journey": say(plan_of(draft).journey.label)}), *ask(turn, draft)]
