"""The stand-in for Twilio, driven by Twilio's own library and by people with phones."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from tests.emulators.whatsapp import contract
from tests.emulators.whatsapp.client import Person, WhatsApp
from tests.emulators.whatsapp.options import Options
from tests.emulators.whatsapp.running import need_contract, run_whatsapp, run_whatsapp_process

OURS = Options.from_address
PUBLIC = "https://kawan.example/webhooks/whatsapp"
TWIML = '<?xml version="1.0"?><Response/>'


def moved(url: str, base: str) -> str:
    asked, ours = urlsplit(url), urlsplit(base)
    return urlunsplit((ours.scheme, ours.netloc, asked.path, asked.query, ""))


class Loopback(TwilioHttpClient):
    def __init__(self, base: str, **more: Any) -> None:
        super().__init__(**more)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return super().request(method, moved(url, self.base), *args, **more)


class AsyncLoopback(AsyncTwilioHttpClient):
    def __init__(self, base: str, **more: Any) -> None:
        super().__init__(**more)
        self.base = base

    async def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return await super().request(method, moved(url, self.base), *args, **more)


@dataclass
class Application:
    """What stands where Kawan will: it keeps every request and answers as told."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answers: list[Callable[[], Response]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        form = dict((await request.form()).items())
        self.requests.append((str(request.url), form, request.headers))
        if self.answers:
            return self.answers.pop(0)()
        return Response(TWIML, media_type="text/xml")

    async def file(self, request: Request) -> Response:
        kind, size = request.query_params["type"], int(request.query_params["size"])
        return Response(b"x" * size, media_type=kind)

    @property
    def forms(self) -> list[dict[str, str]]:
        return [form for _, form, _ in self.requests]

    @property
    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for form in self.forms if "MessageStatus" in form]


