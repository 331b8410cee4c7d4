"""Telegram, going out: messages with buttons through python-telegram-bot, and what its errors mean."""

import asyncio
import logging
import os
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions
from telegram.constants import InlineKeyboardButtonLimit, MessageLimit
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.channels import (
    Attached,
    Capabilities,
    Gone,
    Limit,
    Moved,
    Outbound,
    Place,
    Pressed,
    Rejected,
    SendError,
    Throttled,
    Unknown,
    Unreachable,
    Urgency,
)
from bot.channels.cutting import cut, shortened, utf16
from bot.channels.telegram_updates import NAME
from bot.settings import TelegramSettings

log = logging.getLogger(__name__)
os.environ.setdefault("PTB_TIMEDELTA", "1")  # else the library warns whenever it makes a RetryAfter

ALL_CHATS = 30  # messages a second: Telegram's bots FAQ
ONE_GROUP = 20  # messages a minute
WITHIN = 15.0  # seconds for a call
CALLS = 48  # at the same time: some may hang while the others go on
LONGEST_TITLE = 60  # letters that a button shows on a narrow phone
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
PRIVATELY = "/private"  # a button that leads from a group into the private chat
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LEFT_FOR_GOOD = ("chat not found", "user is deactivated", "bot was kicked", "peer_id_invalid")


def open_bot(telegram: TelegramSettings, calls: int = CALLS) -> Bot:
    """Return the library's client at the address that the settings name."""

    def request(size: int) -> HTTPXRequest:
        # The machine's proxy is not for a server on loopback; certificates are checked as ever.
        return HTTPXRequest(
            connection_pool_size=size,
            read_timeout=WITHIN,
            write_timeout=WITHIN,
            connect_timeout=WITHIN,
            pool_timeout=WITHIN,
            httpx_kwargs={"trust_env": False},
        )

    url = telegram.api_url
    return Bot(
        telegram.token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=request(calls),
        get_updates_request=request(1),
    )


class TelegramChannel:
    """Sends to private chats and groups."""

    name = NAME
    capabilities = Capabilities(repeats=True, at_once=CALLS)

    def __init__(self, bot: Bot) -> None:
        """Take the library's client, made by `open_bot`; it is opened at the first sending."""
        self.bot = bot
        self._opened = False
        self._tasks: set[asyncio.Task[None]] = set()

    def limits(self, address: str) -> Sequence[Limit]:
        """Return the limit of the bot, and the one of this chat: groups have negative ids."""
        is_group = address.startswith("-")
        chat = Limit(f"chat:{address}", ONE_GROUP, 60.0) if is_group else Limit(f"chat:{address}", 1)
        return Limit("all", ALL_CHATS), chat

    async def send(self, message: Outbound, place: Place) -> str:
        """Send a message in as many parts as its length asks for; the last one has the buttons."""
        await self.open()
        sent = await self._sent(message, place)
        if message.pressed:
            self._afterwards(self._show_choice(message.address, message.pressed, place))
        return sent

    def _afterwards(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show_choice(self, address: str, pressed: Pressed, place: Place) -> None:
        """Put the choice in the place of its buttons, once nothing else is to be said; it may fail."""
        text = f"{pressed.text}\n\n➤ {pressed.title}"
        if utf16(text) > MessageLimit.MAX_TEXT_LENGTH:
            return
        try:
            async with place(Urgency.BULK):
                with errors():
                    await self.bot.edit_message_text(
                        text, address, int(pressed.message), link_preview_options=NO_PREVIEW
                    )
        except SendError as problem:
            log.info("telegram: a choice was not shown: %s", problem.code)

    async def _sent(self, message: Outbound, place: Place) -> str:
        if message.file and utf16(message.text) <= MessageLimit.CAPTION_LENGTH:
            return await self._attached(message, message.file, place, message.text, self._keyboard(message))
        if message.file:
            await self._attached(message, message.file, place)
        return await self._written(message, place)

    async def _attached(
        self,
        message: Outbound,
        file: Attached,
        place: Place,
        caption: str | None = None,
        markup: InlineKeyboardMarkup | None = None,
    ) -> str:
        document = InputFile(file.content, filename=file.name)
        async with place():
            with errors():
                done = await self.bot.send_document(message.address, document, caption=caption, reply_markup=markup)
        return str(done.message_id)

    async def _written(self, message: Outbound, place: Place) -> str:
        sent = ""
        parts = list(cut(message.text, MessageLimit.MAX_TEXT_LENGTH, utf16))
        for number, part in enumerate(parts, 1):
            markup = self._keyboard(message) if number == len(parts) else None
            async with place():
                with errors():
                    done = await self.bot.send_message(
                        message.address, part, reply_markup=markup, link_preview_options=NO_PREVIEW
                    )
            sent = str(done.message_id)
        return sent

    def _keyboard(self, message: Outbound) -> InlineKeyboardMarkup | None:
        """One button a row, so that long titles in any script are readable; what they send stays with us."""
        rows = [
            [self._button(one, f"{message.token}.{number}")]
            for number, one in enumerate(message.buttons[: InlineKeyboardButtonLimit.MAX_CALLBACK_DATA])
        ]
        return InlineKeyboardMarkup(rows) if rows else None

    def _button(self, one: Mapping[str, str], key: str) -> InlineKeyboardButton:
        title = shortened(one["title"], LONGEST_TITLE)
        if one["payload"] == PRIVATELY:
            return InlineKeyboardButton(title, url=f"https://t.me/{self.bot.username}?start=group")
        return InlineKeyboardButton(title, callback_data=key)

    async def find(self, _message: Outbound, _since: datetime) -> Sequence[str]:
        """Say that Telegram lets no bot look up what it sent."""
        raise Unknown

    async def open(self) -> None:
        """Ask once who we are, which also opens the connections."""
        if not self._opened:
            with errors():
                await self.bot.initialize()
            self._opened = True

    async def close(self) -> None:
        """Close the connections."""
        if self._opened:
            self._opened = False
            await self.bot.shutdown()


@contextmanager
def errors() -> Iterator[None]:
    """Turn the library's errors into ours; the token is in none of them."""
    try:
        yield
    except TelegramError as problem:
        raise meaning(problem) from None


def meaning(problem: TelegramError) -> SendError:
    """Return what an error of Telegram means for a sending, by its class, and where that is not enough by its words."""
    match problem:
        case RetryAfter():
            wait = problem.retry_after
            found: SendError = Throttled(wait if isinstance(wait, int) else wait.total_seconds())
        case ChatMigrated():
            found = Moved(str(problem.new_chat_id))
        case Forbidden():
            found = Gone("403")
        case BadRequest():
            left = any(words in problem.message.lower() for words in LEFT_FOR_GOOD)
            found = Gone("400") if left else Rejected("400")
        case InvalidToken() | Conflict():
            found = Unreachable("token" if isinstance(problem, InvalidToken) else "conflict")
        case NetworkError():
            found = Unreachable("network") if isinstance(problem.__cause__, NEVER_LEFT) else Unknown("network")
        case _:
            found = Unknown(type(problem).__name__)
    return found


for chatty in ("telegram", "httpcore"):  # at a broken answer the library would log what was in it
    logging.getLogger(chatty).setLevel(logging.CRITICAL)
