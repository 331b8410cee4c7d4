"""What messages cost: WhatsApp's dated rates and Twilio's fee, in US dollars. What nobody could tell is not guessed."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

import phonenumbers
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session
from yaml import YAMLError

from covenant.templates import CHANNEL, family
from db.messages import ARRIVED, Inbound, Outbound
from db.people import Address, Contact
from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "rates.yml"
OWN_FILE = "rates.yml"  # the operator's, in the data folder
NOWHERE = "–"


class Category(StrEnum):
    """What WhatsApp charges by. `inbound`: what people write; only Twilio charges it."""

    SERVICE = "service"
    UTILITY = "utility"
    MARKETING = "marketing"
    AUTHENTICATION = "authentication"
    INBOUND = "inbound"


class RatesWrong(Exception):
    """A file of rates cannot be read."""


@dataclass(frozen=True)
class Rate:
    """From a day on, one market's price of one category; None where nobody could tell."""

    since: date
    usd: Decimal | None


@dataclass(frozen=True)
class Rates:
    """Which market a country is in, each market's rates by category, and the fee on every message."""

    markets: Mapping[str, str]
    rates: Mapping[tuple[str, str], tuple[Rate, ...]]
    fees: tuple[Rate, ...]

    def cost_of(self, where: str | None, category: str, on: date) -> Decimal | None:
        """Return the price of one message to a country or a phone number; None where it is not known."""
        fee = _on(self.fees, on)
        if category == Category.INBOUND:
            return fee
        market = self.markets.get(country_of(where) or "")
        rate = _on(self.rates.get((market or "", category), ()), on)
        return None if rate is None or fee is None else rate + fee

    def over(self, other: "Rates") -> "Rates":
        """Return these rates, and the other ones for whatever these do not have."""
        return Rates({**other.markets, **self.markets}, {**other.rates, **self.rates}, self.fees or other.fees)


def _on(rates: Iterable[Rate], day: date) -> Decimal | None:
    begun = [rate for rate in rates if rate.since <= day]
    return max(begun, key=lambda rate: rate.since).usd if begun else None


def country_of(where: str | None) -> str | None:
    """Return the country of a phone number such as `whatsapp:+62…`; what is a country already stays."""
    number = (where or "").rpartition(":")[2]
    if not number.startswith("+"):
        return where or None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None


@functools.cache
def our_rates() -> Rates:
    """Return the rates that come with Kawan."""
    return read_rates(FILE)


@dataclass
class Book:
    """The rates that this process goes by."""

    own: Rates | None = None


BOOK = Book()


def use_own(data_dir: Path) -> None:
    """Let the operator's rates, where there are any in the data folder, go before ours in this process."""
    path = data_dir / OWN_FILE
    BOOK.own = read_rates(path) if path.is_file() else None


def rates() -> Rates:
    """Return the rates that this process goes by."""
    return BOOK.own.over(our_rates()) if BOOK.own else our_rates()


