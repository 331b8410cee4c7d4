"""The inbox: every message once, one turn at a time, STOP before everything, and one apology when all tries failed."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from actions.door import Door
from bot import clock, conversation, inbox, ports, worker
from bot.channels import Inbound as Received
from bot.clock import Clock
from bot.conversation import Turns
from bot.rasa import Rasa
from bot.store import Folder
from bot.wording import Wording
from db.engine import Sessions
from db.messages import Inbound, InboundState, Outbound, OutboundState, TurnEffect
from db.people import Address, AddressState, Contact, Purpose
from db.records import Draft
from locales import LANGUAGES, Catalogues
from tests.people import SECRET, Somebody, somebody

MARKER = "Xylophonqua 4711"


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    """What answers, with a Rasa that is dead: nobody listens at its address."""
    yield from answering(nobody_yet, catalogues, f"http://127.0.0.1:{ports.free_port()}")


def answering(sessions: Sessions, catalogues: Catalogues, rasa_url: str) -> Iterator[Turns]:
    rasa = Rasa(rasa_url)
    yield Turns(sessions, catalogues, rasa, Door(sessions, catalogues))
    rasa.close()


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tries at once instead of nine within three minutes."""
    monkeypatch.setattr(conversation, "WAITS", (0, 0))


def arrive(sessions: Sessions, *texts: str, language: str = "en", agreed: bool = True) -> Somebody:
    """Let somebody new write these texts."""
    with sessions.begin() as session:
        person = somebody(session, *([Purpose.KEEPING] if agreed else []), language=language)
        for text in texts:
            person.write(session, text)
    return person


def answer_all(turns: Turns) -> int:
    """Answer as a worker does until nothing can be answered now; returns the number of rounds."""
    rounds = 0
    while turns.answer_next():
        rounds += 1
        assert rounds < 100, "it never came to rest"
    return rounds


def take(turns: Turns, session: Session) -> str | None:
    """Take the next message as one worker does, and hold it."""
    found = conversation.claim(session)
    inbound = turns.next_of(session, found) if found else None
    return str(inbound.content["text"]) if inbound else None


def inbounds(sessions: Sessions, person: Somebody) -> list[Inbound]:
    with sessions() as session:
        query = select(Inbound).where(Inbound.contact_id == person.contact.id).order_by(Inbound.id)
        return list(session.scalars(query))


def replies(sessions: Sessions, person: Somebody) -> list[Outbound]:
    with sessions() as session:
        query = select(Outbound).where(Outbound.contact_id == person.contact.id).order_by(Outbound.id)
        return list(session.scalars(query))


def state_of(sessions: Sessions, person: Somebody) -> AddressState:
    with sessions() as session:
        return session.get_one(Address, person.address.id).state


# --- what comes in --------------------------------------------------------------------------------------------------


def test_a_message_is_stored_once_whatever_comes_with_it_the_second_time(session: Session) -> None:
    person = somebody(session)
    first = Received("web", person.address.external_id, "page:1", text="hello")
    again = Received("web", person.address.external_id, "page:1", text="something else")
    assert inbox.store(session, first, datetime.now(UTC), SECRET)
    assert not inbox.store(session, again, datetime.now(UTC), SECRET)
    rows = session.scalars(select(Inbound).where(Inbound.contact_id == person.contact.id)).all()
    assert [row.content for row in rows] == [{"text": "hello"}]


def test_the_same_id_on_another_channel_is_another_message(session: Session) -> None:
    person = somebody(session)
    for channel in ("web", "elsewhere"):
        received = Received(channel, person.address.external_id, "page:1", text="hello")
        assert inbox.store(session, received, datetime.now(UTC), SECRET)


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "tab\tand\nline \u202e\ufeff", "🏝️ " * 500])
def test_letters_that_a_database_refuses_do_no_harm(session: Session, text: str) -> None:
    person = somebody(session)
    row = person.write(session, text)
    assert row.content.get("text", "") == text.replace("\x00", "")


def test_the_queue_of_one_person_ends_at_its_cap_and_nobody_elses(session: Session) -> None:
    busy, other = somebody(session), somebody(session)
    for number in range(inbox.QUEUE_CAP):
        assert not inbox.is_full(session, busy.contact.id)
        busy.write(session, str(number))
    assert inbox.is_full(session, busy.contact.id)
    assert not inbox.is_full(session, other.contact.id)


# --- one turn at a time ---------------------------------------------------------------------------------------------


