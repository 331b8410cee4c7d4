"""Telegram, coming in: updates by webhook or by asking for them, stored before they are confirmed."""

import asyncio
import hmac
import json
import logging
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from telegram import Bot, BotCommand, Update
from telegram.error import BadRequest, TelegramError
from telegram.warnings import PTBUserWarning

from bot import inbox, outcomes
from bot.channels import Media
from bot.channels.receiving import MEGABYTE, body_of
from bot.channels.telegram_updates import COMMANDS, NAME, TAKEN, Came, Event, Me, Membership, read
from bot.fetching import Fetcher, MediaAway, MediaRefused, Reason
from bot.settings import TelegramSettings
from covenant.codes import carried
from db.engine import Sessions
from db.people import AddressState
from locales import LANGUAGES, Catalogues

log = logging.getLogger(__name__)
# We take updates raw: one that the library cannot read must neither stop the others nor be lost.
warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
PATH = "/webhooks/telegram"
ASK_AGAIN = 30.0  # seconds
PATIENCE = 25  # seconds that Telegram keeps an empty answer back
BATCH = 100
LARGEST_FILE = 20 * MEGABYTE  # what the Bot API lets a bot fetch
# Telegram knows languages by two letters; it calls Filipino Tagalog, and has no two letters for Tetun.
TWO_LETTERS = {"fil": "tl"}
COMMAND_KEYS = tuple(key for key in COMMANDS if key not in {"menu", "cancel", "back"})


