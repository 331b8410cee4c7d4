"""Outbound messages: which are refused at once, which fail later, and what their callbacks say."""

import asyncio
import re
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from tests.emulators.whatsapp import templates
from tests.emulators.whatsapp.errors import MESSAGES, TwilioError
from tests.emulators.whatsapp.faults import Fault
from tests.emulators.whatsapp.state import Media, Message, Person

if TYPE_CHECKING:
    from tests.emulators.whatsapp.world import World

BODY = 1600
MEDIA_BYTES, IMAGE_BYTES = 16_000_000, 5_000_000
ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{7,14}|ID\.[\w.-]+)")
OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {
    "image/jpeg", "image/png", "image/webp", "audio/ogg", "audio/amr", "audio/3gpp", "audio/aac", "audio/mpeg",
    "application/pdf", "application/msword", f"{OFFICE}wordprocessingml.document",
    f"{OFFICE}presentationml.presentation", f"{OFFICE}spreadsheetml.sheet", "video/mp4", "text/vcard", "text/x-vcard",
}  # fmt: skip


def check_pair(world: "World", form: dict[str, Any]) -> None:
    """From one of our senders to a WhatsApp address."""
    to, sender = form["To"], form.get("From", "")
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise TwilioError(21910)
    if not ADDRESS.fullmatch(to):
        raise TwilioError(21211, detail=f"Invalid 'To' Phone Number: {to}")
    if sender != world.options.from_address:
        raise TwilioError(63007)


def check_throughput(world: "World", sender: str) -> None:
    """At most so many in any second; what is over is counted."""
    now, recent = time.monotonic(), world.state.recent.setdefault(sender, deque())
    while recent and now - recent[0] >= 1:
        recent.popleft()
    if len(recent) >= world.options.per_second:
        world.state.throttled += 1
        raise TwilioError(20429, 429)
    recent.append(now)


def accept(world: "World", form: dict[str, Any]) -> tuple[Message, int | None]:
    """The message as recorded, and the code it will fail with later; TwilioError when refused at once."""
    check_pair(world, form)
    person = world.state.person(form["To"])
    if person.opted_out:
        raise TwilioError(21610)
    message = Message(person.address, inbound=False, status_callback=form.get("StatusCallback", ""), form=form)
    code = compose(world, message, person, form)
    if code == 63016 and not world.options.late_window_error:
        raise TwilioError(63016)
    world.state.messages[message.sid] = message
    return message, code if person.on_whatsapp else 63024


def compose(world: "World", message: Message, person: Person, form: dict[str, Any]) -> int | None:
    """Gives the message its text and looks; the code it fails with later."""
    if form.get("ContentVariables") and not form.get("ContentSid"):
        raise TwilioError(21654)
    if form.get("ContentSid"):
        return compose_template(world, message, person, form)
    body, files = form.get("Body", ""), form.get("MediaUrl", [])
    if not body.strip() and not files:
        raise TwilioError(21619)
    if len(body) > BODY:
        raise TwilioError(21617)
    if len(files) > 10:
        raise TwilioError(21623)
    message.body = body
    if form.get("PersistentAction"):
        message.shown = {"type": "location", "location": read_geo(form["PersistentAction"][0])}
    if not person.window_open:
        return 63016
    return 63021 if len(files) > 1 else None  # one file a message on WhatsApp; the code is unsure


def read_geo(action: str) -> dict[str, Any]:
    """`geo:latitude,longitude|label`, as Twilio's page on WhatsApp locations writes it."""
    hit = re.fullmatch(r"geo:(-?[\d.]+),(-?[\d.]+)(?:\|(.*))?", action)
    if not hit:
        raise TwilioError(63005, detail=f"Not a place: {action}")
    return {"latitude": hit[1], "longitude": hit[2], "label": hit[3] or "", "address": ""}


