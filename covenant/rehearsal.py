"""A broadcast before it is sent: how many get it, how, who does not and why, what it costs and how long it takes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from covenant import costs, templates
from covenant.broadcasts import belongs, best_address, said_yes, text_for
from covenant.costs import WHERE, Estimate, Rates
from covenant.outbox import EMAIL
from covenant.templates import CHANNEL, KNOCK, NOTICE, Fit
from db.people import Address, AddressState, Contact
from db.records import Broadcast
from locales import Catalogues

# Messages a second. Telegram: its bots FAQ. WhatsApp: Twilio's best practices. The page and mail: careful guesses.
PACE = {"telegram": 30.0, CHANNEL: 80.0, "web": 200.0, EMAIL: 2.0}
SLOWEST = 2.0
HELD = "held"


@dataclass(frozen=True)
class Sample:
    """The exact words that everybody of one channel and language reads, and how many they are."""

    channel: str
    language: str
    kind: str  # `text`, the name of a template, or `held`
    text: str
    people: int


@dataclass(frozen=True)
class Rehearsal:
    """What would happen: how many by channel and language, and how many read the base language instead of their own.

    `unreached` counts by reason who of the audience does not get it; `held` are among the counts, and get it when they
    write again.
    """

    counts: Mapping[tuple[str, str], int]
    fallback: int
    unreached: Mapping[str, int] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    cost: Estimate = field(default_factory=Estimate)

    @property
    def total(self) -> int:
        """Return how many people would get it."""
        return sum(self.counts.values())

    @property
    def seconds(self) -> float:
        """Return how long it takes: the channels send side by side, each at its own pace."""
        numbers: Counter[str] = Counter()
        for (channel, _language), number in self.counts.items():
            numbers[channel] += number
        return max((number / PACE.get(channel, SLOWEST) for channel, number in numbers.items()), default=0.0)


class Person(NamedTuple):
    """Somebody of the audience, with the address they would be written to."""

    language: str
    agreed: bool
    stopped: bool
    gone: bool
    channel: str | None
    where: str | None
    wrote_at: datetime | None


def rehearse(
    session: Session, catalogues: Catalogues, row: Broadcast, now: datetime | None = None, table: Rates | None = None
) -> Rehearsal:
    """Return what would happen if a broadcast were queued now; nothing is changed."""
    moment = now or datetime.now(UTC)
    stage = Stage(session, catalogues, row)
    ways: defaultdict[tuple[str, str, str], Counter[str | None]] = defaultdict(Counter)
    unreached: Counter[str] = Counter()
    for person in _audience(session, row.audience):
        reason = why_not(person)
        if reason:
            unreached[reason] += 1
            continue
        way = stage.way(person, moment)
        unreached[HELD] += way == HELD
        ways[str(person.channel), person.language, way][person.where] += 1
    return stage.rehearsal(ways, +unreached, costs.rates() if table is None else table, moment)


def why_not(person: Person) -> str | None:
    """Return why somebody of the audience does not get it, or None."""
    if person.channel is None:
        return "stopped" if person.stopped else "gone" if person.gone else "no_address"
    return None if person.agreed else "no_consent"


def _audience(session: Session, audience: Mapping[str, Any]) -> Iterator[Person]:
    def has(state: AddressState) -> Any:
        return exists().where(Address.contact_id == Contact.id, Address.state == state).correlate(Contact)

    best = select(
        Contact.language,
        said_yes().label("agreed"),
        has(AddressState.OPTED_OUT).label("stopped"),
        has(AddressState.GONE).label("gone"),
        best_address().label("best"),
    )
    people = best.where(belongs(audience)).subquery()
    query = (
        select(people.c.language, people.c.agreed, people.c.stopped, people.c.gone)
        .add_columns(Address.channel, WHERE, Address.last_inbound_at)
        .join_from(people, Address, Address.id == people.c.best, isouter=True)
        .join(Contact, Contact.id == Address.contact_id, isouter=True)
    )
    return (Person._make(found) for found in session.execute(query))


Ways = Mapping[tuple[str, str, str], Counter[str | None]]


@dataclass
class Stage:
    """What a rehearsal needs; `notices` are the templates that stand in for the text on WhatsApp, by language."""

    session: Session
    catalogues: Catalogues
    row: Broadcast
    notices: dict[str, Fit | None] = field(default_factory=dict)

    def way(self, person: Person, now: datetime) -> str:
        """Return how somebody gets it: as a text, as a template (its name), or held until they write."""
        if person.channel != CHANNEL or templates.is_open(person.wrote_at, now):
            return "text"
        return NOTICE if self.notice(person.language) else HELD

    def notice(self, language: str) -> Fit | None:
        """Return the approved template that carries the text to who reads a language."""
        if language not in self.notices:
            args = {"text": text_for(self.row, language)}
            notice = templates.family().named(NOTICE)
            self.notices[language] = templates.fitting(self.session, self.catalogues, notice, language, args)
        return self.notices[language]

    def rehearsal(self, ways: Ways, unreached: Mapping[str, int], table: Rates, now: datetime) -> Rehearsal:
        """Return the whole of it."""
        counts: Counter[tuple[str, str]] = Counter()
        for (channel, language, _way), places in ways.items():
            counts[channel, language] += places.total()
        fallback = sum(number for (_channel, language), number in counts.items() if language not in self.row.texts)
        samples = tuple(self._sample(*key, places.total()) for key, places in sorted(ways.items()))
        return Rehearsal(dict(counts), fallback, unreached, samples, self._cost(ways, table, now))

    def _sample(self, channel: str, language: str, way: str, people: int) -> Sample:
        fit = self.notice(language) if way == NOTICE else None
        text = fit.text if fit else text_for(self.row, language)
        return Sample(channel, language, way, text, people)

    def _cost(self, ways: Ways, table: Rates, now: datetime) -> Estimate:
        """Return what WhatsApp costs. Who is held back gets the text within a conversation, after a knock."""
        charged: Counter[tuple[str | None, str]] = Counter()
        knocked = knocks(self.session, self.catalogues)
        for (channel, _language, way), places in ways.items():
            for where, number in places.items() if channel == CHANNEL else ():
                charged[where, costs.category_of(way)] += number
                if way == HELD and knocked:
                    charged[where, costs.category_of(KNOCK)] += number
        return costs.estimate(charged, now.date(), table)


def knocks(session: Session, catalogues: Catalogues) -> bool:
    """Tell whether who is held back would be told so."""
    return templates.fitting(session, catalogues, templates.family().named(KNOCK), "en", {}) is not None
