"""WhatsApp, going out through Twilio: free text within 24 hours, approved templates later, buttons or numbers."""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from bot.channels import Limit, Outbound, Place, SendError, Unknown, Unreachable
from bot.channels.cutting import cut, numbered
from bot.channels.twilio_client import open_client
from bot.channels.whatsapp_door import FAILED, STATUS_PATH
from bot.channels.whatsapp_errors import ABLE, meaning
from bot.channels.whatsapp_forms import NAME, PREFIX
from bot.settings import TwilioSettings

ONE_SENDER = 80  # messages a second: Twilio's WhatsApp best practices
LONGEST = 1600  # characters of a body
LONGEST_WITH_BUTTONS = 1024
QUICK, QUICK_TITLE = 3, 20  # buttons without an approval, and letters of their titles
LISTED, LISTED_TITLE = 10, 24
SHOWN = 50  # messages of a person that are looked through for a doubtful one
LISTED_LATE = timedelta(minutes=1)  # clocks differ
BODY = "1"
# A variable holds one line: https://www.twilio.com/docs/api/errors/21656, which does not say that this ends in session.
NO_VARIABLE = re.compile(r"[\n\r\t]| {5}")

Contents = Callable[[], Mapping[str, str]]  # names of the contents that show buttons, to their ids at Twilio
Link = Callable[[Outbound], str]  # where the attachment of a message can be fetched


class WhatsAppChannel:
    """Sends to phone numbers, and to the business-scoped ids of people who hide theirs."""

    name = NAME
    capabilities = ABLE

    def __init__(self, twilio: TwilioSettings, public_url: str, contents: Contents, link: Link) -> None:
        """Take the account, where receipts are to go, which contents show buttons, and how files are fetched."""
        self.twilio = twilio
        self.public_url = public_url
        self.contents = contents
        self.link = link
        self._client: Client | None = None

    def limits(self, _address: str) -> Sequence[Limit]:
        """Return the limit of our number."""
        return (Limit("all", ONE_SENDER),)

    async def send(self, message: Outbound, place: Place) -> str:
        """Send a message; one that is too long leaves in parts, the last of them with the buttons."""
        if message.template:
            filled = {"content_sid": message.template.sid, "content_variables": json.dumps(message.template.variables)}
            return await self._create(message, place, filled)
        *first, last = self._parts(message)
        for part in first:
            await self._create(message, place, {"body": part}, receipts=False)
        return await self._create(message, place, self._last(message, last))

    def _parts(self, message: Outbound) -> list[str]:
        text = message.text
        if message.buttons and not self._content(message):
            text = numbered(text, message.buttons)
        if message.file:
            text = f"{text}\n\n{self.link(message)}"
        return list(cut(text, LONGEST)) or [""]

    def _last(self, message: Outbound, part: str) -> dict[str, Any]:
        content = self._content(message)
        if content is None:
            return {"body": part}
        keys = _button_variables(message, quick=len(message.buttons) <= QUICK)
        return {"content_sid": content, "content_variables": json.dumps({BODY: part} | keys, ensure_ascii=False)}

    def _content(self, message: Outbound) -> str | None:
        """Return the content that shows these buttons, None where WhatsApp cannot: then they are numbered."""
        number = len(message.buttons)
        longest = max((len(one["title"]) for one in message.buttons), default=0)
        fits = len(message.text) <= LONGEST_WITH_BUTTONS and not NO_VARIABLE.search(message.text)
        if not number or not fits or message.file:
            return None
        if number <= QUICK and longest <= QUICK_TITLE:
            return self.contents().get(f"kawan_buttons_{number}")
        if QUICK < number <= LISTED and longest <= LISTED_TITLE:
            return self.contents().get(f"kawan_list_{number}")
        return None

    async def _create(self, message: Outbound, place: Place, what: dict[str, Any], *, receipts: bool = True) -> str:
        back = {"status_callback": f"{self.public_url}{STATUS_PATH}?m={message.token}"} if receipts else {}
        to = f"{PREFIX}{message.address}"
        async with place():
            sent = await _asked(self._messages().create_async(to=to, from_=self.twilio.whatsapp_from, **back, **what))
        return str(sent.sid)

    async def find(self, message: Outbound, since: datetime) -> Sequence[str]:
        """Return the messages to that person since then with the same words, the newest first."""
        to = f"{PREFIX}{message.address}"
        listing = self._messages().list_async(to=to, date_sent_after=since - LISTED_LATE, limit=SHOWN)
        try:
            found = await _asked(listing)
        except SendError as problem:
            raise Unknown(problem.code) from None
        words = _start(message.text)
        arrived = [one for one in found if str(one.status) not in FAILED]
        return [str(one.sid) for one in arrived if words and words in _start(one.body or "")]

    def _messages(self) -> Any:
        if self._client is None:
            self._client = open_client(self.twilio, waiting=True)
        return self._client.messages

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.http_client.close()  # type: ignore[attr-defined]


def _start(text: str) -> str:
    """Return the beginning of a text by which two sendings of it are known to be the same."""
    return " ".join(text.split())[:200]


def _button_variables(message: Outbound, *, quick: bool) -> dict[str, str]:
    """Return the variables of `kawan_buttons_n` (titles and ids) or `kawan_list_n` (the list's title before them)."""
    values = [] if quick else [message.buttons[0]["title"][:QUICK_TITLE]]
    for position, one in enumerate(message.buttons):
        values += [one["title"], f"{message.token}.{position}"]
    return {str(number): value for number, value in enumerate(values, 2)}


async def _asked(call: Awaitable[Any]) -> Any:
    """Return Twilio's answer, or raise what its error means for a sending."""
    try:
        return await call
    except TwilioRestException as problem:
        if problem.status >= 500:  # noqa: PLR2004 - Twilio had trouble, and may have taken it all the same
            raise Unknown(str(problem.code or problem.status)) from None
        raise meaning(str(problem.code or ""), problem.status) from None
    except aiohttp.ClientConnectorError:
        raise Unreachable("network") from None
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:  # ValueError: an answer that is no JSON
        raise Unknown(type(problem).__name__) from None


logging.getLogger("twilio").setLevel(logging.WARNING)  # at INFO it would log every call with what was in it
