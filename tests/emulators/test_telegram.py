"""The Telegram emulator, held to what python-telegram-bot does with it and to what aiogram's models publish."""

import asyncio
import base64
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import httpx
import pytest
import telegram as ptb
from aiogram.types import Update as AiogramUpdate
from PIL import Image
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from tests.emulators.telegram import Person, Refused, Telegram, run_telegram, spawn_telegram
from tests.emulators.telegram.limits import Limits
from tests.emulators.telegram.state import Chat

UNLIMITED = {"limits": False}
Talk = Callable[[ptb.Bot], Awaitable[Any]]


@pytest.fixture(autouse=True)
def _time_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it every `RetryAfter` warns that it will count differently one day."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture(scope="module")
def server() -> Iterator[Telegram]:
    with run_telegram(webhook_waits=(0.05, 0.1), webhook_timeout=0.5) as running:
        yield running


@pytest.fixture
def telegram(server: Telegram) -> Iterator[Telegram]:
    """One emulator for all tests, without limits, troubles, waiting updates or counts of another test."""
    server.mend()
    server.forget_stats()
    server.limit(enabled=False, per_second=30, per_chat=1, per_group=20)
    talk(server, lambda bot: bot.delete_webhook(drop_pending_updates=True))
    yield server
    assert server.stats["own_mistakes"] == []


def talk(telegram: Telegram, what: Talk, **request: Any) -> Any:
    """What the real client gets."""

    async def run() -> Any:
        options = {"request": ptb.request.HTTPXRequest(**request)} if request else {}
        bot = ptb.Bot(telegram.token, base_url=telegram.api_url, base_file_url=telegram.file_url, **options)
        async with bot:
            return await what(bot)

    return asyncio.run(run())


def fetch(telegram: Telegram) -> list[ptb.Update]:
    """Everything that waits, as the real client reads it; every update must also be one for aiogram."""
    for update in telegram.call("GET", "updates"):
        AiogramUpdate.model_validate(update)

    async def poll(bot: ptb.Bot) -> tuple[ptb.Update, ...]:
        updates = await bot.get_updates(allowed_updates=[])
        if updates:
            await bot.get_updates(offset=updates[-1].update_id + 1)
        return updates

    return list(talk(telegram, poll))


def buttons(*rows: dict[str, str]) -> ptb.InlineKeyboardMarkup:
    made = [[ptb.InlineKeyboardButton(title, callback_data=data) for title, data in row.items()] for row in rows]
    return ptb.InlineKeyboardMarkup(made)


def picture(width: int = 1600, height: int = 900, kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "seagreen").save(out, kind)
    return out.getvalue()


def ready(telegram: Telegram, **more: Any) -> Person:
    return telegram.person(started=True, **more)


# Talking


def test_what_the_bot_sends_is_what_the_person_sees(telegram: Telegram) -> None:
    ana = ready(telegram)
    words = "<b>Flood</b> 🌊 &amp; <a href='https://example.org'>tips</a>"
    sent = talk(telegram, lambda bot: bot.send_message(ana.id, words, parse_mode="HTML"))
    assert sent.text == ana.last.text == "Flood 🌊 & tips"
    assert sent.parse_entity(sent.entities[1]) == "tips"
    assert [entity.type for entity in sent.entities] == ["bold", "text_link"]


def test_a_pressed_button_names_its_message_and_its_data(telegram: Telegram) -> None:
    ana = ready(telegram)
    older = talk(telegram, lambda bot: bot.send_message(ana.id, "Old", reply_markup=buttons({"Yes": "old"})))
    talk(telegram, lambda bot: bot.send_message(ana.id, "New", reply_markup=buttons({"Yes": "y", "No": "n"})))
    assert ana.titles == ["Yes", "No"]
    ana.press("No")
    ana.press(0)
    ana.press("Yes", message_id=older.message_id)
    queries = [update.callback_query for update in fetch(telegram)]
    assert [query.data for query in queries] == ["n", "y", "old"]
    assert queries[2].message.message_id == older.message_id
    assert queries[2].message.reply_markup.inline_keyboard[0][0].text == "Yes"
    with pytest.raises(Refused, match="no button"):
        ana.press("Maybe")


