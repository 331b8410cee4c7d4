"""Who and what there is: the bot, people, chats with their messages. Everything lives in one event loop, without locks."""

import itertools
import random
import time
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram.errors import ControlError, bad

Json = dict[str, Any]

# Real ids have passed 32 bits long ago; whoever stores them as such must fail here.
FIRST_PERSON = 5_200_000_000
FIRST_GROUP = -4_100_000_000
FIRST_SUPERGROUP = -1_002_300_000_000
BOT_NAME = "Kawan"
BOT_USERNAME = "kawan_test_bot"


@dataclass
class Person:
    """A human being with a phone. `started` means that the bot may write to them."""

    id: int
    first_name: str
    language_code: str | None = "en"
    last_name: str | None = None
    username: str | None = None
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    @property
    def user(self) -> Json:
        """The person as a Bot API `User`."""
        names = {"last_name": self.last_name, "username": self.username, "language_code": self.language_code}
        known = {key: value for key, value in names.items() if value}
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, **known}


@dataclass
class Stored:
    """A message as both sides have it. `before` holds the texts that were edited away."""

    message: Json
    by_bot: bool
    deleted: bool = False
    before: list[str] = field(default_factory=list)
    keyboard: Json | None = None  # a reply keyboard that came with it: shown to people, not part of a `Message`

    @property
    def id(self) -> int:
        return int(self.message["message_id"])

    @property
    def words(self) -> str:
        """The text or the caption."""
        return str(self.message.get("text") or self.message.get("caption") or "")


@dataclass
class Chat:
    """A conversation: private (its id is the person's), group or supergroup."""

    id: int
    type: str
    title: str = ""
    members: set[int] = field(default_factory=set)
    bot_status: str = "member"  # member, administrator, left or kicked
    migrated_to: int | None = None
    messages: dict[int, Stored] = field(default_factory=dict)
    keyboard: Json | None = None  # the reply keyboard that is open now
    typing: list[Json] = field(default_factory=list)
    toasts: list[Json] = field(default_factory=list)
    version: int = 0  # rises with everything a person could see

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def find(self, message_id: Any) -> Stored | None:
        """The message of that id, unless it was deleted."""
        stored = self.messages.get(int(message_id)) if message_id is not None else None
        return None if stored is None or stored.deleted else stored


@dataclass
class Query:
    """A pressed button that waits for answerCallbackQuery."""

    id: str
    person: int
    chat: int
    answered: bool = False


class Society:
    """All people and chats that a bot may meet. The same seed gives the same ids."""

    def __init__(self, token: str, seed: int = 0) -> None:
        self.token = token
        self.random = random.Random(seed)
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.queries: dict[str, Query] = {}
        self._message_ids = itertools.count(self.random.randrange(2, 2_000))
        self._supergroup_ids: dict[int, itertools.count[int]] = {}

    @property
    def bot(self) -> Json:
        """The bot as a Bot API `User`."""
        bot_id = int(self.token.split(":", 1)[0])
        return {"id": bot_id, "is_bot": True, "first_name": BOT_NAME, "username": BOT_USERNAME}

    def add_person(self, first_name: str, person_id: int | None = None, **known: Any) -> Person:
        """A new person with a private chat that is still empty."""
        chosen = person_id or self._free(FIRST_PERSON, 1)
        if chosen in self.people:
            raise ControlError(f"There is already a person {chosen}")
        person = Person(chosen, first_name, **known)
        self.people[chosen] = person
        self.chats[chosen] = Chat(chosen, "private", members={chosen})
        return person

    def add_group(self, title: str, members: set[int], kind: str = "group", bot_status: str = "left") -> Chat:
        """A new group; the bot is brought in with `join`."""
        chat_id = self._free(FIRST_GROUP if kind == "group" else FIRST_SUPERGROUP, -1)
        self.chats[chat_id] = Chat(chat_id, kind, title, members, bot_status)
        return self.chats[chat_id]

    def _free(self, start: int, step: int) -> int:
        numbers = (start + step * self.random.randrange(1, 900_000_000) for _ in itertools.count())
        return next(number for number in numbers if number not in self.chats)

    def person(self, person_id: int) -> Person:
        """The person of that id, or a ControlError."""
        if person_id not in self.people:
            raise ControlError(f"There is no person {person_id}")
        return self.people[person_id]

    def chat(self, chat_id: Any) -> Chat:
        """The chat that the bot names by id or @username, or Telegram's 400."""
        if isinstance(chat_id, str):
            chat_id = next((p.id for p in self.people.values() if p.username and f"@{p.username}" == chat_id), None)
        if chat_id not in self.chats:
            raise bad("chat not found")
        return self.chats[chat_id]

    def as_chat(self, chat: Chat) -> Json:
        """A Bot API `Chat`."""
        if not chat.is_private:
            return {"id": chat.id, "type": chat.type, "title": chat.title}
        user = self.people[chat.id].user
        names: Json = {key: user[key] for key in ("first_name", "last_name", "username") if key in user}
        return {"id": chat.id, "type": "private", **names}

    def next_message_id(self, chat: Chat) -> int:
        """Private chats and groups share one row of numbers, each supergroup has its own: ids repeat across chats."""
        if chat.type != "supergroup":
            return next(self._message_ids)
        return next(self._supergroup_ids.setdefault(chat.id, itertools.count(1)))

    def keep(self, chat: Chat, sender: Json, content: Json) -> Stored:
        """Puts a message into a chat and gives it its id and date."""
        head = {"message_id": self.next_message_id(chat), "date": int(time.time()), "chat": self.as_chat(chat)}
        stored = Stored({**head, "from": sender, **content}, by_bot=sender["is_bot"])
        chat.messages[stored.id] = stored
        return stored