def compose_template(world: "World", message: Message, person: Person, form: dict[str, Any]) -> int | None:
    content = world.state.contents.get(form["ContentSid"])
    if content is None:
        raise TwilioError(21655)
    values = templates.read_variables(form.get("ContentVariables", ""), world.options.one_line_variables)
    fields = templates.fill(content, values)
    message.shown = templates.shown(content.kind, fields) | {"template": content.approval == "approved"}
    message.body = message.shown["text"]
    message.form = form | {"MediaUrl": [one for one in fields.get("media", []) if content.kind == "twilio/media"]}
    return templates.policy_error(content, person.window_open)


async def fetch_media(world: "World", message: Message) -> int | None:
    """Twilio fetches the files itself; the code if they cannot be had or sent."""
    for url in message.form.get("MediaUrl", []):
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=15, follow_redirects=True) as client:
                answer = (await client.get(world.options.reach(url))).raise_for_status()
        except httpx.HTTPError:
            return 63019
        kind = answer.headers.get("content-type", "").partition(";")[0]
        limit = IMAGE_BYTES if kind.startswith("image/") else MEDIA_BYTES
        if kind not in TYPES:
            return 63005
        if len(answer.content) > limit:
            return 63021
        message.media.append(Media(answer.content, kind, message.sid, url.rpartition("/")[2]))
    return None


async def carry(world: "World", message: Message, code: int | None) -> None:
    """Takes the message through its states, and tells the application of each."""
    options = world.options
    events = [tell(message, "queued")]
    await asyncio.sleep(options.sent_after)
    if code is None and options.fetch_media:
        code = await fetch_media(world, message)
    if code is not None:
        message.error_code = code
        state = "failed" if code in {63016, 63019} else "undelivered"
        events.append(advance(message, state))
        await call_back(world, message, events)
        return
    for name, delay in (("sent", 0.0), ("delivered", options.delivered_after), ("read", options.read_after)):
        if name == "read" and options.never_read:
            break
        await asyncio.sleep(delay)
        events.append(advance(message, name))
        if not options.out_of_order:
            await call_back(world, message, events)
            events = []
    await call_back(world, message, events[::-1])


def tell(message: Message, status: str) -> tuple[str, int | None]:
    return status, message.error_code


def advance(message: Message, status: str) -> tuple[str, int | None]:
    message.status, message.updated = status, datetime.now(UTC)
    message.sent = message.sent or (message.updated if status != "failed" else None)
    message.statuses.append(status)
    return tell(message, status)


async def call_back(world: "World", message: Message, events: list[tuple[str, int | None]]) -> None:
    options = world.options
    if not message.status_callback or options.drop_callbacks:
        return
    for status, code in events:
        form = status_form(world, message, status, code)
        for _ in range(2 if options.duplicate_callbacks else 1):
            await world.webhooks.status(message.status_callback, form)


def status_form(world: "World", message: Message, status: str, code: int | None) -> dict[str, str]:
    form = {
        "AccountSid": world.options.account_sid, "ApiVersion": "2010-04-01", "ChannelPrefix": "whatsapp",
        "From": world.options.from_address, "To": message.person, "MessageSid": message.sid, "SmsSid": message.sid,
        "MessageStatus": status, "SmsStatus": status, "ChannelToAddress": message.person,
        "ChannelInstallSid": "XE" + "5e" * 16,
    }  # fmt: skip
    if code is not None:
        form |= {"ErrorCode": str(code), "ChannelStatusMessage": MESSAGES.get(code, "")}
    return form | ({"EventType": status.upper()} if status in {"read", "delivered", "undelivered"} else {})


def error_of(fault: Fault) -> TwilioError | None:
    """The refusal that a fault stands for, if it is one."""
    if fault.kind == "code" and not fault.late:
        return TwilioError(fault.code, 429 if fault.code == 20429 else 400)
    if fault.kind == "429":
        return TwilioError(20429, 429)
    return TwilioError(20500, int(fault.kind)) if fault.kind.isdigit() else None
