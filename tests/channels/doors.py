"""The doors of both channels as the web process opens them, with the calls that the providers make."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID

import httpx
import yaml
from fastapi import FastAPI
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from bot.channels import telegram_updates, whatsapp_forms
from bot.channels.telegram import open_bot
from bot.channels.telegram_door import PATH as TELEGRAM_PATH
from bot.channels.telegram_door import SECRET_HEADER, TelegramDoor
from bot.channels.telegram_updates import Me
from bot.channels.whatsapp_door import FORM, PATH, SIGNATURE, STATUS_PATH, WhatsAppDoor
from bot.settings import TelegramSettings, TwilioSettings
from db.engine import Sessions
from db.messages import Conversation, Inbound, Lane, Outbound
from db.people import Address, Contact
from locales import Catalogues
from tests.people import SECRET

HERE = Path(__file__).parent
PUBLIC_URL = "https://kawan.example"
INSIDE = "http://10.0.0.7:8000"  # what the house is called behind its proxy
HOOK_SECRET = "Xylophonqua-hook-secret"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TWILIO = TwilioSettings(
    account_sid=ACCOUNT,
    auth_token="Xylophonqua-auth-token",
    whatsapp_from="whatsapp:+14155238886",
    signing_key="Xylophonqua-signing-key",
)
BOT = 4242
# Messages with buttons to the person of the tables, and to somebody else.
OURS = {
    telegram_updates.NAME: "0123456789abcdef0123456789abcdef",
    whatsapp_forms.NAME: "a123456789abcdef0123456789abcdef",
}
THEIRS = {telegram_updates.NAME: "f" * 32, whatsapp_forms.NAME: "e" * 32}
BUTTONS = [{"title": "Join", "payload": "/join_covenant"}, {"title": "Tips", "payload": "/get_tips"}]
Body = str | bytes | AsyncIterator[bytes]
LONG = "banjir dan kekeringan 🏝 " * 800  # some 20 kB


@dataclass(frozen=True)
class Row:
    """One row of a table: what the provider sends, and what becomes of it."""

    name: str
    given: Mapping[str, Any]
    kept: dict[str, Any] | None = None
    passed_over: str = ""
    of: str = ""
    address: str = ""
    also: Mapping[str, Any] | None = None
    raw: str = ""

    def __str__(self) -> str:
        return self.name


def table(channel: str, given: str) -> list[Row]:
    """The rows of a channel's table; each says either what is kept or why nothing is."""
    text = (HERE / f"{channel}.yml").read_text()
    rows = [
        Row(**{("given" if key == given else key): filled(value) for key, value in one.items()}) for one in _rows(text)
    ]
    assert all((row.kept is None) != (row.passed_over == "") for row in rows)
    return rows


def _rows(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(text)["rows"]
    return found


def every(channel: str) -> dict[str, str]:
    """What all forms of a channel have."""
    found: dict[str, str] = yaml.safe_load((HERE / f"{channel}.yml").read_text())["every"]
    return found


def filled(value: Any) -> Any:
    """A value of the table with what is too long to be written there."""
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one) for one in value]
    if value == "ENDLESS":
        return "9" * 5000
    return value.replace("LONG", LONG) if isinstance(value, str) else value


