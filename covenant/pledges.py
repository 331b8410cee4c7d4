"""J4, first slice: what a municipality or group pledges, against which hazard, for how many people, by when."""

from typing import Any

from sqlalchemy import select

from covenant import pledge_book, review
from covenant.display import hazard_say
from covenant.drafts import begin
from covenant.fields import Field, Journey, Option
from covenant.messages import Choice, Say, button
from covenant.plans import Plan, register
from covenant.teams import municipality_of
from covenant.turn import Turn
from covenant.values import Kind
from db.pledges import Pledge
from db.records import Draft

SHOWN = 10  # pledges listed in one message

# The four dangers that the Races name first; any other may be written.
HAZARDS = (
    Option("flood: flash/surface flood", "Flood"),
    Option("water: drought", "Drought"),
    Option("heat: extreme hot days", "Extreme heat"),
    Option("flood: permanent inundation", "Sea-level rise and coast"),
)
PLEDGE = Journey(
    key="pledge",
    fields=(
        Field(
            "pledge_action",
            Kind.TEXT,
            skippable=False,
            resembles=("log_pledge", "report_progress", "share_knowledge", "get_tips"),
        ),
        Field("pledge_hazard", Kind.HAZARD, options=HAZARDS),
        Field("pledge_people", Kind.COUNT),
        Field("pledge_year", Kind.YEAR, ahead=True),
    ),
    confirm=button("Record this pledge"),
)


def log(turn: Turn) -> list[Say]:
    """Open the form of a pledge."""
    return begin(turn, PLEDGE.key)


def _municipality_id(turn: Turn) -> int | None:
    municipality = municipality_of(turn.session, turn.contact)
    return municipality.id if municipality else None


def _people(value: Any) -> tuple[int | None, int | None]:
    if isinstance(value, dict):
        return value["min"], value["max"]
    return value, value


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    low, high = _people(draft.values["pledge_people"])
    municipality = municipality_of(turn.session, turn.contact)
    pledge = Pledge(
        contact_id=turn.contact.id,
        municipality_id=municipality.id if municipality else None,
        role=turn.contact.role,
        action=draft.values["pledge_action"],
        hazards=[draft.values["pledge_hazard"]],
        country=municipality.country if municipality else turn.contact.country,
        people_min=low,
        people_max=high,
        end_year=draft.values["pledge_year"],
    )
    pledge_book.record(turn.session, pledge, review.actor(turn))
    more = (Choice(button("Record another pledge"), "/log_pledge"), Choice(button("Our pledges"), "/list_pledges"))
    return [Say("utter_pledge_recorded", {"reference": pledge.reference}, more)]


def listing(turn: Turn) -> list[Say]:
    """List the pledges of the contact and of the municipality they speak for, newest first."""
    query = select(Pledge).where(
        (Pledge.contact_id == turn.contact.id) | (Pledge.municipality_id == (_municipality_id(turn) or -1))
    )
    found = turn.session.scalars(query.order_by(Pledge.id.desc()).limit(SHOWN)).all()
    if not found:
        return [Say("utter_pledges_none", {}, (Choice(button("Record a pledge"), "/log_pledge"),))]
    lines = {"lines": [[pledge.reference, _summary(pledge)] for pledge in found]}
    return [Say("utter_pledges", {"count": len(found), "lines": lines})]


def _summary(pledge: Pledge) -> dict[str, Any]:
    args = {
        "action": pledge.action,
        "hazard": {"list": [hazard_say(one) for one in pledge.hazards]} if pledge.hazards else None,
        "people": {"range": [pledge.people_min, pledge.people_max]} if pledge.people_min is not None else None,
        "year": {"year": pledge.end_year} if pledge.end_year else None,
    }
    return {"say": "utter_pledge_line", "args": args}


PLAN = register(Plan(PLEDGE, submit=_submit))
