"""Updates to many: who gets them and where, each once, what a rehearsal tells, pausing and stopping, what became of them."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels import Outbound as Message
from bot.channels import Place, Rejected, Urgency
from bot.delivery import Dispatcher
from bot.wording import Wording
from covenant import broadcasts, consent, outbox
from covenant.costs import rates
from covenant.rehearsal import Rehearsal, rehearse
from covenant.templates import KNOCK, NOTICE
from db.engine import Sessions
from db.messages import Outbound, OutboundState
from db.people import Address, AddressState, Contact, Purpose, Role
from db.records import Broadcast, BroadcastState
from locales import Catalogues
from tests.db.conftest import forget_everybody
from tests.db.test_templates import Phone, approve, send
from tests.people import said, until

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TEXTS = {"en": "The climate week begins.", "th": "สัปดาห์ภูมิอากาศเริ่มขึ้นแล้ว"}


def person(
    session: Session,
    *channels: str,
    language: str = "en",
    role: Role | None = None,
    news: bool | None = True,
    state: AddressState = AddressState.ACTIVE,
    wrote: timedelta | None = timedelta(hours=1),
) -> Contact:
    """Somebody with an address on each of these channels, written from one after the other, the last one latest."""
    contact = Contact(language=language, role=role)
    session.add(contact)
    session.flush()
    for position, channel in enumerate(channels or ("web",)):
        number = f"+62812{contact.id:06d}{position:02d}"
        written = NOW - wrote + timedelta(minutes=position) if wrote is not None else None
        address = Address(contact_id=contact.id, channel=channel, external_id=number, state=state)
        address.last_inbound_at = written
        address.phone = number if channel == "whatsapp" else None
        session.add(address)
    if news is not None:
        session.add(said(contact, Purpose.NEWS, given=news))
    session.flush()
    return contact


def update_for(session: Session, role: Role | None = None, texts: dict[str, str] = TEXTS) -> Broadcast:
    row = Broadcast(texts=texts, base_language="en", audience=broadcasts.audience_named(role or "everybody"))
    row.queued_at = NOW
    session.add(row)
    session.flush()
    return row


def channel_of(session: Session, row: Broadcast) -> dict[int, str]:
    query = select(Outbound.contact_id, Outbound.channel).where(Outbound.broadcast_id == row.id)
    return {row.contact_id: row.channel for row in session.execute(query)}


# --- who and where --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "channels",
    [("web",), ("web", "telegram"), ("telegram", "web"), ("telegram", "email"), ("email", "telegram"), ("email",)],
)
def test_an_update_goes_where_everything_else_goes(session: Session, channels: tuple[str, ...]) -> None:
    somebody = person(session, *channels)
    row = update_for(session)
    assert broadcasts.queue(session, row) == 1
    best = outbox.best_address(session, somebody)
    assert best
    assert channel_of(session, row) == {somebody.id: best.channel}
    assert (
        best.channel == [*(one for one in channels if one != "email"), *channels][-1 if "email" not in channels else 0]
    )


def test_a_chat_that_was_never_written_from_goes_before_mail(session: Session) -> None:
    somebody = person(session, "email")
    session.add(Address(contact_id=somebody.id, channel="telegram", external_id="7"))
    session.flush()
    row = update_for(session)
    broadcasts.queue(session, row)
    assert channel_of(session, row) == {somebody.id: "telegram"}


def test_only_the_audience_gets_it(session: Session) -> None:
    mayor, officer = person(session, role=Role.SIGNATORY), person(session, role=Role.MUNICIPAL)
    for role, wanted in ((Role.SIGNATORY, {mayor.id}), (Role.MUNICIPAL, {officer.id}), (None, {mayor.id, officer.id})):
        row = update_for(session, role)
        broadcasts.queue(session, row)
        assert set(channel_of(session, row)) == wanted


# --- the rehearsal --------------------------------------------------------------------------------------------------


def rehearsed(session: Session, catalogues: Catalogues, **more: object) -> Rehearsal:
    row = Broadcast(texts=TEXTS, base_language="en", audience={}, **more)
    return rehearse(session, catalogues, row, NOW, rates())


def test_a_rehearsal_says_who_does_not_get_it_and_why(session: Session, catalogues: Catalogues) -> None:
    person(session)
    person(session, news=False)
    person(session, news=None)
    person(session, state=AddressState.OPTED_OUT)
    person(session, state=AddressState.GONE, news=False)
    session.add(Contact(language="en"))
    person(session, "whatsapp", wrote=2 * DAY)
    found = rehearsed(session, catalogues)
    assert found.unreached == {"no_consent": 2, "stopped": 1, "gone": 1, "no_address": 1, "held": 1}
    assert found.counts == {("web", "en"): 1, ("whatsapp", "en"): 1}


def test_a_rehearsal_is_what_then_happens(session: Session, catalogues: Catalogues) -> None:
    for channels, language in ((("web",), "en"), (("telegram",), "th"), (("web", "whatsapp"), "km"), (("web",), "km")):
        person(session, *channels, language=language)
        person(session, *channels, language=language, news=False)
    found = rehearsed(session, catalogues)
    row = update_for(session)
    assert broadcasts.queue(session, row) == found.total == 4
    query = (
        select(Outbound.channel, Contact.language, func.count())
        .join(Contact, Contact.id == Outbound.contact_id)
        .where(Outbound.broadcast_id == row.id)
        .group_by(Outbound.channel, Contact.language)
    )
    assert {(channel, language): number for channel, language, number in session.execute(query)} == found.counts
    assert found.fallback == 2


def test_a_rehearsal_shows_the_exact_words(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, NOTICE)
        for language in ("th", "km"):
            person(session, "whatsapp", language=language, wrote=2 * DAY)
            person(session, "whatsapp", language=language)
        found = rehearsed(session, catalogues)
        broadcasts.queue(session, update_for(session))
    send(nobody_yet, catalogues, phone)
    texts = {(one.language, one.kind): one.text for one in found.samples}
    assert texts["th", "text"] == TEXTS["th"]
    assert texts["km", "text"] == TEXTS["en"]
    frame = catalogues["en"].text("utter_template_notice")
    assert texts["th", NOTICE] == frame.replace("{text}", TEXTS["th"])
    filled = {message.template.variables["1"] for message in phone.posted if message.template}
    assert filled == {TEXTS["th"], TEXTS["en"]}
    assert sum(one.people for one in found.samples) == found.total == 4


def test_a_rehearsal_counts_what_whatsapp_costs(session: Session, catalogues: Catalogues) -> None:
    for _ in range(10):
        person(session)
        person(session, "whatsapp")
    person(session, "whatsapp", wrote=2 * DAY)
    service, marketing, utility = (
        rates().cost_of("ID", category, NOW.date()) or Decimal(0) for category in ("service", "marketing", "utility")
    )
    assert rehearsed(session, catalogues).cost.usd == 11 * service
    approve(session, catalogues, KNOCK)
    assert rehearsed(session, catalogues).cost.usd == 11 * service + utility
    approve(session, catalogues, NOTICE)
    found = rehearsed(session, catalogues)
    assert found.cost.usd == 10 * service + marketing
    assert (found.cost.messages, found.cost.unknown) == (11, 0)


def test_a_rehearsal_says_how_long_it_takes() -> None:
    counts = {("telegram", "en"): 2000, ("telegram", "th"): 1000, ("whatsapp", "en"): 4000, ("pigeon", "en"): 10}
    assert Rehearsal(counts, 0).seconds == 100
    assert Rehearsal({}, 0).seconds == 0


# --- under way ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        (BroadcastState.QUEUED, BroadcastState.PAUSED, True),
        (BroadcastState.PAUSED, BroadcastState.QUEUED, True),
        (BroadcastState.QUEUED, BroadcastState.STOPPED, True),
        (BroadcastState.PAUSED, BroadcastState.STOPPED, True),
        (BroadcastState.STOPPED, BroadcastState.QUEUED, False),
        (BroadcastState.STOPPED, BroadcastState.PAUSED, False),
        (BroadcastState.QUEUED, BroadcastState.QUEUED, False),
        (BroadcastState.DRAFTED, BroadcastState.PAUSED, False),
    ],
)
def test_a_stopped_update_never_goes_on(
    session: Session, before: BroadcastState, after: BroadcastState, *, allowed: bool
) -> None:
    row = update_for(session)
    row.state = before
    session.flush()
    assert broadcasts.move(session, row, after) == allowed
    assert row.state == (after if allowed else before)


def test_a_stop_also_ends_what_waits_for_a_person(session: Session) -> None:
    person(session), person(session)
    row = update_for(session)
    broadcasts.queue(session, row)
    first = session.scalars(select(Outbound).where(Outbound.broadcast_id == row.id)).first()
    assert first
    first.state = OutboundState.HELD
    session.flush()
    assert broadcasts.outcomes(session, row).groups == [("left", 1), ("held", 1)]
    broadcasts.move(session, row, BroadcastState.STOPPED)
    assert broadcasts.outcomes(session, row).groups == [("left", 0), ("skipped", 2)]


class Slow(Phone):
    """A channel that takes a moment, so that there is something to interrupt."""

    async def send(self, message: Message, place: Place) -> str:
        await asyncio.sleep(0.005)
        return await super().send(message, place)


@contextmanager
def running(sessions: Sessions, catalogues: Catalogues, channel: Phone) -> Iterator[None]:
    """A dispatcher that works in a thread of its own."""
    stop = threading.Event()

    async def work() -> None:
        worker = Dispatcher(sessions, Wording(catalogues), channel)
        tasks: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            await worker.start_next(Urgency.BULK, tasks)
            await asyncio.sleep(0.002)
        await asyncio.gather(*tasks)

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_pause_and_a_stop_take_hold_while_a_dispatcher_works(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    channel = Slow(name="telegram")
    with nobody_yet.begin() as session:
        for _ in range(300):
            person(session, "telegram")
        row = update_for(session)
        assert broadcasts.queue(session, row) == 300

    def bring(state: BroadcastState) -> bool:
        with nobody_yet.begin() as session:
            return broadcasts.move(session, session.get_one(Broadcast, row.id), state)

    def outcomes() -> broadcasts.Outcomes:
        with nobody_yet() as session:
            return broadcasts.outcomes(session, session.get_one(Broadcast, row.id))

    with running(nobody_yet, catalogues, channel):
        until(lambda: len(channel.posted) > 20, pause=0.002)
        assert bring(BroadcastState.PAUSED)
        threading.Event().wait(0.5)  # the batch that was being claimed at that moment still leaves
        until(lambda: not outcomes().of(OutboundState.SENDING))
        paused = len(channel.posted)
        assert paused < 300
        until(lambda: outcomes().of(OutboundState.SENT) == paused)
        for _ in range(5):
            threading.Event().wait(0.05)
            assert len(channel.posted) == paused
        assert bring(BroadcastState.QUEUED)
        until(lambda: len(channel.posted) > paused + 20, pause=0.002)
        assert bring(BroadcastState.STOPPED)
        until(lambda: not outcomes().left)
        found = outcomes()
    assert len(channel.posted) == found.of(OutboundState.SENT) < 300
    assert found.of(OutboundState.SKIPPED) == 300 - len(channel.posted)
    assert found.total == 300
    assert max(Counter(message.address for message in channel.posted).values()) == 1


class Moody(Phone):
    """A channel that refuses every third message."""

    async def send(self, message: Message, place: Place) -> str:
        if message.id % 3 == 0:
            raise Rejected
        return await super().send(message, place)


STEPS = ("queue", "dispatch", "pause", "continue", "stop", "newcomer", "leave", "window")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_whatever_happens_each_person_gets_it_at_most_once_and_the_numbers_add_up(
    nobody_yet: Sessions, catalogues: Catalogues, steps: list[str]
) -> None:
    forget_everybody(nobody_yet)
    channel, queued = Moody(), 0
    with nobody_yet.begin() as session:
        people = [person(session, "whatsapp", wrote=ago).id for ago in (timedelta(hours=1), 2 * DAY) * 6]
        number = update_for(session).id
    for step in ("queue", *steps):
        if step == "dispatch":
            send(nobody_yet, catalogues, channel, rounds=1)
            continue
        with nobody_yet.begin() as session:
            row = session.get_one(Broadcast, number)
            if step == "queue" and row.state in {BroadcastState.DRAFTED, BroadcastState.QUEUED}:
                queued += broadcasts.queue(session, row)
            elif step == "newcomer":
                people.append(person(session, "whatsapp").id)
            elif step == "leave":
                consent.stop(session, session.get_one(Contact, people[0]))
            elif step == "window":
                session.query(Address).update({Address.last_inbound_at: NOW})
            elif step in {"pause", "continue", "stop"}:
                state = {"pause": "paused", "continue": "queued", "stop": "stopped"}[step]
                broadcasts.move(session, row, BroadcastState(state))
        with nobody_yet() as session:
            row = session.get_one(Broadcast, number)
            found = broadcasts.outcomes(session, row)
            assert found.total == queued == sum(count for _name, count in found.groups)
            assert len(broadcasts.people(session, row)) == queued
            contacts = session.scalars(select(Outbound.contact_id).where(Outbound.broadcast_id == number)).all()
            assert len(set(contacts)) == len(contacts) == queued
    assert max(Counter(message.address for message in channel.posted).values(), default=0) <= 1


def test_people_appear_under_opaque_ids_only(session: Session) -> None:
    somebody = person(session, "whatsapp")
    row = update_for(session)
    broadcasts.queue(session, row)
    (line,) = broadcasts.people(session, row)
    assert line == broadcasts.Delivered(somebody.public_id, "whatsapp", "en", "queued", "")
