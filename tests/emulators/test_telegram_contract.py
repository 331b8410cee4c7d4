"""The Telegram emulator refuses what Telegram refuses: wrong calls, broken texts, too much, too fast."""

import asyncio
from typing import Any

import httpx
import pytest
import telegram as ptb
from telegram.error import (
    BadRequest,
    InvalidToken,
    RetryAfter,
)

from tests.emulators.telegram import Telegram
from tests.emulators.telegram.contract import Violation, check_result, check_update
from tests.emulators.telegram.limits import Limits
from tests.emulators.telegram.state import Chat
from tests.emulators.telegram_talk import Talk, buttons, ready, talk

# The contract


def test_an_unknown_parameter_is_refused_and_remembered(telegram: Telegram) -> None:
    ana = ready(telegram)
    with pytest.raises(BadRequest, match=r"(?i)no parameter reply_mark_up"):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi", api_kwargs={"reply_mark_up": "{}"}))
    assert telegram.stats["contract_violations"] == [
        {"method": "sendMessage", "problem": "sendMessage has no parameter reply_mark_up"}
    ]
    assert ana.view.messages == []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"disable_notification": "perhaps"}, "disable_notification"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "A", "calback_data": "a"}]]}},
            r"inline_keyboard\[0\]\[0\].calback",
        ),
        ({"reply_markup": {"inline_keyboard": "A"}}, "reply_markup"),
        ({"message_effect_id": 5}, None),  # a form knows texts only, and that text is one
    ],
)
def test_wrong_types_are_found_at_any_depth(telegram: Telegram, wrong: dict[str, Any], problem: str | None) -> None:
    ana = ready(telegram)
    send: Talk = lambda bot: bot.send_message(ana.id, "Hi", api_kwargs=wrong)  # noqa: E731
    if problem is None:
        talk(telegram, send)
    else:
        with pytest.raises(BadRequest, match=r"(?i)" + problem):
            talk(telegram, send)
    assert len(telegram.stats["contract_violations"]) == (problem is not None)


def test_a_body_may_be_json_and_a_missing_parameter_is_found(telegram: Telegram) -> None:
    ana = ready(telegram)
    with httpx.Client(base_url=f"{telegram.api_url}{telegram.token}", trust_env=False) as client:
        sent = client.post("/sendmessage", json={"chat_id": ana.id, "text": "Hi"}).json()
        missing = client.post("/sendMessage", json={"chat_id": ana.id})
        number = client.post("/sendMessage", json={"chat_id": ana.id, "text": 5})
        query = client.get("/sendMessage", params={"chat_id": ana.id, "text": "Hi"}).json()
    assert sent["result"]["text"] == query["result"]["text"] == "Hi"
    assert (missing.status_code, number.status_code) == (400, 400)
    assert "text: Field required" in missing.json()["description"]
    assert "text: Input should be a valid string" in number.json()["description"]


def test_unknown_methods_and_tokens_are_refused_as_telegram_does(telegram: Telegram) -> None:
    with httpx.Client(trust_env=False) as client:
        method = client.post(f"{telegram.api_url}{telegram.token}/sendDice")
        token = client.post(f"{telegram.api_url}7654321:WRONG/getMe")
    assert (method.status_code, method.json()["description"]) == (404, "Not Found: method not found")
    assert (token.status_code, token.json()["description"]) == (401, "Unauthorized")
    with pytest.raises(InvalidToken):
        talk(Telegram(telegram.url, "7654321:WRONG"), lambda bot: bot.get_me())


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("a <b>b", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a <b>b</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("a </b>", "Unexpected end tag at byte offset 2"),
        ("ä <p>b</p>", 'Unsupported start tag "p" at byte offset 3'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<a href='x", 'Unclosed start tag "a" at byte offset 0'),
    ],
)
def test_broken_html_is_refused_with_its_place(telegram: Telegram, words: str, problem: str) -> None:
    ana = ready(telegram)
    with pytest.raises(BadRequest) as refused:
        talk(telegram, lambda bot: bot.send_message(ana.id, words, parse_mode="HTML"))
    assert str(refused.value).lower() == f"can't parse entities: {problem}".lower()