def test_a_query_is_answered_once_and_its_words_are_shown(telegram: Telegram) -> None:
    ana = ready(telegram)
    talk(telegram, lambda bot: bot.send_message(ana.id, "?", reply_markup=buttons({"Yes": "y"})))
    query = ana.press("Yes")["callback_query_id"]
    assert ana.view.raw["unanswered"] == [query]
    talk(telegram, lambda bot: bot.answer_callback_query(query, "Noted"))
    assert ana.view.toasts == ["Noted"]
    assert ana.view.raw["unanswered"] == []
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        talk(telegram, lambda bot: bot.answer_callback_query(query))


def test_a_button_under_a_forgotten_message_comes_with_an_inaccessible_one(telegram: Telegram) -> None:
    ana = ready(telegram)
    talk(telegram, lambda bot: bot.send_message(ana.id, "?", reply_markup=buttons({"Yes": "y"})))
    ana.press("Yes", late=True)
    assert not fetch(telegram)[0].callback_query.message.is_accessible


def test_a_reply_keyboard_sends_its_words_or_the_own_number(telegram: Telegram) -> None:
    ana = ready(telegram)
    rows = [["Tips"], [ptb.KeyboardButton("My number", request_contact=True)]]
    talk(telegram, lambda bot: bot.send_message(ana.id, "Choose", reply_markup=ptb.ReplyKeyboardMarkup(rows)))
    assert ana.titles == ["Tips", "My number"]
    ana.press("Tips")
    ana.press("My number")
    text, contact = (update.message for update in fetch(telegram))
    assert text.text == "Tips"
    assert contact.contact.user_id == contact.from_user.id == ana.id
    talk(telegram, lambda bot: bot.send_message(ana.id, "Done", reply_markup=ptb.ReplyKeyboardRemove()))
    assert ana.titles == []


def test_edits_replace_words_and_take_buttons_away(telegram: Telegram) -> None:
    ana = ready(telegram)
    sent = talk(telegram, lambda bot: bot.send_message(ana.id, "One", reply_markup=buttons({"Yes": "y"})))
    talk(
        telegram, lambda bot: bot.edit_message_reply_markup(ana.id, sent.message_id, reply_markup=buttons({"No": "n"}))
    )
    assert ana.titles == ["No"]
    edited = talk(telegram, lambda bot: bot.edit_message_text("Two", ana.id, sent.message_id))
    assert (edited.text, edited.reply_markup) == ("Two", None)
    assert (ana.last.text, ana.last.before, ana.last.titles) == ("Two", ("One",), [])
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        talk(telegram, lambda bot: bot.edit_message_text(" Two\n", ana.id, sent.message_id))


def test_a_deleted_message_is_gone_for_the_person_and_for_edits(telegram: Telegram) -> None:
    ana = ready(telegram)
    sent = talk(telegram, lambda bot: bot.send_message(ana.id, "Secret"))
    assert talk(telegram, lambda bot: bot.delete_message(ana.id, sent.message_id))
    assert ana.view.messages == []
    assert ana.view.everything[0].deleted
    for gone in (bot_edits(ana, sent), lambda bot: bot.delete_message(ana.id, sent.message_id)):
        with pytest.raises(BadRequest, match=r"(?i)not found"):
            talk(telegram, gone)


def bot_edits(person: Person, sent: ptb.Message) -> Talk:
    return lambda bot: bot.edit_message_text("Again", person.id, sent.message_id)


def test_a_wait_returns_what_came_since_the_last_one(telegram: Telegram) -> None:
    ana = ready(telegram)
    for words in ("One", "Two"):
        talk(telegram, lambda bot, words=words: bot.send_message(ana.id, words))
    assert [message.text for message in ana.wait(2)] == ["One", "Two"]
    with pytest.raises(AssertionError, match="0 of 1 messages"):
        ana.wait(1, timeout=0.1)
    later = threading.Timer(0.2, lambda: talk(telegram, lambda bot: bot.send_message(ana.id, "Three")))
    later.start()
    assert [message.text for message in ana.wait()] == ["Three"]
    later.join()


