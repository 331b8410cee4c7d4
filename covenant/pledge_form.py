"""The form of a pledge at work (J4): how it opens, what a sentence fills, what is asked back, how it is recorded.

What a sentence says already is not asked again (`covenant.pledge_sentence`); what is odd is asked back once
(`covenant.pledge_doubts`).
"""

from collections.abc import Sequence
from typing import Any

from covenant import drafts, pledge_access, pledge_book, pledge_choices, pledge_sentence, race_guide, review
from covenant.fields import Field, is_open
from covenant.messages import Choice, Say, button
from covenant.plans import Plan, register
from covenant.pledge_doubts import first_doubt
from covenant.pledge_fields import MORE, PLEDGE, TOWN, is_about_emissions
from covenant.questions import review_lines
from covenant.teams import municipalities_of, municipality_of
from covenant.turn import Turn
from covenant.values.counts import ends
from db.pledges import Campaign, Pledge, PledgeState, Target
from db.records import Draft, DraftState, Municipality

MEASURE = "_measure"  # beside the answers: the measure of our library that is pledged
CORRECTED = "_reference"  # beside the answers: the pledge that is corrected
WHOLE = 3  # the action and two more values make a sentence a pledge
# What a pledge's columns are called in the form.
PLAIN = {
    "pledge_action": "action",
    "pledge_campaign": "campaign",
    "pledge_hazards": "hazards",
    "pledge_counting": "counting",
    "pledge_audiences": "audiences",
    "pledge_area": "area",
    "pledge_attributes": "attributes",
    "pledge_start": "start_year",
    "pledge_year": "end_year",
    "pledge_office": "office",
}
LISTS = ("hazards", "audiences", "attributes")
TARGET = {
    "pledge_target": "kind",
    "pledge_base_year": "base_year",
    "pledge_percent": "percent",
    "pledge_level": "level",
    "pledge_boundary": "boundary",
}


def log(turn: Turn) -> list[Say]:
    """Open the form of a pledge, with everything that the sentence which asks for it says already."""
    if drafts.find_draft(turn, PLEDGE.key, DraftState.OPEN):
        return drafts.begin(turn, PLEDGE.key)
    return _open_reading_back(turn, _stated(turn) if turn.text else {})


def told(turn: Turn) -> list[Say]:
    """Open the form where a sentence that was not understood otherwise is a whole pledge; [] where it is none."""
    stated = _stated(turn) if turn.text and drafts.open_draft(turn) is None else {}
    return _open_reading_back(turn, stated) if "pledge_action" in stated and len(stated) >= WHOLE else []


def open_with(turn: Turn, known: dict[str, Any]) -> list[Say]:
    """Open a new form with what is known already, by the fields' keys; another open one waits."""
    beginning = _beginning(municipality_of(turn.session, turn.contact)) | {drafts.KNOWN: sorted(known)}
    return drafts.start(turn, PLEDGE.key, beginning | known)


def _open_reading_back(turn: Turn, stated: dict[str, Any]) -> list[Say]:
    asked = open_with(turn, stated)
    draft = drafts.open_draft(turn)
    return _read_back(turn, draft, stated) if draft and stated else asked


def correct(turn: Turn, pledge: Pledge) -> list[Say]:
    """Open the form with what is recorded, asking what shall be changed; its end corrects the pledge."""
    drafts.start(turn, PLEDGE.key, _beginning(pledge.municipality) | values_of(pledge))
    draft = drafts.open_draft(turn)
    return drafts.correct(turn, draft) if draft else []


def values_of(pledge: Pledge) -> dict[str, Any]:
    """Return a recorded pledge as the values of the form."""
    values = {key: getattr(pledge, column) for key, column in PLAIN.items()}
    values |= {key: getattr(pledge.target, column, None) for key, column in TARGET.items()}
    low, high = pledge.people_min, pledge.people_max
    values["pledge_people"] = low if low == high else {"min": low, "max": high}
    values["pledge_public"] = "yes" if pledge.is_public else "no"
    where = {"place_id": pledge.place_id, "name": pledge.place_name, "shown": [pledge.place_name]}
    values["pledge_place"] = where if pledge.place_name else None
    return values | {MORE: "yes", CORRECTED: pledge.reference}


def _beginning(town: Municipality | None) -> dict[str, Any]:
    return {TOWN: {"public_id": town.public_id, "place_id": town.place_id}} if town else {}


def _stated(turn: Turn) -> dict[str, Any]:
    return pledge_sentence.stated(turn.text, turn.language, turn.contact.country, turn.today)


