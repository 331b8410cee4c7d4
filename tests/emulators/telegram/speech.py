"""How a person's message gets into a chat, and whether the bot hears of it."""

import re
from typing import Any

from tests.emulators.telegram.errors import ControlError
from tests.emulators.telegram.state import BOT_USERNAME, Chat, Json, Person
from tests.emulators.telegram.world import World


def say(world: World, person: Person, chat: Chat, content: Json, given: Json) -> Json:
    """A message with that content from that person; the bot hears of it if it may."""
    reply = _reply(chat, given.get("reply_to"))
    stored = world.society.keep(chat, person.user, {**reply, **_forwarded(world, given), **content})
    if chat.is_private:
        person.started = True
    if chat.keyboard and chat.keyboard.get("one_time_keyboard"):
        chat.keyboard = None
    world.changed(chat)
    if hears(world, chat, stored.message):
        world.push("message", stored.message)
    return stored.message


def hears(world: World, chat: Chat, message: Json) -> bool:
    """Whether the bot gets a message: always alone with a person, in groups as its privacy mode says."""
    if chat.is_private:
        return True
    if chat.bot_status in {"left", "kicked"}:
        return False
    if not world.privacy or chat.bot_status == "administrator":
        return True
    words = message.get("text") or message.get("caption") or ""
    to_it = message.get("reply_to_message", {}).get("from", {}).get("id") == world.society.bot["id"]
    command = re.match(r"/\w+(?:@(\w+))?(?!\S)", words)
    called = command and command[1] in {None, BOT_USERNAME}
    return bool(to_it or called or f"@{BOT_USERNAME}".lower() in words.lower())


def _reply(chat: Chat, message_id: Any) -> Json:
    target = chat.find(message_id)
    if message_id is not None and target is None:
        raise ControlError(f"There is no message {message_id} to reply to")
    if target is None:
        return {}
    return {"reply_to_message": {k: v for k, v in target.message.items() if k != "reply_to_message"}}


def _forwarded(world: World, given: Json) -> Json:
    origin = given.get("forward_from")
    if origin is None:
        return {}
    date = int(world.now()) - 3600
    if isinstance(origin, int):
        return {"forward_origin": {"type": "user", "date": date, "sender_user": world.society.person(origin).user}}
    return {"forward_origin": {"type": "hidden_user", "date": date, "sender_user_name": str(origin)}}
