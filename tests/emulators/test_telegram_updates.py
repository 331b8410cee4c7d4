"""How the Telegram emulator brings updates to a bot: by polling and by webhook."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from telegram.error import (
    BadRequest,
    Conflict,
)

from tests.emulators.telegram import Telegram
from tests.emulators.telegram_talk import fetch, ready, talk

# Getting updates


def test_a_long_poll_ends_as_soon_as_something_comes(telegram: Telegram) -> None:
    ana = telegram.person()
    later = threading.Timer(0.3, lambda: ana.say("Here"))
    later.start()
    updates = talk(telegram, lambda bot: bot.get_updates(timeout=10))
    assert [update.message.text for update in updates] == ["Here"]
    later.join()


def test_updates_stay_until_confirmed_and_come_in_portions(telegram: Telegram) -> None:
    ana = telegram.person()
    for number in range(5):
        ana.say(str(number))

    def texts(**options: Any) -> list[str]:
        return [update.message.text for update in talk(telegram, lambda bot: bot.get_updates(**options))]

    assert texts(limit=2) == texts(limit=2) == ["0", "1"]
    first = telegram.call("GET", "updates")[0]["update_id"]
    assert texts(offset=first + 2) == ["2", "3", "4"]
    assert texts(offset=-1) == ["4"]
    assert telegram.stats["pending_updates"] == 1


def test_kinds_that_nobody_asked_for_do_not_come(telegram: Telegram) -> None:
    ana = ready(telegram)
    talk(telegram, lambda bot: bot.get_updates(allowed_updates=["message"]))
    ana.block()
    ana.unblock()
    ana.say("Hello")
    assert [update.message.text for update in talk(telegram, lambda bot: bot.get_updates())] == ["Hello"]
    assert len(fetch(telegram)) == 1
    ana.block()
    assert fetch(telegram)[0].my_chat_member is not None


def test_a_second_poll_ends_the_first(telegram: Telegram) -> None:
    later = threading.Timer(0.5, lambda: talk(telegram, lambda bot: bot.get_updates(timeout=0)))
    later.start()
    with pytest.raises(Conflict, match=r"(?i)terminated by other getUpdates"):
        talk(telegram, lambda bot: bot.get_updates(timeout=10))
    later.join()


def test_any_update_can_be_pushed(telegram: Telegram) -> None:
    telegram.push({"message": {"nonsense": True}})
    telegram.push({"update_id": "seven"})
    assert telegram.call("GET", "updates")[0]["message"] == {"nonsense": True}


# The webhook


@dataclass
class Hearer:
    """A bot's webhook: answers with `answers` one after the other, then 200."""

    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, Any], str | None]] = field(default_factory=list)
    url: str = ""

    def texts(self, chat_id: int) -> list[str]:
        messages = [update["message"] for update, _ in self.heard if "message" in update]
        return [message["text"] for message in messages if message["chat"]["id"] == chat_id]


@contextmanager
def hearing(*answers: int) -> Iterator[Hearer]:
    hearer = Hearer(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            hearer.heard.append((body, self.headers["X-Telegram-Bot-Api-Secret-Token"]))
            self.send_response(hearer.answers.pop(0) if hearer.answers else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hearer.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield hearer
        server.shutdown()
        thread.join()


def settled(telegram: Telegram) -> dict[str, Any]:
    """The counts, once no update waits any more."""
    for _ in range(200):
        stats = telegram.stats
        if not stats["pending_updates"]:
            return stats
        threading.Event().wait(0.02)
    raise AssertionError(stats["deliveries"])


def test_a_webhook_gets_updates_with_its_secret(telegram: Telegram) -> None:
    ana = telegram.person()
    ana.say("Before")
    with hearing() as bot_side:
        talk(telegram, lambda bot: bot.set_webhook(bot_side.url, secret_token="s3cret"))
        ana.say("After")
        settled(telegram)
        assert bot_side.texts(ana.id) == ["Before", "After"]
        assert {secret for _, secret in bot_side.heard} == {"s3cret"}
        assert telegram.stats["failed_deliveries"] == 0
        with pytest.raises(Conflict, match=r"(?i)webhook is active"):
            talk(telegram, lambda bot: bot.get_updates())
        talk(telegram, lambda bot: bot.delete_webhook())


def test_a_failed_delivery_is_tried_again_and_keeps_the_order_of_its_chat(telegram: Telegram) -> None:
    ana, ben = telegram.person(), telegram.person()
    with hearing(500, 403) as bot_side:
        talk(telegram, lambda bot: bot.set_webhook(bot_side.url))
        for words in ("1", "2", "3"):
            ana.say(words)
        ben.say("meanwhile")
        stats = settled(telegram)
        talk(telegram, lambda bot: bot.delete_webhook())
    heard = bot_side.texts(ana.id)
    assert heard == sorted(heard)  # a repetition may come between, the next message may not
    assert set(heard) == {"1", "2", "3"}
    assert bot_side.texts(ben.id)[-1] == "meanwhile"
    assert stats["failed_deliveries"] == 2
    assert {delivery["status"] for delivery in stats["deliveries"]} == {500, 403, 200}


def test_a_webhook_that_is_down_is_named_in_its_info(telegram: Telegram) -> None:
    ana = telegram.person()
    with hearing() as bot_side:
        url = bot_side.url
    talk(telegram, lambda bot: bot.set_webhook(url, max_connections=5, allowed_updates=["message"]))
    ana.say("Anybody there?")
    while not telegram.stats["failed_deliveries"]:
        threading.Event().wait(0.02)
    info = talk(telegram, lambda bot: bot.get_webhook_info())
    assert (info.url, info.pending_update_count, info.max_connections) == (url, 1, 5)
    assert info.last_error_message == "Connection refused"
    assert info.allowed_updates == ("message",)
    talk(telegram, lambda bot: bot.delete_webhook())
    assert fetch(telegram)[0].message.text == "Anybody there?"


@pytest.mark.parametrize(
    ("url", "more", "problem"),
    [
        ("https://example.org/hook", {}, "loopback only"),
        ("http://127.0.0.1:9/hook", {"secret_token": "with space"}, "unallowed characters"),
        ("http://127.0.0.1:9/hook", {"max_connections": 101}, "max_connections"),
    ],
)
def test_wrong_webhooks_are_refused(telegram: Telegram, url: str, more: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)" + problem):
        talk(telegram, lambda bot: bot.set_webhook(url, **more))
    assert talk(telegram, lambda bot: bot.get_webhook_info()).url == ""
