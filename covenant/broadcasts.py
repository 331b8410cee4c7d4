"""A campaign update: for whom it is, each person queued once, paused and stopped, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant.outbox import BEST_FIRST, WAKE
from db.engine import notify
from db.messages import Lane, Outbound, OutboundState
from db.people import Address, AddressState, Consent, Contact, Purpose
from db.records import Broadcast, BroadcastState

NOT_YET = (OutboundState.QUEUED, OutboundState.HELD)  # a stop still reaches them
LEFT = (OutboundState.QUEUED, OutboundState.SENDING)
# What a broadcast may become, and from what.
STEPS: Mapping[BroadcastState, tuple[BroadcastState, ...]] = {
    BroadcastState.PAUSED: (BroadcastState.QUEUED,),
    BroadcastState.QUEUED: (BroadcastState.PAUSED,),
    BroadcastState.STOPPED: (BroadcastState.QUEUED, BroadcastState.PAUSED),
}


def said_yes() -> ColumnElement[bool]:
    """The condition that a contact's last word on campaign news was yes."""
    last = (
        select(Consent.given)
        .where(Consent.contact_id == Contact.id, Consent.purpose == Purpose.NEWS)
        .order_by(Consent.id.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    return func.coalesce(last, literal(value=False))


def best_address() -> ScalarSelect[int]:
    """The id of the address that a contact is written to, as `covenant.outbox.best_address` chooses it."""
    return (
        select(Address.id)
        .where(Address.contact_id == Contact.id, Address.state == AddressState.ACTIVE)
        .order_by(*BEST_FIRST)
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )


def belongs(audience: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition that a contact belongs to an audience."""
    role = audience.get("role")
    return Contact.role == role if role else literal(value=True)


def audience_named(name: str) -> dict[str, Any]:
    """Return the stored form of an audience: `everybody` or a role."""
    return {} if name == "everybody" else {"role": name}


def recipients(audience: Mapping[str, Any]) -> Select[int, int, str, str]:
    """Return the query of one active address per contact who said yes to news and belongs to the audience."""
    return (
        select(Address.id, Address.contact_id, Address.channel, Contact.language)
        .join(Contact, Contact.id == Address.contact_id)
        .where(Address.id == best_address(), said_yes(), belongs(audience))
    )


def queue(session: Session, row: Broadcast) -> int:
    """Freeze the recipients: one outbox row each, in one statement, unique on broadcast and contact."""
    reached = recipients(row.audience).subquery()
    chosen = select(
        literal(f"broadcast:{row.id}:").concat(reached.c.contact_id),
        reached.c.id,
        reached.c.contact_id,
        reached.c.channel,
        literal(Lane.BROADCAST.value),
        func.jsonb_build_object("broadcast", row.id),
        literal(row.id),
    )
    columns = ["key", "address_id", "contact_id", "channel", "lane", "content", "broadcast_id"]
    statement = insert(Outbound).from_select(columns, chosen).on_conflict_do_nothing(index_elements=["key"])
    inserted = session.execute(statement.returning(Outbound.id)).all()
    row.state = BroadcastState.QUEUED
    notify(session, WAKE, "*")
    return len(inserted)


def text_for(row: Broadcast, language: str) -> str:
    """Return a broadcast's text in a language, else in its base language."""
    texts: dict[str, str] = row.texts
    return texts.get(language) or texts[row.base_language]


def find(session: Session, reference: str) -> Broadcast | None:
    """Return the broadcast with a reference, or None."""
    return session.scalars(select(Broadcast).where(Broadcast.reference == reference.strip().upper())).first()


def recent(session: Session, limit: int = 50, *, only: Sequence[BroadcastState] = ()) -> Sequence[Broadcast]:
    """Return the broadcasts that were queued, the newest first."""
    query = select(Broadcast).where(Broadcast.queued_at.is_not(None)).order_by(Broadcast.id.desc()).limit(limit)
    return session.scalars(query.where(Broadcast.state.in_(only)) if only else query).all()


def move(session: Session, row: Broadcast, state: BroadcastState) -> bool:
    """Pause, continue or stop a broadcast; False when its state does not allow that or it is so already.

    What is being sent at this moment still leaves. A stop is for good: whoever was not written to yet is not any more.
    """
    session.refresh(row, with_for_update=True)
    if row.state not in STEPS[state]:
        return False
    row.state = state
    session.flush()
    if state == BroadcastState.STOPPED:
        waiting = (Outbound.broadcast_id == row.id) & Outbound.state.in_(NOT_YET)
        session.execute(update(Outbound).where(waiting).values(state=OutboundState.SKIPPED, error="stopped"))
    notify(session, WAKE, "*")
    return True


@dataclass(frozen=True)
class Outcomes:
    """What became of a broadcast: how many people by state; together as many as were queued."""

    by_state: Mapping[OutboundState, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many people it was queued for."""
        return sum(self.by_state.values())

    @property
    def left(self) -> int:
        """How many are still to be sent; who is held back waits for the person and is not among them."""
        return sum(self.by_state.get(state, 0) for state in LEFT)

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The numbers by the words that the secretariat uses, those of nobody left out; they add up to `total`."""
        named = [("left", self.left)]
        named += [(str(state), number) for state in OutboundState if state not in LEFT and (number := self.of(state))]
        return [(name, number) for name, number in named if number or name == "left"]

    def of(self, state: OutboundState) -> int:
        """Return how many are in a state."""
        return self.by_state.get(state, 0)


def outcomes(session: Session, row: Broadcast) -> Outcomes:
    """Count what became of a broadcast."""
    query = select(Outbound.state, func.count()).where(Outbound.broadcast_id == row.id).group_by(Outbound.state)
    return Outcomes({OutboundState(state): number for state, number in session.execute(query)})


@dataclass(frozen=True)
class Delivered:
    """What became of it for one person, under the opaque id and without anything that names them."""

    person: str
    channel: str
    language: str
    state: str
    error: str


def people(session: Session, row: Broadcast) -> list[Delivered]:
    """Return what became of a broadcast for each person."""
    query = (
        select(Contact.public_id, Outbound.channel, Contact.language, Outbound.state, Outbound.error)
        .join(Contact, Contact.id == Outbound.contact_id)
        .where(Outbound.broadcast_id == row.id)
        .order_by(Outbound.id)
    )
    return [Delivered(*(part or "" for part in found)) for found in session.execute(query)]