@contextmanager
def run_application() -> Iterator[Application]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    application = Application(f"http://127.0.0.1:{listening.getsockname()[1]}")
    take = Route("/webhooks/{which}", application.take, methods=["POST"])
    app = Starlette(routes=[take, Route("/file", application.file)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield application
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@pytest.fixture(scope="module")
def listening_application() -> Iterator[Application]:
    with run_application() as application:
        yield application


@pytest.fixture(scope="module")
def running_emulator(listening_application: Application) -> Iterator[WhatsApp]:
    need_contract()
    webhook = f"{listening_application.url}/webhooks/whatsapp"
    with run_whatsapp(webhook=webhook, public_url=PUBLIC, check_answers=True) as whatsapp:
        yield whatsapp


@pytest.fixture
def whatsapp(running_emulator: WhatsApp) -> Iterator[WhatsApp]:
    """The emulator, held to the contract; its own answers keep to it in every test."""
    yield running_emulator
    assert running_emulator.stats()["own_violations"] == []
    running_emulator.reset()


@pytest.fixture
def application(listening_application: Application, whatsapp: WhatsApp) -> Application:
    listening_application.requests.clear()
    listening_application.answers.clear()
    return listening_application


@pytest.fixture
def http(whatsapp: WhatsApp) -> Iterator[Loopback]:
    client = Loopback(whatsapp.url, timeout=10)
    yield client
    client.session.close()


@pytest.fixture
def twilio(http: Loopback) -> Client:
    return Client(Options.account_sid, Options.auth_token, http_client=http)


@pytest.fixture
def sari(whatsapp: WhatsApp) -> Person:
    """Somebody who has just written."""
    person = whatsapp.person("+6281234567890")
    whatsapp.window_age(person, 0)
    return person


def send(twilio: Client, person: Person, body: str = "Hello", **more: Any) -> Any:
    return twilio.messages.create(to=person.address, from_=OURS, body=body, **more)


def send_template(twilio: Client, person: Person, sid: str, variables: Any = None, **more: Any) -> Any:
    more |= {} if variables is None else {"content_variables": json.dumps(variables)}
    return twilio.messages.create(to=person.address, from_=OURS, content_sid=sid, **more)


def until(true: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return found


def refused(call: Callable[[], Any]) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        call()
    return caught.value.status, caught.value.code


def failed_with(twilio: Client, message: Any) -> int | None:
    return until(lambda: twilio.messages(message.sid).fetch().error_code)


def make_template(twilio: Client, kind: str, **fields: Any) -> str:
    variables = fields.pop("variables", {})
    request = ContentList.ContentCreateRequest({"language": "en", "variables": variables, "types": {}})
    raw = {"friendly_name": "t", "language": "en", "variables": variables, "types": {kind: fields}}
    request.to_dict = lambda: raw
    return str(twilio.content.v1.contents.create(request).sid)


def buttons(*titles: str) -> list[dict[str, str]]:
    return [{"type": "QUICK_REPLY", "title": title, "id": f"/{number}"} for number, title in enumerate(titles)]


def items(*titles: str, description: str = "more") -> list[dict[str, str]]:
    return [{"item": title, "id": f"/{number}", "description": description} for number, title in enumerate(titles)]


# Messages


def test_a_message_is_created_fetched_and_listed(twilio, whatsapp, sari):
    message = send(twilio, sari, "Selamat pagi")
    assert (message.status, message.direction, message.body) == ("queued", "outbound-api", "Selamat pagi")
    assert sari.wait()["text"] == "Selamat pagi"
    assert twilio.messages(message.sid).fetch().sid == message.sid
    assert [one.sid for one in twilio.messages.list(to=sari.address, from_=OURS)] == [message.sid]
    assert len(whatsapp.stats()["arrivals"]) == 1


def test_the_asynchronous_client_talks_to_it_as_well(whatsapp, sari):
    async def create() -> str:
        async with AsyncLoopback(whatsapp.url, timeout=10) as http:
            client = Client(Options.account_sid, Options.auth_token, http_client=http)
            return (await client.messages.create_async(to=sari.address, from_=OURS, body="Async")).sid

    with pytest.warns(DeprecationWarning, match="auth"):  # of aiohttp, about how twilio calls it
        sid = asyncio.run(create())
    assert sari.wait()["sid"] == sid


def test_lists_come_in_pages_and_are_filtered_by_time_and_people(twilio, whatsapp, sari):
    other = whatsapp.person("+6281234567891")
    sids = [send(twilio, sari, str(number)).sid for number in range(7)]
    sari.say("and one from me")
    found = twilio.messages.list(to=sari.address, page_size=3)
    assert [one.sid for one in found] == sids[::-1]
    assert [one.direction for one in twilio.messages.list(from_=sari.address)] == ["inbound"]
    now = datetime.now(UTC)
    assert len(twilio.messages.list(to=sari.address, date_sent_after=now - timedelta(minutes=1))) == 7
    assert twilio.messages.list(to=sari.address, date_sent_after=now + timedelta(minutes=1)) == []
    assert twilio.messages.list(to=sari.address, date_sent_before=now - timedelta(minutes=1)) == []
    assert len(twilio.messages.list(to=sari.address, date_sent=now)) == 7
    assert twilio.messages.list(to=other.address) == []


def test_the_account_tells_a_doctor_that_the_credentials_are_right(twilio, whatsapp, http):
    assert twilio.api.accounts(Options.account_sid).fetch().status == "active"
    by_key = Client(Options.api_key, Options.api_secret, Options.account_sid, http_client=http)
    assert by_key.api.accounts(Options.account_sid).fetch().sid == Options.account_sid
    wrong = Client(Options.account_sid, "wrong", http_client=http)
    assert refused(lambda: wrong.api.accounts(Options.account_sid).fetch()) == (401, 20003)
    assert refused(lambda: twilio.api.accounts("AC" + "9" * 32).fetch()) == (404, 20404)
    answer = httpx.get(f"{whatsapp.url}/2010-04-01/Accounts/{Options.account_sid}.json", trust_env=False)
    assert set(answer.json()) == {"code", "message", "more_info", "status"}


# Rules


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"body": "x" * 1601}, 21617),
        ({"body": ""}, 21619),
        ({"to": "whatsapp:+12"}, 21211),
        ({"to": "+6281234567890"}, 21910),
        ({"from_": "whatsapp:+6281100009999"}, 63007),
        ({"content_sid": "HX" + "0" * 32}, 21655),
        ({"content_variables": "{}"}, 21654),
    ],
)
def test_what_is_wrong_with_the_message_itself_is_refused_at_once(twilio, sari, fields, code):
    message = {"to": sari.address, "from_": OURS, "body": "Hello"} | fields
    assert refused(lambda: twilio.messages.create(**message)) == (400, code)
    assert sari.messages == []


