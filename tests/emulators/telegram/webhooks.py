"""Delivery by webhook: in order for each chat, tried again with growing waits until the other side says 2xx."""

import asyncio
import re
import time
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from tests.emulators.telegram.errors import ApiError, bad
from tests.emulators.telegram.state import Json
from tests.emulators.telegram.updates import Updates, chat_of

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
CONNECTIONS, MOST_CONNECTIONS = 40, 100
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass
class Hook:
    """A webhook as it was set."""

    url: str
    secret: str | None
    max_connections: int
    slots: asyncio.Semaphore
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass(frozen=True)
class Delivery:
    """One attempt: `status` is what the other side said, `error` why it counts as failed."""

    update_id: int
    chat_id: int | None
    attempt: int
    at: float
    seconds: float
    status: int | None
    error: str | None


@dataclass
class Webhooks:
    """The webhook, if one is set, and everything that was tried with it."""

    updates: Updates
    waits: tuple[float, ...]
    timeout: float
    attempts: int
    hook: Hook | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)
    _workers: dict[int | None, asyncio.Task[None]] = field(default_factory=dict)
    _lanes: dict[int | None, deque[Json]] = field(default_factory=dict)
    _client: httpx.AsyncClient | None = None

    def set(self, args: Json) -> bool:
        """setWebhook: an empty address takes it away."""
        url, secret = args["url"], args.get("secret_token")
        connections = args.get("max_connections") or CONNECTIONS
        if url:
            _check(url, secret, connections)
        self.stop()
        self.updates.allow(args.get("allowed_updates"))
        if args.get("drop_pending_updates"):
            self.updates.drop()
        self.hook = Hook(url, secret, connections, asyncio.Semaphore(connections)) if url else None
        self.updates.interrupt()
        for update in self.updates.pending:
            self.wake(update)
        return True

    def delete(self, args: Json) -> bool:
        """deleteWebhook: what waits stays for getUpdates."""
        return self.set({**args, "url": ""})

    def info(self) -> Json:
        """getWebhookInfo."""
        head = {"has_custom_certificate": False, "pending_update_count": len(self.updates.pending)}
        allowed = {"allowed_updates": self.updates.allowed} if self.updates.allowed else {}
        if not self.hook:
            return {"url": "", **head, **allowed}
        errors = {key: getattr(self.hook, key) for key in ("last_error_date", "last_error_message")}
        known = {key: value for key, value in errors.items() if value is not None}
        address = {"url": self.hook.url, "max_connections": self.hook.max_connections, "ip_address": "127.0.0.1"}
        return {**head, **address, **allowed, **known}

    def refuse_poll(self) -> None:
        """getUpdates has no place beside a webhook."""
        if self.hook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )

    def stop(self) -> None:
        """Nothing more is delivered."""
        for task in self._workers.values():
            task.cancel()
        self._workers.clear()
        self._lanes.clear()

    async def close(self) -> None:
        """Stops and lets go of the connections."""
        self.stop()
        if self._client:
            await self._client.aclose()

    def wake(self, update: Json) -> None:
        """Puts an update at the end of its chat's lane, and somebody to work there."""
        if not self.hook:
            return
        key = chat_of(update)
        self._lanes.setdefault(key, deque()).append(update)
        if key not in self._workers:
            self._workers[key] = asyncio.get_running_loop().create_task(self._work(key, self.hook))

    async def _work(self, key: int | None, hook: Hook) -> None:
        lane = self._lanes[key]
        while lane:
            await self._deliver(hook, lane[0])
            self.updates.remove(lane.popleft())
        del self._workers[key], self._lanes[key]

    async def _deliver(self, hook: Hook, update: Json) -> None:
        attempt = 1
        while not await self._post(hook, update, attempt):
            if attempt == self.attempts:
                self.given_up.append(update["update_id"])
                return
            await asyncio.sleep(self.waits[min(attempt, len(self.waits)) - 1])
            attempt += 1

    async def _post(self, hook: Hook, update: Json, attempt: int) -> bool:
        header = {SECRET_HEADER: hook.secret} if hook.secret else {}
        self._client = self._client or httpx.AsyncClient(trust_env=False, timeout=self.timeout)
        async with hook.slots:
            began = time.time()
            status, error = await _answer(self._client, hook.url, header, update)
        took = time.time() - began
        self.deliveries.append(Delivery(update["update_id"], chat_of(update), attempt, began, took, status, error))
        if error:
            hook.last_error_date, hook.last_error_message = int(time.time()), error
        return error is None


async def _answer(client: httpx.AsyncClient, url: str, header: Json, update: Json) -> tuple[int | None, str | None]:
    try:
        response = await client.post(url, json=update, headers=header)
    except httpx.TimeoutException:
        return None, "Read timeout expired"
    except httpx.ConnectError:
        return None, "Connection refused"
    except httpx.HTTPError:
        return None, "Connection reset by peer"
    if response.is_success:
        return response.status_code, None
    return response.status_code, f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"


def _check(url: str, secret: str | None, connections: int) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname not in LOOPBACK:
        # The real service wants https on a public address; this one never leaves the machine.
        raise bad("bad webhook: this emulator delivers to loopback only")
    if secret is not None and not SECRET.fullmatch(secret):
        raise bad("secret token contains unallowed characters")
    if not 1 <= connections <= MOST_CONNECTIONS:
        raise bad("max_connections must be between 1 and 100")
