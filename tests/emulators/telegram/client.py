"""The emulator from a test's side: people who say and press things, what they see, and the knobs."""

import base64
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]
PATIENCE = 60.0  # seconds until a wait is given up
WRONG = 422


class Refused(Exception):
    """The emulator says why that cannot be done."""


@dataclass(frozen=True)
class Seen:
    """A message as a person sees it. `titles` are the words on the buttons under it, in reading order."""

    id: int
    by_bot: bool
    kind: str
    text: str
    buttons: tuple[tuple[Json, ...], ...]
    edited: bool
    deleted: bool
    before: tuple[str, ...]
    raw: Json = field(repr=False)

    @property
    def titles(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]


def _seen(entry: Json) -> Seen:
    rows = tuple(tuple(row) for row in entry["buttons"])
    flags = entry["edited"], entry["deleted"], tuple(entry["before"])
    return Seen(entry["message_id"], entry["by"] == "bot", entry["kind"], entry["text"], rows, *flags, raw=entry)


@dataclass(frozen=True)
class View:
    """A chat at one moment, without what was deleted unless asked for."""

    raw: Json = field(repr=False)

    @property
    def everything(self) -> list[Seen]:
        return [_seen(entry) for entry in self.raw["messages"]]

    @property
    def messages(self) -> list[Seen]:
        return [message for message in self.everything if not message.deleted]

    @property
    def from_bot(self) -> list[Seen]:
        return [message for message in self.messages if message.by_bot]

    @property
    def keyboard(self) -> list[str]:
        """The words on the open reply keyboard."""
        return [button["text"] for button in self.raw["keyboard"]]

    @property
    def toasts(self) -> list[str]:
        """What answers to pressed buttons said."""
        return [toast["text"] for toast in self.raw["toasts"]]


class Telegram:
    """A running emulator. `api_url` and `file_url` are what python-telegram-bot takes as its base addresses."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.api_url, self.file_url = f"{url}/bot", f"{url}/file/bot"
        self._http = httpx.Client(base_url=f"{url}/_/", trust_env=False, timeout=70)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The control API itself; raises Refused with its sentence."""
        response = self._http.request(method, path, json=body, params=query)
        if response.status_code == WRONG:
            raise Refused(response.json()["error"])
        response.raise_for_status()
        return response.json()

    @property
    def is_up(self) -> bool:
        try:
            return self._http.get("about").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def person(self, first_name: str = "Ana", language_code: str | None = "en", **more: Any) -> "Person":
        """A new person. `started=True` if the bot may write to them at once; otherwise they must speak first."""
        made = self.call("POST", "people", {"first_name": first_name, "language_code": language_code, **more})
        return Person(self, made["id"])

    def group(self, title: str, *members: "Person", type: str = "group") -> int:
        """A group without the bot, which its members bring in by `person.in_group(id).do("join")`. Returns its id."""
        body = {"title": title, "members": [member.id for member in members], "type": type}
        return int(self.call("POST", "groups", body)["chat_id"])

    def push(self, update: Json) -> Json:
        """Sends the bot any update, however wrong."""
        return dict(self.call("POST", "updates", update))

    def fail_next(self, kind: str, times: int = 1, **more: Any) -> None:
        """The next fitting calls meet that fault; see `faults.Fault` for what else can be said of it."""
        self.call("POST", "faults/next", {"faults": [{"kind": kind, **more}] * times})

    def fail_often(self, seed: int = 0, common: Json | None = None, **rates: float) -> None:
        """From now on each fitting call meets these faults so often: `fail_often(drop=0.01, throttle=0.05)`."""
        self.call("PUT", "faults", {"rates": rates, "seed": seed, "common": common})

    def mend(self) -> None:
        """Nothing fails any more."""
        self.call("DELETE", "faults")

    def limit(self, **limits: Any) -> Json:
        """Changes `enabled`, `per_second`, `per_chat` or `per_group`."""
        return dict(self.call("PUT", "limits", limits))

    @property
    def stats(self) -> Json:
        """Everything that was counted; see `control._stats`."""
        return dict(self.call("GET", "stats"))

    def forget_stats(self) -> None:
        """Starts counting again."""
        self.call("DELETE", "stats")

    def view(self, chat_id: int, **query: Any) -> View:
        """A chat as it is, or as soon as there is what `query` waits for."""
        return View(self.call("GET", f"chats/{chat_id}/transcript", **query))

    def file(self, file_id: str) -> bytes:
        """The bytes of a file that somebody sent."""
        return self._http.get(f"files/{file_id}").raise_for_status().content

    def menu(self, chat_id: int, language_code: str = "") -> Json:
        """The commands and the bot's own texts as somebody of that language sees them there."""
        return dict(self.call("GET", f"chats/{chat_id}/menu", language_code=language_code))


