"""J4, at the starting line of a Race: what a town or a person has recorded for it, what is next, how to take part."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from covenant import drafts, progress, welcome
from covenant.deadlines import standing
from covenant.display import municipality_argument
from covenant.joining import SIGNERS
from covenant.menu import PERSON
from covenant.messages import Choice, Say, button, payload, say
from covenant.schedule import lay_out
from covenant.starting_line import (
    RACE_OF,
    Aim,
    Criterion,
    Finding,
    Outcome,
    Owed,
    Pledged,
    Race,
    Recorded,
    judge,
    line_of,
)
from covenant.teams import municipality_of
from covenant.turn import Turn
from db.milestones import Badge
from db.pledges import Campaign, Pledge, PledgeState, Target
from db.records import Municipality

GUIDE = Choice(button("Ready for the Race?"), "/starting_line")
TITLES = {Race.RESILIENCE: button("Race to Resilience"), Race.ZERO: button("Race to Zero")}
MARKS = {Outcome.MET: "✓", Outcome.MISSING: "○", Outcome.ASK_YOURSELF: "?"}


def offer(campaign: Campaign) -> tuple[Choice, ...]:
    """Return the button that leads to the starting line of a pledge's campaign; none for the Covenant's targets."""
    race = RACE_OF.get(campaign)
    return (replace(GUIDE, payload=_payload(race)),) if race else ()


def guide(turn: Turn) -> list[Say]:
    """Tell what the starting line of the Race that a button names asks; without one, ask which."""
    if turn.contact.is_group:
        return [Say("utter_link_group")]
    if welcome.is_due(turn):
        return welcome.welcome(turn)
    said = _tell(turn)
    if drafts.open_draft(turn) is None:
        return said
    return [*(replace(one, choices=()) for one in said), *drafts.resume(turn)]  # its question needs the buttons


def _tell(turn: Turn) -> list[Say]:
    named = turn.entities.get("race")
    race = next((one for one in Race if one == named), None)
    if race is None:
        return [Say("utter_starting_line_which", {}, tuple(_race_choice(one) for one in Race))]
    municipality = municipality_of(turn.session, turn.contact)
    is_town = municipality is not None or turn.contact.role in SIGNERS
    line = line_of(race, is_town=is_town)
    found = judge(line, recorded(turn, municipality, is_town=is_town))
    name: dict[str, Any] = say(line.key)
    if municipality:
        name = say("utter_starting_line_town", line=name, municipality=municipality_argument(municipality))
    criteria = {"marked": [[MARKS[finding.outcome], _told(one, finding)] for one, finding in found]}
    helping, step = _next(found)
    choices = (step, *(_race_choice(one) for one in Race if one != race))
    return [
        Say("utter_starting_line", {"line": name, "criteria": criteria}),
        helping,
        Say(line.way, {"url": line.url}, choices),
    ]


def _race_choice(race: Race) -> Choice:
    return Choice(TITLES[race], _payload(race))


def _payload(race: Race) -> str:
    return payload("starting_line", race=race.value)


def _told(criterion: Criterion, finding: Finding) -> dict[str, Any]:
    told = say(criterion.key)
    if finding.because is not None:
        told = say("utter_starting_line_criterion", criterion=told, because=finding.because)
    return told if criterion.is_certain else say("utter_starting_line_unsure", criterion=told)


def _next(found: list[tuple[Criterion, Finding]]) -> tuple[Say, Choice]:
    """Return what to do next, one thing only: what is missing goes before what the reader has to look at."""
    for outcome in (Outcome.MISSING, Outcome.ASK_YOURSELF):
        for one, finding in found:
            if finding.outcome == outcome and finding.step:
                return Say("utter_starting_line_next", {"criterion": say(one.key)}), finding.step
    return Say("utter_starting_line_ready"), PERSON


# --- reading what is recorded ---------------------------------------------------------------------------------------


def recorded(turn: Turn, municipality: Municipality | None, *, is_town: bool) -> Recorded:
    """Return what is recorded of the municipality a contact speaks for, without one of what they pledged themselves."""
    mine = (Pledge.contact_id == turn.contact.id) & Pledge.municipality_id.is_(None)
    whose = Pledge.municipality_id == municipality.id if municipality else mine
    query = select(Pledge).where(whose, Pledge.state != PledgeState.WITHDRAWN).order_by(Pledge.id)
    pledges = turn.session.scalars(query.options(selectinload(Pledge.target)))
    return Recorded(
        today=turn.today,
        is_town=is_town,
        pledges=tuple(_pledged(one) for one in pledges),
        milestones=_milestones(turn, municipality) if municipality else {},
        badge_on=_badge_on(turn, municipality) if municipality else None,
    )


def _pledged(pledge: Pledge) -> Pledged:
    return Pledged(
        reference=pledge.reference,
        campaign=pledge.campaign,
        audiences=tuple(pledge.audiences),
        progress=pledge.progress,
        year=pledge.end_year,
        aim=_aim(pledge.target) if pledge.target else None,
    )


def _aim(target: Target) -> Aim:
    return Aim(target.percent, target.level, target.boundary)


def _milestones(turn: Turn, municipality: Municipality) -> dict[str, Owed]:
    lay_out(turn.session, municipality)
    rows = progress.milestones_of(turn.session, municipality)
    return {one.key: Owed(one.id, one.phase, standing(one, turn.today)) for one in rows}


def _badge_on(turn: Turn, municipality: Municipality) -> date | None:
    return turn.session.scalar(select(func.max(Badge.awarded_on)).where(Badge.municipality_id == municipality.id))
