"""What was pledged (J4): the pledges of a person and of the municipalities they speak for."""

from sqlalchemy import func, select

from covenant import pledge_access, pledge_choices, pledge_lines, pledge_page
from covenant.messages import Choice, Say, button, payload
from covenant.race_guide import GUIDE
from covenant.turn import Turn
from db.pledges import Pledge

SHOWN = 8  # pledges in one message; with the buttons for the rest and the Races it is as many as every channel shows


def listing(turn: Turn) -> list[Say]:
    """List what the contact and their municipalities pledged, newest first; or show the pledge that they name."""
    pledge = pledge_access.named(turn)
    if pledge:
        return pledge_page.show(turn, pledge)
    theirs = pledge_access.theirs(turn.contact)
    count = turn.session.scalar(select(func.count(Pledge.id)).where(theirs)) or 0
    if not count:
        return [Say("utter_pledges_none", {}, (Choice(button("Record a pledge"), "/log_pledge"),))]
    page = turn.entities.get("page")
    page = max(0, min(page, (count - 1) // SHOWN)) if isinstance(page, int) else 0
    query = select(Pledge).where(theirs).order_by(Pledge.id.desc())
    found = turn.session.scalars(query.offset(page * SHOWN).limit(SHOWN)).all()
    lines = {"lines": [[one.reference, pledge_lines.summary(one)] for one in found]}
    is_last = count <= (page + 1) * SHOWN
    more = () if is_last else (Choice(button("More"), payload("list_pledges", page=page + 1)),)
    choices = (*(pledge_choices.look(one) for one in found), *more, GUIDE)
    return [Say("utter_pledges", {"count": count, "lines": lines}, choices)]
