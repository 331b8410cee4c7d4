"""The web page's door: who may come in, what is refused and how, and what forged requests can do (nothing)."""

import base64
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import func, select, text

from bot.channels.web import LONGEST
from bot.files import MAX_BYTES, media_type
from bot.inbox import QUEUE_CAP
from db.messages import Conversation, File, Inbound, InboundState, Outbound
from db.people import Contact
from db.records import Broadcast, Draft
from db.tables import Base
from tests.people import until
from tests.running import House, Talk

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGM8ISfHwMAAAAXMAQZFiFnUAAAAAElFTkSuQmCC"
)
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(240) + b"PE\x00\x00L\x01"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EVERY_DOOR = (
    ("GET", "/chat/history"),
    ("GET", "/chat/events"),
    ("GET", "/chat/my-data.json"),
    ("GET", "/chat/files/abc"),
    ("POST", "/chat/messages"),
    ("POST", "/chat/files"),
    ("POST", "/chat/language"),
)


def body_of(path: str) -> dict[str, object]:
    """A request that would be fine if the person were known."""
    if path == "/chat/files":
        return {"data": {"id": str(uuid.uuid4())}, "files": {"file": ("a.pdf", PDF)}}
    if path == "/chat/language":
        return {"json": {"language": "en"}}
    return {"json": {"id": str(uuid.uuid4()), "text": "hello"}} if path == "/chat/messages" else {}


def how_many(house: House, table: type[Base]) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def member(house: House, role: str = "1") -> Talk:
    """Somebody who agreed and has a role."""
    talk = house.talk("en")
    talk.press_payload('/inform{"field": "language", "value": "en"}')
    for answer in ("yes", role, "no"):
        talk.say(answer)
    assert "utter_welcome_done" in talk.keys
    return talk


@pytest.fixture(scope="module")
def outsider(house: House) -> Talk:
    """A member of the public, for what changes nothing."""
    return member(house)


@contextmanager
def held_up(house: House, talk: Talk) -> Iterator[None]:
    """Keep the workers from answering this person, as a busy worker does: the conversation is locked."""
    with house.sessions.begin() as session:
        query = select(Conversation).where(Conversation.contact_id == talk.contact_id)
        session.scalars(query.with_for_update()).one()
        yield


def replies_to(house: House, talk: Talk) -> list[str]:
    query = select(Outbound.key).where(Outbound.contact_id == talk.contact_id, Outbound.feed.is_not(None))
    with house.sessions() as session:
        return list(session.scalars(query.order_by(Outbound.feed)))


def all_answered(house: House, talk: Talk) -> bool:
    return replies_to(house, talk) == [f"reply:{row.id}" for row in talk.inbound()]


# --- who is there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), EVERY_DOOR)
@pytest.mark.parametrize("cookie", [None, "kawan_chat=made-up-by-somebody", "kawan_chat="])
def test_without_a_cookie_that_we_gave_nobody_comes_in(
    house: House, method: str, path: str, cookie: str | None
) -> None:
    before = how_many(house, Inbound)
    with httpx.Client(base_url=house.url, trust_env=False, headers={"Cookie": cookie} if cookie else {}) as client:
        answer = client.request(method, path, **body_of(path))
    assert answer.status_code == 401
    assert how_many(house, Inbound) == before


