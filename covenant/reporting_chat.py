"""The bridge to the report in the chat: what a town holds by heading, what is missing, and all of it as a table."""

from collections.abc import Iterable
from typing import Any

from covenant import papers
from covenant.display import municipality_argument
from covenant.holdings import due_dates, overview_of
from covenant.messages import Args, Choice, Say, button, payload, say
from covenant.papers.holdings_table import KIND
from covenant.reporting import Row, Section, State, begin_with
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.records import Municipality

NAME = "reporting"  # the payload of the buttons; it belongs to no intent
OFFER = Choice(button("Reporting overview"), payload(NAME))


def answer(turn: Turn) -> list[Say]:
    """Tell by heading what the contact's town holds and what is missing, or hand it out as a table."""
    municipality = municipality_of(turn.session, turn.contact)
    if municipality is None:
        return [Say("utter_reporting_none", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]
    if turn.entities.get("do") == "file":
        return [Say("utter_paper", file=papers.named(KIND, str(municipality.public_id)))]
    return _overview(turn, municipality)


def _overview(turn: Turn, municipality: Municipality) -> list[Say]:
    sections = overview_of(turn.session, municipality)
    args = {"municipality": municipality_argument(municipality), "lines": {"lines": list(map(_line, sections))}}
    first = begin_with(sections, due_dates(turn.session, municipality))
    notes = [Say("reporting_recalled")] if any(not _is_told_as_certain(one) for one in sections) else []
    return [
        Say("utter_reporting", args),
        _begin(first) if first else Say("utter_reporting_complete"),
        *notes,
        Say("reporting_platform", {}, _choices(municipality)),
    ]


def _choices(municipality: Municipality) -> tuple[Choice, ...]:
    table = Choice(button("As a table"), payload(NAME, do="file"))
    hand_in = Choice(button("Hand in a document"), "/report_progress")
    return (table, hand_in) if municipality.committed_on else (table,)


def _begin(section: Section) -> Say:
    return Say("utter_reporting_begin", {"heading": say(section.heading.label), "items": _named(section.open, section)})


def _line(section: Section) -> list[Args]:
    state = say(f"utter_reporting_{section.state}")
    if section.state in {State.HELD, State.PARTLY}:
        state["args"]["held"] = _named(section.held, section)
    if section.state == State.PARTLY:
        state["args"]["missing"] = _named(section.missing, section)
    return [_title(section), state]


def _title(section: Section) -> Args:
    title = say(section.heading.label)
    return title if section.is_certain else say("utter_reporting_check", item=title)


def _named(rows: Iterable[Row], section: Section) -> dict[str, list[Any]]:
    return {"list": [_name(row, section) for row in rows]}


def _name(row: Row, section: Section) -> Args:
    """Return an item's name; one that is open says whether it was sent back, or is not confirmed to be asked."""
    name = say(row.item.label)
    if row.is_returned:
        return say("utter_reporting_returned", item=name)
    is_doubtful = row.is_missing and section.is_certain and not row.item.is_certain
    return say("utter_reporting_check", item=name) if is_doubtful else name


def _is_told_as_certain(section: Section) -> bool:
    """Whether nothing of a section's line says "please check"."""
    doubtful = any(not row.item.is_certain for row in section.missing) and section.state == State.PARTLY
    return section.is_certain and not doubtful
