"""Signed requests to the application: inbound messages and status callbacks, with Twilio's time-outs and retries."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urldefrag, urlsplit
from xml.etree import ElementTree as ET

import httpx
from twilio.request_validator import RequestValidator

from tests.emulators.whatsapp.options import Options
from tests.emulators.whatsapp.state import State

if TYPE_CHECKING:
    from collections.abc import Callable


def signature_headers(options: Options, url: str, form: Mapping[str, str]) -> dict[str, str]:
    """The headers by which the application knows us, over exactly this URL and all of the form."""
    if not options.sha256_key:
        return {"X-Twilio-Signature": RequestValidator(options.auth_token).compute_signature(url, form)}
    signature = RequestValidator(options.sha256_key).compute_signature(url, form, "HMAC_SHA256")
    settings = "key=webhooks_sharedkey_emulator,algorithm=HMAC_SHA256"
    return {"X-Twilio-Signature": signature, "X-Twilio-Webhooks-Signature-Settings": settings}


@dataclass(frozen=True)
class Overrides:
    """Connection overrides from the URL's fragment (twilio.com/docs/usage/webhooks/webhooks-connection-overrides)."""

    retries: int
    policy: frozenset[str]
    connect: float
    read: float

    @classmethod
    def of(cls, url: str, options: Options) -> "Overrides":
        given = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}
        return cls(
            min(int(given.get("rc", 1)), 5),
            frozenset(given.get("rp", "ct").split(",")),
            int(given["ct"]) / 1000 if "ct" in given else options.connect_timeout,
            int(given["rt"]) / 1000 if "rt" in given else options.read_timeout,
        )

    def again(self, failure: str) -> bool:
        """Whether a failure of that class (`ct`, `rt`, `4xx`, `5xx`) is tried again."""
        return "all" in self.policy or failure in self.policy


def is_twiml(response: httpx.Response) -> bool:
    """No content, or XML whose outermost element is Response."""
    if not response.content:
        return response.status_code == 204
    try:
        xml = "xml" in response.headers.get("content-type", "")
        return xml and ET.fromstring(response.text).tag == "Response"  # noqa: S314 - our own application's answer
    except ET.ParseError:
        return False


class Webhooks:
    """Sends to the application, and keeps what came of it."""

    def __init__(self, options: "Callable[[], Options]", state: "Callable[[], State]") -> None:
        self._options, self._state = options, state
        self._client: httpx.AsyncClient | None = None

    async def inbound(self, form: dict[str, str]) -> dict[str, Any]:
        options = self._options()
        return await self._deliver("inbound", options.webhook, options.public_url or options.webhook, form)

    async def status(self, url: str, form: dict[str, str]) -> dict[str, Any]:
        """Signed over the very URL that came with the message, its query included."""
        fragment = urlsplit(url).fragment
        inner = self._options().reach(url) + (f"#{fragment}" if fragment else "")
        return await self._deliver("status", inner, url, form)

    async def _deliver(self, kind: str, url: str, signed_url: str, form: dict[str, str]) -> dict[str, Any]:
        overrides = Overrides.of(url, self._options())
        headers = signature_headers(self._options(), urldefrag(signed_url).url, form)
        headers |= {"I-Twilio-Idempotency-Token": str(uuid.uuid4()), "User-Agent": "TwilioProxy/1.1"}
        row: dict[str, Any] = {"kind": kind, "sid": form.get("MessageSid", ""), "attempts": 0, "status": None}
        row |= {"message_status": form.get("MessageStatus", ""), "at": time.time(), "error": ""}
        state = self._state()
        for _ in range(overrides.retries + 1):
            row["attempts"] += 1
            failure = await self._try(row, urldefrag(url).url, form, headers, overrides)
            if not failure or not overrides.again(failure):
                break
        state.deliveries.append(row)
        if row["error"]:
            state.failures.append(row)
        return row

    async def _try(
        self, row: dict[str, Any], url: str, form: dict[str, str], headers: dict[str, str], limits: Overrides
    ) -> str:
        """One request; the class of its failure, or nothing."""
        self._client = self._client or httpx.AsyncClient(trust_env=False)
        row["error"] = ""
        try:
            response = await self._client.post(
                url, data=form, headers=headers, timeout=httpx.Timeout(limits.read, connect=limits.connect)
            )
        except httpx.ReadTimeout:
            row["error"] = "11205: no answer in time"
            return "rt"
        except httpx.TransportError as error:
            row["error"] = f"11205: {type(error).__name__}"
            return "ct"
        row["status"] = response.status_code
        if not response.is_success:
            row["error"] = f"11200: HTTP {response.status_code}"
            return f"{response.status_code // 100}xx"
        if row["kind"] == "inbound" and not is_twiml(response):
            row["error"] = "12100: the answer is not TwiML"
        return ""

    async def close(self) -> None:
        if self._client:
            await self._client.aclose()
