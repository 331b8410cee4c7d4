"""What a typed number is about: the last buttons before the person's eyes, whether they were an answer's or our own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.channels.web import NAME
from bot.offers import last_offered
from bot.outcomes import note_sent
from db.messages import Conversation, Lane, Outbound, OutboundState
from tests.people import Somebody, somebody

THEN = datetime(2026, 12, 2, 4, 0, tzinfo=UTC)
ASKED, TOLD = "the answer's button", "our own button"


def left(session: Session, person: Somebody, key: str, minute: int, *titles: str) -> Outbound:
    """Let a message leave some minutes later."""
    row = Outbound(
        key=key,
        address_id=person.address.id,
        contact_id=person.contact.id,
        channel=NAME,
        lane=Lane.REMINDER,
        content={"text": "…", "buttons": [{"title": one, "payload": "/menu"} for one in titles]},
    )
    session.add(row)
    session.flush()
    note_sent(session, row, None, THEN + timedelta(minutes=minute))
    session.flush()
    return row


def answer(session: Session, person: Somebody, minute: int, *titles: str) -> None:
    row = left(session, person, f"reply:{minute}", minute, *titles)
    session.get_one(Conversation, person.contact.id).offered = row.content["buttons"]


def offered(session: Session, person: Somebody, minute: int = 9) -> Sequence[str]:
    """The titles that "1" would be about, written at that minute."""
    received = person.write(session, "1")
    received.received_at = THEN + timedelta(minutes=minute)
    session.flush()
    return [one["title"] for one in last_offered(session, received)]


def test_an_answer_offers(session: Session) -> None:
    person = somebody(session)
    assert offered(session, person) == []
    answer(session, person, 1, ASKED)
    assert offered(session, person) == [ASKED]


def test_what_we_said_by_ourselves_since_offers_instead(session: Session) -> None:
    person = somebody(session)
    answer(session, person, 1, ASKED)
    left(session, person, "returned:1", 2, TOLD)
    assert offered(session, person) == [TOLD]


@pytest.mark.parametrize("titles", [(), (ASKED,)])
def test_an_answer_after_it_offers_again(session: Session, titles: Sequence[str]) -> None:
    person = somebody(session)
    left(session, person, "returned:1", 1, TOLD)
    answer(session, person, 2, *titles)
    assert offered(session, person) == list(titles)


def test_what_offers_nothing_leaves_the_question_open(session: Session) -> None:
    person = somebody(session)
    answer(session, person, 1, ASKED)
    left(session, person, "broadcast:1", 2)
    assert offered(session, person) == [ASKED]


def test_what_came_after_the_person_wrote_is_not_meant(session: Session) -> None:
    person = somebody(session)
    answer(session, person, 1, ASKED)
    left(session, person, "returned:1", 3, TOLD)
    assert offered(session, person, minute=2) == [ASKED]


@pytest.mark.parametrize("state", [OutboundState.QUEUED, OutboundState.FAILED, OutboundState.HELD])
def test_what_did_not_arrive_is_not_meant(session: Session, state: OutboundState) -> None:
    person = somebody(session)
    answer(session, person, 1, ASKED)
    left(session, person, "returned:1", 2, TOLD).state = state
    assert offered(session, person) == [ASKED]


def test_what_stands_in_another_chat_is_not_meant(session: Session) -> None:
    person, other = somebody(session), somebody(session)
    answer(session, person, 1, ASKED)
    elsewhere = left(session, person, "returned:1", 2, TOLD)
    elsewhere.address_id = other.address.id
    assert offered(session, person) == [ASKED]