@dataclass
class TelegramDoor:
    """Takes what Telegram tells; `bot` only answers pressed buttons and sets itself up here."""

    sessions: Sessions
    catalogues: Catalogues
    secret: str
    telegram: TelegramSettings
    public_url: str
    bot: Bot
    me: Me = field(init=False)
    ask_again_at: float = 0.0
    acknowledging: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Know our own number at once: it is in the token."""
        self.me = Me(int(self.telegram.bot_id), "")

    def router(self) -> APIRouter:
        """Return the webhook's route."""
        router = APIRouter()
        router.post(PATH)(self.webhook)
        return router

    async def webhook(self, request: Request) -> Response:
        """Store one update and say 200; who does not know the secret is refused before anything is read."""
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.telegram.secret.encode()):
            log.warning("telegram: a webhook call with a wrong secret was refused")
            raise HTTPException(401)
        body = await body_of(request, "application/json", MEGABYTE)
        await self.know_ourselves()
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            raise HTTPException(400) from None
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            raise HTTPException(400)
        event = await asyncio.to_thread(self.take, raw)
        pressed = isinstance(event, Came) and event.callback is not None
        return Response(status_code=200, background=BackgroundTask(self.acknowledge, raw) if pressed else None)

    async def know_ourselves(self) -> None:
        """Ask Telegram once for our own name; until it answers, groups reach us by commands and replies only."""
        if self.me.username or time.monotonic() < self.ask_again_at:
            return
        self.ask_again_at = time.monotonic() + ASK_AGAIN  # whoever comes meanwhile does not wait
        try:
            await self.bot.initialize()
            self.me = Me(self.bot.id, self.bot.username)
        except TelegramError as problem:
            log.warning("telegram: it did not say who we are: %s", type(problem).__name__)

    def take(self, raw: dict[str, Any]) -> Event | None:
        """Store what an update tells, once however often it comes."""
        event = read(raw, self.me)
        if event is None:
            return None
        with self.sessions.begin() as session:
            if isinstance(event, Came):
                self._store(session, event)
            elif isinstance(event, Membership):
                _note_membership(session, event)
            else:
                address = inbox.find_address(session, NAME, event.old)
                if address:
                    outcomes.move(session, address, event.new)
        return event

    def _store(self, session: Session, event: Came) -> None:
        message = event.message
        if event.button:
            message = inbox.pressed(session, message, event.button)
        if event.start:
            country, language = inbox.deep_link(event.start)
            message = replace(
                message, country=country, language=language or message.language, detail={"start": event.start}
            )
            code = carried(event.start)  # who comes by a code's link needs no greeting
            message = replace(message, text=code, payload=None) if code else message
        inbox.store(session, message, datetime.now(UTC), self.secret)

    async def acknowledge(self, raw: dict[str, Any]) -> None:
        """Tell the phone that its pressed button was heard; it matters little if that fails."""
        try:
            query = Update.de_json(raw, self.bot).callback_query
            if query is None:
                return
            await query.answer()
        except TelegramError as problem:
            log.info("telegram: a button was not acknowledged: %s", type(problem).__name__)

    async def fetch(self, media: Media) -> bytes:
        """Return the bytes of a file that somebody sent to the bot."""
        await self.know_ourselves()
        try:
            found = await self.bot.get_file(media.ref)
        except BadRequest:  # too large for bots, or gone
            raise MediaRefused(Reason.DENIED) from None
        except TelegramError:
            raise MediaAway from None
        fetcher = Fetcher(LARGEST_FILE, own=(self.telegram.api_url,))
        return await fetcher.fetch(str(found.file_path))

    async def forget(self, _media: Media) -> None:
        """Do nothing: Telegram keeps what is in a chat, and a bot cannot change that."""

    # --- asking for updates ----------------------------------------------------------------------------------------

    async def poll(self, stop: asyncio.Event) -> None:
        """Ask for updates until told to stop; each batch is stored before the next call confirms it."""
        await self.know_ourselves()
        await self.bot.delete_webhook()
        offset: int | None = None
        while not stop.is_set():
            updates = await self._updates(offset, stop)
            for raw in updates:
                event = await asyncio.to_thread(self.take, raw)
                offset = int(raw["update_id"]) + 1
                if isinstance(event, Came) and event.callback:
                    task = asyncio.create_task(self.acknowledge(raw))
                    self.acknowledging.add(task)
                    task.add_done_callback(self.acknowledging.discard)

    async def _updates(self, offset: int | None, stop: asyncio.Event) -> Sequence[dict[str, Any]]:
        asking = asyncio.create_task(
            self.bot.do_api_request(
                "getUpdates",
                api_kwargs={"offset": offset or 0, "timeout": PATIENCE, "limit": BATCH, "allowed_updates": list(TAKEN)},
                read_timeout=PATIENCE + 10,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((asking, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not asking.done():
            asking.cancel()
            return ()
        found: Any = asking.result()
        return list(found)

    # --- setting up ------------------------------------------------------------------------------------------------

    async def set_up(self) -> None:
        """Tell Telegram our commands in every language and, in webhook mode, where its updates go."""
        await self.know_ourselves()
        for language in (None, *LANGUAGES):
            code = TWO_LETTERS.get(language or "", language)
            if code is None or len(code) == 2:  # noqa: PLR2004 - two letters
                await self.bot.set_my_commands(self._commands(language or "en"), language_code=code)
        if self.telegram.mode == "webhook":
            await self.bot.set_webhook(
                f"{self.public_url}{PATH}", secret_token=self.telegram.secret, allowed_updates=list(TAKEN)
            )

    async def close(self) -> None:
        """Close the connections."""
        if self.me.username:
            await self.bot.shutdown()

    def _commands(self, language: str) -> list[BotCommand]:
        catalogue = self.catalogues[language]
        return [BotCommand(key, catalogue.text(f"utter_command_{key}")) for key in COMMAND_KEYS]


def _note_membership(session: Session, event: Membership) -> None:
    """Whoever blocked the bot gets nothing more; whoever lets it in again may be written to, unless they stopped it."""
    address = inbox.find_address(session, NAME, event.address)
    if address is None:
        return
    if not event.welcome:
        outcomes.is_gone(address)
    elif address.state == AddressState.GONE:
        address.state = AddressState.ACTIVE