def test_1600_characters_are_not_too_many(twilio, sari):
    send(twilio, sari, "x" * 1600)
    assert len(sari.wait()["text"]) == 1600


def test_outside_the_window_a_free_text_fails_by_callback(twilio, whatsapp, application, sari):
    whatsapp.window_age(sari, 25)
    message = send(twilio, sari, status_callback=f"{application.url}/webhooks/status")
    assert failed_with(twilio, message) == 63016
    until(lambda: application.statuses == ["queued", "failed"])
    assert application.forms[-1]["ErrorCode"] == "63016"
    assert sari.received == []


def test_outside_the_window_a_free_text_can_be_refused_at_once_too(twilio, whatsapp, sari):
    whatsapp.options(late_window_error=False)
    whatsapp.window_age(sari, None)
    assert refused(lambda: send(twilio, sari)) == (400, 63016)


def test_a_word_from_the_person_opens_the_window(twilio, whatsapp, sari):
    whatsapp.window_age(sari, 25)
    sari.say("hello")
    send(twilio, sari)
    assert sari.wait()["text"] == "Hello"


def test_a_person_who_opted_out_gets_nothing(twilio, sari):
    sari.change(opted_out=True)
    assert refused(lambda: send(twilio, sari)) == (400, 21610)


def test_a_number_without_whatsapp_fails_later(twilio, sari):
    sari.change(on_whatsapp=False)
    assert failed_with(twilio, send(twilio, sari)) == 63024


def test_more_than_the_sender_may_send_in_a_second_is_refused_and_counted(twilio, whatsapp, sari):
    whatsapp.options(per_second=3)
    for _ in range(3):
        send(twilio, sari)
    assert refused(lambda: send(twilio, sari)) == (429, 20429)
    assert whatsapp.stats()["throttled"] == 1
    time.sleep(1.05)
    send(twilio, sari)


@pytest.mark.parametrize(
    ("kind", "size", "code"),
    [
        ("image/jpeg", 1000, None),
        ("image/jpeg", 5_000_001, 63021),
        ("application/pdf", 5_000_001, None),
        ("application/pdf", 16_000_001, 63021),
        ("image/svg+xml", 10, 63005),
    ],
)
def test_files_are_fetched_and_held_to_type_and_size(twilio, application, sari, kind, size, code):  # noqa: PLR0917
    url = f"https://kawan.example/file?type={kind.replace('+', '%2B')}&size={size}"
    message = twilio.messages.create(to=sari.address, from_=OURS, media_url=[url])
    if code is None:
        assert sari.wait()["media"][0]["content_type"] == kind
    else:
        assert failed_with(twilio, message) == code


def test_a_file_that_cannot_be_had_fails_later(twilio, application, sari):
    message = twilio.messages.create(to=sari.address, from_=OURS, media_url=[f"{application.url}/none"])
    assert failed_with(twilio, message) == 63019


# Templates


def test_templates_are_made_listed_approved_and_deleted(twilio, whatsapp):
    sids = [make_template(twilio, "twilio/text", body=f"Hi {{{{1}}}} {n}", variables={"1": "you"}) for n in range(3)]
    assert [one.sid for one in twilio.content.v1.contents.list(page_size=2)] == sids
    request = ApprovalCreateList.ContentApprovalRequest({"name": "notice_en", "category": "UTILITY"})
    asked = twilio.content.v1.contents(sids[0]).approval_create.create(request)
    assert asked.status == "received"
    whatsapp.approve(sids[0])
    fetched = twilio.content.v1.contents(sids[0]).approval_fetch().fetch()
    assert (fetched.whatsapp["status"], fetched.whatsapp["category"]) == ("approved", "UTILITY")
    rows = twilio.content.v1.content_and_approvals.list()
    assert [one.approval_requests["status"] for one in rows] == ["approved", "unsubmitted", "unsubmitted"]
    assert twilio.content.v1.contents(sids[1]).delete()
    assert refused(lambda: twilio.content.v1.contents(sids[1]).fetch()) == (404, 20404)


