"""Everything that one emulator holds, and what happens when something changes in it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.telegram import contract
from tests.emulators.telegram.faults import Faults
from tests.emulators.telegram.files import Files
from tests.emulators.telegram.limits import Limits
from tests.emulators.telegram.state import Chat, Json, Society
from tests.emulators.telegram.updates import Updates
from tests.emulators.telegram.webhooks import Webhooks

TOKEN = "1234567:TEST"
RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_pin_messages", "can_send_welcome_messages",
)  # fmt: skip
ADMINISTRATOR = {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(RIGHTS, True)}
WAITS = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Options:
    """How an emulator is set up. All of it can be given on the command line too."""

    token: str = TOKEN
    seed: int = 0
    limits: bool = True
    privacy: bool = (
        True  # in groups the bot hears only commands, mentions and answers to itself, as is Telegram's default
    )
    webhook_waits: tuple[float, ...] = WAITS  # seconds before each retry; the last one repeats
    webhook_timeout: float = 10.0
    webhook_attempts: int = 0  # after so many an update is given up; 0 never


@dataclass
class Stats:
    """What was noticed."""

    accepted: list[Json] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    contract_violations: list[Json] = field(default_factory=list)
    refused: list[Json] = field(default_factory=list)
    own_mistakes: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Forgets all of it."""
        for part in (self.accepted, self.calls, self.contract_violations, self.refused, self.own_mistakes):
            part.clear()


class World:
    """One bot's Telegram."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.privacy = options.privacy
        self.society = Society(options.token, options.seed)
        self.files = Files(options.seed)
        self.updates = Updates(self.society.random)
        self.webhooks = Webhooks(self.updates, options.webhook_waits, options.webhook_timeout, options.webhook_attempts)
        self.updates.on_new = self.webhooks.wake
        self.limits = Limits(enabled=options.limits)
        self.faults = Faults()
        self.stats = Stats()
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self._waiting: dict[int, set[asyncio.Event]] = {}

    @staticmethod
    def now() -> float:
        """Seconds since 1970."""
        return time.time()

    def changed(self, chat: Chat) -> None:
        """Wakes whoever watches that chat."""
        chat.version += 1
        for event in self._waiting.get(chat.id, ()):
            event.set()

    async def until(self, chat: Chat, happened: Callable[[], bool], seconds: float) -> bool:
        """Waits until something has happened in a chat; says whether it did in time."""
        event = asyncio.Event()
        self._waiting.setdefault(chat.id, set()).add(event)
        try:
            async with asyncio.timeout(seconds):
                while not happened():
                    await event.wait()
                    event.clear()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._waiting[chat.id].discard(event)

    def push(self, kind: str, body: Json) -> Json | None:
        """Queues an update after holding it to the contract."""
        self._hold(lambda: contract.check_update({"update_id": 1, kind: body}))
        return self.updates.push(kind, body)

    def check_result(self, method: str, result: Any) -> None:
        """Holds an own answer to the contract."""
        self._hold(lambda: contract.check_result(method, result))

    def _hold(self, check: Callable[[], None]) -> None:
        try:
            check()
        except contract.Violation as problem:
            self.stats.own_mistakes.append(str(problem))
            raise

    def move_bot(self, chat: Chat, status: str, mover: Json) -> Json | None:
        """The bot joins or leaves a chat, or a person blocks it: `my_chat_member`."""
        body = {
            "chat": self.society.as_chat(chat),
            "from": mover,
            "date": int(self.now()),
            "old_chat_member": self._member(chat.bot_status),
            "new_chat_member": self._member(status),
        }
        chat.bot_status = status
        self.changed(chat)
        return self.push("my_chat_member", body)

    def _member(self, status: str) -> Json:
        extras: dict[str, Json] = {"kicked": {"until_date": 0}, "administrator": ADMINISTRATOR}
        return {"user": self.society.bot, "status": status, **extras.get(status, {})}

    async def close(self) -> None:
        """Ends what runs."""
        await self.webhooks.close()