# Files


def test_a_photo_has_several_sizes_and_downloads_without_a_type(telegram: Telegram) -> None:
    ana = telegram.person()
    ana.send_photo(picture(), caption="Our river")
    message = fetch(telegram)[0].message
    assert message.caption == "Our river"
    assert [max(size.width, size.height) for size in message.photo] == [90, 320, 800, 1280]
    file = talk(telegram, lambda bot: bot.get_file(message.photo[-1].file_id))
    with httpx.Client(trust_env=False) as client:
        answer = client.get(file.file_path)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert Image.open(BytesIO(answer.content)).size == (1280, 720)


def test_documents_go_up_as_bytes_and_again_by_their_id(telegram: Telegram) -> None:
    ana = ready(telegram)
    letter = b"%PDF-1.7 letter"
    sent = talk(telegram, lambda bot: bot.send_document(ana.id, letter, filename="letter.pdf", caption="Sign"))
    again = talk(telegram, lambda bot: bot.send_document(ana.id, sent.document.file_id))
    assert sent.document.file_name == again.document.file_name == "letter.pdf"

    async def read(bot: ptb.Bot) -> bytes:
        return bytes(await (await bot.get_file(again.document.file_id)).download_as_bytearray())

    assert talk(telegram, read) == letter
    with pytest.raises(BadRequest, match=r"(?i)can't use file of type Document as Photo"):
        talk(telegram, lambda bot: bot.send_photo(ana.id, sent.document.file_id))


def test_sent_photos_are_photos_within_ten_megabytes(telegram: Telegram) -> None:
    ana = ready(telegram)
    sent = talk(
        telegram, lambda bot: bot.send_photo(ana.id, picture(kind="PNG"), caption="<i>Map</i>", parse_mode="HTML")
    )
    assert (sent.caption, sent.caption_entities[0].type, ana.last.kind) == ("Map", "italic", "photo")
    with pytest.raises(BadRequest, match=r"(?i)IMAGE_PROCESS_FAILED"):
        talk(telegram, lambda bot: bot.send_photo(ana.id, b"not a picture"))
    with pytest.raises(BadRequest, match=r"(?i)file is too big"):
        talk(telegram, lambda bot: bot.send_photo(ana.id, bytes(10 * 1024 * 1024 + 1)))


def test_a_file_over_twenty_megabytes_cannot_be_fetched(telegram: Telegram) -> None:
    ana = telegram.person()
    ana.send_document(b"%PDF", size=20 * 1024 * 1024 + 1)
    document = fetch(telegram)[0].message.document
    with pytest.raises(BadRequest, match=r"(?i)file is too big"):
        talk(telegram, lambda bot: bot.get_file(document.file_id))


# What people do


def test_everything_a_person_can_send_is_understood_by_both_libraries(telegram: Telegram) -> None:
    ana, ben = telegram.person(), telegram.person("Ben", language_code="id")
    said = ana.say("/start joined-by_qr")
    ana.say("I think so", reply_to=said["message_id"], forward_from=ben.id)
    ana.say("Someone's words", forward_from="Hidden")
    ana.edit("I think not")
    ana.send_voice()
    ana.do("video")
    ana.do("sticker", emoji="🌴")
    ana.share_location(14.6, 121.0)
    ana.share_contact()
    ana.share_contact(ben)
    ana.share_contact(stranger="Cora")
    ana.do("poll", question="When?", options=["Now", "Later"])
    ana.send_album([picture(), picture()], caption="Both")
    updates = fetch(telegram)
    ids = [update.update_id for update in updates]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    kinds = [ptb.helpers.effective_message_type(update) for update in updates]
    assert kinds == [
        "text",
        "text",
        "text",
        "text",
        "voice",
        "video",
        "sticker",
        "location",
        "contact",
        "contact",
        "contact",
        "poll",
        "photo",
        "photo",
    ]
    numbers = [update.message.contact.user_id for update in updates[8:11]]
    assert numbers == [ana.id, ben.id, None]
    assert updates[3].edited_message.text == "I think not"
    assert updates[1].message.forward_origin.sender_user.language_code == "id"
    album = [update.message for update in updates[-2:]]
    assert album[0].media_group_id == album[1].media_group_id
    assert [message.caption for message in album] == ["Both", None]


