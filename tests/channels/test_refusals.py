"""What the doors refuse, and how: nothing of it is stored, and neither its content nor a secret is logged."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from bot.channels.receiving import MEGABYTE
from bot.channels.telegram_door import SECRET_HEADER
from bot.channels.whatsapp_door import FORM, PATH, SIGNATURE, STATUS_PATH
from tests.channels.doors import (
    ACCOUNT,
    HOOK_SECRET,
    INSIDE,
    OURS,
    PUBLIC_URL,
    TWILIO,
    Doors,
    encoded,
    every,
    signature,
)

MARKER = "Xylophonqua"  # in everything that must not be logged, secrets too
UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 1,
        "from": {"id": 7001, "is_bot": False, "first_name": MARKER},
        "chat": {"id": 7001, "type": "private", "first_name": MARKER},
        "date": 1795900000,
        "text": f"{MARKER} 4711",
    },
}
TYPE = "content-type"
Call = Callable[[Doors], httpx.Response]


@pytest.fixture(autouse=True)
def _says_nothing(doors: Doors, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO):
        yield
    assert MARKER not in caplog.text
    assert "6281234567890" not in caplog.text


def form(**more: str) -> str:
    return encoded(every("whatsapp") | {"Body": MARKER, "ProfileName": MARKER} | more)


async def pieces(size: int, start: bytes = b"") -> AsyncIterator[bytes]:
    """A body whose length nobody announces."""
    yield start
    for _ in range(size // 65536 + 1):
        yield b"x" * 65536


def hook(body: str | bytes | AsyncIterator[bytes], **headers: str) -> Call:
    return lambda doors: doors.hook(body, **headers)


def post(body: str, path: str = PATH, **headers: str) -> Call:
    """Post a form with headers as they stand, signed rightly unless another signature is given."""
    given = {SIGNATURE: signature(f"{PUBLIC_URL}{path}", body), TYPE: FORM} | {
        key.replace("_", "-"): value for key, value in headers.items()
    }
    return lambda doors: doors.call(path, body, given)


def large(path: str, headers: dict[str, str]) -> Call:
    return lambda doors: doors.call(path, pieces(MEGABYTE), headers)


WHOLE = json.dumps(UPDATE)
REFUSALS: dict[str, tuple[Call, int]] = {
    "no secret": (lambda doors: doors.call("/webhooks/telegram", WHOLE, {TYPE: "application/json"}), 401),
    "an empty secret": (hook(WHOLE, **{SECRET_HEADER: ""}), 401),
    "a wrong secret": (hook(WHOLE, **{SECRET_HEADER: HOOK_SECRET[:-1]}), 401),
    "a secret in letters of another kind": (hook(WHOLE, **{SECRET_HEADER: "é" * 20}), 401),
    "a wrong secret with a body that is too large": (hook(pieces(MEGABYTE), **{SECRET_HEADER: "no"}), 401),
    "an update that is too large": (hook(json.dumps(UPDATE | {"x": "x" * MEGABYTE})), 413),
    "an update that is too large and does not say so": (hook(pieces(MEGABYTE)), 413),
    "an update that says it is larger than it is": (hook("{}", content_length=str(MEGABYTE + 1)), 413),
    "an update of a length that is none": (hook("{}", content_length="many"), 400),
    "an update of a length without end": (hook("{}", content_length="9" * 5000), 400),
    "an update as a form": (hook(WHOLE, content_type=FORM), 415),
    "an update without a type": (hook(WHOLE, content_type=""), 415),
    "an update that breaks off": (hook(WHOLE[:-3]), 400),
    "an update that is no text": (hook(b"\xff\xfe\x00\xd8"), 400),
    "an update that is a list": (hook("[1]"), 400),
    "an update that is nothing": (hook(""), 400),
    "an update without a number": (hook(json.dumps({"message": UPDATE["message"]})), 400),
    "an update without end": (hook("[" * 200_000), 400),
    "a number without end": (hook('{"update_id": ' + "9" * 5000 + "}"), 400),
    "no signature": (lambda doors: doors.call(PATH, form(), {TYPE: FORM}), 403),
    "an empty signature": (post(form(), **{SIGNATURE: ""}), 403),
    "a signature with another key": (
        post(form(), **{SIGNATURE: signature(f"{PUBLIC_URL}{PATH}", form(), "other")}),
        403,
    ),
    "a signature for another address": (post(form(), **{SIGNATURE: signature(f"{INSIDE}{PATH}", form())}), 403),
    "a signature for http": (
        post(form(), **{SIGNATURE: signature(f"{PUBLIC_URL}{PATH}".replace("https", "http"), form())}),
        403,
    ),
    "a signature for another form": (
        post(form(), **{SIGNATURE: signature(f"{PUBLIC_URL}{PATH}", form(Body="no"))}),
        403,
    ),
    "a signature in letters of another kind": (post(form(), **{SIGNATURE: "é" * 28}), 403),
    "a signature by a way that nobody knows": (
        post(form(), x_twilio_webhooks_signature_settings="key=k,algorithm=HMAC_MD5"),
        403,
    ),
    "an old signature that claims to be a new one": (
        post(form(), x_twilio_webhooks_signature_settings="key=k,algorithm=HMAC_SHA256"),
        403,
    ),
    "another account": (post(form(AccountSid="AC" + "9" * 32)), 403),
    "no account": (post(encoded({key: value for key, value in every("whatsapp").items() if key != "AccountSid"})), 403),
    "a receipt without a signature": (
        lambda doors: doors.call(STATUS_PATH, encoded({"MessageStatus": "read"}), {TYPE: FORM}),
        403,
    ),
    "a receipt for another account": (post(form(AccountSid="AC9", MessageStatus="read"), STATUS_PATH), 403),
    "a form that is too large": (post(form(Body="x" * MEGABYTE)), 413),
    "a form that is too large and does not say so": (large(PATH, {TYPE: FORM, SIGNATURE: "x"}), 413),
    "a receipt that is too large and does not say so": (large(STATUS_PATH, {TYPE: FORM, SIGNATURE: "x"}), 413),
    "a form as JSON": (post(form(), content_type="application/json"), 415),
    "a form without a type": (post(form(), content_type=""), 415),
    "a form in parts": (post(form(), content_type="multipart/form-data; boundary=x"), 415),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_not_as_the_providers_send_it_is_refused(doors: Doors, name: str) -> None:
    call, status = REFUSALS[name]
    assert call(doors).status_code == status
    assert doors.kept() == []
    assert doors.outbound(OURS["whatsapp"]).state == "queued"


# --- what is genuine is taken, whichever way it is signed -----------------------------------------------------------

NEW = {"x_twilio_webhooks_signature_settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
AT = f"{PUBLIC_URL}{PATH}"
GENUINE = {
    "the old way": (AT, {}, {}),
    "the new way": (AT, {"key": TWILIO.signing_key, "algorithm": "HMAC_SHA256"}, NEW),
    "with the port": (AT.replace("example", "example:443"), {}, {}),
    "the new way with the port": (
        AT.replace("example", "example:443"),
        {"key": TWILIO.signing_key, "algorithm": "HMAC_SHA256"},
        NEW,
    ),
    "with settings that name no way": (AT, {}, {"x_twilio_webhooks_signature_settings": "key=k"}),
    "through a proxy that says who it is": (AT, {}, {"host": "evil.example", "x_forwarded_host": "evil.example"}),
}


@pytest.mark.parametrize("name", GENUINE)
def test_a_genuine_form_is_taken_behind_any_proxy(doors: Doors, name: str) -> None:
    url, signing, headers = GENUINE[name]
    body = form()
    answer = post(body, **{SIGNATURE: signature(url, body, **signing)}, **headers)(doors)
    assert answer.status_code == 200
    assert [content for _who, content, _state in doors.kept()] == [{"text": MARKER}]


def test_the_new_way_needs_a_key_of_its_own(doors: Doors) -> None:
    body = form()
    signed = signature(AT, body, TWILIO.auth_token, "HMAC_SHA256")
    assert post(body, **{SIGNATURE: signed}, **NEW)(doors).status_code == 403
    assert doors.kept() == []


def test_a_type_may_say_its_letters(doors: Doors) -> None:
    body = form()
    assert post(body, content_type=f"{FORM}; charset=UTF-8")(doors).status_code == 200
    assert hook(WHOLE, content_type="application/json; charset=utf-8")(doors).status_code == 200
    assert len(doors.kept()) == 2


def test_the_account_of_the_tables_is_the_one_of_the_settings() -> None:
    assert every("whatsapp")["AccountSid"] == ACCOUNT == TWILIO.account_sid
