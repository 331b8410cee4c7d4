"""`kawan doctor`: looks at everything the two channels need, and says of each what is well or what to do."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError
from twilio.base.exceptions import TwilioException, TwilioRestException

from bot.channels.telegram import open_bot
from bot.channels.telegram_door import PATH as TELEGRAM_PATH
from bot.channels.twilio_client import open_client
from bot.channels.whatsapp_door import PATH as WHATSAPP_PATH
from bot.channels.whatsapp_door import STATUS_PATH
from bot.cli_staff import session_of
from bot.errors import StartError
from bot.settings import Settings, TelegramSettings, TwilioSettings
from db.messages import Template

WITHIN = 10.0  # seconds for a look


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is well, what was seen, and what to do where it is not."""

    what: str
    well: bool
    seen: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return it as one line."""
        mark = "ok " if self.well else "NO "
        return f"{mark} {self.what}: {self.seen}" + (f" → {self.remedy}" if self.remedy else "")


def look(settings: Settings) -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield from _address(settings)
    if settings.telegram:
        yield from asyncio.run(_telegram(settings.telegram, settings.public_url))
    else:
        yield Finding("Telegram", well=True, seen="switched off", remedy="KAWAN_TELEGRAM_TOKEN switches it on")
    if settings.twilio:
        yield from _whatsapp(settings.twilio, settings.public_url)
        yield _templates(settings)
    else:
        yield Finding("WhatsApp", well=True, seen="switched off", remedy="KAWAN_TWILIO_ACCOUNT_SID switches it on")


def _address(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    needed = (settings.telegram and settings.telegram.mode == "webhook") or settings.twilio
    is_https = url.startswith("https://")
    if needed and not is_https:
        yield _no("public address", url, "set KAWAN_PUBLIC_URL to the https address that people reach")
    try:
        answer = httpx.get(f"{url}/healthz", timeout=WITHIN, trust_env=False)
        reason = str(answer.json().get("reason", "")) if answer.status_code != httpx.codes.OK else "answers"
        yield Finding("Kawan", answer.status_code == httpx.codes.OK, reason, "" if reason == "answers" else url)
    except (httpx.HTTPError, ValueError, AttributeError):
        remedy = f"start Kawan (`make run`), and let the proxy pass {url} on to {settings.own_url}"
        yield _no("Kawan", f"{url} does not answer", remedy)


async def _telegram(telegram: TelegramSettings, public_url: str) -> list[Finding]:
    bot = open_bot(telegram, calls=2)
    try:
        async with bot:
            me = Finding("Telegram's token", well=True, seen=f"@{bot.username}")
            return [me, _updates(telegram, await bot.get_webhook_info(), public_url), await _commands(bot)]
    except InvalidToken:
        return [_no("Telegram's token", "refused", "copy KAWAN_TELEGRAM_TOKEN from BotFather again (/token)")]
    except TelegramError as problem:
        remedy = f"check that this machine reaches {telegram.api_url}"
        return [_no("Telegram", f"does not answer ({type(problem).__name__})", remedy)]


def _updates(telegram: TelegramSettings, found: WebhookInfo, public_url: str) -> Finding:
    what, waiting = "Telegram's updates", f"{found.pending_update_count} waiting"
    if telegram.mode == "polling":
        remedy = "the worker takes the webhook away when it starts: restart it"
        asked = Finding(what, well=True, seen=f"asked for, {waiting}")
        return _no(what, f"still sent to {found.url}", remedy) if found.url else asked
    wanted = f"{public_url}{TELEGRAM_PATH}"
    if found.url != wanted:
        return _no(what, f"sent to {found.url or 'nobody'}", f"restart the worker, which sets it to {wanted}")
    if found.last_error_message and found.pending_update_count:
        seen = f"{waiting}, Telegram says: {found.last_error_message}"
        return _no(what, seen, "look at the proxy and its certificate")
    return Finding(what, well=True, seen=f"come by webhook, {waiting}")


async def _commands(bot: Bot) -> Finding:
    number = len(await bot.get_my_commands())
    if number:
        return Finding("Telegram's commands", well=True, seen=f"{number} in the menu")
    return _no("Telegram's commands", "none in the menu", "restart the worker, which sets them")


def _whatsapp(twilio: TwilioSettings, public_url: str) -> Iterator[Finding]:
    client = open_client(twilio)
    try:
        account = client.api.accounts(twilio.account_sid).fetch()
    except TwilioRestException as problem:
        remedy = "copy the account SID, the auth token or the API key from Twilio's console again"
        yield _no("Twilio's account", f"refused ({problem.status})", remedy)
        return
    except (TwilioException, OSError) as problem:
        yield _no("Twilio", f"does not answer ({type(problem).__name__})", "check that this machine reaches Twilio")
        return
    is_active = str(account.status) == "active"
    yield Finding("Twilio's account", is_active, str(account.status), "" if is_active else "see Twilio's console")
    if twilio.api_key is None:
        seen, remedy = "none, the auth token sends", "a key of its own can be revoked alone"
        yield Finding("Twilio's API key", well=True, seen=seen, remedy=remedy)
    yield Finding(
        "Twilio's webhooks",
        well=True,
        seen="cannot be read from here",
        remedy=f"in the console, messages of {twilio.whatsapp_from} must go to {public_url}{WHATSAPP_PATH} "
        f"(receipts find {public_url}{STATUS_PATH} by themselves)",
    )


def _templates(settings: Settings) -> Finding:
    what, remedy = "WhatsApp's templates", "run `kawan templates sync`; approval can take a day"
    try:
        with session_of(settings) as session:
            states: dict[str, int] = dict(
                session.execute(select(Template.approval, func.count()).group_by(Template.approval)).tuples().all()
            )
    except (StartError, SQLAlchemyError):
        return _no(what, "the database does not answer", "start Kawan, or check KAWAN_DATABASE_URL")
    shown = ", ".join(f"{number} {state}" for state, number in sorted(states.items())) or "none"
    return Finding(what, "approved" in states, shown, "" if "approved" in states else remedy)


def _no(what: str, seen: str, remedy: str) -> Finding:
    return Finding(what, well=False, seen=seen, remedy=remedy)


def report(settings: Settings, say: Callable[[str], Any]) -> bool:
    """Say what was found, a line each; True when nothing has to be done."""
    findings = []
    for finding in look(settings):
        findings.append(finding)
        say(str(finding))
    return all(finding.well for finding in findings)
