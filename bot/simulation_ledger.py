"""What a simulation counts: who got what when, and whether anything that was due was forgotten.

It knows the due dates from the rules alone and the messages from the outbox alone, so that it can contradict both.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from covenant.hours import CLOSES, OPENS, is_working_day
from covenant.milestones import due_on, schedule
from covenant.reminder_answers import HELP
from covenant.reminders import SILENT
from db.milestones import Milestone, Phase

GRACE = 16  # days of ticking: the longest feasts, a weekend, and a message on another day because of the one a day
CLIMBED = 75  # days after the last reminder, by which a whole team was asked and the secretariat has a task

Duty = tuple[str, str]  # a town's name and a milestone's key


@dataclass(frozen=True)
class Sent:
    """A message that left: to whom, when, their time zone, and what it says."""

    contact_id: int
    at: datetime
    zone: str
    says: dict[str, Any]

    @property
    def local(self) -> datetime:
        """When it reached them, by their own clock."""
        return self.at.astimezone(ZoneInfo(self.zone))

    def duties(self) -> list[Duty]:
        """Return the towns and milestones it speaks of."""
        args = self.says["args"]
        if "lines" in args:
            return [(str(town), str(what["say"])) for town, what, _ in args["lines"]["lines"]]
        return [(str(args["municipality"]), str(args["milestone"]["say"]))]


@dataclass(frozen=True)
class Figures:
    """What a simulation found; `night_sends`, `holiday_sends` and `forgotten` must be 0, and nobody gets two a day."""

    towns: int
    people: int
    reminders: int
    max_per_person_per_day: int
    max_per_person: int
    mean_per_person: float
    night_sends: int
    holiday_sends: int
    forgotten: int
    milestones_met: int
    milestones_open: int
    late: int
    escalated: int
    answers: dict[str, int]


@dataclass
class Ledger:
    """Notes what happens, and adds it up at the end."""

    towns: dict[str, tuple[int, str, date]] = field(default_factory=dict)  # id, country, watched since
    sent: list[Sent] = field(default_factory=list)
    spoken: dict[Duty, list[date]] = field(default_factory=lambda: defaultdict(list))
    tasks: dict[Duty, list[date]] = field(default_factory=lambda: defaultdict(list))
    tickets: dict[int, date] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    rests: dict[int, list[tuple[date, date]]] = field(default_factory=lambda: defaultdict(list))
    closed: dict[int, list[date]] = field(default_factory=lambda: defaultdict(list))
    opened: dict[int, list[date]] = field(default_factory=lambda: defaultdict(list))
    escalated: int = 0
    milestones: Sequence[Milestone] = ()

    def note_message(self, message: Sent) -> None:
        """Note a message that was queued."""
        self.sent.append(message)
        for duty in message.duties():
            self.spoken[duty].append(message.at.date())

    def note_ticket(self, number: int, kind: str, about: str, now: datetime) -> None:
        """Note a task of the secretariat, by what it is about: `Town 3 (ID): milestone_plan 2030-01-31, …`."""
        self.tickets[number] = now.date()
        self.escalated += kind == SILENT
        for part in about.split("; "):
            town, _, duties = part.partition(": ")
            for duty in duties.split(", "):
                key = town.rpartition(" (")[0], duty.partition(" ")[0]
                self.spoken[key].append(now.date())
                if kind in {SILENT, HELP}:
                    self.tasks[key].append(now.date())

    def note_rest(self, milestone_id: int, now: datetime, days: int) -> None:
        """Note that somebody of the team answered, and for how many days nobody is asked about a milestone."""
        self.rests[milestone_id].append((now.date(), now.date() + timedelta(days=days)))

    def note_closed(self, milestone_id: int, now: datetime) -> None:
        """Note that a milestone was handed in."""
        self.closed[milestone_id].append(now.date())

    def note_opened(self, milestone_id: int, now: datetime) -> None:
        """Note that what was handed in came back."""
        self.opened[milestone_id].append(now.date())

    def note_milestones(self, rows: Sequence[Milestone]) -> None:
        """Note how everything stands at the end."""
        self.milestones = rows

    # --- adding up --------------------------------------------------------------------------------------------------

    def figures(self, ticked: Sequence[date]) -> Figures:
        """Return the figures; `ticked` are the days on which the clock ran."""
        by_day = Counter((one.contact_id, one.local.date()) for one in self.sent)
        by_person = Counter(one.contact_id for one in self.sent)
        met = [one for one in self.milestones if one.phase == Phase.DONE]
        return Figures(
            towns=len(self.towns),
            people=len(by_person),
            reminders=len(self.sent),
            max_per_person_per_day=max(by_day.values(), default=0),
            max_per_person=max(by_person.values(), default=0),
            mean_per_person=round(len(self.sent) / max(1, len(by_person)), 1),
            night_sends=sum(not OPENS <= one.local.hour < CLOSES for one in self.sent),
            holiday_sends=sum(self._on_a_day_off(one) for one in self.sent),
            forgotten=sum(self._forgotten(one, ticked) for one in self.milestones),
            milestones_met=len(met),
            milestones_open=sum(one.phase == Phase.OPEN and one.due_on is not None for one in self.milestones),
            late=sum(bool(one.due_on and self.closed[one.id] and self.closed[one.id][-1] > one.due_on) for one in met),
            escalated=self.escalated,
            answers=dict(self.answers),
        )

    def _on_a_day_off(self, message: Sent) -> bool:
        countries = {self.towns[town][1] for town, _ in message.duties()}
        return any(not is_working_day(message.local.date(), country) for country in countries)

    def _forgotten(self, milestone: Milestone, ticked: Sequence[date]) -> int:
        """Count the moments at which a milestone was due to be spoken of, and nobody did."""
        rule = schedule().rule(milestone.key)
        name = milestone.municipality.name
        if not rule.is_certain or name not in self.towns:
            return 0
        start = milestone.municipality.committed_on
        due = due_on(start, rule) if start else None
        if due is None:
            return 0
        since = self.towns[name][2]
        spoken = self.spoken[name, milestone.key]
        moments = [due - timedelta(days=days) for days in schedule().days_before]
        left = self.tickets.get(milestone.ticket_id or 0, date.max)  # since then nobody of the town wants reminders
        watched = [one for one in moments if since <= one < left]
        missed = sum(not self._was_spoken(milestone.id, one, spoken, ticked) for one in watched)
        last, tasks = max(*moments, since), self.tasks[name, milestone.key]
        return missed + (last < left and not self._was_settled(milestone.id, last, tasks, ticked))

    def _was_spoken(self, milestone_id: int, day: date, spoken: Iterable[date], ticked: Sequence[date]) -> bool:
        """Tell whether a milestone was spoken of soon after a day, unless it was closed or somebody had it rest."""
        begin = max([day, *(until for at, until in self.rests[milestone_id] if at <= day <= until)])
        end = _later(begin, GRACE, ticked)
        if end is None or self._was_closed(milestone_id, day, end):
            return True
        rested = any(day <= at <= end for at, _ in self.rests[milestone_id])
        return rested or any(day <= one <= end for one in spoken)

    def _was_settled(self, milestone_id: int, last: date, tasks: Iterable[date], ticked: Sequence[date]) -> bool:
        """Tell whether the last reminder came to an end: an answer, a hand-in, or a task for the secretariat."""
        end = _later(last, CLIMBED, ticked)
        if end is None or self._was_closed(milestone_id, last, end):
            return True
        answered = any(last <= at <= end for at, _ in self.rests[milestone_id])
        return answered or any(last <= one <= end for one in tasks)

    def _was_closed(self, milestone_id: int, day: date, end: date) -> bool:
        """Tell whether a milestone was handed in, or looked at, at any moment of a time."""
        changes = [(one, True) for one in self.closed[milestone_id]] + [
            (one, False) for one in self.opened[milestone_id]
        ]
        before = [is_closed for at, is_closed in sorted(changes) if at <= day]
        return bool(before and before[-1]) or any(day <= at <= end for at, _ in changes)


def _later(day: date, days: int, ticked: Sequence[date]) -> date | None:
    """Return the day by which the clock has run so many days since; None when the simulation ends before."""
    place = bisect_left(ticked, day) + days
    return ticked[place] if place < len(ticked) else None
