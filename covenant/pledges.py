"""What was pledged (J4): the pledges of a person and of the municipality they speak for."""

from typing import Any

from sqlalchemy import select

from covenant.display import hazard_say
from covenant.messages import Choice, Say, button
from covenant.race_guide import GUIDE
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.pledges import Pledge

SHOWN = 10  # pledges listed in one message


def listing(turn: Turn) -> list[Say]:
    """List the pledges of the contact and of the municipality they speak for, newest first."""
    query = select(Pledge).where(
        (Pledge.contact_id == turn.contact.id) | (Pledge.municipality_id == (_municipality_id(turn) or -1))
    )
    found = turn.session.scalars(query.order_by(Pledge.id.desc()).limit(SHOWN)).all()
    if not found:
        return [Say("utter_pledges_none", {}, (Choice(button("Record a pledge"), "/log_pledge"),))]
    lines = {"lines": [[pledge.reference, _summary(pledge)] for pledge in found]}
    return [Say("utter_pledges", {"count": len(found), "lines": lines}, (GUIDE,))]


def _summary(pledge: Pledge) -> dict[str, Any]:
    args = {
        "action": pledge.action,
        "hazard": {"list": [hazard_say(one) for one in pledge.hazards]} if pledge.hazards else None,
        "people": {"range": [pledge.people_min, pledge.people_max]} if pledge.people_min is not None else None,
        "year": {"year": pledge.end_year} if pledge.end_year else None,
    }
    return {"say": "utter_pledge_line", "args": args}


def _municipality_id(turn: Turn) -> int | None:
    municipality = municipality_of(turn.session, turn.contact)
    return municipality.id if municipality else None
