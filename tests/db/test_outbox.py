"""The outbox: each message once under its key, replies first, nothing to whom it must not go, and how sendings fail."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import (
    Capabilities,
    Gone,
    Limit,
    Moved,
    OptedOut,
    Place,
    Rejected,
    SendError,
    Throttled,
    Unknown,
    Unreachable,
    Urgency,
)
from bot.channels import Outbound as Message
from bot.channels.web import NAME, WebChannel
from bot.delivery import Dispatcher
from bot.outcomes import MAX_TRIES, MOST_REPEATS
from bot.wording import Wording
from covenant import broadcasts, consent, outbox
from covenant.messages import Say
from db.engine import Sessions
from db.messages import Lane, Outbound, OutboundState
from db.people import Address, AddressState, Contact, Purpose
from db.records import Broadcast, BroadcastState
from locales import Catalogues
from tests.people import Somebody, said, somebody

TEXTS = {"en": "The climate week begins.", "th": "สัปดาห์ภูมิอากาศเริ่มขึ้นแล้ว"}


@dataclass
class Postbox:
    """A channel whose letters cannot be taken back: what went out is kept here, and it fails as it is told to."""

    problems: list[SendError] = field(default_factory=list)
    posted: list[Message] = field(default_factory=list)
    name: str = NAME
    capabilities: Capabilities = field(default_factory=Capabilities)
    arrived: dict[int, str] = field(default_factory=dict)

    def limits(self, _address: str) -> list[Limit]:
        return []

    async def find(self, message: Message, _since: datetime) -> list[str]:
        return [self.arrived[message.id]] if message.id in self.arrived else []

    async def close(self) -> None:
        pass

    async def send(self, message: Message, _place: Place) -> str:
        if self.problems:
            raise self.problems.pop(0)
        self.posted.append(message)
        return f"letter {message.id}"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


def dispatcher(sessions: Sessions, catalogues: Catalogues, channel: Postbox | None = None) -> Dispatcher:
    return Dispatcher(sessions, Wording(catalogues), channel or WebChannel())


def send(*dispatchers: Dispatcher, rounds: int = 1) -> None:
    """Let dispatchers work at the same time, one or more batches each; replies are taken first."""

    async def work() -> None:
        for _ in range(rounds):
            await asyncio.gather(*(batch(one) for one in dispatchers))

    async def batch(one: Dispatcher) -> None:
        for urgency in Urgency:
            tasks: set[asyncio.Task[None]] = set()
            await one.start_next(urgency, tasks)
            await asyncio.gather(*tasks)

    asyncio.run(work())


def write(sessions: Sessions, person: Somebody, key: str = "a", lane: Lane = Lane.REPLY) -> bool:
    with sessions.begin() as session:
        content = {"text": f"text {key}", "buttons": [], "lang": "en"}
        return outbox.queue_content(session, session.get_one(Address, person.address.id), content, key, lane)


def people(sessions: Sessions, number: int, *agreed: Purpose, language: str = "en") -> list[Somebody]:
    with sessions.begin() as session:
        return [somebody(session, *agreed, language=language) for _ in range(number)]


def queue_broadcast(sessions: Sessions, **audience: str) -> int:
    with sessions.begin() as session:
        row = Broadcast(texts=TEXTS, base_language="en", audience=audience)
        session.add(row)
        session.flush()
        broadcasts.queue(session, row)
        return row.id


def outbounds(sessions: Sessions) -> list[Outbound]:
    with sessions() as session:
        return list(session.scalars(select(Outbound).order_by(Outbound.id)))


def states(sessions: Sessions) -> list[str]:
    return [str(row.state) for row in outbounds(sessions)]


def together(*jobs: Callable[[], object]) -> list[object]:
    """Do jobs at the same moment, each in a thread of its own."""
    start, results = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        start.wait()
        results.append(job())

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- queueing -------------------------------------------------------------------------------------------------------


def test_a_key_is_queued_once_also_at_the_same_time(nobody_yet: Sessions) -> None:
    (person,) = people(nobody_yet, 1)
    results = together(*(lambda: write(nobody_yet, person, "reply:1") for _ in range(6)))
    assert sorted(results) == [False] * 5 + [True]
    assert len(outbounds(nobody_yet)) == 1


def test_a_broadcast_queued_by_two_at_once_goes_to_each_once(nobody_yet: Sessions) -> None:
    people(nobody_yet, 30, Purpose.NEWS)
    with nobody_yet.begin() as session:
        row = Broadcast(texts=TEXTS, base_language="en", audience={})
        session.add(row)
        session.flush()
        number = row.id

    def queue() -> int:
        with nobody_yet.begin() as session:
            return broadcasts.queue(session, session.get_one(Broadcast, number))

    assert sorted(together(queue, queue, queue)) == [0, 0, 30]
    assert len({row.contact_id for row in outbounds(nobody_yet)}) == 30


def test_what_is_said_by_ourselves_goes_to_the_address_last_written_from(session: Session) -> None:
    person = somebody(session)
    now = datetime.now(UTC)
    for name, ago, state in (
        ("old", 5, AddressState.ACTIVE),
        ("new", 1, AddressState.ACTIVE),
        ("left", 0, AddressState.GONE),
    ):
        session.add(
            Address(
                contact_id=person.contact.id,
                channel=NAME,
                external_id=name,
                state=state,
                last_inbound_at=now - timedelta(days=ago),
            )
        )
    session.flush()
    best = outbox.best_address(session, person.contact)
    assert best is not None
    assert best.external_id == "new"


def test_nobody_who_stopped_everything_is_written_to(session: Session) -> None:
    person = somebody(session, state=AddressState.OPTED_OUT)
    assert not outbox.queue_say(session, person.contact, Say("utter_thank"), "key")
    assert not session.scalars(select(Outbound).where(Outbound.contact_id == person.contact.id)).all()


# --- sending --------------------------------------------------------------------------------------------------------


def test_a_reply_overtakes_reminders_and_broadcasts(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    crowd = people(nobody_yet, 60, Purpose.NEWS)
    queue_broadcast(nobody_yet)
    write(nobody_yet, crowd[0], "reminder:1", Lane.REMINDER)
    write(nobody_yet, crowd[1], "reply:1", Lane.REPLY)
    send(dispatcher(nobody_yet, catalogues))
    went = sorted((row for row in outbounds(nobody_yet) if row.feed), key=lambda row: row.feed or 0)
    assert len(went) == 51  # a reply, and as much else as leaves at once
    assert [row.lane for row in went[:3]] == [Lane.REPLY, Lane.REMINDER, Lane.BROADCAST]


def test_two_dispatchers_at_once_send_everything_once(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    people(nobody_yet, 120, Purpose.NEWS)
    queue_broadcast(nobody_yet)
    postboxes = Postbox(), Postbox()
    send(*(dispatcher(nobody_yet, catalogues, one) for one in postboxes), rounds=10)
    posted = [message.id for one in postboxes for message in one.posted]
    assert len(posted) == len(set(posted)) == 120
    rows = outbounds(nobody_yet)
    assert {(row.state, row.attempts) for row in rows} == {(OutboundState.SENT, 1)}
    assert len({row.feed for row in rows}) == 120


def test_everybody_reads_their_language_or_the_base_language(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    for language in ("en", "th", "lo"):
        people(nobody_yet, 1, Purpose.NEWS, language=language)
    queue_broadcast(nobody_yet)
    send(dispatcher(nobody_yet, catalogues))
    shown = [(row.content["lang"], row.content["text"]) for row in outbounds(nobody_yet)]
    assert shown == [("en", TEXTS["en"]), ("th", TEXTS["th"]), ("en", TEXTS["en"])]


def test_an_audience_is_kept_to(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    officer, leader = people(nobody_yet, 2, Purpose.NEWS)
    with nobody_yet.begin() as session:
        session.get_one(Contact, officer.contact.id).role = "municipal"
        session.get_one(Contact, leader.contact.id).role = "community"
    queue_broadcast(nobody_yet, role="community")
    assert [row.contact_id for row in outbounds(nobody_yet)] == [leader.contact.id]


# --- at the moment of sending ---------------------------------------------------------------------------------------


def opt_out(session: Session, person: Somebody) -> None:
    consent.stop(session, session.get_one(Contact, person.contact.id))


def take_back(purpose: Purpose) -> Callable[[Session, Somebody], None]:
    return lambda session, person: session.add(said(person.contact, purpose, given=False))


def is_gone(session: Session, person: Somebody) -> None:
    session.get_one(Address, person.address.id).state = AddressState.GONE


@pytest.mark.parametrize("change", [opt_out, take_back(Purpose.NEWS), is_gone], ids=["stop", "no", "gone"])
def test_a_broadcast_does_not_reach_who_left_after_it_was_queued(
    nobody_yet: Sessions, catalogues: Catalogues, change: Callable[[Session, Somebody], None]
) -> None:
    leaving, staying = people(nobody_yet, 2, Purpose.NEWS)
    queue_broadcast(nobody_yet)
    with nobody_yet.begin() as session:
        change(session, leaving)
    send(dispatcher(nobody_yet, catalogues))
    found = {row.contact_id: row.state for row in outbounds(nobody_yet)}
    assert found == {leaving.contact.id: OutboundState.SKIPPED, staying.contact.id: OutboundState.SENT}


@pytest.mark.parametrize("change", [opt_out, take_back(Purpose.REMINDERS)], ids=["stop", "no"])
def test_a_reminder_does_not_reach_who_left_after_it_was_queued(
    nobody_yet: Sessions, catalogues: Catalogues, change: Callable[[Session, Somebody], None]
) -> None:
    (person,) = people(nobody_yet, 1, Purpose.REMINDERS)
    with nobody_yet.begin() as session:
        contact = session.get_one(Contact, person.contact.id)
        assert outbox.queue_say(session, contact, Say("utter_thank"), "reminder:1", Purpose.REMINDERS)
        change(session, person)
    send(dispatcher(nobody_yet, catalogues))
    assert states(nobody_yet) == ["skipped"]


def test_the_answer_to_somebody_who_stopped_still_leaves(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person, "reply:1", Lane.REPLY)
    with nobody_yet.begin() as session:
        opt_out(session, person)
    send(dispatcher(nobody_yet, catalogues))
    assert states(nobody_yet) == ["sent"]


def test_a_paused_broadcast_waits_and_a_stopped_one_is_dropped(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    people(nobody_yet, 3, Purpose.NEWS)
    number = queue_broadcast(nobody_yet)
    found = []
    for state in (BroadcastState.PAUSED, BroadcastState.STOPPED):
        with nobody_yet.begin() as session:
            session.get_one(Broadcast, number).state = state
        send(dispatcher(nobody_yet, catalogues))
        found.append(set(states(nobody_yet)))
    assert found == [{"queued"}, {"skipped"}]


def test_a_message_that_cannot_be_put_into_words_holds_up_nobody(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    broken, whole = people(nobody_yet, 2)
    with nobody_yet.begin() as session:
        outbox.queue_say(session, session.get_one(Contact, broken.contact.id), Say("utter_of_an_older_version"), "a")
        outbox.queue_say(session, session.get_one(Contact, whole.contact.id), Say("utter_thank"), "b")
    send(dispatcher(nobody_yet, catalogues))
    assert [(row.state, row.error) for row in outbounds(nobody_yet)] == [("failed", "unsayable"), ("sent", None)]


# --- how sendings fail ----------------------------------------------------------------------------------------------


def test_what_a_dead_dispatcher_had_claimed_is_sent_again_where_that_is_harmless(
    nobody_yet: Sessions, catalogues: Catalogues
) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    dead = dispatcher(nobody_yet, catalogues)
    assert len(dead._claim(Urgency.REPLY, 8)) == 1
    assert states(nobody_yet) == ["sending"]
    alive = dispatcher(nobody_yet, catalogues)
    alive.recover()
    send(alive)
    (row,) = outbounds(nobody_yet)
    assert (row.state, row.attempts) == (OutboundState.SENT, 2)


def test_what_a_dead_dispatcher_had_claimed_is_unknown_where_a_second_time_would_be_seen(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox
) -> None:
    postbox.capabilities = Capabilities(repeats=False)
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    dispatcher(nobody_yet, catalogues, postbox)._claim(Urgency.REPLY, 8)
    alive = dispatcher(nobody_yet, catalogues, postbox)
    alive.recover()
    send(alive)
    (row,) = outbounds(nobody_yet)
    assert row.state == OutboundState.UNKNOWN
    assert row.doubted_at
    assert not postbox.posted


def test_what_a_dead_dispatcher_had_claimed_leaves_again_with_its_doubt_noted_where_nobody_can_look_it_up(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox
) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    dispatcher(nobody_yet, catalogues, postbox)._claim(Urgency.REPLY, 8)
    alive = dispatcher(nobody_yet, catalogues, postbox)
    alive.recover()
    send(alive)
    (row,) = outbounds(nobody_yet)
    assert row.state == OutboundState.SENT
    assert row.doubted_at


@pytest.mark.parametrize("arrived", [True, False])
def test_a_doubtful_message_is_looked_up_and_sent_again_only_if_it_never_arrived(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox, *, arrived: bool
) -> None:
    postbox.capabilities = Capabilities(repeats=False)
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    postbox.problems = [Unknown()]
    worker = dispatcher(nobody_yet, catalogues, postbox)
    send(worker, rounds=2)
    (row,) = outbounds(nobody_yet)
    assert row.state == OutboundState.UNKNOWN
    assert not asyncio.run(worker.settle_next()), "the provider gets some seconds to list it"
    with nobody_yet.begin() as session:
        session.get_one(Outbound, row.id).due_at = datetime.now(UTC)
    postbox.arrived = {row.id: "letter there"} if arrived else {}
    assert asyncio.run(worker.settle_next())
    send(worker)
    (row,) = outbounds(nobody_yet)
    assert row.state == OutboundState.SENT
    assert row.provider_id == ("letter there" if arrived else f"letter {row.id}")
    assert len(postbox.posted) == (0 if arrived else 1)


def test_what_may_have_arrived_is_repeated_a_few_times_and_then_stays_unknown(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox
) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    postbox.problems = [Unknown() for _ in range(MOST_REPEATS + 5)]
    for _ in range(MOST_REPEATS + 3):
        send(dispatcher(nobody_yet, catalogues, postbox))
        with nobody_yet.begin() as session:
            session.query(Outbound).one().due_at = datetime.now(UTC)
    (row,) = outbounds(nobody_yet)
    assert (row.state, row.attempts) == (OutboundState.UNKNOWN, MOST_REPEATS + 1)


def test_a_persons_replies_leave_in_order_also_when_the_first_has_to_wait(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox
) -> None:
    first, other = people(nobody_yet, 2)
    for person, key in ((first, "a"), (first, "b"), (other, "c")):
        write(nobody_yet, person, key)
    postbox.problems = [Unreachable()]
    send(dispatcher(nobody_yet, catalogues, postbox), rounds=3)
    assert [message.text for message in postbox.posted] == ["text c"]
    with nobody_yet.begin() as session:
        session.query(Outbound).filter_by(key="a").one().due_at = datetime.now(UTC)
    send(dispatcher(nobody_yet, catalogues, postbox), rounds=3)
    assert [message.text for message in postbox.posted] == ["text c", "text a", "text b"]


def test_a_moved_address_is_written_to_where_it_is_now(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox
) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    postbox.problems = [Moved("-1009")]
    send(dispatcher(nobody_yet, catalogues, postbox), rounds=2)
    assert [message.address for message in postbox.posted] == ["-1009"]
    assert states(nobody_yet) == ["sent"]


def test_another_channels_claims_are_left_alone(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    dispatcher(nobody_yet, catalogues)._claim(Urgency.REPLY, 8)
    dispatcher(nobody_yet, catalogues, Postbox(name="elsewhere")).recover()
    assert states(nobody_yet) == ["sending"]


@dataclass(frozen=True)
class After:
    """What is expected of the row and the address after a problem."""

    problem: SendError
    state: OutboundState
    address: AddressState = AddressState.ACTIVE
    wait: float | None = None
    attempts: int = 1


@pytest.mark.parametrize(
    "after",
    [
        After(Throttled(90), OutboundState.QUEUED, wait=90, attempts=0),
        After(Unreachable(), OutboundState.QUEUED, wait=2),
        After(Rejected(), OutboundState.FAILED),
        After(Gone(), OutboundState.FAILED, AddressState.GONE),
        After(OptedOut(), OutboundState.FAILED, AddressState.OPTED_OUT),
    ],
    ids=lambda after: after.problem.code,
)
def test_the_nature_of_a_problem_decides_what_follows(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox, after: After
) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    postbox.problems = [after.problem]
    send(dispatcher(nobody_yet, catalogues, postbox), rounds=2)
    (row,) = outbounds(nobody_yet)
    assert (row.state, row.error, row.attempts) == (after.state, after.problem.code, after.attempts)
    assert row.feed is None
    if after.wait:
        assert abs((row.due_at - datetime.now(UTC)).total_seconds() - after.wait) < 2
    with nobody_yet() as session:
        assert session.get_one(Address, person.address.id).state == after.address


def test_an_unreachable_channel_is_tried_with_growing_waits_and_then_given_up(
    nobody_yet: Sessions, catalogues: Catalogues, postbox: Postbox
) -> None:
    (person,) = people(nobody_yet, 1)
    write(nobody_yet, person)
    postbox.problems = [Unreachable() for _ in range(MAX_TRIES + 1)]
    waits = []
    for _ in range(MAX_TRIES):
        send(dispatcher(nobody_yet, catalogues, postbox))
        (row,) = outbounds(nobody_yet)
        waits.append(round((row.due_at - datetime.now(UTC)).total_seconds()))
        with nobody_yet.begin() as session:
            session.get_one(Outbound, row.id).due_at = datetime.now(UTC)
    assert waits == sorted(set(waits)), "each wait is longer"
    assert states(nobody_yet) == ["failed"]
    assert len(postbox.problems) == 1