def test_only_an_approved_template_opens_a_conversation(twilio, whatsapp, sari):
    whatsapp.window_age(sari, None)
    sid = make_template(twilio, "twilio/text", body="News for {{1}}, reply to read.")
    assert failed_with(twilio, send_template(twilio, sari, sid, {"1": "Bogor"})) == 63016
    whatsapp.approve(sid)
    send_template(twilio, sari, sid, {"1": "Bogor"})
    assert sari.wait()["text"] == "News for Bogor, reply to read."


def test_a_list_opens_no_conversation_even_when_approved(twilio, whatsapp, sari):
    sid = make_template(twilio, "twilio/list-picker", body="Pick", button="Open", items=items("A", "B"))
    whatsapp.approve(sid)
    whatsapp.window_age(sari, None)
    assert failed_with(twilio, send_template(twilio, sari, sid)) == 63016
    whatsapp.window_age(sari, 1)
    send_template(twilio, sari, sid)
    sari.wait()
    assert sari.titles == ["A", "B"]


@pytest.mark.parametrize(
    "raw", ["no json", "[]", '{"1": 2}', '{"1": null}', '{"1": ""}', '{"1": "a\\nb"}', '{"1": "a     b"}', "{}"]
)
def test_variables_are_a_json_object_of_texts_in_one_line(twilio, sari, raw):
    sid = make_template(twilio, "twilio/text", body="Hi {{1}}!")
    call = {"to": sari.address, "from_": OURS, "content_sid": sid, "content_variables": raw}
    assert refused(lambda: twilio.messages.create(**call)) == (400, 21656)


def test_line_breaks_in_variables_can_be_allowed(twilio, whatsapp, sari):
    whatsapp.options(one_line_variables=False)
    sid = make_template(twilio, "twilio/text", body="Hi {{1}}!")
    send_template(twilio, sari, sid, {"1": "a\nb"})
    assert sari.wait()["text"] == "Hi a\nb!"


def test_more_than_three_buttons_need_approval(twilio, whatsapp, sari):
    sid = make_template(twilio, "twilio/quick-reply", body="Choose", actions=buttons("A", "B", "C", "D"))
    assert failed_with(twilio, send_template(twilio, sari, sid)) == 63021
    whatsapp.approve(sid)
    send_template(twilio, sari, sid)
    sari.wait()
    assert sari.titles == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("twilio/quick-reply", {"body": "b", "actions": buttons("x" * 21)}),
        ("twilio/quick-reply", {"body": "b", "actions": buttons(*"abcdefghijk")}),
        ("twilio/list-picker", {"body": "b", "button": "Open", "items": items(*"abcdefghijk")}),
        ("twilio/list-picker", {"body": "b", "button": "Open", "items": items("x" * 25)}),
        ("twilio/list-picker", {"body": "b", "button": "Open", "items": items("x", description="d" * 73)}),
        ("twilio/list-picker", {"body": "b", "button": "x" * 21, "items": items("x")}),
        ("twilio/text", {"body": "Hi {{1}"}),
    ],
)
def test_a_template_beyond_whatsapps_limits_is_not_made(twilio, kind, fields):
    assert refused(lambda: make_template(twilio, kind, **fields)) == (400, 20001)


def test_a_variable_that_makes_a_title_too_long_is_refused_when_sent(twilio, sari):
    sid = make_template(twilio, "twilio/quick-reply", body="b", actions=buttons("Yes {{1}}"))
    assert refused(lambda: send_template(twilio, sari, sid, {"1": "x" * 17})) == (400, 21658)
    send_template(twilio, sari, sid, {"1": "x" * 16})
    sari.wait()
    assert sari.titles == ["Yes " + "x" * 16]


# Inbound


def signed(request: tuple[str, dict[str, str], Any], url: str = PUBLIC) -> bool:
    _, form, headers = request
    return RequestValidator(Options.auth_token).validate(url, form, headers["x-twilio-signature"])


def test_an_inbound_message_is_signed_over_the_public_url(whatsapp, application, sari):
    row = sari.say("Halo & selamat")["delivery"]
    assert (row["status"], row["error"], row["attempts"]) == (200, "", 1)
    (request,) = application.requests
    assert signed(request)
    assert not signed(request, application.url + "/webhooks/whatsapp")
    form = request[1]
    assert (form["Body"], form["From"], form["WaId"]) == ("Halo & selamat", sari.address, "6281234567890")
    assert (form["MessageType"], form["ProfileName"], form["NumMedia"]) == ("text", "Sari", "0")