def test_lengths_count_in_utf_16_units_after_parsing(telegram: Telegram) -> None:
    ana = ready(telegram)
    talk(telegram, lambda bot: bot.send_message(ana.id, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML"))
    talk(telegram, lambda bot: bot.send_message(ana.id, "🌊" * 2048))
    for words in ("x" * 4097, "🌊" * 2049):
        with pytest.raises(BadRequest, match=r"(?i)message is too long"):
            talk(telegram, lambda bot, words=words: bot.send_message(ana.id, words))
    with pytest.raises(BadRequest, match=r"(?i)message text is empty"):
        talk(telegram, lambda bot: bot.send_message(ana.id, "<b> </b>", parse_mode="HTML"))
    with pytest.raises(BadRequest, match=r"(?i)caption is too long"):
        talk(telegram, lambda bot: bot.send_document(ana.id, b"x", caption="x" * 1025))


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{"A": "ä" * 32 + "a"}], "BUTTON_DATA_INVALID"),
        ([{f"{n}": "x" for n in range(9)}], "too many buttons in a row"),
        ([{"A": "x"}] * 101, "reply markup is too long"),
        ([{" ": "x"}], "Text buttons are unallowed"),
    ],
)
def test_wrong_buttons_are_refused(telegram: Telegram, rows: list[dict[str, str]], problem: str) -> None:
    ana = ready(telegram)
    with pytest.raises(BadRequest, match=r"(?i)" + problem):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi", reply_markup=buttons(*rows)))


def test_the_widest_buttons_pass(telegram: Telegram) -> None:
    ana = ready(telegram)
    rows = [{f"{n}": "ä" * 32 for n in range(8)}] * 12 + [{f"{n}": "x" for n in range(4)}]
    talk(telegram, lambda bot: bot.send_message(ana.id, "Hi", reply_markup=buttons(*rows)))
    assert len(ana.titles) == 100


# Limits


def test_one_private_chat_takes_one_message_a_second(telegram: Telegram) -> None:
    ana, ben = ready(telegram), ready(telegram)
    telegram.limit(enabled=True)

    async def hurry(bot: ptb.Bot) -> None:
        await bot.send_message(ana.id, "One")
        await bot.send_message(ben.id, "One")
        await bot.send_chat_action(ana.id, "typing")
        await bot.send_message(ana.id, "Two")

    with pytest.raises(RetryAfter) as soon:
        talk(telegram, hurry)
    assert soon.value.retry_after.total_seconds() == 1
    assert telegram.stats["throttled"] == {"chat": 1}
    assert len(ana.view.messages) == 1


def test_a_burst_to_many_is_cut_off_at_the_limit(telegram: Telegram) -> None:
    people = [ready(telegram) for _ in range(14)]
    telegram.limit(enabled=True, per_second=10)

    async def burst(bot: ptb.Bot) -> list[Any]:
        await asyncio.gather(*(bot.get_me() for _ in range(14)))  # connections are open now
        return await asyncio.gather(*(bot.send_message(p.id, "Hi") for p in people), return_exceptions=True)

    results = talk(telegram, burst, connection_pool_size=20, pool_timeout=10)
    stats = telegram.stats
    assert sum(isinstance(result, RetryAfter) for result in results) == stats["throttled"]["bot"] == 4
    assert stats["most_in_a_second"] == len(stats["arrivals"]) == 10


def test_thirty_messages_a_second_are_the_published_limit() -> None:
    limits = Limits()
    for person in range(30):
        limits.admit(Chat(person, "private"), 5.0 + person / 100)
        limits.count(Chat(person, "private"), 5.0 + person / 100)
    with pytest.raises(Exception, match="retry after 1"):
        limits.admit(Chat(31, "private"), 5.99)
    limits.admit(Chat(31, "private"), 6.001)


def test_windows_slide_over_arrivals() -> None:
    limits, group, private = Limits(), Chat(-1, "group"), Chat(1, "private")
    for second in range(20):
        limits.admit(group, float(second))
        limits.count(group, float(second))
    with pytest.raises(Exception, match="retry after 35"):
        limits.admit(group, 25.5)
    limits.admit(group, 60.0)
    limits.count(private, 60.0)
    with pytest.raises(Exception, match="retry after 1"):
        limits.admit(private, 60.99)
    limits.admit(private, 61.0)


# Its own words


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "message": {"message_id": 1, "date": 0}},
        {"update_id": 1, "poll_answers": {}},
        {"update_id": 1, "message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private", "nick": "A"}}},
    ],
)
def test_an_update_that_telegram_cannot_send_would_be_noticed(update: dict[str, Any]) -> None:
    with pytest.raises(Violation):
        check_update(update)


def test_a_result_that_telegram_cannot_give_would_be_noticed() -> None:
    check_result("getMe", {"id": 1, "is_bot": True, "first_name": "Kawan"})
    for wrong in ({"id": 1}, {"id": 1, "is_bot": True, "first_name": "Kawan", "age": 3}, True):
        with pytest.raises(Violation):
            check_result("getMe", wrong)
