"""`kawan simulate`: the clock runs fast over a made-up region, through the functions that the real clock and chat call.

The people answer by chance, the same for the same seed. What they got is read from what was queued, not from what the
reminders remember of it. Nothing here may touch a database in which anybody lives.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, cycle, islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.simulation_ledger import Figures, Ledger, Sent
from covenant import progress, reminder_answers, reminders
from covenant.hours import TIME_ZONES
from covenant.schedule import LATER
from db.engine import Sessions
from db.messages import Outbound
from db.milestones import Evidence, EvidenceState, Milestone, Notice, Phase
from db.people import Address, Consent, Contact, Purpose
from db.records import Membership, Municipality, Ticket
from locales.languages import language_of_country

START = date(2027, 1, 1)
TICKS = tuple(time(hour, 0, tzinfo=UTC) for hour in (1, 3, 10, 20))  # the last one is night in all of the region
ABROAD = "Europe/London"
WILLING, TRAVELS, SHARED = 0.9, 0.05, 0.05  # of all people: say yes to reminders, live elsewhere, work for two towns
HANDS_IN, GOOD = 0.7, 0.85  # of those who said "done"; of what is handed in
MISSED = 14  # days that the clock stands still, twice in a simulation
ANSWERS = {"done": 0.3, "help": 0.08, "later": 0.2, "not_me": 0.02, "": 0.4}

Event = Callable[[Session, datetime], None]


@dataclass
class Simulation:
    """So many towns over so many years from `START` on, on tables that are empty; `run` tells what became of them."""

    sessions: Sessions
    cities: int
    years: int
    seed: int
    chance: random.Random = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    events: list[tuple[datetime, int, Event]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    zones: dict[int, str] = field(default_factory=dict)
    seen: dict[type[Any], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let chance begin at the seed."""
        self.chance = random.Random(self.seed)  # noqa: S311 - inventing, not hiding

    def run(self) -> Figures:
        """Invent the region, run the clock over it, and count."""
        end = START + timedelta(days=365 * self.years)
        with self.sessions.begin() as session:
            self._invent(session, end)
        days = [day for day in _days(START, end) if not self._stands_still(day)]
        for day in days:
            with (
                self.sessions.begin() as session
            ):  # one a day: twenty thousand commits would take a minute by themselves
                for hour in TICKS:
                    self._until(session, datetime.combine(day, hour))
                self._notice_tickets(session, datetime.combine(day, TICKS[-1]))
        with self.sessions() as session:
            query = select(Milestone).options(joinedload(Milestone.municipality))
            self.ledger.note_milestones(session.scalars(query).all())
        return self.ledger.figures(days)

    def _stands_still(self, day: date) -> bool:
        """Whether the clock is off: nothing of what was due then may be forgotten, and no storm follows."""
        length = 365 * self.years
        gone = (day - START).days
        return any(begin <= gone < begin + MISSED for begin in (length // 3, 2 * length // 3))

    # --- who there is -----------------------------------------------------------------------------------------------

    def _invent(self, session: Session, end: date) -> None:
        span = (end - START).days
        countries = islice(cycle(sorted(TIME_ZONES)), self.cities)
        known: list[Contact] = []
        for number, country in enumerate(countries):
            committed = START + timedelta(days=self.chance.randrange(-2 * 365, max(1, span // 3)))
            town = Municipality(name=f"Town {number}", country=country)
            session.add(town)
            session.flush()
            for _ in range(self.chance.randint(1, 3)):
                share = known and self.chance.random() < SHARED
                person = self.chance.choice(known) if share else self._person(session, country)
                self._join(session, town, person)
                known.append(person)
            moment = datetime.combine(max(committed, START), time(0, 5, tzinfo=UTC))
            self._plan(moment, self._commits(town.id, committed))

    def _person(self, session: Session, country: str) -> Contact:
        zone = ABROAD if self.chance.random() < TRAVELS else TIME_ZONES[country]
        person = Contact(language=language_of_country(country) or "en", country=country, time_zone=zone)
        session.add(person)
        session.flush()
        self.zones[person.id] = zone
        session.add(Address(contact_id=person.id, channel="web", external_id=f"simulated:{person.id}"))
        session.add(_consent(person.id, person.language, given=self.chance.random() < WILLING))
        return person

    def _join(self, session: Session, town: Municipality, person: Contact) -> None:
        mine = (Membership.municipality_id == town.id) & (Membership.contact_id == person.id)
        if session.scalar(select(Membership.id).where(mine)) is None:
            session.add(Membership(municipality_id=town.id, contact_id=person.id))
            session.flush()

    def _commits(self, town_id: int, day: date) -> Event:
        def commit(session: Session, _now: datetime) -> None:
            town = session.get_one(Municipality, town_id)
            town.committed_on = day
            session.flush()
            reminders.lay_out(session, town)
            self.ledger.towns[town.name] = (town.id, town.country, max(day, START))

        return commit

    # --- time -------------------------------------------------------------------------------------------------------

    def _plan(self, moment: datetime, event: Event) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), event))

    def _until(self, session: Session, now: datetime) -> None:
        """Let everything happen that people do up to a moment, then let the clock tick once."""
        while self.events and self.events[0][0] <= now:
            moment, _, event = heapq.heappop(self.events)
            event(session, moment)
        if reminders.queue_due(session, now):
            self._react(session, now)

    def _fresh(self, session: Session, table: type[Any]) -> list[Any]:
        rows = session.scalars(select(table).where(table.id > self.seen.get(table, 0)).order_by(table.id)).all()
        self.seen[table] = rows[-1].id if rows else self.seen.get(table, 0)
        return list(rows)

    def _notice_tickets(self, session: Session, now: datetime) -> None:
        for ticket in self._fresh(session, Ticket):
            self.ledger.note_ticket(ticket.id, ticket.kind, ticket.message or "", now)

    # --- what people do ---------------------------------------------------------------------------------------------

    def _react(self, session: Session, now: datetime) -> None:
        for row in self._fresh(session, Outbound):
            if row.key.startswith("reminder:"):
                self.ledger.note_message(Sent(row.contact_id, now, self.zones[row.contact_id], row.content["says"][0]))
        for notice in self._fresh(session, Notice):
            did = self.chance.choices(list(ANSWERS), list(ANSWERS.values()))[0]
            if did:
                self._plan(now + timedelta(hours=self.chance.uniform(0.1, 72)), self._answers(notice.id, did))

    def _answers(self, notice_id: int, did: str) -> Event:
        def answer(session: Session, now: datetime) -> None:
            contact = session.get_one(Contact, session.get_one(Notice, notice_id).contact_id)
            notice = reminder_answers.note_answer(session, contact, did, now, notice_id)
            milestones = reminder_answers.held(session, notice) if notice else []
            self.ledger.answers[did] += 1
            if notice and did in {"done", "later"}:
                reminder_answers.ask_later(session, notice, milestones, now)
                self._rest(milestones, now, LATER)
            if did == "done":
                self._hand_in(milestones, contact.id, now)
            if did == "help":
                reminder_answers.leave_to_secretariat(session, milestones)
                self._rest(milestones, now, 0)
            if did == "not_me":
                session.add(_consent(contact.id, contact.language, given=False))
                reminder_answers.pass_on(session, contact, now)

        return answer

    def _rest(self, milestones: list[Milestone], now: datetime, days: int) -> None:
        for one in milestones:
            self.ledger.note_rest(one.id, now, days)

    def _hand_in(self, milestones: list[Milestone], contact_id: int, now: datetime) -> None:
        for one in milestones:
            if self.chance.random() < HANDS_IN:
                self._plan(now + timedelta(days=self.chance.uniform(0.1, 10)), self._hands_in(one.id, contact_id))

    def _hands_in(self, milestone_id: int, contact_id: int) -> Event:
        def hand_in(session: Session, now: datetime) -> None:
            milestone = session.get_one(Milestone, milestone_id)
            if milestone.phase == Phase.OPEN:
                contact = session.get_one(Contact, contact_id)
                row = progress.hand_in(session, milestone, contact, progress.Proof(year=now.year), now)
                self.ledger.note_closed(milestone.id, now)
                self._plan(now + timedelta(days=self.chance.uniform(1, 10)), self._decides(row.id, milestone_id))

        return hand_in

    def _decides(self, evidence_id: int, milestone_id: int) -> Event:
        good = self.chance.random() < GOOD

        def decide(session: Session, now: datetime) -> None:
            row = session.get_one(Evidence, evidence_id)
            if row.state != EvidenceState.WAITING:
                return
            if good:
                progress.accept(session, row, now)
                return
            progress.send_back(session, row, "…", now)
            self.ledger.note_opened(milestone_id, now)

        return decide


def _days(first: date, end: date) -> Iterator[date]:
    for number in range((end - first).days):
        yield first + timedelta(days=number)


def _consent(contact_id: int, language: str, *, given: bool) -> Consent:
    return Consent(
        contact_id=contact_id,
        purpose=Purpose.REMINDERS,
        given=given,
        version="simulated",
        wording="",
        language=language,
        channel="web",
    )
