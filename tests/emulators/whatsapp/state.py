"""What the emulator remembers: people, messages, files, templates, and what happened."""

import time
import uuid
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

WINDOW = 24 * 3600


def new_sid(prefix: str) -> str:
    return prefix + uuid.uuid4().hex


@dataclass
class Person:
    """Somebody with a phone. `address` is what messages go to: `whatsapp:+62…`, or `whatsapp:ID.…` without a number."""

    address: str
    name: str = "Somebody"
    external_user_id: str = ""
    on_whatsapp: bool = True
    opted_out: bool = False
    last_inbound: float | None = None

    @property
    def wa_id(self) -> str:
        return self.address.removeprefix("whatsapp:+") if self.address.startswith("whatsapp:+") else ""

    @property
    def window_open(self) -> bool:
        return self.last_inbound is not None and time.time() - self.last_inbound < WINDOW

    def view(self) -> dict[str, Any]:
        left = max(0, WINDOW - (time.time() - self.last_inbound)) if self.last_inbound else 0
        return asdict(self) | {"window_open": self.window_open, "window_left": left}


@dataclass
class Media:
    content: bytes
    content_type: str
    message_sid: str
    name: str = ""
    sid: str = field(default_factory=lambda: new_sid("ME"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Message:
    """A message in either direction, and how it looks on a phone (`shown`)."""

    person: str
    inbound: bool
    body: str = ""
    sid: str = field(default_factory=lambda: new_sid("SM"))
    status: str = "queued"
    error_code: int | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: datetime | None = None
    updated: datetime | None = None
    media: list[Media] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)
    status_callback: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=lambda: ["queued"])

    def view(self) -> dict[str, Any]:
        files = [{"sid": one.sid, "content_type": one.content_type, "name": one.name} for one in self.media]
        return {
            "sid": self.sid, "inbound": self.inbound, "text": self.body, "status": self.status, "media": files,
            "error_code": self.error_code, "statuses": self.statuses, "created": self.created.isoformat(),
            "type": "text", "buttons": [], "items": [], "form": self.form,
        } | self.shown  # fmt: skip


@dataclass
class Content:
    """A template, with what WhatsApp thinks of it."""

    language: str
    types: dict[str, Any]
    friendly_name: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    sid: str = field(default_factory=lambda: new_sid("HX"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    name: str = ""
    category: str = ""
    approval: str = "unsubmitted"
    rejection_reason: str = ""

    @property
    def kind(self) -> str:
        """The type that WhatsApp shows: the richest one."""
        return max(self.types, key=lambda one: one != "twilio/text")


@dataclass
class State:
    people: dict[str, Person] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    arrivals: list[float] = field(default_factory=list)
    recent: dict[str, deque[float]] = field(default_factory=dict)
    throttled: int = 0
    contract_violations: list[str] = field(default_factory=list)
    own_violations: list[str] = field(default_factory=list)
    leaked_credentials: int = 0
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def person(self, address: str) -> Person:
        """The person of that address, made now if nobody has met them."""
        return self.people.setdefault(address, Person(address))

    def of(self, address: str) -> list[Message]:
        return [one for one in self.messages.values() if one.person == address]

    def stats(self) -> dict[str, Any]:
        names = ("arrivals", "throttled", "contract_violations", "own_violations", "leaked_credentials")
        return {name: getattr(self, name) for name in (*names, "deliveries", "failures")}