@dataclass
class Person:
    """Somebody with a phone, in their private chat with the bot or in a group."""

    telegram: Telegram
    id: int
    chat_id: int = 0
    _read: int = 0  # how many of the bot's messages were waited for already

    def __post_init__(self) -> None:
        self.chat_id = self.chat_id or self.id

    def in_group(self, chat_id: int) -> "Person":
        """The same person, acting and looking in a group."""
        return Person(self.telegram, self.id, chat_id)

    def do(self, action: str, **details: Any) -> Json:
        """Any action of `people.ACTIONS`."""
        body = {"action": action, "chat_id": self.chat_id, **details}
        return dict(self.telegram.call("POST", f"people/{self.id}/act", body))

    def say(self, text: str, **more: Any) -> Json:
        """Sends a text; `reply_to`, `forward_from` (a person's id or a hidden name)."""
        return self.do("text", text=text, **more)

    def open(self, payload: str = "") -> Json:
        """Follows `https://t.me/BOT?start=PAYLOAD` and presses Start."""
        return self.do("open", payload=payload)

    def press(self, button: str | int, message_id: int | None = None, **more: Any) -> Json:
        """Presses a button by its words or number, under the newest message that has it, or on the keyboard."""
        return self.do("press", button=button, message_id=message_id, **more)

    def edit(self, text: str, message_id: int | None = None) -> Json:
        """Changes one's own message, the newest if none is named."""
        return self.do("edit", text=text, message_id=message_id)

    def send_photo(self, data: bytes, caption: str = "", **more: Any) -> Json:
        """Sends a picture."""
        return self._send("photo", data, caption=caption, **more)

    def send_document(self, data: bytes, name: str = "document.pdf", caption: str = "", **more: Any) -> Json:
        """Sends a file; `mime`, and `size` to claim more than there is."""
        return self._send("document", data, name=name, caption=caption, **more)

    def send_voice(self, data: bytes = b"", **more: Any) -> Json:
        """Sends a voice message."""
        return self._send("voice", data, **more)

    def send_album(self, pictures: Iterable[bytes], caption: str = "") -> Json:
        """Sends several pictures together; the caption stands with the first."""
        return self.do("album", photos=[base64.b64encode(data).decode() for data in pictures], caption=caption)

    def _send(self, kind: str, data: bytes, **more: Any) -> Json:
        return self.do(kind, data=base64.b64encode(data).decode(), **more)

    def share_location(self, latitude: float, longitude: float) -> Json:
        """Shares a point on the map."""
        return self.do("location", latitude=latitude, longitude=longitude)

    def share_contact(self, of: "Person | None" = None, **more: Any) -> Json:
        """Shares one's own number, or somebody else's; `stranger="Name"` for one that is not on Telegram."""
        return self.do("contact", of=of.id if of else None, **more)

    def block(self) -> None:
        """Blocks the bot."""
        self.do("block")

    def unblock(self) -> None:
        """Lets the bot write again."""
        self.do("unblock")

    def change(self, **what: Any) -> Json:
        """Changes `language_code`, `deactivated`, the names …"""
        return dict(self.telegram.call("PATCH", f"people/{self.id}", what))

    @property
    def view(self) -> View:
        """The chat as it is now."""
        return self.telegram.view(self.chat_id)

    @property
    def last(self) -> Seen:
        """The bot's newest message."""
        return self.view.from_bot[-1]

    @property
    def titles(self) -> list[str]:
        """The buttons under the bot's newest message, or else those of the open keyboard."""
        view = self.view
        under = view.from_bot[-1].titles if view.from_bot else []
        return under or view.keyboard

    def wait(self, messages: int = 1, timeout: float = PATIENCE) -> list[Seen]:
        """The bot's messages since the last wait, as soon as there are so many; AssertionError if they do not come."""
        wanted = self._read + messages
        view = self.telegram.view(self.chat_id, bot_messages=wanted, timeout=timeout)
        mine = [message for message in view.everything if message.by_bot]
        assert len(mine) >= wanted, (
            f"{len(mine) - self._read} of {messages} messages came in {timeout} s: {view.messages[-3:]}"
        )
        new, self._read = mine[self._read :], len(mine)
        return new

    def wait_until(self, happened: Callable[[View], bool], timeout: float = PATIENCE) -> View:
        """The chat as soon as it looks so, for edits and deletions; AssertionError if it never does."""
        end, version = time.monotonic() + timeout, -1
        while (left := end - time.monotonic()) > 0:
            view = self.telegram.view(self.chat_id, after=version, timeout=left)
            if happened(view):
                return view
            version = view.raw["version"]
        raise AssertionError(f"It never looked so: {self.view.messages[-3:]}")
