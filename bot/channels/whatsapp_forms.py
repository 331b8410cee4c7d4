"""Reads what Twilio posts for WhatsApp: vendor payloads stop here, inside there are only our own small types."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import phonenumbers

from bot.channels import Inbound, Kind, Media

NAME = "whatsapp"
PREFIX = "whatsapp:"
BUTTON = re.compile(r"^[0-9a-f]{32}\.\d{1,3}$")
START = re.compile(r"^\s*kawan[\s:]+([A-Za-z0-9_-]{2,64})\s*$", re.IGNORECASE)  # what a link to us writes beforehand
MOST_FILES = 10
CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})

Form = Mapping[str, str]


def read(form: Form) -> Inbound | None:
    """Return the message of a form, or None when nobody can be told from it."""
    who = _who(form)
    external_id = form.get("MessageSid") or form.get("SmsMessageSid") or ""
    if who is None or not external_id:
        return None
    address, phone = who
    files, kind = _files(form)
    text = form.get("Body", "")
    chosen = form.get("ButtonPayload") or form.get("ListId") or ""
    payload = chosen if chosen and not BUTTON.match(chosen) else None
    detail: dict[str, float] = {}
    if form.get("Latitude") and form.get("Longitude"):
        kind, detail = Kind.LOCATION, _position(form)
    empty = not (files or kind or chosen or text.strip())
    return Inbound(
        NAME,
        address,
        external_id,
        text="" if chosen else text,
        payload=payload,
        title=(form.get("ButtonText") or form.get("ListTitle") or text) if payload else None,
        country=_country(phone),
        media=files,
        kind=Kind.EMPTY if empty else kind,
        detail=detail,
        phone=phone,
    )


def button_of(form: Form) -> str | None:
    """Return the key of one of our own buttons that was pressed, or None."""
    chosen = form.get("ButtonPayload") or form.get("ListId") or ""
    return chosen if BUTTON.match(chosen) else None


def start_of(form: Form) -> str | None:
    """Return what the link carried by which a person came, or None."""
    found = START.match(form.get("Body", ""))
    return found[1] if found else None


def _who(form: Form) -> tuple[str, str | None] | None:
    """Return the person's id and, where it is known, their number: a business-scoped id outlives a change of number."""
    sender = form.get("From", "").removeprefix(PREFIX)
    phone = sender if re.fullmatch(r"\+\d{6,15}", sender) else None
    scoped = form.get("ExternalUserId", "").removeprefix(PREFIX)
    address = scoped or sender
    return (address[:128], phone) if address else None


def _files(form: Form) -> tuple[tuple[Media, ...], Kind | None]:
    """Return the files that we take, and what the message is where it has only others."""
    given = [(one, _kind_of(one.media_type, form)) for one in _media(form)]
    files = tuple(one for one, kind in given if kind is None)
    kinds = [kind for _one, kind in given if kind]
    return files, None if files or not kinds else kinds[0]


def _media(form: Form) -> Iterator[Media]:
    number = form.get("NumMedia", "0")
    for position in range(min(int(number), MOST_FILES) if number.isdecimal() else 0):
        address = urlsplit(form.get(f"MediaUrl{position}", ""))
        if address.path:  # the host is not kept: files are only fetched where the settings say
            media_type = form.get(f"MediaContentType{position}", "").partition(";")[0].strip().lower()
            yield Media(address.path, form.get("Body", "")[:60] or "file", media_type)


def _kind_of(media_type: str, form: Form) -> Kind | None:
    """Return what a file is where it is none that we take; whether the others are what they say is checked later."""
    if form.get("MessageType") == "sticker":
        return Kind.STICKER
    if media_type in CARDS:
        return Kind.CONTACT
    return {"audio": Kind.VOICE, "video": Kind.VIDEO}.get(media_type.partition("/")[0])


def _position(form: Form) -> dict[str, float]:
    try:
        return {"latitude": float(form["Latitude"]), "longitude": float(form["Longitude"])}
    except ValueError:
        return {}


def _country(phone: str | None) -> str | None:
    if phone is None:
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return None
