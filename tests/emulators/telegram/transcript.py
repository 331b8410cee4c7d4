"""What a person sees in a chat: texts, buttons, files, edits, what was taken away."""

from typing import Any

from tests.emulators.telegram.keyboards import reply_buttons
from tests.emulators.telegram.state import Chat, Json, Person, Stored
from tests.emulators.telegram.world import World

KINDS = ("photo", "document", "voice", "video", "sticker", "location", "contact", "poll", "text")


def kind_of(message: Json) -> str:
    """What a message is; `service` for a note of Telegram's own."""
    return next((kind for kind in KINDS if kind in message), "service")


def entry(stored: Stored) -> Json:
    """One message as a person sees it."""
    message = stored.message
    return {
        "message_id": stored.id,
        "by": "bot" if stored.by_bot else "person",
        "from_id": message["from"]["id"],
        "name": message["from"]["first_name"],
        "date": message["date"],
        "kind": kind_of(message),
        "text": stored.words,
        "entities": message.get("entities") or message.get("caption_entities") or [],
        "buttons": message.get("reply_markup", {}).get("inline_keyboard", []),
        "keyboard": stored.keyboard,
        "content": _content(message),
        "reply_to": message.get("reply_to_message", {}).get("message_id"),
        "forwarded": "forward_origin" in message,
        "before": stored.before,
        "edited": "edit_date" in message,
        "deleted": stored.deleted,
    }


def _content(message: Json) -> Any:
    kind = kind_of(message)
    if kind == "service":
        return {key: value for key, value in message.items() if key not in {"message_id", "from", "chat", "date"}}
    return message[kind][-1] if kind == "photo" else message[kind] if kind != "text" else None


def see(world: World, chat: Chat) -> Json:
    """All of a chat."""
    return {
        "chat": world.society.as_chat(chat),
        "version": chat.version,
        "bot_status": chat.bot_status,
        "migrated_to": chat.migrated_to,
        "messages": [entry(stored) for stored in chat.messages.values()],
        "keyboard": reply_buttons(chat.keyboard),
        "typing": chat.typing[-20:],
        "toasts": chat.toasts,
        "unanswered": [q.id for q in world.society.queries.values() if q.chat == chat.id and not q.answered],
    }


def about(world: World, person: Person) -> Json:
    """Who a person is and whether the bot can reach them."""
    flags = {"started": person.started, "blocked": person.blocked, "deactivated": person.deactivated}
    groups = [chat.id for chat in world.society.chats.values() if not chat.is_private and person.id in chat.members]
    return {**person.user, **flags, "chat_id": person.id, "groups": groups}
