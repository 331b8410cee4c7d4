"""J3, what is due: the next step of a town, by when, what belongs in it; where everything stands; all dates."""

import re
from datetime import date
from typing import Any

from covenant import papers, progress, reporting_chat
from covenant.display import municipality_argument
from covenant.messages import Choice, Say, button, payload, say
from covenant.schedule import is_certain, lay_out
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.milestones import Milestone, Phase
from db.records import Municipality

ICS = re.compile(r"\bics\b", re.IGNORECASE)


def answer(turn: Turn) -> list[Say]:
    """Say what is next for the contact's town, and all its dates; or what the Covenant asks of everybody."""
    municipality = municipality_of(turn.session, turn.contact)
    if municipality is None or municipality.committed_on is None:
        return [Say("utter_deadlines_general", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]
    lay_out(turn.session, municipality)
    if turn.entities.get("do") == "file" or ICS.search(turn.text):
        return [
            Say(
                "utter_deadlines_file",
                {"municipality": municipality_argument(municipality)},
                file=papers.named("dates-ics"),
            )
        ]
    return [_next(turn, municipality), *_badges(turn, municipality), _all(turn, municipality)]


def _next(turn: Turn, municipality: Municipality) -> Say:
    coming = progress.next_step(turn.session, municipality)
    if coming is None or coming.due_on is None:
        return Say("utter_deadlines_done", {"municipality": municipality_argument(municipality)})
    late = coming.due_on < turn.today
    return Say("utter_deadlines_overdue" if late else "utter_deadlines_next", progress.next_arguments(coming))


def _badges(turn: Turn, municipality: Municipality) -> list[Say]:
    have = progress.badges_of(turn.session, municipality)
    return [Say("utter_badges", {"badges": {"list": have}})] if have else []


def _all(turn: Turn, municipality: Municipality) -> Say:
    rows = progress.milestones_of(turn.session, municipality)
    lines = {"lines": [[say(one.key), standing(one, turn.today)] for one in rows]}
    args = {"municipality": municipality_argument(municipality), "lines": lines}
    return Say("utter_deadlines", args, _choices())


def _choices() -> tuple[Choice, ...]:
    return (
        Choice(button("Hand in a document"), "/report_progress"),
        Choice(button("Dates for my calendar"), payload("ask_deadlines", do="file")),
        Choice(button("Change reminders"), "/manage_reminders"),
        reporting_chat.OFFER,
    )


def standing(milestone: Milestone, today: date) -> dict[str, Any]:
    """Return where a milestone stands, as an argument: its day, overdue, not confirmed, handed in, done, not needed."""
    if milestone.phase != Phase.OPEN:
        return say(f"utter_due_{milestone.phase}")
    if milestone.due_on is None:
        return say("utter_due_unknown")
    day = {"date": milestone.due_on.isoformat()}
    if not is_certain(milestone):
        return say("utter_due_unconfirmed", day=day)
    return say("utter_due_overdue", day=day) if milestone.due_on < today else day