def test_ids_are_longer_than_32_bits(telegram: Telegram) -> None:
    assert telegram.person().id > 2**32
    assert telegram.group("Town", telegram.person(), type="supergroup") < -(2**32)


def test_a_deep_link_carries_sixty_four_letters_at_most(telegram: Telegram) -> None:
    ana = telegram.person()
    ana.open("a" * 64)
    assert fetch(telegram)[0].message.text == "/start " + "a" * 64
    for wrong in ("a" * 65, "with space", "ä"):
        with pytest.raises(Refused, match="deep link"):
            ana.open(wrong)


def test_blocking_is_told_and_forbids_writing_until_unblocked(telegram: Telegram) -> None:
    ana = telegram.person()
    ana.say("Hello")
    ana.block()
    with pytest.raises(Forbidden, match=r"(?i)bot was blocked by the user"):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi"))
    ana.unblock()
    talk(telegram, lambda bot: bot.send_message(ana.id, "Welcome back"))
    moves = [update.my_chat_member for update in fetch(telegram)[1:]]
    assert [(move.old_chat_member.status, move.new_chat_member.status) for move in moves] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]


def test_only_people_who_wrote_first_can_be_written_to(telegram: Telegram) -> None:
    ana = telegram.person()
    with pytest.raises(Forbidden, match=r"(?i)can't initiate conversation"):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi"))
    ana.say("/start")
    talk(telegram, lambda bot: bot.send_message(ana.id, "Hi"))
    ana.change(deactivated=True)
    with pytest.raises(Forbidden, match=r"(?i)user is deactivated"):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi"))
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        talk(telegram, lambda bot: bot.send_message(42, "Hi"))


def test_in_a_group_the_bot_hears_what_is_meant_for_it(telegram: Telegram) -> None:
    ana = telegram.person()
    group = telegram.group("Town hall", ana)
    there = ana.in_group(group)
    with pytest.raises(Forbidden, match=r"(?i)not a member of the group"):
        talk(telegram, lambda bot: bot.send_message(group, "Hi"))
    there.do("join")
    sent = talk(telegram, lambda bot: bot.send_message(group, "Hello, all"))
    there.say("just us")
    there.say("/help@another_bot")
    for heard in ("/help", "/help@kawan_test_bot", "what does @kawan_test_bot say?"):
        there.say(heard)
    there.say("thanks", reply_to=sent.message_id)
    joined, *said = fetch(telegram)
    assert joined.my_chat_member.new_chat_member.status == "member"
    assert [update.message.text for update in said] == [
        "/help", "/help@kawan_test_bot", "what does @kawan_test_bot say?", "thanks",
    ]  # fmt: skip
    there.do("kick")
    with pytest.raises(Forbidden, match=r"(?i)bot was kicked from the group chat"):
        talk(telegram, lambda bot: bot.send_message(group, "Hi"))


def test_a_group_that_moved_says_where(telegram: Telegram) -> None:
    ana = telegram.person()
    group = telegram.group("Town hall", ana)
    ana.in_group(group).do("join", **{"as": "administrator"})
    new = ana.in_group(group).do("migrate")["chat_id"]
    with pytest.raises(ChatMigrated) as moved:
        talk(telegram, lambda bot: bot.send_message(group, "Hi"))
    assert moved.value.new_chat_id == new
    talk(telegram, lambda bot: bot.send_message(new, "Hi"))
    notes = [update.message for update in fetch(telegram) if update.message]
    assert [note.migrate_to_chat_id or note.migrate_from_chat_id for note in notes[-2:]] == [new, group]
    assert talk(telegram, lambda bot: bot.leave_chat(new))
    assert fetch(telegram)[0].my_chat_member.new_chat_member.status == "left"


