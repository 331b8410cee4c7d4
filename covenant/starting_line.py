"""J4: what the starting lines of the Races ask, and what of it is met by what is recorded here. Pure, from a data file.

What is recorded can show that something is there, never that it is not: `missing` says that nothing of it is recorded
here. What no record can show, and what nobody confirmed to us, is left to the reader (docs/starting-line.md).
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from covenant.menu import JOIN, PLEDGE
from covenant.messages import Choice, button, payload, say
from covenant.milestones import CONFIRMED
from db.milestones import Phase
from db.pledges import Campaign, Progress
from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "starting_line.yml"
NET_ZERO_BY = 2050  # in the 2040s or sooner, by mid-century at the latest (Z1, Z4)
HALVED_BY = 2030  # the interim target is a share of halving emissions by then (Z1, Z4)
WHOLE = 100  # per cent
WHOLE_TOWN = "community"  # a target's boundary (`db.pledges.Target`)
YEARLY = timedelta(days=366)
ASSESSMENT, PLAN, TARGET = "milestone_assessment", "milestone_plan", "milestone_target"


class Race(StrEnum):
    """The two Races; each has a line for towns and one for everybody else."""

    RESILIENCE = "resilience"
    ZERO = "zero"


RACE_OF: Mapping[Campaign, Race] = {
    Campaign.RESILIENCE: Race.RESILIENCE,
    Campaign.CITIES_RESILIENCE: Race.RESILIENCE,
    Campaign.ZERO: Race.ZERO,
}


class Outcome(StrEnum):
    """What can be said of a criterion; the later ones say more."""

    MISSING = "missing"
    ASK_YOURSELF = "ask_yourself"
    MET = "met"


@dataclass(frozen=True)
class Aim:
    """The target of a pledge: so many per cent less, or so many tonnes a year at most, within a boundary."""

    percent: float | None = None
    level: int | None = None
    boundary: str | None = None


@dataclass(frozen=True)
class Pledged:
    """What is looked at of a pledge that was not withdrawn; `year` is its last, also that of its target."""

    reference: str
    campaign: Campaign
    audiences: tuple[str, ...] = ()
    progress: Progress = Progress.NOT_STARTED
    year: int | None = None
    aim: Aim | None = None


@dataclass(frozen=True)
class Owed:
    """A milestone of a town: its number, its phase, and where it stands as an argument of a message."""

    number: int
    phase: Phase
    standing: Any


@dataclass(frozen=True)
class Recorded:
    """What is recorded of a town, or of somebody who speaks for none; `badge_on` is when its last badge was awarded."""

    today: date
    is_town: bool
    pledges: tuple[Pledged, ...] = ()
    milestones: Mapping[str, Owed] = field(default_factory=dict)
    badge_on: date | None = None


@dataclass(frozen=True)
class Finding:
    """What a judge says: the outcome, because of what (an argument of a message), and the step that would help."""

    outcome: Outcome
    because: Any = None
    step: Choice | None = None


@dataclass(frozen=True)
class Criterion:
    """One thing that a starting line asks: its response name, its judge, where it was read and whether it was."""

    key: str
    judge: str
    source: str
    status: str

    @property
    def is_certain(self) -> bool:
        """Whether it is a confirmed fact that this is asked."""
        return self.status == CONFIRMED


@dataclass(frozen=True)
class Line:
    """A starting line: its response name, its criteria in order, the response that tells how one takes part, where."""

    key: str
    race: Race
    is_for_towns: bool
    way: str
    url: str
    criteria: tuple[Criterion, ...]


@functools.cache
def lines() -> tuple[Line, ...]:
    """Return every starting line of the data file; KeyError for a source that it does not list."""
    data = read_yaml(FILE)
    sources = {key: row["url"] for key, row in data["sources"].items()}
    return tuple(_line(row, sources) for row in data["lines"])


def line_of(race: Race, *, is_town: bool) -> Line:
    """Return the starting line of a Race, for towns or for everybody else."""
    return next(one for one in lines() if (one.race, one.is_for_towns) == (race, is_town))


def _line(row: Mapping[str, Any], sources: Mapping[str, str]) -> Line:
    return Line(
        key=row["key"],
        race=Race(row["race"]),
        is_for_towns=row["towns"],
        way=row["way"],
        url=row["entry"]["url"],
        criteria=tuple(Criterion(**{**one, "source": sources[one["source"]]}) for one in row["criteria"]),
    )


def judge(line: Line, recorded: Recorded) -> list[tuple[Criterion, Finding]]:
    """Return what can be said of each criterion; one that nobody confirmed is neither met nor missing."""
    found = [(one, JUDGES[one.judge](recorded)) for one in line.criteria]
    return [
        (one, finding if one.is_certain else replace(finding, outcome=Outcome.ASK_YOURSELF)) for one, finding in found
    ]


# --- judges ---------------------------------------------------------------------------------------------------------

REPORT = Choice(button("Report progress"), "/report_progress")
NO_PLEDGE = Finding(Outcome.MISSING, step=PLEDGE)
UNKNOWN = Finding(Outcome.ASK_YOURSELF)


def _own(_recorded: Recorded) -> Finding:
    """Leave it to the reader: nothing that we keep can tell."""
    return UNKNOWN


def _action(recorded: Recorded) -> Finding:
    """Any pledge to the Race to Resilience is an action."""
    return _best(Finding(Outcome.MET, one.reference) for one in _of(recorded, Race.RESILIENCE))


def _inclusive(recorded: Recorded) -> Finding:
    """A pledge to the Race to Zero; whom it includes is known only where it says for whom it is."""
    return _best(
        Finding(Outcome.MET if one.audiences else Outcome.ASK_YOURSELF, one.reference)
        for one in _of(recorded, Race.ZERO)
    )


def _begun(recorded: Recorded) -> Finding:
    """A pledge to the Race to Zero that is under way or done, as its last report says."""
    return _best(
        Finding(BEGUN[one.progress], one.reference, None if BEGUN[one.progress] == Outcome.MET else REPORT)
        for one in _of(recorded, Race.ZERO)
    )


BEGUN: Mapping[Progress, Outcome] = {
    Progress.NOT_STARTED: Outcome.MISSING,
    Progress.DELAYED: Outcome.ASK_YOURSELF,  # before it began, or on its way
    Progress.UNDER_WAY: Outcome.MET,
    Progress.DONE: Outcome.MET,
}


def _net_zero(recorded: Recorded) -> Finding:
    """A target of nothing left, by the middle of the century; of a town's only one for all of it is surely meant."""
    found = [
        Finding(Outcome.MET if _is_clear(one, aim, recorded) else Outcome.ASK_YOURSELF, one.reference)
        for one, aim in _aims(recorded)
        if _leaves_nothing(aim) and (one.year is None or one.year <= NET_ZERO_BY)
    ]
    return _best(found, _target_paper(recorded))


