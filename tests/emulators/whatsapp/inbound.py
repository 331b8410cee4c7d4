"""What people send: each message as the form that Twilio posts to the application."""

import json
import time
from typing import TYPE_CHECKING, Any

from tests.emulators.whatsapp.state import Media, Message, Person, new_sid

if TYPE_CHECKING:
    from tests.emulators.whatsapp.world import World

KINDS = {"image": "image", "audio": "audio", "video": "video", "text": "contacts"}


def media_kind(content_type: str) -> str:
    """MessageType of a file: WEBP is a sticker, vCards are contacts, what is nothing else a document."""
    return "sticker" if content_type == "image/webp" else KINDS.get(content_type.partition("/")[0], "document")


def base_form(world: "World", person: Person, message: Message, kind: str) -> dict[str, str]:
    """What every inbound message carries."""
    form = {
        "SmsMessageSid": message.sid, "SmsSid": message.sid, "MessageSid": message.sid, "SmsStatus": "received",
        "AccountSid": world.options.account_sid, "ApiVersion": "2010-04-01", "ProfileName": person.name,
        "From": person.address, "To": world.options.from_address, "Body": message.body, "MessageType": kind,
        "NumMedia": str(len(message.media)), "NumSegments": "1", "ReferralNumMedia": "0",
        "ChannelMetadata": json.dumps(
            {"type": "whatsapp", "data": {"context": {"ProfileName": person.name, "WaId": person.wa_id}}}
        ),
    }  # fmt: skip
    if person.wa_id:
        form["WaId"] = person.wa_id
    if person.external_user_id:
        form["ExternalUserId"] = person.external_user_id
    for number, media in enumerate(message.media):
        form[f"MediaContentType{number}"] = media.content_type
        path = f"/2010-04-01/Accounts/{world.options.account_sid}/Messages/{message.sid}/Media/{media.sid}"
        form[f"MediaUrl{number}"] = world.media_base + path
    return form


async def send(
    world: "World",
    person: Person,
    text: str,
    kind: str = "text",
    extra: dict[str, str] | None = None,
    *,
    files: list[tuple[str, bytes, str]] | None = None,
) -> dict[str, Any]:
    """The person's message, stored, then posted to the application; what came of that."""
    message = Message(person.address, inbound=True, body=text, status="received", statuses=["received"])
    if files:
        message.sid = new_sid("MM")
        message.media = [Media(content, type_, message.sid, name) for name, content, type_ in files]
    message.form = base_form(world, person, message, kind) | (extra or {})
    message.shown = {"type": kind} | location_of(message.form)
    message.sent = message.created
    world.state.messages[message.sid] = message
    person.last_inbound = time.time()
    row = await world.webhooks.inbound(message.form)
    return {"message": message.view(), "delivery": row}


def location_of(form: dict[str, str]) -> dict[str, Any]:
    if "Latitude" not in form:
        return {}
    names = ("Latitude", "Longitude", "Label", "Address")
    return {"location": {name.lower(): form.get(name, "") for name in names}}


def choice(world: "World", message: Message, wanted: str | int) -> tuple[str, str, dict[str, str]]:
    """Text, MessageType and extra fields of a press on a button or item, by its title or its number from 1."""
    view = message.view()
    buttons, items = view["buttons"], view["items"]
    rows = buttons or items
    found = (
        rows[wanted - 1]
        if isinstance(wanted, int)
        else next((one for one in rows if wanted in {one["title"], one["id"]}), None)
    )
    if found is None:
        raise ValueError(f"no such choice: {wanted}; there are {[one['title'] for one in rows]}")
    replied = {"OriginalRepliedMessageSid": message.sid, "OriginalRepliedMessageSender": world.options.from_address}
    if buttons:
        pressed = {"ButtonPayload": found["id"], "ButtonText": found["title"]}
        return found["title"], "button" if view.get("template") else "interactive", pressed | replied
    return found["title"], "interactive", {"ListId": found["id"], "ListTitle": found["title"]} | replied