def read_rates(path: Path) -> Rates:
    """Read a file of rates; RatesWrong says in a sentence what is wrong with it."""
    try:
        return _parsed(read_yaml(path) or {})
    except (OSError, YAMLError, AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as problem:
        message = f"{path} is no list of rates as docs/operate.md shows it: {' '.join(str(problem).split())}."
        raise RatesWrong(message) from None


def _parsed(data: Mapping[str, Any]) -> Rates:
    found: defaultdict[tuple[str, str], list[Rate]] = defaultdict(list)
    for row in data.get("rates") or ():
        for category in Category:
            if category in row:
                found[row["market"], category].append(_rate(row["from"], row[category]))
    markets = {country: market for country, market in (data.get("markets") or {}).items() if country != "source"}
    fees = tuple(_rate(row["from"], row["usd"]) for row in data.get("fees") or ())
    return Rates(markets, {key: tuple(value) for key, value in found.items()}, fees)


def _rate(since: Any, usd: Any) -> Rate:
    if not isinstance(since, date):
        message = f"“{since}” is no day such as 2026-10-01"
        raise ValueError(message)  # noqa: TRY004 - the file's content is wrong, not our call
    return Rate(since, None if usd is None else Decimal(str(usd)))


def cost_of(where: str | None, category: str, on: date, table: Rates | None = None) -> Decimal | None:
    """Return the price in US dollars of one WhatsApp message to a country or a phone number; None if it is unknown."""
    return (table or rates()).cost_of(where, category, on)


@dataclass(frozen=True)
class Estimate:
    """What a number of messages costs; of `unknown` of them nobody could tell, so that it is at least so much."""

    usd: Decimal = Decimal(0)
    messages: int = 0
    unknown: int = 0

    def __add__(self, other: "Estimate") -> "Estimate":
        """Return both together."""
        return Estimate(self.usd + other.usd, self.messages + other.messages, self.unknown + other.unknown)

    def __str__(self) -> str:
        """Say it as people do."""
        return f"{'at least ' if self.unknown else ''}{self.cents} US dollars"

    @property
    def cents(self) -> Decimal:
        """The dollars rounded up to a cent."""
        return self.usd.quantize(Decimal("0.01"), ROUND_UP)


def estimate(messages: Mapping[tuple[str | None, str], int], on: date, table: Rates | None = None) -> Estimate:
    """Return what numbers of messages by country (or phone) and category cost."""
    prices = [(cost_of(where, category, on, table), number) for (where, category), number in messages.items()]
    known = sum((price * number for price, number in prices if price is not None), Decimal(0))
    return Estimate(known, sum(messages.values()), sum(number for price, number in prices if price is None))


def category_of(template: str | None) -> Category:
    """Return what a message sent with a template, or with none, is charged as."""
    named = next((one for one in family().templates if one.name == template), None)
    return Category(named.category.lower()) if named else Category.SERVICE


@dataclass(frozen=True)
class Total:
    """What one month's messages of one category to one country cost."""

    month: str
    category: Category
    country: str
    estimate: Estimate


def totals(session: Session, table: Rates | None = None) -> list[Total]:
    """Return what WhatsApp cost by month, category and country: what was noted at sending, else by the dated rates."""
    found: defaultdict[tuple[str, Category, str], Estimate] = defaultdict(Estimate)
    for key, usd, messages in _charged(session, table or rates()):
        found[key] += Estimate(usd or Decimal(0), messages, messages if usd is None else 0)
    return [Total(*key, amount) for key, amount in sorted(found.items())]


Charged = tuple[tuple[str, Category, str], Decimal | None, int]


def _charged(session: Session, table: Rates) -> Iterator[Charged]:
    for day, where, template, noted, messages in session.execute(_outbound()):
        country, category = country_of(where) or NOWHERE, category_of(template)
        price = table.cost_of(country, category, day)
        usd = noted if noted is not None else price and price * messages
        yield (f"{day:%Y-%m}", category, country), usd, messages
    for day, where, messages in session.execute(_inbound()):
        price = table.cost_of(where, Category.INBOUND, day)
        yield (f"{day:%Y-%m}", Category.INBOUND, country_of(where) or NOWHERE), price and price * messages, messages


# The number that is written to, or the country that its owner named: some addresses are no numbers.
WHERE = func.coalesce(Address.phone, case((Address.external_id.like("%+%"), Address.external_id)), Contact.country)


def _outbound() -> Select[date, str | None, str | None, Decimal | None, int]:
    day = func.date(func.timezone("UTC", Outbound.sent_at))
    by = (day, WHERE, Outbound.template, Outbound.cost.is_(None))
    return (
        select(day, WHERE, Outbound.template, func.sum(Outbound.cost), func.count())
        .join(Address, Address.id == Outbound.address_id)
        .join(Contact, Contact.id == Outbound.contact_id)
        .where(Outbound.channel == CHANNEL, Outbound.state.in_(ARRIVED), Outbound.sent_at.is_not(None))
        .group_by(*by)
    )


def _inbound() -> Select[date, str | None, int]:
    day = func.date(func.timezone("UTC", Inbound.received_at))
    return (
        select(day, WHERE, func.count())
        .join(Address, Address.id == Inbound.address_id)
        .join(Contact, Contact.id == Inbound.contact_id)
        .where(Inbound.channel == CHANNEL)
        .group_by(day, WHERE)
    )