def _leaves_nothing(aim: Aim) -> bool:
    return (aim.percent is not None and aim.percent >= WHOLE) or aim.level == 0


def _is_clear(pledge: Pledged, aim: Aim, recorded: Recorded) -> bool:
    """Whether nothing about a target is odd or open: more than all, without a year, or one that is over."""
    is_odd = aim.percent is not None and aim.percent > WHOLE
    is_ahead = pledge.year is not None and pledge.year >= recorded.today.year
    return is_ahead and not is_odd and (aim.boundary == WHOLE_TOWN or not recorded.is_town)


def _interim(recorded: Recorded) -> Finding:
    """A target for 2030 or earlier; whether it is a fair share, no record tells."""
    found = [
        Finding(Outcome.ASK_YOURSELF, one.reference)
        for one, _aim in _aims(recorded)
        if one.year is not None and one.year <= HALVED_BY
    ]
    return _best(found, _target_paper(recorded))


def _target_paper(recorded: Recorded) -> Finding:
    """What is said without a target: where a town handed one in as a paper, we do not know what it says."""
    owed = recorded.milestones.get(TARGET)
    if owed is None or owed.phase not in {Phase.HANDED_IN, Phase.DONE}:
        return NO_PLEDGE
    return Finding(Outcome.ASK_YOURSELF, say(TARGET), PLEDGE)


def _milestone(key: str, recorded: Recorded) -> Finding:
    """Evidence that a town handed in and that was not returned; what need not be handed in here may be elsewhere."""
    owed = recorded.milestones.get(key)
    if owed is None:
        return Finding(Outcome.MISSING, step=JOIN)
    if owed.phase == Phase.OPEN:
        hand_in = Choice(button("Hand in a document"), payload("report_progress", milestone=str(owed.number)))
        return Finding(Outcome.MISSING, owed.standing, hand_in)
    return Finding(Outcome.ASK_YOURSELF if owed.phase == Phase.NOT_APPLICABLE else Outcome.MET, owed.standing)


def _reported(recorded: Recorded) -> Finding:
    """A badge follows a report that the platform has checked; one of the last year shows that there was one."""
    if recorded.badge_on is None:
        return UNKNOWN
    is_fresh = recorded.today - recorded.badge_on <= YEARLY
    badge = say("utter_starting_line_badge", day={"date": recorded.badge_on.isoformat()})
    return Finding(Outcome.MET if is_fresh else Outcome.ASK_YOURSELF, badge)


JUDGES: Mapping[str, Callable[[Recorded], Finding]] = {
    "own": _own,
    "action": _action,
    "inclusive": _inclusive,
    "begun": _begun,
    "net_zero": _net_zero,
    "interim": _interim,
    "assessment": functools.partial(_milestone, ASSESSMENT),
    "plan": functools.partial(_milestone, PLAN),
    "reported": _reported,
}


def _best(findings: Iterable[Finding], otherwise: Finding = NO_PLEDGE) -> Finding:
    """Return the finding that says most, so that one more pledge never makes it worse; `otherwise` without any."""
    ranks = list(Outcome)
    return max((*findings, otherwise), key=lambda one: ranks.index(one.outcome))


def _of(recorded: Recorded, race: Race) -> list[Pledged]:
    return [one for one in recorded.pledges if RACE_OF.get(one.campaign) == race]


def _aims(recorded: Recorded) -> list[tuple[Pledged, Aim]]:
    """The targets; one that goes with the Covenant is the same promise."""
    return [
        (one, one.aim)
        for one in recorded.pledges
        if one.aim is not None and one.campaign in {Campaign.ZERO, Campaign.COVENANT}
    ]
