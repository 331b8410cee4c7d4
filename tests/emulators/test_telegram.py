"""Talking through the Telegram emulator with python-telegram-bot; what it makes is read by aiogram too."""

import threading
from io import BytesIO

import httpx
import pytest
import telegram as ptb
from PIL import Image
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
)

from tests.emulators.telegram import Person, Refused, Telegram
from tests.emulators.telegram_talk import Talk, buttons, fetch, picture, ready, talk

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
