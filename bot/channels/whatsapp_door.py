"""WhatsApp, coming in: Twilio's signed posts, stored before they are confirmed; and what became of what we sent."""

import asyncio
import hmac
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import MultiDict
from twilio.request_validator import SIGNATURE_SETTINGS_HEADER, RequestValidator, get_signature_algorithm

from bot import inbox, outcomes
from bot.channels.receiving import MEGABYTE, body_of
from bot.channels.whatsapp_errors import ABLE, meaning
from bot.channels.whatsapp_forms import NAME, button_of, read, start_of
from bot.outcomes import Outcome
from bot.settings import TwilioSettings
from covenant.outbox import WAKE
from db.engine import Sessions, notify
from db.messages import Outbound, OutboundState

log = logging.getLogger(__name__)

PATH = "/webhooks/whatsapp"
STATUS_PATH = f"{PATH}/status"
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
FORM = "application/x-www-form-urlencoded"
SIGNATURE = "X-Twilio-Signature"
SHA1 = "HMAC_SHA1"
# How far a message has come; a receipt only ever moves it forward, in whatever order receipts arrive.
RANK = {
    OutboundState.QUEUED: 0,
    OutboundState.SENDING: 0,
    OutboundState.UNKNOWN: 0,
    OutboundState.HELD: 0,
    OutboundState.SENT: 1,
    OutboundState.FAILED: 2,
    OutboundState.DELIVERED: 3,
    OutboundState.READ: 4,
}
BEFORE_SENDING = frozenset(state for state, rank in RANK.items() if not rank)
ARRIVED = frozenset({"delivered", "read"})
REACHED = {
    "sent": OutboundState.SENT,
    "delivered": OutboundState.DELIVERED,
    "read": OutboundState.READ,
}
LEFT = frozenset({"accepted", "scheduled", "queued", "sending", *REACHED})
FAILED = frozenset({"failed", "undelivered", "canceled"})


@dataclass
class WhatsAppDoor:
    """Takes what Twilio tells."""

    sessions: Sessions
    secret: str
    twilio: TwilioSettings
    public_url: str

    def router(self) -> APIRouter:
        """Return the two routes."""
        router = APIRouter()
        router.post(PATH)(self.webhook)
        router.post(STATUS_PATH)(self.status)
        return router

    async def webhook(self, request: Request) -> Response:
        """Store one message and answer with nothing: what we say goes by another way."""
        form = await self._verified(request)
        await asyncio.to_thread(self._take, form)
        return Response(NOTHING, media_type="text/xml")

    async def status(self, request: Request) -> Response:
        """Note what became of a message that we sent."""
        form = await self._verified(request)
        await asyncio.to_thread(self._note, form, request.query_params.get("m", ""))
        return Response(status_code=204)

    async def _verified(self, request: Request) -> "MultiDict":
        """Return the form of a genuine post; 403 for a wrong signature and for an account that is not ours."""
        body = await body_of(request, FORM, MEGABYTE)
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        form = MultiDict(pairs)
        if not self._is_signed(request, form):
            log.warning("whatsapp: a post with a wrong signature was refused")
            raise HTTPException(403)
        if not hmac.compare_digest(str(form.get("AccountSid", "")).encode(), self.twilio.account_sid.encode()):
            log.warning("whatsapp: a post for another account was refused")
            raise HTTPException(403)
        return form

    def _is_signed(self, request: Request, form: "MultiDict") -> bool:
        # Behind a proxy the request does not know by which address it was called: the settings do.
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self.public_url}{request.url.path}{query}"
        settings = request.headers.get(SIGNATURE_SETTINGS_HEADER)
        algorithm = get_signature_algorithm(settings)  # type: ignore[no-untyped-call]
        key = self.twilio.auth_token if algorithm == SHA1 else self.twilio.signing_key
        given = request.headers.get(SIGNATURE, "")
        if not key:
            return False
        validator = RequestValidator(key)  # type: ignore[no-untyped-call]
        return bool(validator.validate(url, _Fields(form), given, algorithm))  # type: ignore[no-untyped-call]

    def _take(self, form: "MultiDict") -> None:
        message = read(form)
        if message is None:
            log.info("whatsapp: a post without a sender was passed over")
            return
        with self.sessions.begin() as session:
            button, start = button_of(form), start_of(form)
            if button:
                message = inbox.pressed(session, message, button)
            if start:
                country, language = inbox.deep_link(start)
                message = replace(message, country=country or message.country, language=language)
                if country or language:
                    message = replace(message, text="", payload="/greet", title=message.text)
            inbox.store(session, message, datetime.now(UTC), self.secret)

    def _note(self, form: "MultiDict", token: str) -> None:
        status, sid = str(form.get("MessageStatus", "")).lower(), str(form.get("MessageSid", ""))
        with self.sessions.begin() as session:
            row = _row(session, token, sid)
            if row is None or not sid or (status not in ARRIVED and _is_of_an_earlier_try(row, sid)):
                return
            if status in FAILED:
                _failed(session, row, sid, str(form.get("ErrorCode") or status))
            elif status in LEFT:
                _reached(session, row, sid, REACHED.get(status, OutboundState.SENT))


class _Fields:
    """A form as Twilio's validator wants to ask for it: every value of a name counts."""

    def __init__(self, form: "MultiDict") -> None:
        self.form = form

    def __iter__(self) -> Any:
        return iter(self.form.keys())

    def __bool__(self) -> bool:
        return bool(self.form)

    def getall(self, name: str) -> list[str]:
        return [str(value) for value in self.form.getlist(name)]


def _row(session: Session, token: str, sid: str) -> Outbound | None:
    by_token = inbox.uuid_of(token)
    which = Outbound.token == by_token if by_token else Outbound.provider_id == sid
    query = select(Outbound).where(Outbound.channel == NAME, which)
    return session.scalars(query.with_for_update()).first()


def _is_of_an_earlier_try(row: Outbound, sid: str) -> bool:
    """Whether a receipt is about a sending of this message that failed before and was dealt with.

    A message that failed keeps Twilio's id of it while it waits to be sent again, and gets another one then.
    """
    if row.provider_id is None:
        return False
    return (row.provider_id == sid) == (row.state in BEFORE_SENDING)


def _reached(session: Session, row: Outbound, sid: str, state: OutboundState) -> None:
    """Move a message forward; a doubtful one has arrived, since Twilio speaks of it."""
    if RANK.get(row.state, 9) >= RANK[state]:
        return
    outcomes.note_sent(session, row, sid, datetime.now(UTC))
    row.state = state


def _failed(session: Session, row: Outbound, sid: str, code: str) -> None:
    """A late refusal follows the same table as one at once; what was delivered stays delivered."""
    if RANK.get(row.state, 9) >= RANK[OutboundState.FAILED]:
        return
    row.provider_id = sid
    outcomes.note(session, row, Outcome(problem=meaning(code, late=True)), ABLE)
    notify(session, WAKE, NAME)
