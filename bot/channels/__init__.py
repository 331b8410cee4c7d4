"""The contract of a channel: what comes in, what goes out, what it can show, and how a sending may fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Inbound:
    """One message as a channel understood it. `external_id` is the channel's own id of the message, never reused.

    `payload` is what a pressed button sends (`title` its words), `file` the public id of a stored file.
    """

    channel: str
    address: str
    external_id: str
    text: str = ""
    payload: str | None = None
    title: str | None = None
    file: str | None = None
    language: str | None = None
    country: str | None = None
    time_zone: str | None = None

    @property
    def content(self) -> dict[str, Any]:
        """What is kept of it: only what is there, without the one letter that PostgreSQL cannot store."""
        parts = {"text": self.text, "payload": self.payload, "title": self.title, "file": self.file}
        clean = {key: value.replace("\x00", "") for key, value in parts.items() if value}
        return {key: value for key, value in clean.items() if value}


@dataclass(frozen=True)
class Outbound:
    """One message to send, ready to be shown: the text, the buttons as title and payload, a file's public id."""

    id: int
    address: str
    text: str
    buttons: tuple[Mapping[str, str], ...] = ()
    file: str | None = None
    language: str = "en"


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do. `idempotent`: sending a message a second time has no second effect."""

    buttons: bool = True
    idempotent: bool = False
    per_second: float = 20.0


class SendError(Exception):
    """The message did not leave."""

    code = "failed"


class Throttled(SendError):
    """The channel wants us to wait."""

    code = "throttled"

    def __init__(self, retry_after: float) -> None:
        """Remember the seconds that the channel named."""
        super().__init__(f"Try again after {retry_after:.0f} seconds.")
        self.retry_after = retry_after


class Unreachable(SendError):
    """The channel does not answer; trying again later may help."""

    code = "unreachable"


class Gone(SendError):
    """The person blocked us or left; writing again is pointless and impolite."""

    code = "gone"


class Rejected(SendError):
    """The channel refuses this message for good."""

    code = "rejected"


class Channel(Protocol):
    """A way to reach people. `send` returns the channel's own id of what left, or raises a SendError."""

    name: str
    capabilities: Capabilities

    async def send(self, message: Outbound) -> str:
        """Send one message."""
