"""What is answered to what is no text, to an album, to a flood and to a group, with a Rasa that only calls the action."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from actions.door import Door
from bot import inbox, patience
from bot.channels import Inbound as Received
from bot.channels import Kind
from bot.conversation import Turns
from bot.rasa import Rasa
from covenant.joining import JOIN
from covenant.messages import render_all
from db.engine import Sessions
from db.messages import Conversation, Inbound, InboundState, Outbound
from db.people import Address, AddressState, Contact, Purpose
from db.records import Draft
from locales import Catalogues
from tests.people import SECRET, said

NAME = "telegram"
BOGOR = {"latitude": -6.595, "longitude": 106.816}
IDS = count(1)


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    """What answers; the stand-in for Rasa takes a payload for what it says, and everything else for unclear."""
    door = Door(nobody_yet, catalogues)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            text = asked["message"]
            intent, _, rest = text.removeprefix("/").partition("{")
            entities = json.loads("{" + rest) if rest else {}
            found = [{"entity": key, "value": value} for key, value in entities.items()]
            message = {"text": text, "entities": found, "metadata": asked["metadata"]}
            replies = door.replies_to(intent if text.startswith("/") else "unclear", message)
            shown = render_all(catalogues, asked["metadata"]["lang"], replies)
            buttons = [{"title": title, "payload": payload} for title, payload in shown.buttons]
            body = json.dumps([{"text": shown.text, "buttons": buttons}]).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    rasa = Rasa(f"http://127.0.0.1:{server.server_port}")
    yield Turns(nobody_yet, catalogues, rasa, door)
    rasa.close()
    server.shutdown()
    thread.join()
    server.server_close()


def come(turns: Turns, who: str = "7001", **what: Any) -> None:
    """Let a message come in and be answered."""
    with turns.sessions.begin() as session:
        received = Received(NAME, who, f"4242:{next(IDS)}", group=who.startswith("-"), **what)
        assert inbox.store(session, received, datetime.now(UTC), SECRET)
    while turns.answer_next():
        pass


def replies(turns: Turns, who: str = "7001") -> list[dict[str, Any]]:
    with turns.sessions() as session:
        query = select(Outbound.content).join(Address, Address.id == Outbound.address_id)
        return list(session.scalars(query.where(Address.external_id == who).order_by(Outbound.id)))


def states(turns: Turns, who: str = "7001") -> list[str]:
    with turns.sessions() as session:
        query = select(Inbound.state).join(Address, Address.id == Inbound.address_id)
        return [str(one) for one in session.scalars(query.where(Address.external_id == who).order_by(Inbound.id))]


def know(turns: Turns, who: str = "7001", field: str | None = None) -> None:
    """Somebody who has agreed, with the request to join open at one of its questions."""
    with turns.sessions.begin() as session:
        address = inbox.meet(session, Received(NAME, who, "1", language="en", group=who.startswith("-")), SECRET)
        contact = session.get_one(Contact, address.contact_id)
        contact.language, contact.country, contact.role = "en", "ID", "municipal"
        session.add(said(contact, Purpose.KEEPING, given=True))
        if field:
            draft = Draft(contact_id=contact.id, journey=JOIN.key, field=field, values={})
            session.add(draft)
            session.flush()
            contact.draft_id = draft.id


def draft_of(turns: Turns) -> Draft:
    with turns.sessions() as session:
        return session.scalars(select(Draft)).one()


# --- kinds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_answer_of_its_own(turns: Turns, catalogues: Catalogues, kind: Kind) -> None:
    know(turns)
    come(turns, kind=kind)
    (reply,) = replies(turns)
    assert reply["text"] == catalogues["en"].text(f"utter_came_{kind}")
    assert states(turns) == ["done"]


def test_every_answer_differs(catalogues: Catalogues) -> None:
    assert len({catalogues["en"].text(f"utter_came_{kind}") for kind in Kind}) == len(Kind)


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.STICKER, Kind.EMPTY])
def test_the_open_question_comes_again(turns: Turns, catalogues: Catalogues, kind: Kind) -> None:
    know(turns, field="municipality")
    come(turns, kind=kind)
    (reply,) = replies(turns)
    assert reply["text"].startswith(catalogues["en"].text(f"utter_came_{kind}"))
    assert reply["text"] != catalogues["en"].text(f"utter_came_{kind}")
    assert draft_of(turns).field == "municipality"


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.VIDEO, Kind.STICKER, Kind.OTHER])
def test_a_caption_says_what_is_meant(turns: Turns, kind: Kind) -> None:
    know(turns)
    come(turns, kind=kind, text="STOP")
    with turns.sessions() as session:
        assert session.scalars(select(Address.state)).one() == AddressState.OPTED_OUT


def test_a_position_offers_the_towns_near_it_and_is_forgotten(turns: Turns) -> None:
    know(turns, field="municipality")
    come(turns, kind=Kind.LOCATION, detail=BOGOR)
    (reply,) = replies(turns)
    assert any("Bogor" in button["title"] for button in reply["buttons"])
    with turns.sessions() as session:
        assert session.scalars(select(Inbound.content)).one() == {"kind": "location"}
    come(turns, payload=reply["buttons"][0]["payload"])
    assert "Bogor" in json.dumps(draft_of(turns).values["municipality"])


@pytest.mark.parametrize("detail", [{}, {"latitude": 0.0, "longitude": -30.0}], ids=["none", "at sea"])
def test_a_position_with_no_town_near_it_is_thanked_for(
    turns: Turns, catalogues: Catalogues, detail: dict[str, float]
) -> None:
    know(turns, field="municipality")
    come(turns, kind=Kind.LOCATION, detail=detail)
    assert replies(turns)[0]["text"].startswith(catalogues["en"].text("utter_came_location"))


@pytest.mark.parametrize("phone", ["6281234567890", "+6281234567890"])
def test_ones_own_card_fills_the_phone_number(turns: Turns, phone: str) -> None:
    know(turns, field="focal_phone")
    come(turns, kind=Kind.CONTACT, detail={"phone": phone})
    assert draft_of(turns).values["focal_phone"] == "+6281234567890"


@pytest.mark.parametrize("detail", [{}, {"phone": "12"}, {"phone": "no number"}])
def test_another_card_fills_nothing(turns: Turns, catalogues: Catalogues, detail: dict[str, str]) -> None:
    know(turns, field="focal_phone")
    come(turns, kind=Kind.CONTACT, detail=detail)
    assert replies(turns)[0]["text"].startswith(catalogues["en"].text("utter_came_contact"))
    assert "focal_phone" not in draft_of(turns).values


def test_a_mended_text_is_the_answer_where_the_one_before_was_none(turns: Turns) -> None:
    know(turns, field="focal_email")
    come(turns, kind=Kind.EDIT, text="ani@bogor.go.id", detail={"message": 1})
    assert "focal_email" not in draft_of(turns).values, "nothing was wrong, so nothing is changed behind one's back"
    with turns.sessions.begin() as session:
        session.scalars(select(Draft)).one().candidates = {"misses": 1}
    come(turns, kind=Kind.EDIT, text="ani@bogor.go.id", detail={"message": 1})
    assert draft_of(turns).values["focal_email"] == "ani@bogor.go.id"


def test_an_edited_stop_is_a_stop(turns: Turns) -> None:
    know(turns)
    come(turns, kind=Kind.EDIT, text="stop", detail={"message": 1})
    with turns.sessions() as session:
        assert session.scalars(select(Address.state)).one() == AddressState.OPTED_OUT


# --- an album -------------------------------------------------------------------------------------------------------


def test_an_album_is_answered_once_however_many_pictures_it_has(turns: Turns) -> None:
    know(turns)
    with turns.sessions.begin() as session:
        for number in range(3):
            received = Received(NAME, "7001", f"4242:{next(IDS)}", album="13579", file=f"file{number}")
            inbox.store(session, received, datetime.now(UTC), SECRET)
    assert not turns.answer_next(), "more pictures may come"
    be_due(turns)
    while turns.answer_next():
        pass
    assert states(turns) == ["done"] * 3
    assert len(replies(turns)) == 1


def test_an_album_waits_for_the_picture_that_is_still_being_fetched(turns: Turns) -> None:
    know(turns)
    with turns.sessions.begin() as session:
        for number in range(2):
            received = Received(NAME, "7001", f"4242:{next(IDS)}", album="13579", file=f"file{number}")
            inbox.store(session, received, datetime.now(UTC), SECRET)
        session.flush()
        session.scalars(select(Inbound).order_by(Inbound.id.desc())).first().state = InboundState.FETCHING
    be_due(turns)
    assert not turns.answer_next()


def be_due(turns: Turns) -> None:
    with turns.sessions.begin() as session:
        session.query(Inbound).update({"due_at": datetime.now(UTC) - timedelta(seconds=1)})


# --- a flood --------------------------------------------------------------------------------------------------------


def later(turns: Turns, seconds: float) -> None:
    """Let time pass for the bucket."""
    with turns.sessions.begin() as session:
        for one in session.scalars(select(Conversation).where(Conversation.patience_at.is_not(None))):
            one.patience_at -= timedelta(seconds=seconds)


def flood(turns: Turns, number: int, every: float = 0.0) -> list[str]:
    """Stickers one after the other; returns what was said to them."""
    before = len(replies(turns))
    for _ in range(number):
        come(turns, kind=Kind.STICKER)
        later(turns, every)
    return [one["text"] for one in replies(turns)[before:]]


def test_a_flood_is_told_once_and_then_met_with_silence(turns: Turns, catalogues: Catalogues) -> None:
    know(turns)
    heard = flood(turns, int(patience.AT_ONCE) + 15)
    sticker, sorry = (catalogues["en"].text(key) for key in ("utter_came_sticker", "utter_flood"))
    assert heard == [sticker] * int(patience.AT_ONCE) + [sorry]
    assert states(turns) == ["done"] * int(patience.AT_ONCE) + ["quiet"] * 15
    assert flood(turns, 120, every=1.0) == [], "who goes on is not told again"


def test_a_stop_and_everybody_else_are_heard_through_a_flood(turns: Turns, catalogues: Catalogues) -> None:
    for who in ("7001", "7002"):
        know(turns, who)
    flood(turns, 30)
    come(turns, "7002", kind=Kind.STICKER)
    assert len(replies(turns, "7002")) == 1
    come(turns, text="Stop!")
    assert replies(turns)[-1]["text"] == catalogues["en"].text("utter_stopped")


def test_whoever_slows_down_is_answered_again(turns: Turns) -> None:
    know(turns)
    flood(turns, 40)
    later(turns, 60)
    assert len(flood(turns, 15)) == 15, "a minute of silence, as they were asked"
    flood(turns, 40)
    assert 3 <= len(flood(turns, 8, every=10.0)) <= 7, "one message in ten seconds is no flood, after a while"


def test_what_was_offered_before_a_flood_is_still_open(turns: Turns) -> None:
    know(turns, field="municipality")
    come(turns, kind=Kind.LOCATION, detail=BOGOR)
    offered = replies(turns)[0]["buttons"]
    with turns.sessions.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        conversation.patience, conversation.patience_at = 0.0, datetime.now(UTC)
    come(turns, kind=Kind.STICKER)
    with turns.sessions() as session:
        assert session.scalars(select(Conversation.offered)).one() == offered


# --- a group --------------------------------------------------------------------------------------------------------

GROUP = "-4001"
ALLOWED = {"get_tips", "change_language", "opt_out", "private"}


@pytest.mark.parametrize(
    "payload", ["/get_tips", '/get_tips{"hazard": "flood"}', "/emergency", "/who_are_you", "/thank"]
)
def test_what_is_public_is_said_in_a_group(turns: Turns, catalogues: Catalogues, payload: str) -> None:
    come(turns, GROUP, payload=payload)
    (reply,) = replies(turns, GROUP)
    private = {catalogues["en"].text(key) for key in ("utter_group_private", "utter_group_hello")}
    assert reply["text"] not in private
    assert {one["payload"].lstrip("/").partition("{")[0] for one in reply["buttons"]} <= ALLOWED


@pytest.mark.parametrize(
    "intent",
    [
        "join_covenant",
        "log_pledge",
        "share_knowledge",
        "talk_to_human",
        "export_my_data",
        "delete_my_data",
        "check_status",
    ],
)
def test_what_is_personal_is_led_into_the_private_chat_and_opens_no_form(
    turns: Turns, catalogues: Catalogues, intent: str
) -> None:
    know(turns, GROUP)
    come(turns, GROUP, payload=f"/{intent}")
    (reply,) = replies(turns, GROUP)
    assert reply["text"] == catalogues["en"].text("utter_group_private")
    assert [one["payload"] for one in reply["buttons"]] == ["/private"]
    with turns.sessions() as session:
        assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("what", [{"payload": "/greet"}, {"text": "hm"}, {"kind": Kind.STICKER}, {"payload": "/help"}])
def test_a_group_is_greeted_and_asked_nothing(turns: Turns, catalogues: Catalogues, what: dict[str, Any]) -> None:
    come(turns, GROUP, **what)
    (reply,) = replies(turns, GROUP)
    assert reply["text"] == catalogues["en"].text("utter_group_hello")
    with turns.sessions() as session:
        assert session.scalars(select(Draft)).all() == []
