"""The methods that put something into a chat, change it or take it away."""

from typing import Any

from tests.emulators.telegram import keyboards, text
from tests.emulators.telegram.contract import Upload
from tests.emulators.telegram.errors import ApiError, bad, forbidden
from tests.emulators.telegram.faults import NOT_MODIFIED
from tests.emulators.telegram.files import PHOTO_LIMIT, UPLOAD_LIMIT, as_document
from tests.emulators.telegram.state import Chat, Json, Stored
from tests.emulators.telegram.world import World

CHAT_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
GONE = {"kicked": "bot was kicked from the {} chat", "left": "bot is not a member of the {} chat"}


def open_chat(world: World, chat_id: Any) -> Chat:
    """The chat, if the bot may write there now."""
    chat = world.society.chat(chat_id)
    if chat.migrated_to:
        raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
    if not chat.is_private and chat.bot_status in GONE:
        raise forbidden(GONE[chat.bot_status].format(chat.type))
    if chat.is_private:
        _refuse_closed(world, chat)
    return chat


def _refuse_closed(world: World, chat: Chat) -> None:
    person = world.society.people[chat.id]
    if person.deactivated:
        raise forbidden("user is deactivated")
    if person.blocked:
        raise forbidden("bot was blocked by the user")
    if not person.started:
        raise forbidden("bot can't initiate conversation with a user")


def _send(world: World, args: Json, content: Json) -> Json:
    chat = open_chat(world, args["chat_id"])
    markup = args.get("reply_markup") or {}
    keyboards.check(markup, private=chat.is_private)
    under = {"reply_markup": markup} if markup.get("inline_keyboard") else {}
    stored = world.society.keep(chat, world.society.bot, {**_reply(chat, args), **content, **under})
    if "keyboard" in markup or "remove_keyboard" in markup:
        chat.keyboard = markup if "keyboard" in markup else None
        stored.keyboard = markup
    world.changed(chat)
    return stored.message


def _reply(chat: Chat, args: Json) -> Json:
    asked = args.get("reply_parameters") or {"message_id": args.get("reply_to_message_id")}
    if asked["message_id"] is None:
        return {}
    target = chat.find(asked["message_id"])
    if target is None:
        if asked.get("allow_sending_without_reply") or args.get("allow_sending_without_reply"):
            return {}
        raise bad("message to be replied not found")
    return {"reply_to_message": {k: v for k, v in target.message.items() if k != "reply_to_message"}}


def send_message(world: World, args: Json) -> Json:
    """A text."""
    return _send(world, args, text.text_content(args))


def send_photo(world: World, args: Json) -> Json:
    """A photo, uploaded or by the id of one that Telegram has."""
    photo = args["photo"]
    caption = text.caption_content(args)
    open_chat(world, args["chat_id"])
    if isinstance(photo, Upload):
        _fits(photo, PHOTO_LIMIT)
        return _send(world, args, {"photo": world.files.add_photo(photo.data), **caption})
    return _send(world, args, {"photo": _known_photo(world, photo), **caption})


def _known_photo(world: World, photo: str) -> list[Json]:
    _refuse_link(photo)
    file = world.files.find(photo, "photo")
    return [{**file.head, "width": file.width, "height": file.height}]


def send_document(world: World, args: Json) -> Json:
    """A file of any type, uploaded or by its id."""
    given = args["document"]
    caption = text.caption_content(args)
    open_chat(world, args["chat_id"])
    if isinstance(given, Upload):
        _fits(given, UPLOAD_LIMIT)
        file = world.files.add("document", given.data, given.name)
    else:
        _refuse_link(given)
        file = world.files.find(given, "document")
    return _send(world, args, {"document": as_document(file), **caption})


def _fits(upload: Upload, limit: int) -> None:
    if len(upload.data) > UPLOAD_LIMIT:
        raise ApiError(413, "Request Entity Too Large")
    if len(upload.data) > limit:
        raise bad("file is too big")
    if not upload.data:
        raise bad("file must be non-empty")


def _refuse_link(given: str) -> None:
    if "://" in given:  # the emulator never speaks to the outside
        raise bad("failed to get HTTP URL content")


def send_chat_action(world: World, args: Json) -> bool:
    """ "typing…" and its sisters."""
    if args["action"] not in CHAT_ACTIONS:
        raise bad("wrong parameter action in request")
    chat = open_chat(world, args["chat_id"])
    chat.typing.append({"action": args["action"], "at": world.now()})
    world.changed(chat)
    return True


def edit_message_text(world: World, args: Json) -> Json:
    """Other words, and other buttons or none: an edit without `reply_markup` takes them away."""
    chat, stored = _editable(world, args)
    if "text" not in stored.message:
        raise bad("there is no text in the message to edit")
    content = text.text_content(args)
    keyboards.check(args.get("reply_markup"), private=chat.is_private)
    return _replace(world, chat, stored, {**_markup(args), **content}, ("text", "entities", "reply_markup"))


def edit_message_reply_markup(world: World, args: Json) -> Json:
    """Other buttons or none."""
    chat, stored = _editable(world, args)
    keyboards.check(args.get("reply_markup"), private=chat.is_private)
    return _replace(world, chat, stored, _markup(args), ("reply_markup",))


def _markup(args: Json) -> Json:
    markup = args.get("reply_markup")
    return {"reply_markup": markup} if markup and markup.get("inline_keyboard") else {}


def _editable(world: World, args: Json) -> tuple[Chat, Stored]:
    if args.get("chat_id") is None or args.get("message_id") is None:
        raise bad("message identifier is not specified")
    chat = open_chat(world, args["chat_id"])
    stored = chat.find(args["message_id"])
    if stored is None:
        raise bad("message to edit not found")
    if not stored.by_bot:
        raise bad("message can't be edited")
    return chat, stored


def _replace(world: World, chat: Chat, stored: Stored, new: Json, keys: tuple[str, ...]) -> Json:
    old = {key: stored.message[key] for key in keys if key in stored.message}
    if old == new:
        raise bad(NOT_MODIFIED)
    if new.get("text", old.get("text")) != old.get("text"):
        stored.before.append(stored.words)
    kept = {key: value for key, value in stored.message.items() if key not in keys}
    stored.message = {**kept, **new, "edit_date": int(world.now())}
    world.changed(chat)
    return stored.message


def delete_message(world: World, args: Json) -> bool:
    """Takes a message away from both sides."""
    chat = open_chat(world, args["chat_id"])
    stored = chat.find(args["message_id"])
    if stored is None:
        raise bad("message to delete not found")
    if not stored.by_bot and not chat.is_private and chat.bot_status != "administrator":
        raise bad("message can't be deleted")
    stored.deleted = True
    world.changed(chat)
    return True


def answer_callback_query(world: World, args: Json) -> bool:
    """Stops the little clock on a pressed button, once."""
    query = world.society.queries.get(args["callback_query_id"])
    if query is None or query.answered:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if text.units(args.get("text") or "") > 200:
        raise bad("MESSAGE_TOO_LONG")
    query.answered = True
    chat = world.society.chats[query.chat]
    if args.get("text"):
        chat.toasts.append({"person": query.person, "text": args["text"], "alert": bool(args.get("show_alert"))})
    world.changed(chat)
    return True


METHODS = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
}