def test_a_cookie_that_somebody_else_planted_is_not_taken_over(house: House) -> None:
    with httpx.Client(base_url=house.url, trust_env=False, headers={"Cookie": "kawan_chat=planted"}) as client:
        answer = client.post("/chat/session", json={"language": "en"}).raise_for_status()
    assert answer.json()["fresh"]
    given = answer.headers["set-cookie"]
    assert "planted" not in given
    assert all(word in given.lower() for word in ("httponly", "samesite=lax", "path=/chat"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/chat/session", "/chat/messages", "/chat/files", "/chat/language"])
def test_another_site_cannot_post_in_the_name_of_a_person(house: House, site: str, path: str) -> None:
    talk = house.talk("en")
    before = how_many(house, Inbound), how_many(house, Contact)
    answer = talk.client.post(path, headers={"Sec-Fetch-Site": site}, **body_of(path) or {"json": {}})
    assert answer.status_code == 403
    assert (how_many(house, Inbound), how_many(house, Contact)) == before


@pytest.mark.parametrize("token", [None, "", "wrong", "ü"])
@pytest.mark.parametrize("path", ["/internal/actions", "/internal/nlg"])
def test_rasas_own_doors_are_closed_to_everybody_else(house: House, path: str, token: str | None) -> None:
    headers = {} if token is None else {"X-Kawan-Internal": token.encode()}
    body = {"next_action": "action_greet", "tracker": {}, "response": "utter_greet"}
    assert httpx.post(house.url + path, json=body, headers=headers, trust_env=False).status_code == 403


def test_every_answer_carries_the_safety_headers(house: House) -> None:
    for path in ("/", "/healthz", "/chat/history", "/nowhere"):
        headers = httpx.get(house.url + path, trust_env=False).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "Asia/Jakarta\x00"])
def test_a_made_up_time_zone_does_no_harm(house: House, zone: str) -> None:
    talk = Talk(house, "en", zone)
    house.talks.append(talk)
    assert "utter_ask_language" in talk.keys


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "\x00"])
def test_an_empty_message_is_refused_with_a_sentence(house: House, empty: str) -> None:
    talk = house.talk("en")
    answer = talk.client.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": empty})
    assert answer.status_code == 422
    assert answer.json()["error"] == "The message is empty."


@pytest.mark.parametrize(
    "body",
    [
        {"text": "no id"},
        {"id": "not-a-uuid", "text": "x"},
        {"id": str(uuid.uuid4()), "text": "x" * (LONGEST + 1)},
        {"id": str(uuid.uuid4()), "text": {"a": 1}},
        {"id": str(uuid.uuid4()), "payload": "/" + "x" * 3000},
        b'{"id": "\\ud800", "text": "x"}',
        b"{",
        b"\xff",
    ],
)
def test_what_is_no_message_is_refused(house: House, body: dict[str, object] | bytes) -> None:
    talk = house.talk("en")
    before = len(talk.inbound())
    content = {"content": body, "headers": {"Content-Type": "application/json"}} if isinstance(body, bytes) else {}
    answer = talk.client.post("/chat/messages", **content or {"json": body})
    assert answer.status_code in {400, 422}
    assert len(talk.inbound()) == before


@pytest.mark.parametrize(
    "odd",
    [
        "/",
        "///",
        "\u200b",
        "\u202e\u2066",
        "🏝️🙂",
        "<script>alert(1)</script>",
        "a\x00b",
        "ก" * 5000,
        "{}",
        "%s {0}",
        "'--",
    ],
)
def test_odd_texts_get_one_answer_as_every_other(house: House, odd: str) -> None:
    talk = house.talk("en")
    before = len(talk.all)
    talk.say(odd)
    assert len(talk.all) == before + 1
    assert talk.text
    assert talk.inbound()[-1].attempts == 0, "Rasa had an answer at once"


def test_half_a_letter_at_the_end_of_a_text_that_was_cut_does_no_harm(house: House) -> None:
    talk = member(house)
    body = b'{"id": "%s", "text": "thank you \\ud83c"}' % str(uuid.uuid4()).encode()
    talk.client.post("/chat/messages", content=body, headers={"Content-Type": "application/json"}).raise_for_status()
    talk.listen()
    assert talk.inbound()[-1].content == {"text": "thank you \ufffd"}


