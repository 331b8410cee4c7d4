"""What the tests of the Telegram emulator share: the real client library, and how to look with it."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import telegram as ptb
from aiogram.types import Update as AiogramUpdate
from PIL import Image
from telegram.request import HTTPXRequest

from tests.emulators.telegram import Person, Telegram

Talk = Callable[[ptb.Bot], Awaitable[Any]]


def talk(telegram: Telegram, what: Talk, **request: Any) -> Any:
    """What the real client gets."""

    async def run() -> Any:
        # There are no certificates on loopback, and reading those of the whole world takes a while.
        unverified = {"httpx_kwargs": {"verify": False}}
        lines = {"request": HTTPXRequest(**unverified, **request), "get_updates_request": HTTPXRequest(**unverified)}
        bot = ptb.Bot(telegram.token, base_url=telegram.api_url, base_file_url=telegram.file_url, **lines)
        async with bot:
            return await what(bot)

    # In a thread, because a browser that is driven from this one has a loop here already.
    with ThreadPoolExecutor(1) as other:
        return other.submit(lambda: asyncio.run(run())).result()


def fetch(telegram: Telegram) -> list[ptb.Update]:
    """Everything that waits, as the real client reads it; every update must also be one for aiogram."""
    for update in telegram.call("GET", "updates"):
        AiogramUpdate.model_validate(update)

    async def poll(bot: ptb.Bot) -> tuple[ptb.Update, ...]:
        updates = await bot.get_updates(allowed_updates=[])
        if updates:
            await bot.get_updates(offset=updates[-1].update_id + 1)
        return updates

    return list(talk(telegram, poll))


def buttons(*rows: dict[str, str]) -> ptb.InlineKeyboardMarkup:
    made = [[ptb.InlineKeyboardButton(title, callback_data=data) for title, data in row.items()] for row in rows]
    return ptb.InlineKeyboardMarkup(made)


def picture(width: int = 1600, height: int = 900, kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "seagreen").save(out, kind)
    return out.getvalue()


def ready(telegram: Telegram, **more: Any) -> Person:
    return telegram.person(started=True, **more)
