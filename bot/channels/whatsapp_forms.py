"""Reads what Twilio posts for WhatsApp: vendor payloads stop here, inside there are only our own small types."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import phonenumbers

from bot.channels import Inbound, Kind, Media, storable
from bot.channels.receiving import is_blank, position

NAME = "whatsapp"
PREFIX = "whatsapp:"
BUTTON = re.compile(r"^[0-9a-f]{32}\.\d{1,3}$")
START = re.compile(r"^\s*kawan[\s:]+([A-Za-z0-9_-]{2,64})\s*$", re.IGNORECASE)  # what a link to us writes beforehand
MOST_FILES = 10
PERSON = re.compile(r"\+\d{6,15}|[A-Za-z0-9._-]{1,128}", re.ASCII)  # a number, or an id of the business's own
WISHES = {"STOP": "/opt_out", "START": "/opt_in"}  # a word that Twilio itself understood, and acts on
CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
# What is read below, and what is left out on purpose: Twilio's own bookkeeping, and names that nobody gave to us.
FAMILIAR = re.compile(
    r"(Sms|Messaging|Account|Message|Num|Media|Api|Button|List|Referral(NumMedia|Media))\w*"
    r"|From|To|WaId|ProfileName|ExternalUserId|ChannelMetadata|Body|Latitude|Longitude|Address|Label|OptOutType",
    re.ASCII,
)
MOST_MORE, LONGEST_MORE = 20, 200  # fields that nobody knows yet, and letters of one

Form = Mapping[str, str]


def read(form: Form) -> Inbound | None:
    """Return the message of a form, or None when nobody can be told from it."""
    who = _who(form)
    external_id = storable(form.get("MessageSid") or form.get("SmsMessageSid") or "")
    if who is None or not external_id:
        return None
    address, phone = who
    files, kind = _files(form)
    text = form.get("Body", "")
    chosen = form.get("ButtonPayload") or form.get("ListId") or ""
    wish = WISHES.get(form.get("OptOutType", "").upper())
    payload = wish or (chosen if chosen and not BUTTON.match(chosen) else None)
    detail: dict[str, float] = {}
    if form.get("Latitude") and form.get("Longitude"):
        kind, detail = Kind.LOCATION, position(form["Latitude"], form["Longitude"])
    if not (files or kind or chosen or payload) and is_blank(text):
        kind = Kind.EMPTY if form.get("MessageType", "text") in {"text", ""} else Kind.OTHER
    return Inbound(
        NAME,
        address,
        external_id,
        text="" if chosen or payload else text,
        payload=payload,
        title=(form.get("ButtonText") or form.get("ListTitle") or text) if payload else None,
        country=_country(phone),
        media=files,
        kind=kind,
        detail=detail,
        phone=phone,
        more=_more(form),
    )


def _more(form: Form) -> dict[str, str]:
    """Return the fields that are none of the familiar ones: what Twilio adds one day is there to be looked at."""
    new = [name for name in sorted(form) if name and not FAMILIAR.fullmatch(name)]
    return {name[:LONGEST_MORE]: form[name][:LONGEST_MORE] for name in new[:MOST_MORE]}


def button_of(form: Form) -> str | None:
    """Return the key of one of our own buttons that was pressed, or None."""
    chosen = form.get("ButtonPayload") or form.get("ListId") or ""
    return chosen if BUTTON.match(chosen) else None


def start_of(form: Form) -> str | None:
    """Return what the link carried by which a person came, or None."""
    found = START.match(form.get("Body", ""))
    return found[1] if found else None


def _who(form: Form) -> tuple[str, str | None] | None:
    """Return the person's id and, where it is known, their number: a business-scoped id outlives a change of number.

    None for whoever came by another way, such as SMS: an answer over WhatsApp would be a surprise.
    """
    sender = form.get("From", "")
    if not sender.startswith(PREFIX):
        return None
    address = form.get("ExternalUserId", "").removeprefix(PREFIX) or sender.removeprefix(PREFIX)
    number = sender.removeprefix(PREFIX)
    phone = number if number.startswith("+") and PERSON.fullmatch(number) else None
    return (address, phone) if PERSON.fullmatch(address) else None


def _files(form: Form) -> tuple[tuple[Media, ...], Kind | None]:
    """Return the files that we take, and what the message is where it has only others."""
    given = [(one, _kind_of(one.media_type, form)) for one in _media(form)]
    files = tuple(one for one, kind in given if kind is None)
    kinds = [kind for _one, kind in given if kind]
    return files, None if files or not kinds else kinds[0]


def _media(form: Form) -> Iterator[Media]:
    number = form.get("NumMedia", "0")
    for which in range(min(int(number[:3]), MOST_FILES) if number.isdecimal() else 0):
        path = _path(form.get(f"MediaUrl{which}", ""))
        if path:
            media_type = form.get(f"MediaContentType{which}", "").partition(";")[0].strip().lower()
            yield Media(path, form.get("Body", "")[:60] or "file", media_type)


def _path(address: str) -> str:
    """Return an address without its host: files are only fetched where the settings say."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _kind_of(media_type: str, form: Form) -> Kind | None:
    """Return what a file is where it is none that we take; whether the others are what they say is checked later."""
    if form.get("MessageType") == "sticker":
        return Kind.STICKER
    if media_type in CARDS:
        return Kind.CONTACT
    return {"audio": Kind.VOICE, "video": Kind.VIDEO}.get(media_type.partition("/")[0])


def _country(phone: str | None) -> str | None:
    if phone is None:
        return None
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return None
    return found if found and found.isalpha() else None  # "001" is a number that belongs to no country