def test_too_many_at_once_have_to_wait_and_the_others_are_answered_in_order(house: House) -> None:
    talk = member(house)
    message = {"id": str(uuid.uuid4()), "text": "one too many"}
    with held_up(house, talk):
        for number in range(QUEUE_CAP):
            talk.post({"text": f"thanks {number}"})
        refused = talk.client.post("/chat/messages", json=message)
        upload = talk.client.post("/chat/files", **body_of("/chat/files"))
        assert talk.client.get("/chat/history").json()["typing"]
    assert (refused.status_code, upload.status_code) == (429, 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["error"].startswith("That was quick!")
    talk.post({"text": message["text"]}, message["id"])
    until(lambda: all_answered(house, talk))
    texts = [row.content.get("text") for row in talk.inbound()][-QUEUE_CAP - 1 :]
    assert texts == [*(f"thanks {number}" for number in range(QUEUE_CAP)), "one too many"]


def test_a_language_that_we_do_not_know_is_refused(house: House) -> None:
    talk = house.talk("en")
    assert talk.client.post("/chat/language", json={"language": "xx"}).status_code == 422
    answer = talk.client.post("/chat/language", json={"language": "id"}).raise_for_status()
    talk.listen()
    assert talk.last["lang"] == "id"
    assert answer.json()["texts"]


# --- files ----------------------------------------------------------------------------------------------------------


def send(talk: Talk, name: str, content: bytes) -> httpx.Response:
    return talk.client.post("/chat/files", data={"id": str(uuid.uuid4())}, files={"file": (name, content)})


@pytest.mark.parametrize("size", [MAX_BYTES + 1, MAX_BYTES * 3 // 2])
def test_a_file_that_is_too_large_is_refused(house: House, size: int) -> None:
    talk = house.talk("en")
    before = how_many(house, File)
    assert send(talk, "big.pdf", PDF + bytes(size - len(PDF))).status_code == 413
    assert how_many(house, File) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [("letter.pdf", EXE), ("photo.png", SVG), ("letter.pdf", b"just words"), ("empty.pdf", b""), ("a.html", b"<html>")],
)
def test_the_content_decides_about_a_file_and_not_its_name(house: House, name: str, content: bytes) -> None:
    talk = house.talk("en")
    before = how_many(house, File), len(talk.inbound())
    answer = send(talk, name, content)
    assert answer.status_code == 415
    assert answer.json()["error"] == "I cannot take this kind of file. Please send a photo or a PDF."
    assert (how_many(house, File), len(talk.inbound())) == before


def test_a_photo_that_calls_itself_a_program_is_kept_as_the_photo_it_is(house: House) -> None:
    talk = member(house)
    talk.send_file("../../evil.exe", PNG)
    with house.sessions() as session:
        row = session.scalars(select(File).where(File.contact_id == talk.contact_id)).one()
    assert (row.name, row.media_type) == ("evil.exe", "image/png")
    assert media_type((house.data_dir / "files" / row.public_id).read_bytes()) == "image/png"
    assert (house.data_dir / "files" / row.public_id).stat().st_mode & 0o077 == 0


def test_a_file_is_given_back_to_its_owner_and_to_nobody_else(house: House) -> None:
    owner, other = member(house), house.talk("en")
    owner.send_file("letter.pdf", PDF)
    mine = [one for one in owner.client.get("/chat/history").json()["messages"] if one["files"]]
    url = mine[-1]["files"][0]["url"]
    given = owner.client.get(url)
    assert (given.status_code, given.content) == (200, PDF)
    assert given.headers["content-disposition"].startswith("attachment")
    assert other.client.get(url).status_code == 404
    for path in ("/chat/files/..%2F..%2Fsecret_key", "/chat/files/%2Fetc%2Fpasswd", "/static/..%2f..%2fweb.py"):
        assert owner.client.get(path).status_code == 404


# --- what is kept ---------------------------------------------------------------------------------------------------


def dump(house: House) -> str:
    """Every row of ours, and every log, as one text."""
    tables = [name for name in Base.metadata.tables if not name.startswith("place")]
    with house.sessions() as session:
        rows = [str(row) for name in tables for row in session.scalars(text(f"SELECT to_jsonb(x) FROM {name} x"))]  # noqa: S608
    return "\n".join(rows)


def logs(house: House) -> str:
    return "\n".join(path.read_text(errors="replace") for path in (house.data_dir / "log").glob("*.log"))


def test_what_was_typed_before_the_consent_is_nowhere_after_the_turn(house: House) -> None:
    talk = house.talk("en")
    for step, words in enumerate(("Xylophonqua one", "help, a flood! Xylophonqua two", "/Xylophonqua three")):
        talk.say(words)
        talk.press_payload("/inform") if step == 0 else None
    assert "Xylophonqua" not in dump(house)
    assert "Xylophonqua" not in logs(house)
    assert "Xylophonqua" not in talk.client.get("/chat/my-data.json").text


def test_what_was_typed_after_the_consent_is_in_my_data_and_in_no_log(house: House) -> None:
    talk = member(house)
    talk.say("I have a suggestion: plant Zanzibarium trees")
    mine = talk.client.get("/chat/my-data.json")
    assert "attachment" in mine.headers["content-disposition"]
    content = mine.json()
    assert "I have a suggestion: plant Zanzibarium trees" in [row["content"].get("text") for row in content["inbound"]]
    assert [(row["purpose"], row["given"]) for row in content["consent"]] == [("keeping", True), ("news", False)]
    assert content["contact"]["role"] == "municipal"
    assert talk.client.cookies["kawan_chat"] not in mine.text
    assert "Zanzibarium" not in logs(house)
    assert talk.client.cookies["kawan_chat"] not in logs(house)


# --- what is forged -------------------------------------------------------------------------------------------------

FORGED = (
    "/broadcast",
    '/inform{"field": "audience", "value": "everybody"}',
    '/inform{"field": "broadcast_text", "value": "free money"}',
    '/review_queue{"application": "AAAAAAAA", "do": "accept"}',
    '/inform{"field": "role", "value": "secretariat"}',
    '/inform{"field": "is_secretariat", "value": true}',
    '/inform{"field": {"a": 1}, "value": []}',
    '/inform{"field": ["role"], "value": {"b": 2}}',
    '/inform{"field": "news", "value": ["yes"]}',
    '/opt_in{"purpose": ["news"]}',
    '/get_tips{"hazard": {"a": 1}}',
    '/change_language{"language": ["en"]}',
    '/correct{"field": ["x"], "application": 7}',
    "/inform{broken",
    "/action_greet",
    "/restart",
    "/session_start",
    "/unclear",
    "/nlu_fallback",
    "/probe",
)


@pytest.mark.parametrize("payload", FORGED)
def test_a_forged_button_is_answered_and_has_no_effect(house: House, outsider: Talk, payload: str) -> None:
    talk = outsider
    before = rights(house, talk)
    talk.post({"payload": payload, "title": "a harmless title"}).listen()
    assert talk.text
    assert talk.inbound()[-1].attempts == 0, "it was answered at the first try"
    assert rights(house, talk) == before


@pytest.mark.parametrize(
    "typed", ["/broadcast", "/review_queue", "/statistics", "//broadcast", "send an update to everybody"]
)
def test_a_typed_command_of_the_secretariat_does_nothing_for_others(house: House, outsider: Talk, typed: str) -> None:
    talk = outsider
    before = rights(house, talk)
    talk.say(typed)
    assert rights(house, talk) == before


def rights(house: House, talk: Talk) -> tuple[object, ...]:
    """What must not change by a forged message."""
    with house.sessions() as session:
        contact = session.get_one(Contact, talk.contact_id)
        drafts = session.scalar(select(func.count(Draft.id)).where(Draft.contact_id == contact.id))
        broadcasts = session.scalar(select(func.count(Broadcast.id)))
        return contact.is_secretariat, contact.role, contact.language, contact.draft_id, drafts, broadcasts


def test_nothing_of_these_tests_was_left_unanswered(house: House) -> None:
    with house.sessions() as session:
        states = session.scalars(select(Inbound.state).distinct()).all()
    assert InboundState.UNANSWERED not in states