# About the bot


def test_menus_and_texts_are_kept_for_each_language_and_scope(telegram: Telegram) -> None:
    ana = telegram.person()

    async def set_up(bot: ptb.Bot) -> None:
        await bot.set_my_commands([("help", "What I can do")])
        await bot.set_my_commands([("bantuan", "Yang bisa saya lakukan")], language_code="id")
        await bot.set_my_commands([("open", "For you")], scope=ptb.BotCommandScopeChat(ana.id), language_code="km")
        await bot.set_my_name("Kawan")
        await bot.set_my_description("Teman iklim", language_code="id")
        await bot.set_my_short_description("A friend")

    talk(telegram, set_up)
    assert [telegram.menu(ana.id, code)["commands"][0]["command"] for code in ("en", "id", "km")] == [
        "help", "bantuan", "open",
    ]  # fmt: skip
    menu = telegram.menu(ana.id, "id")
    assert (menu["name"], menu["description"], menu["short_description"]) == ("Kawan", "Teman iklim", "A friend")
    assert talk(telegram, lambda bot: bot.get_my_commands(language_code="id"))[0].command == "bantuan"
    assert talk(telegram, lambda bot: bot.get_my_description(language_code="vi")).description == ""


@pytest.mark.parametrize(
    ("commands", "problem"),
    [
        ([("Help", "x")], "BOT_COMMAND_INVALID"),
        ([("a" * 33, "x")], "BOT_COMMAND_INVALID"),
        ([("help", "x" * 257)], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([(f"c{n}", "x") for n in range(101)], "BOT_COMMANDS_TOO_MUCH"),
    ],
)
def test_wrong_menus_are_refused(telegram: Telegram, commands: list[tuple[str, str]], problem: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)" + problem):
        talk(telegram, lambda bot: bot.set_my_commands(commands))


def test_a_chat_is_described(telegram: Telegram) -> None:
    ana = telegram.person(username="ana_of_town")
    chat = talk(telegram, lambda bot: bot.get_chat("@ana_of_town"))
    assert (chat.id, chat.first_name, chat.type) == (ana.id, "Ana", "private")


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
    talk(telegram, lambda bot: bot.send_message(ana.id, "One"))
    talk(telegram, lambda bot: bot.send_message(ben.id, "One"))
    talk(telegram, lambda bot: bot.send_chat_action(ana.id, "typing"))
    with pytest.raises(RetryAfter) as soon:
        talk(telegram, lambda bot: bot.send_message(ana.id, "Two"))
    assert soon.value.retry_after.total_seconds() == 1
    assert telegram.stats["throttled"] == {"chat": 1}
    assert len(ana.view.messages) == 1


def test_the_bot_sends_thirty_messages_a_second_to_all(telegram: Telegram) -> None:
    people = [ready(telegram) for _ in range(34)]
    telegram.limit(enabled=True)

    async def burst(bot: ptb.Bot) -> list[Any]:
        await asyncio.gather(*(bot.get_me() for _ in range(10)))  # connections are open now
        return await asyncio.gather(*(bot.send_message(p.id, "Hi") for p in people), return_exceptions=True)

    results = talk(telegram, burst, connection_pool_size=40, pool_timeout=10)
    stats = telegram.stats
    assert sum(isinstance(result, RetryAfter) for result in results) == stats["throttled"]["bot"] == 4
    assert stats["most_in_a_second"] == len(stats["arrivals"]) == 30


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


# Troubles


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("throttle", RetryAfter, "Flood control"),
        ("bad_gateway", NetworkError, "Bad Gateway"),
        ("server_error", NetworkError, "Internal Server Error"),
        ("drop", NetworkError, "disconnected"),
        ("blocked", Forbidden, "bot was blocked by the user"),
        ("deactivated", Forbidden, "user is deactivated"),
        ("chat_not_found", BadRequest, "[Cc]hat not found"),
        ("migrated", ChatMigrated, "-1009999999999"),
        ("not_modified", BadRequest, "[Mm]essage is not modified"),
    ],
)
def test_each_trouble_is_what_the_client_library_makes_of_it(
    telegram: Telegram, kind: str, error: type[Exception], words: str
) -> None:
    ana = ready(telegram)
    telegram.fail_next(kind)
    with pytest.raises(error, match=r"(?i)" + words):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi"))
    assert len(ana.view.messages) == (kind == "drop")
    assert talk(telegram, lambda bot: bot.send_message(ana.id, "Again")).text == "Again"
    assert telegram.stats["faults"] == {kind: 1}


