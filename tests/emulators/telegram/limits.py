"""How fast a bot may send: over all, into one private chat, into one group. Sliding windows over arrival times."""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.emulators.telegram.errors import ApiError
from tests.emulators.telegram.state import Chat

# Only what puts words into a chat counts; "typing…" and answers to button presses do not.
COUNTED = frozenset({"sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageReplyMarkup"})
SECOND, MINUTE = 1.0, 60.0


@dataclass
class Limits:
    """The published numbers. Only accepted messages fill a window."""

    enabled: bool = True
    per_second: int = 30
    per_chat: int = 1
    per_group: int = 20
    throttled: Counter[str] = field(default_factory=Counter)
    _all: list[float] = field(default_factory=list)
    _chats: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def admit(self, chat: Chat, arrived: float) -> None:
        """Refuses with 429 and a whole number of seconds when one of the windows is full."""
        if not self.enabled:
            return
        chat_limit = (self.per_chat, SECOND) if chat.is_private else (self.per_group, MINUTE)
        kind = "chat" if chat.is_private else "group"
        waits = {
            "bot": _wait(self._all, arrived, self.per_second, SECOND),
            kind: _wait(self._chats[chat.id], arrived, *chat_limit),
        }
        worst = max(waits, key=lambda name: waits[name])
        if waits[worst] > 0:
            self.throttled[worst] += 1
            raise too_many(waits[worst])

    def count(self, chat: Chat, arrived: float) -> None:
        """One more message was accepted."""
        for window, seconds in ((self._all, SECOND), (self._chats[chat.id], MINUTE)):
            window.append(arrived)
            del window[: bisect_left(window, arrived - seconds)]

    def moved(self, old: int, new: int) -> None:
        """A group became a supergroup and keeps its count."""
        self._chats[new] = self._chats.pop(old, [])

    def clear(self) -> None:
        """Forgets all windows and counts."""
        self._all.clear()
        self._chats.clear()
        self.throttled.clear()


def _wait(window: list[float], now: float, most: int, seconds: float) -> float:
    recent = window[bisect_left(window, now - seconds) :]
    return recent[-most] + seconds - now if len(recent) >= most else 0.0


def too_many(seconds: float) -> ApiError:
    """Telegram's 429."""
    wait = max(1, math.ceil(seconds))
    return ApiError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