def _noticed(turn: Turn, draft: Draft, field: Field) -> Sequence[Say] | None:
    """Take from the action what it says about the rest, and ask back what is odd."""
    if field.key == "pledge_action" and turn.text:
        stated = {key: value for key, value in _stated(turn).items() if key != field.key}
        fresh = {key: value for key, value in stated.items() if key not in draft.values}
        for key, value in fresh.items():
            drafts.keep(turn, draft, key, value)
        draft.values = {**draft.values, drafts.KNOWN: sorted(fresh)}
        if fresh:
            return _read_back(turn, draft, fresh | {field.key: turn.text})
    doubt = first_doubt(turn.session, turn.today, draft.values)
    if doubt is None:
        return None
    draft.field = doubt.field
    return [doubt.as_say()]


def _read_back(turn: Turn, draft: Draft, known: dict[str, Any]) -> list[Say]:
    """Say what was understood of a sentence, and go on."""
    lines = review_lines(draft, known)
    doubt = first_doubt(turn.session, turn.today, draft.values)
    if doubt:
        draft.field = doubt.field
    follow = [doubt.as_say()] if doubt else drafts.advance(turn, draft)
    return [Say("utter_pledge_understood", {"lines": lines}), *follow]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    if CORRECTED in draft.values:
        return _amend(turn, draft)
    town = _town(turn, draft)
    columns, target = _columns(turn, draft, town), _target(draft)
    pledge = Pledge(
        contact_id=turn.contact.id,
        municipality_id=town.id if town else None,
        role=turn.contact.role,
        measure=draft.values.get(MEASURE),
        **columns,
    )
    if target:
        pledge.target = Target(**target)
    pledge_book.record(turn.session, pledge, review.actor(turn))
    choices = (*_afterwards(), *race_guide.offer(pledge.campaign))
    return [Say("utter_pledge_recorded", {"reference": pledge.reference}, choices)]


def _afterwards() -> tuple[Choice, ...]:
    return Choice(button("Record another pledge"), "/log_pledge"), Choice(button("Our pledges"), "/list_pledges")


def _town(turn: Turn, draft: Draft) -> Municipality | None:
    """Return the municipality for which the form was opened, if the contact still speaks for it."""
    wanted = draft.values.get(TOWN, {}).get("public_id")
    mine = municipalities_of(turn.session, turn.contact)
    return next((one for one in mine if one.public_id == wanted), None)


def _columns(turn: Turn, draft: Draft, town: Municipality | None) -> dict[str, Any]:
    """Return what is recorded; an answer to a question that does not apply any more is none."""
    asked = {one.key for one in PLEDGE.asked(draft.values)}
    values = {key: value for key, value in draft.values.items() if key in asked}
    columns = {column: values.get(key) for key, column in PLAIN.items()}
    columns |= {column: columns[column] or [] for column in LISTS}
    place = values.get("pledge_place") or {}
    people = values.get("pledge_people")
    low, high = (None, None) if people is None else ends(people)
    return columns | {
        "campaign": Campaign(values.get("pledge_campaign") or Campaign.RESILIENCE),
        "place_id": None if town else place.get("place_id"),
        "place_name": None if town else place.get("name"),
        "country": town.country if town else place.get("country") or turn.contact.country,
        "people_min": low,
        "people_max": high,
        "is_public": values.get("pledge_public") == "yes",
    }


def _target(draft: Draft) -> dict[str, Any] | None:
    asked = {one.key for one in PLEDGE.asked(draft.values)}
    if not is_about_emissions(draft.values) or is_open(draft.values.get("pledge_target")):
        return None
    return {column: draft.values.get(key) if key in asked else None for key, column in TARGET.items()}


def _amend(turn: Turn, draft: Draft) -> list[Say]:
    """Correct a recorded pledge, which stays its town's; who has left the team meanwhile may not any more."""
    reference = draft.values[CORRECTED]
    pledge = pledge_access.find_theirs(turn.session, turn.contact, reference)
    if pledge is None:
        return [pledge_choices.unknown()]
    values = _columns(turn, draft, pledge.municipality) | {"target": _target(draft)}
    was_verified = pledge.state == PledgeState.VERIFIED
    try:
        changed = pledge_book.amend(turn.session, pledge, values, review.actor(turn))
    except pledge_book.NotAllowed:
        return [pledge_choices.closed(pledge)]
    if not changed:
        return [Say("utter_pledge_unchanged", {"reference": reference}, _afterwards())]
    key = "utter_pledge_corrected_anew" if was_verified else "utter_pledge_corrected"
    return [Say(key, {"reference": reference}, _afterwards())]


PLAN = register(Plan(PLEDGE, submit=_submit, noticed=_noticed))
