"""The contract of a channel: what comes in, what goes out, what it can show, and how a sending may fail."""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """What a message is, where it is not a text, a button or a file: each has a sensible answer of its own."""

    VOICE = "voice"
    VIDEO = "video"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    EDIT = "edit"
    OLD_BUTTON = "old_button"
    EMPTY = "empty"
    UNFETCHED = "unfetched"
    UNREADABLE = "unreadable"
    OTHER = "other"


@dataclass(frozen=True)
class Media:
    """A file that still lies with the provider: how the channel finds it there, and what the provider says of it.

    `ref` is the channel's own and never an address with a secret in it.
    """

    ref: str
    name: str = ""
    media_type: str = ""
    size: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the form that is kept with the message until the file is here."""
        return {"ref": self.ref, "name": self.name, "type": self.media_type, "size": self.size}


@dataclass(frozen=True)
class Inbound:
    """One message as a channel understood it. `external_id` is the channel's own id of the message, never reused.

    `payload` is what a pressed button sends (`title` its words), `file` the public id of a stored file, `media` are
    files to fetch. `kind` says what else it is, `detail` what belongs to that (a position, a phone number). Messages
    with the same `album` get one answer together. `phone` and `group` are about the address, not the message. `more`
    is what the provider said that nothing here understands yet.
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
    media: tuple[Media, ...] = ()
    kind: Kind | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    album: str | None = None
    phone: str | None = None
    group: bool = False
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """What is kept of it: only what is there, and only what PostgreSQL can store."""
        parts = {"text": self.text, "payload": self.payload, "title": self.title, "file": self.file}
        parts |= {"kind": self.kind, "album": self.album}
        clean = {key: storable(str(value)) for key, value in parts.items() if value}
        more = {"media": [one.as_json() for one in self.media], "detail": dict(self.detail), "more": dict(self.more)}
        return {key: value for key, value in clean.items() if value} | {
            key: storable(value) for key, value in more.items() if value
        }


def storable(given: Any) -> Any:
    """Return what came in without what PostgreSQL cannot keep: half a letter, NUL, and numbers that are none."""
    if isinstance(given, str):
        return given.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    if isinstance(given, Mapping):
        return {storable(key): storable(value) for key, value in given.items()}
    if isinstance(given, float) and not math.isfinite(given):
        return None
    return [storable(one) for one in given] if isinstance(given, list | tuple) else given


@dataclass(frozen=True)
class Ready:
    """An approved template, filled in, for whom no free text may be sent: its id at the provider and its variables."""

    name: str
    sid: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Pressed:
    """The message of ours whose button was pressed: its id at the channel, its text, and the title of the button."""

    message: str
    text: str
    title: str


@dataclass(frozen=True)
class Outbound:
    """One message to send, ready to be shown: the text, the buttons as title and payload, a file to attach.

    `token` is its opaque name outside. `template` is set where only an approved template may leave. `pressed` is what
    it answers, where that was a button: the choice may then take the place of the buttons.
    """

    id: int
    address: str
    text: str
    buttons: tuple[Mapping[str, str], ...] = ()
    file: "Attached | None" = None
    language: str = "en"
    token: str = ""
    template: Ready | None = None
    subject: str = ""
    pressed: Pressed | None = None


@dataclass(frozen=True)
class Attached:
    """A file that leaves with a message."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


class Urgency(StrEnum):
    """Replies never wait behind what many get."""

    REPLY = "reply"
    BULK = "bulk"


@dataclass(frozen=True)
class Limit:
    """At most `count` sendings that share `key` within `seconds`."""

    key: str
    count: int
    seconds: float = 1.0


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do.

    `idempotent`: sending a message a second time has no second effect. `repeats`: what may have left without an answer
    is sent again, since nothing tells whether it arrived and a second copy costs nothing. `window`: hours after a
    person's last message within which free text may be sent. `at_once`: calls under way at the same time.
    """

    buttons: bool = True
    idempotent: bool = False
    repeats: bool = True
    window: float | None = None
    at_once: int = 8


class SendError(Exception):
    """The message did not leave."""

    code = "failed"

    def __init__(self, code: str | None = None) -> None:
        """Take the provider's own code, where it gave one."""
        super().__init__(code or self.code)
        self.code = code or self.code


class Throttled(SendError):
    """The channel wants us to wait."""

    code = "throttled"

    def __init__(self, retry_after: float, code: str | None = None) -> None:
        """Remember the seconds that the channel named."""
        super().__init__(code)
        self.retry_after = retry_after


class Unreachable(SendError):
    """The channel does not answer, and nothing left; trying again later may help."""

    code = "unreachable"


class Unknown(SendError):
    """The call left and no answer came back: the message may have arrived."""

    code = "unknown"


class Gone(SendError):
    """The person blocked us or left; writing again is pointless and impolite."""

    code = "gone"


class OptedOut(SendError):
    """The provider says that the person stopped us; that goes for everything we send by ourselves."""

    code = "opted_out"


class WindowClosed(SendError):
    """Free text may not be sent now, whatever our own clock says: only an approved template may."""

    code = "window_closed"


class Moved(SendError):
    """The address has another id now; the message is sent there."""

    code = "moved"

    def __init__(self, address: str) -> None:
        """Remember the new id."""
        super().__init__()
        self.address = address


class Rejected(SendError):
    """The channel refuses this message for good."""

    code = "rejected"


class Place(Protocol):
    """To be held for the time of each call to the provider; what nobody waits for asks for one of `Urgency.BULK`."""

    def __call__(self, urgency: Urgency | None = None) -> AbstractAsyncContextManager[None]:
        """Return a place of every limit."""


class Channel(Protocol):
    """A way to reach people. `send` returns the channel's own id of what left, or raises a SendError."""

    name: str
    capabilities: Capabilities

    def limits(self, address: str) -> Sequence[Limit]:
        """Return the provider's limits that a sending to this address counts towards."""

    async def send(self, message: Outbound, place: Place) -> str:
        """Send one message, holding a place of the limits for each call that takes."""

    async def find(self, message: Outbound, since: datetime) -> Sequence[str]:
        """Look a doubtful message up at the provider: the ids there that may be it, none when it never arrived.

        Raises Unknown where the provider cannot tell.
        """

    async def close(self) -> None:
        """Close the connections."""
