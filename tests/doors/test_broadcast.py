"""A broadcast to a thousand people in every language reaches each exactly once, though the worker is killed twice."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from bot.channels.web import COOKIE, NAME, address_of
from covenant import broadcasts
from db.engine import Sessions
from db.messages import Conversation, Outbound, OutboundState
from db.people import Address, AddressState, Contact, Purpose
from db.records import Broadcast, BroadcastState
from locales import LANGUAGES
from tests.people import said, until
from tests.running import House, run_house

PEOPLE = 1000
TEXTS = {
    "id": "Pekan iklim dimulai hari Senin.",
    "en": "The climate week begins on Monday.",
    "km": "សប្តាហ៍អាកាសធាតុចាប់ផ្តើមនៅថ្ងៃច័ន្ទ។",
}
BASE = "id"
READERS = 4
SENT = Outbound.state == OutboundState.SENT


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own for this module, because its worker is killed here."""
    with run_house(Path(tmp_path_factory.mktemp("crowd"))) as house:
        yield house


def settle(
    sessions: Sessions,
    number: int,
    *answers: bool,
    state: AddressState = AddressState.ACTIVE,
    purpose: Purpose = Purpose.NEWS,
) -> dict[int, str]:
    """Put people into the database who gave these answers, one after the other; returns contact to cookie."""
    tokens = [secrets.token_urlsafe(32) for _ in range(number)]
    with sessions.begin() as session:
        contacts = [Contact(language=language) for language in islice(cycle(LANGUAGES), number)]
        session.add_all(contacts)
        session.flush()
        session.add_all(Conversation(contact_id=contact.id, offered=[]) for contact in contacts)
        session.add_all(
            Address(contact_id=contact.id, channel=NAME, external_id=address_of(token), state=state)
            for contact, token in zip(contacts, tokens, strict=True)
        )
        for answer in answers:
            session.add_all(said(contact, purpose, given=answer) for contact in contacts)
            session.flush()
        return dict(zip((contact.id for contact in contacts), tokens, strict=True))


def queue(sessions: Sessions) -> tuple[int, int]:
    """Queue a broadcast to everybody, twice as an impatient finger does; returns its id and how many it goes to."""
    with sessions.begin() as session:
        row = Broadcast(texts=TEXTS, base_language=BASE, audience={})
        session.add(row)
        session.flush()
        count = broadcasts.queue(session, row)
        number = row.id
    with sessions.begin() as session:
        assert broadcasts.queue(session, session.get_one(Broadcast, number)) == 0
    return number, count


def how_many(house: House, broadcast: int, *states: OutboundState) -> int:
    query = select(func.count(Outbound.id)).where(Outbound.broadcast_id == broadcast, Outbound.state.in_(states))
    with house.sessions() as session:
        return session.scalar(query) or 0


def feeds(house: House, tokens: dict[int, str]) -> dict[int, list[str]]:
    """What each of these people sees on the page."""
    with (
        httpx.Client(base_url=house.url, trust_env=False, timeout=60) as client,
        ThreadPoolExecutor(READERS) as readers,
    ):

        def read(token: str) -> list[str]:
            history = client.get("/chat/history", headers={"Cookie": f"{COOKIE}={token}"}).raise_for_status().json()
            return [message["text"] for message in history["messages"] if message["from"] == "bot"]

        return dict(zip(tokens, readers.map(read, tokens.values()), strict=True))


def text_of(contact: Contact) -> str:
    return TEXTS.get(contact.language, TEXTS[BASE])