def test_a_shared_key_signs_with_sha256(whatsapp, application, sari):
    whatsapp.options(sha256_key="shared")
    sari.say("Halo")
    _, form, headers = application.requests[0]
    assert headers["x-twilio-webhooks-signature-settings"].endswith("algorithm=HMAC_SHA256")
    assert RequestValidator("shared").validate(PUBLIC, form, headers["x-twilio-signature"], "HMAC_SHA256")


def test_somebody_without_a_number_is_known_by_an_external_id(twilio, whatsapp, application):
    hidden = whatsapp.person(external_user_id="ID.abc123", name="Dao")
    hidden.say("Halo")
    form = application.forms[0]
    assert form["From"] == form["ExternalUserId"] == "whatsapp:ID.abc123"
    assert "WaId" not in form
    send(twilio, hidden)
    assert hidden.wait()["text"] == "Hello"


def test_a_pressed_button_names_the_message_it_belongs_to(twilio, application, sari):
    sid = make_template(twilio, "twilio/quick-reply", body="Sure?", actions=buttons("Yes", "No"))
    message = send_template(twilio, sari, sid)
    sari.wait()
    sari.press("No")
    form = application.forms[-1]
    assert (form["ButtonPayload"], form["ButtonText"], form["Body"]) == ("/1", "No", "No")
    assert form["OriginalRepliedMessageSid"] == message.sid
    with pytest.raises(ValueError, match="no such choice: Maybe"):
        sari.press("Maybe", sid=message.sid)


def test_a_picked_item_is_reported(twilio, application, sari):
    sid = make_template(twilio, "twilio/list-picker", body="Pick", button="Open", items=items("A", "B"))
    send_template(twilio, sari, sid)
    sari.wait()
    sari.press(2)
    form = application.forms[-1]
    assert (form["ListId"], form["ListTitle"], form["MessageType"]) == ("/1", "B", "interactive")


def test_files_places_and_forwards_arrive_with_their_fields(application, sari):
    sari.send_photo(b"jpeg", text="our street")
    sari.send_file(b"pdf", "application/pdf", "letter.pdf")
    sari.send_voice(b"ogg")
    sari.send_contact(b"BEGIN:VCARD")
    sari.send_file(b"webp", "image/webp")
    sari.send_file(b"mp4", "video/mp4")
    kinds = [form["MessageType"] for form in application.forms]
    assert kinds == ["image", "document", "audio", "contacts", "sticker", "video"]
    assert application.forms[0]["Body"] == "our street"
    sari.send_location(-7.8, 110.4, label="Office")
    assert (application.forms[-1]["Latitude"], application.forms[-1]["Label"]) == ("-7.8", "Office")
    sari.say("look", forwarded=True)
    assert application.forms[-1]["Forwarded"] == "true"
    sari.send_raw(MessageSid="SM1", New="field")
    assert application.forms[-1] == {"MessageSid": "SM1", "New": "field"}
    assert signed(application.requests[-1])


def test_a_file_needs_credentials_which_do_not_travel_to_the_storage(twilio, whatsapp, application, sari):
    sari.send_photo(b"jpeg")
    form = application.forms[0]
    url = form["MediaUrl0"]
    assert httpx.get(url, trust_env=False).status_code == 401
    with httpx.Client(auth=(Options.account_sid, Options.auth_token), trust_env=False) as client:
        first = client.get(url)
        assert first.status_code == 307
        assert urlsplit(first.headers["location"]).netloc != urlsplit(url).netloc
        assert client.get(url, follow_redirects=True).content == b"jpeg"
        assert whatsapp.stats()["leaked_credentials"] == 0
        client.get(first.headers["location"])
        assert whatsapp.stats()["leaked_credentials"] == 1
    media = twilio.messages(form["MessageSid"]).media.list()
    assert [one.content_type for one in media] == ["image/jpeg"]
    assert twilio.messages(form["MessageSid"]).media(media[0].sid).delete()
    assert httpx.get(first.headers["location"], trust_env=False).status_code == 404