def test_a_conversation_is_answered_by_one_worker_at_a_time_and_in_order(turns: Turns) -> None:
    arrive(turns.sessions, "one", "two")
    arrive(turns.sessions, "three")
    with turns.sessions.begin() as here, turns.sessions.begin() as there, turns.sessions.begin() as third:
        taken = [take(turns, session) for session in (here, there, third)]
        assert taken == ["one", "three", None]


def test_what_was_written_later_waits_for_what_was_written_first(turns: Turns) -> None:
    person = arrive(turns.sessions, "one", "two", "three")
    answer_all(turns)
    first, second, third = inbounds(turns.sessions, person)
    assert first.attempts == 1, "it was tried, and Rasa was silent"
    assert second.attempts == third.attempts == 0
    assert first.due_at > datetime.now(UTC)


def test_a_silent_conversation_does_not_hold_up_the_others(turns: Turns) -> None:
    for _ in range(5):
        arrive(turns.sessions, "one", "two", "three")
    answer_all(turns)
    stopping = arrive(turns.sessions, "STOP")
    assert answer_all(turns) >= 1
    assert len(replies(turns.sessions, stopping)) == 1


def test_a_message_that_breaks_its_turn_is_apologised_for_and_breaks_nobody_elses(turns: Turns, no_waits: None) -> None:
    broken = arrive(turns.sessions, "one")
    with turns.sessions.begin() as session:
        draft = Draft(contact_id=broken.contact.id, journey="of_an_older_version", field="name", values={})
        session.add(draft)
        session.flush()
        session.get_one(Contact, broken.contact.id).draft_id = draft.id
    stopping = arrive(turns.sessions, "STOP")
    answer_all(turns)
    assert [row.state for row in inbounds(turns.sessions, broken)] == [InboundState.UNANSWERED]
    assert len(replies(turns.sessions, broken)) == 1
    assert state_of(turns.sessions, stopping) == AddressState.OPTED_OUT


def test_a_job_of_the_worker_that_breaks_is_begun_again(
    engine: Engine, turns: Turns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0)
    begun = []

    async def job(stop: asyncio.Event) -> None:
        begun.append(len(begun))
        if len(begun) > 2:
            stop.set()
            return
        raise ZeroDivisionError

    whole = worker.Worker(engine, "", turns, Wording({}), (), Clock(turns.sessions, SECRET, Folder(tmp_path)))
    asyncio.run(whole._forever(job, asyncio.Event()))
    assert begun == [0, 1, 2]


# --- stop -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_works_in_every_language_while_rasa_is_dead(turns: Turns, catalogues: Catalogues, language: str) -> None:
    for word in catalogues[language].text("utter_words_stop").split("|"):
        person = arrive(turns.sessions, f" {word.strip().upper()}! ", language=language)
        answer_all(turns)
        (row,) = inbounds(turns.sessions, person)
        (reply,) = replies(turns.sessions, person)
        assert row.state == InboundState.DONE
        assert state_of(turns.sessions, person) == AddressState.OPTED_OUT
        assert reply.content["lang"] == language
        assert reply.content["text"] == catalogues[language].text("utter_stopped")


def test_stop_does_not_wait_behind_a_message_that_cannot_be_answered(turns: Turns) -> None:
    person = arrive(turns.sessions, "how do we join?")
    answer_all(turns)
    with turns.sessions.begin() as session:
        person.write(session, "and what does it cost?")
        person.write(session, "stop")
    answer_all(turns)
    assert [row.state for row in inbounds(turns.sessions, person)] == ["waiting", "waiting", "done"]
    assert state_of(turns.sessions, person) == AddressState.OPTED_OUT


def test_a_stop_button_needs_no_rasa_either(turns: Turns) -> None:
    person = arrive(turns.sessions)
    with turns.sessions.begin() as session:
        person.write(session, "", payload="/opt_out")
    answer_all(turns)
    assert state_of(turns.sessions, person) == AddressState.OPTED_OUT


# --- when Rasa is silent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "id", "km", "th"])
def test_after_the_last_try_there_is_one_apology_in_the_language_of_the_person(
    turns: Turns, catalogues: Catalogues, no_waits: None, language: str
) -> None:
    person = arrive(turns.sessions, "one", language=language)
    answer_all(turns)
    (row,) = inbounds(turns.sessions, person)
    (reply,) = replies(turns.sessions, person)
    assert row.state == InboundState.UNANSWERED
    assert row.attempts == 2
    assert row.content == {"text": "one"}, "it stays visible"
    assert reply.key == f"reply:{row.id}"
    assert reply.content["text"] == catalogues[language].text("utter_apology")
    assert reply.content["lang"] == language
    assert not answer_all(turns), "no second apology"