def test_a_thousand_people_get_it_once_each_while_the_worker_is_killed_twice(fragile: House) -> None:
    willing = settle(fragile.sessions, PEOPLE, True)
    unwilling = (
        settle(fragile.sessions, 9)
        | settle(fragile.sessions, 9, False)
        | settle(fragile.sessions, 9, True, False)
        | settle(fragile.sessions, 9, True, purpose=Purpose.REMINDERS)
        | settle(fragile.sessions, 9, True, state=AddressState.OPTED_OUT)
        | settle(fragile.sessions, 9, True, state=AddressState.GONE)
    )
    began = time.monotonic()
    broadcast, count = queue(fragile.sessions)
    assert count == PEOPLE
    for share in (0.2, 0.6):
        until(lambda: how_many(fragile, broadcast, OutboundState.SENT) >= PEOPLE * share, pause=0.005)  # noqa: B023
        until(lambda: how_many(fragile, broadcast, OutboundState.SENDING), pause=0.001)
        fragile.kill("worker")
        assert how_many(fragile, broadcast, OutboundState.SENT) < PEOPLE, "it was killed too late to prove anything"
    until(lambda: not how_many(fragile, broadcast, OutboundState.QUEUED, OutboundState.SENDING))
    print(f"{PEOPLE} people, two kills: {time.monotonic() - began:.1f} s")
    assert_sent_once_in_the_right_language(fragile, broadcast, willing)
    seen = feeds(fragile, willing | unwilling)
    print(f"every feed was read after {time.monotonic() - began:.1f} s")
    assert Counter(len(seen[contact]) for contact in willing) == {1: PEOPLE}
    assert not any(seen[contact] for contact in unwilling)
    assert_the_right_text_is_seen(fragile, seen, willing)


def assert_sent_once_in_the_right_language(house: House, broadcast: int, willing: dict[int, str]) -> None:
    with house.sessions() as session:
        rows = session.scalars(select(Outbound).where(Outbound.broadcast_id == broadcast)).all()
        assert {row.state for row in rows} == {OutboundState.SENT}
        assert len(rows) == PEOPLE
        assert {row.contact_id for row in rows} == set(willing)
        assert len({row.feed for row in rows}) == PEOPLE
        again = sum(row.attempts > 1 for row in rows)
        print(f"{again} of them had been claimed by a worker that died")
        for row in rows:
            contact = session.get_one(Contact, row.contact_id)
            assert row.content["text"] == text_of(contact)
            assert row.content["lang"] == (contact.language if contact.language in TEXTS else BASE)


def assert_the_right_text_is_seen(house: House, seen: dict[int, list[str]], willing: dict[int, str]) -> None:
    with house.sessions() as session:
        contacts = session.scalars(select(Contact).where(Contact.id.in_(willing))).all()
        assert {contact.language for contact in contacts} == set(LANGUAGES)
        assert all(seen[contact.id] == [text_of(contact)] for contact in contacts)


def test_a_pause_holds_the_rest_back_and_a_stop_drops_it(fragile: House) -> None:
    settle(fragile.sessions, PEOPLE, True)
    broadcast, count = queue(fragile.sessions)
    until(lambda: how_many(fragile, broadcast, OutboundState.SENT) > count * 0.1, pause=0.005)
    move(fragile, broadcast, BroadcastState.PAUSED)
    time.sleep(1)  # the batch that was being claimed at that moment still leaves
    until(lambda: not how_many(fragile, broadcast, OutboundState.SENDING))
    paused = how_many(fragile, broadcast, OutboundState.SENT)
    assert paused < count
    time.sleep(2.5)  # longer than a worker waits between two looks
    assert how_many(fragile, broadcast, OutboundState.SENT) == paused
    assert how_many(fragile, broadcast, OutboundState.QUEUED) == count - paused, "it can go on"
    move(fragile, broadcast, BroadcastState.QUEUED)
    until(lambda: how_many(fragile, broadcast, OutboundState.SENT) > paused, pause=0.005)
    move(fragile, broadcast, BroadcastState.STOPPED)
    until(lambda: not how_many(fragile, broadcast, OutboundState.QUEUED, OutboundState.SENDING))
    sent = how_many(fragile, broadcast, OutboundState.SENT)
    assert paused < sent < count
    assert how_many(fragile, broadcast, OutboundState.SKIPPED) == count - sent


def move(house: House, broadcast: int, state: BroadcastState) -> None:
    with house.sessions.begin() as session:
        session.get_one(Broadcast, broadcast).state = state