def test_a_failed_connection_is_tried_once_more_with_the_same_token(whatsapp, application, sari):
    def broken() -> Response:
        raise ConnectionError

    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))
    whatsapp.options(webhook=f"http://127.0.0.1:{refusing.getsockname()[1]}/x")
    row = sari.say("Halo")["delivery"]
    assert (row["attempts"], row["status"]) == (2, None)
    refusing.close()
    whatsapp.options(webhook=f"{application.url}/webhooks/whatsapp#rc=3&rp=all")
    application.answers = [lambda: Response(status_code=503)] * 2
    row = sari.say("Halo lagi")["delivery"]
    assert (row["attempts"], row["status"], row["error"]) == (3, 200, "")
    tokens = {headers["i-twilio-idempotency-token"] for _, _, headers in application.requests}
    assert len(application.requests) == 3
    assert len(tokens) == 1


def test_an_error_or_an_answer_that_is_no_twiml_is_recorded_and_not_tried_again(whatsapp, application, sari):
    application.answers = [lambda: Response(status_code=500), lambda: Response("ok", media_type="text/plain")]
    assert sari.say("one")["delivery"]["error"].startswith("11200")
    assert sari.say("two")["delivery"]["error"].startswith("12100")
    assert len(application.requests) == len(whatsapp.stats()["failures"]) == 2


def test_a_slow_answer_is_not_waited_for(whatsapp, application, sari):
    whatsapp.options(read_timeout=0.2)
    application.answers = [lambda: time.sleep(0.6) or Response(TWIML, media_type="text/xml")]
    row = sari.say("Halo")["delivery"]
    assert (row["attempts"], row["error"]) == (1, "11205: no answer in time")


# Status callbacks


def test_callbacks_come_in_order_and_are_signed_over_their_own_url(twilio, application, sari):
    url = "https://kawan.example/webhooks/status?delivery=42&x=a%20b"
    send(twilio, sari, status_callback=url)
    until(lambda: application.statuses == ["queued", "sent", "delivered", "read"])
    assert all(signed(one, url) for one in application.requests)
    assert not signed(application.requests[0], "https://kawan.example/webhooks/status")


def test_callbacks_can_come_backwards_twice_without_read_or_not_at_all(twilio, whatsapp, application, sari):
    whatsapp.options(out_of_order=True)
    url = f"{application.url}/webhooks/status"
    send(twilio, sari, status_callback=url)
    until(lambda: application.statuses == ["read", "delivered", "sent", "queued"])
    application.requests.clear()
    whatsapp.options(out_of_order=False, duplicate_callbacks=True, never_read=True)
    send(twilio, sari, status_callback=url)
    until(lambda: application.statuses == ["queued", "queued", "sent", "sent", "delivered", "delivered"])
    application.requests.clear()
    whatsapp.options(drop_callbacks=True, never_read=False)
    message = send(twilio, sari, status_callback=url)
    until(lambda: twilio.messages(message.sid).fetch().status == "read")
    assert application.requests == []


# Faults


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ({"kind": "429"}, (429, 20429)),
        ({"kind": "503"}, (503, 20500)),
        ({"kind": "code", "code": 63018}, (400, 63018)),
        ({"kind": "code", "code": 21211}, (400, 21211)),
    ],
)
def test_a_fault_strikes_the_next_send_alone(twilio, whatsapp, sari, fault, answer):
    whatsapp.fault(**fault)
    assert refused(lambda: send(twilio, sari)) == answer
    assert sari.messages == []
    send(twilio, sari)


@pytest.mark.parametrize("code", [63015, 63018, 63024, 63049])
def test_a_fault_can_come_late(twilio, whatsapp, application, sari, code):
    whatsapp.fault("code", code=code, late=True)
    message = send(twilio, sari, status_callback=f"{application.url}/webhooks/status")
    assert failed_with(twilio, message) == code
    until(lambda: application.statuses == ["queued", "undelivered"])


def test_a_message_is_there_although_the_connection_was_lost(twilio, whatsapp, sari):
    whatsapp.fault("drop")
    with pytest.raises(requests.ConnectionError):
        send(twilio, sari, "Did you get this?")
    assert [one.body for one in twilio.messages.list(to=sari.address)] == ["Did you get this?"]
    assert sari.wait()["text"] == "Did you get this?"