def test_the_order_is_kept_through_an_apology(turns: Turns, no_waits: None) -> None:
    person = arrive(turns.sessions, "one", "two", "three")
    answer_all(turns)
    rows = inbounds(turns.sessions, person)
    assert [row.state for row in rows] == ["unanswered"] * 3
    assert [reply.key for reply in replies(turns.sessions, person)] == [f"reply:{row.id}" for row in rows]


def test_the_tries_are_spread_over_longer_than_a_restart_of_everything(turns: Turns) -> None:
    person = arrive(turns.sessions, "one")
    waited = timedelta()
    for number in range(len(conversation.WAITS)):
        before = datetime.now(UTC)
        turns.answer_next()
        (row,) = inbounds(turns.sessions, person)
        assert (row.state, row.attempts) == (InboundState.WAITING, number + 1)
        waited += row.due_at - before
        with turns.sessions.begin() as session:
            session.get_one(Inbound, row.id).due_at = before
    assert waited > timedelta(minutes=2)


def test_what_an_action_did_is_said_also_when_rasa_dies_before_it_can_say_it(
    nobody_yet: Sessions, catalogues: Catalogues
) -> None:
    with dying_rasa(Door(nobody_yet, catalogues)) as url:
        for turns in answering(nobody_yet, catalogues, url):
            person = arrive(nobody_yet, "hello")
            answer_all(turns)
    (row,) = inbounds(nobody_yet, person)
    (reply,) = replies(nobody_yet, person)
    assert row.state == InboundState.DONE
    assert reply.content["text"] == catalogues["en"].text("utter_ask_consent")
    assert reply.content["buttons"]


@contextmanager
def dying_rasa(door: Door) -> Iterator[str]:
    """A Rasa that lets the action run, and dies then."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with door.sessions() as session:
                waiting = session.scalars(select(Inbound.id).where(Inbound.state == InboundState.WAITING)).one()
            door.replies_to("inform", {"text": "/inform", "entities": VALUES, "metadata": {"turn": waiting}})
            self.close_connection = True

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


VALUES = [{"entity": "field", "value": "language"}, {"entity": "value", "value": "en"}]


def test_an_action_that_comes_after_the_apology_changes_nothing(turns: Turns, no_waits: None) -> None:
    person = arrive(turns.sessions, "I want to join")
    answer_all(turns)
    (row,) = inbounds(turns.sessions, person)
    turns.door.replies_to("log_pledge", {"text": "I want to join", "metadata": {"turn": row.id}})
    with turns.sessions() as session:
        assert session.scalar(select(func.count(Draft.id))) == 0
        assert session.get_one(Contact, person.contact.id).draft_id is None


def test_an_action_that_runs_twice_for_one_turn_acts_once(turns: Turns) -> None:
    person = arrive(turns.sessions, "a pledge")
    (row,) = inbounds(turns.sessions, person)
    message = {"text": "/greet", "metadata": {"turn": row.id}}
    said: list[list[dict[str, object]]] = []
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        said.append(turns.door.replies_to("greet", message))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 4
    assert all(one == said[0] for one in said)
    with turns.sessions() as session:
        assert session.scalar(select(func.count(Draft.id))) == 1
        assert session.scalar(select(func.count(TurnEffect.inbound_id))) == 1


# --- before the consent ---------------------------------------------------------------------------------------------


def test_words_of_before_the_consent_are_erased_after_the_turn(turns: Turns) -> None:
    new = arrive(turns.sessions, "stop", agreed=False)
    known = arrive(turns.sessions, "stop")
    answer_all(turns)
    assert [row.content for row in inbounds(turns.sessions, new)] == [{}]
    assert [row.content for row in inbounds(turns.sessions, known)] == [{"text": "stop"}]


def test_words_of_before_the_consent_never_outlive_a_day(turns: Turns, no_waits: None) -> None:
    new = arrive(turns.sessions, MARKER, agreed=False)
    known = arrive(turns.sessions, MARKER)
    answer_all(turns)
    later = datetime.now(UTC) + timedelta(seconds=1)
    with turns.sessions.begin() as session:
        clock.forget_unagreed(session, later - clock.UNAGREED_WORDS)
        assert session.scalars(select(Inbound.content)).all() == [{"text": MARKER}] * 2
        clock.forget_unagreed(session, later)
    assert [row.content for row in inbounds(turns.sessions, new)] == [{}]
    assert [row.content for row in inbounds(turns.sessions, known)] == [{"text": MARKER}]


def test_every_reply_waits_in_the_outbox_before_it_is_sent(turns: Turns) -> None:
    person = arrive(turns.sessions, "stop")
    answer_all(turns)
    assert [reply.state for reply in replies(turns.sessions, person)] == [OutboundState.QUEUED]