@dataclass
class Doors:
    """Both doors and what they write to."""

    sessions: Sessions
    app: FastAPI
    telegram: TelegramDoor
    updates: Iterator[int] = field(default_factory=lambda: iter(range(900_000_000, 2_000_000_000)))

    def update(self, update: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Bring an update as Telegram does; one without a number gets the next."""
        whole = update if "update_id" in update else {"update_id": next(self.updates), **update}
        return self.hook(json.dumps(whole), **headers)

    def hook(self, body: Body, **headers: str) -> httpx.Response:
        given = {SECRET_HEADER: HOOK_SECRET, "content-type": "application/json"}
        given |= {key.replace("_", "-"): value for key, value in headers.items()}
        return self.call(TELEGRAM_PATH, body, given)

    def form(self, fields: Mapping[str, str | None], raw: str = "") -> httpx.Response:
        """Post a form as Twilio does."""
        return self.post(PATH, encoded(fields) + raw)

    def status(self, token: str, status: str, sid: str = "SM1", **more: str) -> httpx.Response:
        fields = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT, **more}
        return self.post(f"{STATUS_PATH}?m={token}", encoded(fields))

    def post(self, path: str, body: str, **signing: str) -> httpx.Response:
        headers = {SIGNATURE: signature(f"{PUBLIC_URL}{path}", body, **signing), "content-type": FORM}
        return self.call(path, body, headers)

    def call(self, path: str, body: Body, headers: Mapping[str, str]) -> httpx.Response:
        """Post to the house from outside; what a door raises is raised here."""

        sent = {key: value.encode("latin-1") for key, value in headers.items()}

        async def post() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=INSIDE) as client:
                return await client.post(path, content=body, headers=sent)

        return asyncio.run(post())

    def kept(self) -> list[tuple[str, dict[str, Any], str]]:
        """Whose messages are stored, what of each, and whether its file is waited for."""
        with self.sessions() as session:
            rows = session.scalars(select(Inbound).order_by(Inbound.id))
            return [(row.address.external_id, row.content, row.state) for row in rows]

    def address(self, external_id: str) -> Address | None:
        with self.sessions() as session:
            return session.scalars(select(Address).where(Address.external_id == external_id)).first()

    def outbound(self, token: str) -> Outbound:
        with self.sessions() as session:
            return session.scalars(select(Outbound).where(Outbound.token == UUID(token))).one()


def encoded(fields: Mapping[str, str | None]) -> str:
    return urlencode({key: value for key, value in fields.items() if value is not None})


def signature(url: str, body: str, key: str = TWILIO.auth_token, algorithm: str = "HMAC_SHA1") -> str:
    """The signature with which Twilio's own library signs a form."""
    return RequestValidator(key).compute_signature(url, _Values(parse_qs(body, keep_blank_values=True)), algorithm)


class _Values(dict[str, list[str]]):
    """A form as the library asks for it: every value of a name counts."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def open_doors(sessions: Sessions, catalogues: Catalogues, api_url: str) -> Doors:
    """The two doors behind an application, called by another name than the public one."""
    settings = TelegramSettings(f"{BOT}:Xylophonqua-bot-token", HOOK_SECRET, "webhook", api_url)
    telegram = TelegramDoor(sessions, catalogues, SECRET, settings, PUBLIC_URL, open_bot(settings, 4))
    telegram.me = Me(BOT, "kawan_bot")
    app = FastAPI()
    app.include_router(telegram.router())
    app.include_router(WhatsAppDoor(sessions, SECRET, TWILIO, PUBLIC_URL).router())
    return Doors(sessions, app, telegram)


def meet_everybody(sessions: Sessions) -> None:
    """The people of the tables, to two of whom something with buttons was said, and a group."""
    known = (
        (telegram_updates.NAME, "7001", OURS),
        (telegram_updates.NAME, "7002", THEIRS),
        (telegram_updates.NAME, "-4001", {}),
        (whatsapp_forms.NAME, "+6281234567890", OURS),
        (whatsapp_forms.NAME, "+6281298765432", THEIRS),
    )
    with sessions.begin() as session:
        for channel, external_id, tokens in known:
            phone = external_id if external_id.startswith("+") else None
            contact = Contact(language="en", is_group=external_id.startswith("-"))
            session.add(contact)
            session.flush()
            address = Address(contact_id=contact.id, channel=channel, external_id=external_id, phone=phone)
            session.add_all((address, Conversation(contact_id=contact.id, offered=[])))
            session.flush()
            if tokens:
                session.add(
                    Outbound(
                        key=secrets.token_hex(8),
                        token=UUID(tokens[channel]),
                        address_id=address.id,
                        contact_id=contact.id,
                        channel=channel,
                        lane=Lane.REPLY,
                        content={"text": "Which?", "buttons": BUTTONS, "lang": "en"},
                    )
                )