def test_it_hangs_for_as_long_as_told(whatsapp, sari):
    whatsapp.fault("hang", seconds=0.6)
    impatient = Loopback(whatsapp.url, timeout=0.2)
    with pytest.raises(requests.ReadTimeout):
        send(Client(Options.account_sid, Options.auth_token, http_client=impatient), sari)
    impatient.session.close()


def test_the_same_seed_gives_the_same_faults(twilio, whatsapp, sari):
    def run() -> list[bool]:
        whatsapp.fault_rates({"kind": "429", "rate": 0.4}, seed=7)
        return [not is_refused() for _ in range(20)]

    def is_refused() -> bool:
        try:
            send(twilio, sari)
        except TwilioRestException:
            return True
        return False

    first = run()
    assert run() == first
    assert 2 < first.count(False) < 15
    whatsapp.clear_faults()
    send(twilio, sari)


# The contract


def post(whatsapp: WhatsApp, path: str, **more: Any) -> httpx.Response:
    auth = (Options.account_sid, Options.auth_token)
    return httpx.post(whatsapp.url + path, auth=auth, trust_env=False, **more)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Boddy": "x"}, "Boddy"),
        ({"ContentSid": "HX1"}, "ContentSid"),
        ({"ValidityPeriod": "soon"}, "ValidityPeriod"),
        ({"StatusCallback": "not a url"}, "StatusCallback"),
        ({"RiskCheck": "maybe"}, "RiskCheck"),
        ({"SendAt": "tomorrow"}, "SendAt"),
        ({"Body": ["a", "b"]}, "Body"),
        ({"To": None}, "'To' is a required property"),
    ],
)
def test_a_request_against_the_published_contract_is_found(whatsapp, sari, change, said):
    form = {"To": sari.address, "From": OURS, "Body": "Hello"} | change
    form = {name: value for name, value in form.items() if value is not None}
    answer = post(whatsapp, f"/2010-04-01/Accounts/{Options.account_sid}/Messages.json", data=form)
    assert answer.status_code == 400
    violations = whatsapp.stats()["contract_violations"]
    assert violations
    assert all(said in one for one in violations)


def test_a_template_against_the_published_contract_is_found(whatsapp):
    body = {
        "language": "en",
        "types": {"twilio/quick-reply": {"body": "b", "actions": [{"type": "OTHER", "title": "t"}]}},
    }
    assert post(whatsapp, "/v1/Content", json=body).status_code == 400
    assert post(whatsapp, "/v1/Content", json={"language": "en", "types": {"twilio/txt": {}}}).status_code == 400
    assert post(whatsapp, "/v1/Content", data={"language": "en"}).status_code == 400
    assert len(whatsapp.stats()["contract_violations"]) == 3


def test_an_unknown_filter_is_found(whatsapp):
    path = f"{whatsapp.url}/2010-04-01/Accounts/{Options.account_sid}/Messages.json?Too=x"
    answer = httpx.get(path, auth=(Options.account_sid, Options.auth_token), trust_env=False)
    assert answer.status_code == 400
    assert "Too" in whatsapp.stats()["contract_violations"][0]


def test_without_the_documents_the_test_is_skipped_or_fails_where_all_must_run(monkeypatch, tmp_path):
    monkeypatch.setattr(contract, "DOCUMENTS", tmp_path)
    monkeypatch.setenv("KAWAN_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="npm ci"):
        need_contract()
    monkeypatch.delenv("KAWAN_REQUIRE_ALL")
    with pytest.raises(pytest.skip.Exception, match="npm ci"):
        need_contract()


# By hand


def test_it_runs_as_a_program_with_a_page_that_asks_nothing_from_outside():
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    with run_whatsapp_process(port) as whatsapp:
        page = httpx.get(whatsapp.url, trust_env=False).text
        assert "emulator" in page
        assert "https://" not in page + httpx.get(f"{whatsapp.url}/page.js", trust_env=False).text
        assert whatsapp.environment()["KAWAN_TWILIO_API_URL"] == whatsapp.url
        assert [one["name"] for one in whatsapp.state()["people"]] == ["Sari", "Dao", "Jun"]
