"""J5, first slice: confirmed measures against heat, drought, flood and rising seas, two at a time, with sources."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from covenant import consent
from covenant.messages import Choice, Say, button, payload, say
from covenant.turn import Turn
from covenant.values import Kind, Parsed, parse
from db.people import Purpose
from db.records import TipShown
from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "tips.yml"
AT_ONCE = 2
DID = "did_this"  # the payload of the button under tips
HAZARDS = ("heat", "drought", "flood", "sea")
TITLES = {
    "heat": button("Extreme heat"),
    "drought": button("Drought"),
    "flood": button("Flood"),
    "sea": button("Sea-level rise and coast"),
}
# The framework's categories to the four shelves we have measures for.
SHELVES = {"heat": "heat", "water": "drought", "flood": "flood", "precipitation": "flood", "chemical": "sea"}
COASTAL = frozenset({"flood: coastal flood", "flood: permanent inundation", "storm: storm surge"})


@dataclass(frozen=True)
class Tip:
    """One measure: its id, hazard shelf, response name of its text, and where it was read."""

    key: str
    hazard: str
    source: str
    url: str


@functools.cache
def all_tips() -> tuple[Tip, ...]:
    """Return every measure of the data file."""
    rows = read_yaml(FILE)["tips"]
    return tuple(Tip(row["key"], row["hazard"], row["source"], row["url"]) for row in rows)


def shelf_of(code: str) -> str | None:
    """Return the shelf of a hazard code such as `flood: river flood`, or None when we have no measures yet."""
    if code in COASTAL:
        return "sea"
    return SHELVES.get(code.partition(":")[0])


def tips(turn: Turn) -> list[Say]:
    """Give two measures for the hazard that was named, or ask which one."""
    hazard = turn.entities.get("hazard") or _named(turn)
    if hazard not in HAZARDS:
        return [Say("utter_which_hazard", {}, hazard_choices())]
    return _give(turn, hazard)


def hazard_choices() -> tuple[Choice, ...]:
    """Return one button for each hazard that has measures."""
    return tuple(Choice(TITLES[hazard], payload("get_tips", hazard=hazard)) for hazard in HAZARDS)


def _named(turn: Turn) -> str | None:
    parsed = parse(Kind.HAZARD, turn.text, turn.language) if turn.text else None
    return shelf_of(str(parsed.value)) if isinstance(parsed, Parsed) else None


def _give(turn: Turn, hazard: str) -> list[Say]:
    shown = set(turn.session.scalars(select(TipShown.tip).where(TipShown.contact_id == turn.contact.id)))
    fresh = [tip for tip in all_tips() if tip.hazard == hazard and tip.key not in shown][:AT_ONCE]
    if not fresh:
        return [Say("utter_tips_all_shown", {"hazard": TITLES[hazard]}, _after(hazard))]
    _remember(turn, fresh)
    lines: list[Any] = [
        {"say": "utter_tip", "args": {"tip": say(tip.key), "source": tip.source, "url": tip.url}} for tip in fresh
    ]
    tips_text = {"paragraphs": lines}
    return [Say("utter_tips", {"hazard": TITLES[hazard], "tips": tips_text}, _after(hazard, fresh))]


def _remember(turn: Turn, fresh: list[Tip]) -> None:
    # Until the person has agreed that we keep anything, not even this is kept.
    if consent.has_given(turn.session, turn.contact, Purpose.KEEPING):
        turn.session.add_all(TipShown(contact_id=turn.contact.id, tip=tip.key, at=turn.now) for tip in fresh)


def _after(hazard: str, shown: Sequence[Tip] = ()) -> tuple[Choice, ...]:
    more = Choice(button("More"), payload("get_tips", hazard=hazard))
    did = Choice(button("We did this"), payload(DID, tips=",".join(one.key for one in shown)))
    other, person = Choice(button("Another hazard"), "/get_tips"), Choice(button("Ask a person"), "/talk_to_human")
    return (more, did, other, person) if shown else (other, person)