def test_a_hanging_call_times_out_and_was_recorded_if_asked(telegram: Telegram) -> None:
    ana = ready(telegram)
    for recorded in (False, True):
        telegram.fail_next("hang", seconds=1, recorded=recorded)
        with pytest.raises(TimedOut):
            talk(telegram, lambda bot: bot.send_message(ana.id, "Hi", read_timeout=0.2))
        assert len(ana.view.messages) == recorded


def test_a_trouble_can_wait_for_one_chat_and_one_method(telegram: Telegram) -> None:
    ana, ben = ready(telegram), ready(telegram)
    telegram.fail_next("throttle", chat_id=ben.id, seconds=7)
    telegram.fail_next("server_error", methods=["download"])
    sent = talk(telegram, lambda bot: bot.send_document(ana.id, b"letter"))
    with pytest.raises(RetryAfter) as later:
        talk(telegram, lambda bot: bot.send_message(ben.id, "Hi"))
    assert later.value.retry_after.total_seconds() == 7

    async def read(bot: ptb.Bot) -> bytes:
        return bytes(await (await bot.get_file(sent.document.file_id)).download_as_bytearray())

    with pytest.raises(NetworkError):
        talk(telegram, read)
    assert talk(telegram, read) == b"letter"


def test_troubles_by_rate_come_in_the_same_order_for_the_same_seed(telegram: Telegram) -> None:
    ana = ready(telegram)

    def outcomes(seed: int) -> list[str]:
        telegram.fail_often(seed=seed, blocked=0.3, drop=0.2)

        async def run(bot: ptb.Bot) -> list[str]:
            return [await outcome(bot, ana) for _ in range(20)]

        return list(talk(telegram, run))

    first = outcomes(3)
    assert first == outcomes(3) != outcomes(4)
    assert set(first) == {"ok", "Forbidden", "NetworkError"}


async def outcome(bot: ptb.Bot, person: Person) -> str:
    try:
        await bot.send_message(person.id, "Hi")
    except ptb.error.TelegramError as error:
        return type(error).__name__
    return "ok"


def test_a_fault_that_does_not_exist_is_refused(telegram: Telegram) -> None:
    with pytest.raises(Refused, match="A fault has a kind"):
        telegram.fail_next("earthquake")


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
    assert list(dict.fromkeys(bot_side.texts(ana.id))) == ["1", "2", "3"]
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


# By hand


def test_it_runs_as_a_process_of_its_own_with_its_page() -> None:
    with spawn_telegram(token="42:PROCESS", limits=False) as own:
        ana = own.person()
        ana.say("/start")
        assert talk(own, lambda bot: bot.get_me()).id == 42
        with httpx.Client(base_url=own.url, trust_env=False) as client:
            page = client.get("/")
            assert "text/html" in page.headers["content-type"]
            assert all(client.get(part).status_code == 200 for part in ("/page.css", "/page.js"))
            sent = ana.send_photo(picture(320, 200))
            small = client.get(f"/_/files/{sent['photo'][0]['file_id']}")
        assert small.headers["content-type"] == "image/jpeg"
        assert base64.b64encode(small.content).startswith(b"/9j/")
