"""What people do: every action puts a message into a chat, or changes one, and tells the bot by an update."""

import base64
from collections.abc import Callable
from typing import Any

from tests.emulators.telegram import keyboards, media
from tests.emulators.telegram.errors import ControlError
from tests.emulators.telegram.speech import hears, say
from tests.emulators.telegram.state import Chat, Json, Person, Query, Stored
from tests.emulators.telegram.text import caption_content, found_entities, units
from tests.emulators.telegram.world import World

WAKES = frozenset({"unblock", "block", "join", "kick", "migrate"})  # may be done by somebody whom the bot cannot hear


def act(world: World, person: Person, given: Json) -> Json:
    """Lets a person do what `action` names, in their private chat or in the group `chat_id`. Returns what came of it."""
    action = given.get("action")
    if action not in ACTIONS:
        raise ControlError(f"A person can do one of {sorted(ACTIONS)}, not {action!r}")
    chat = world.society.chats.get(given.get("chat_id") or person.id)
    if chat is None or person.id not in chat.members:
        raise ControlError(f"{person.first_name} is not in that chat")
    if person.deactivated or (chat.is_private and person.blocked and action not in WAKES):
        raise ControlError(f"{person.first_name} has blocked the bot or is gone")
    return ACTIONS[action](world, person, chat, given)


def _text(world: World, person: Person, chat: Chat, given: Json) -> Json:
    words = str(given["text"]).strip()
    if not words or units(words) > 4096:
        raise ControlError("A message has 1-4096 characters")
    entities = found_entities(words, [])
    return say(world, person, chat, {"text": words, **({"entities": entities} if entities else {})}, given)


def _open_link(world: World, person: Person, chat: Chat, given: Json) -> Json:
    payload = given.get("payload", "")
    if payload and not keyboards.PAYLOAD.fullmatch(payload):
        raise ControlError("A deep link carries 1-64 of A-Z a-z 0-9 _ -")
    return _text(world, person, chat, {"text": f"/start {payload}"})


def _press(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """Presses a button by its words or number: under `message_id` or the newest message that has any, or the keyboard."""
    wanted = given["button"]
    stored, button = _find_button(chat, wanted, given.get("message_id"))
    if stored is None:
        return _press_reply(world, person, chat, button)
    if "callback_data" not in button:
        return {"opened": button}  # a link or a copied text: nothing that the bot hears of
    query = Query(str(world.society.random.randrange(10**17, 10**18)), person.id, chat.id)
    world.society.queries[query.id] = query
    message = (
        {"chat": stored.message["chat"], "message_id": stored.id, "date": 0} if given.get("late") else stored.message
    )
    body = {"id": query.id, "from": person.user, "message": message, "data": button["callback_data"]}
    world.push("callback_query", {**body, "chat_instance": str(abs(chat.id) * 7919 % 10**18)})
    return {"callback_query_id": query.id}


def _find_button(chat: Chat, wanted: Any, message_id: Any) -> tuple[Stored | None, Json]:
    for stored in reversed(chat.messages.values()):
        buttons = [] if stored.deleted or not stored.by_bot else keyboards.inline_titles(stored.message)
        if buttons and message_id in {None, stored.id} and (found := _choose(buttons, wanted)):
            return stored, found
    found = _choose(keyboards.reply_buttons(chat.keyboard), wanted)
    if found is None or message_id is not None:
        raise ControlError(f"There is no button {wanted!r} to press")
    return None, found


def _choose(buttons: list[Json], wanted: Any) -> Json | None:
    if isinstance(wanted, int):
        return buttons[wanted] if -len(buttons) <= wanted < len(buttons) else None
    return next((button for button in buttons if button["text"] == wanted), None)


def _press_reply(world: World, person: Person, chat: Chat, button: Json) -> Json:
    if button.get("request_contact"):
        return media.contact(world, person, chat, {})
    if button.get("request_location"):
        return media.location(world, person, chat, {})
    return _text(world, person, chat, button)


def _edit(world: World, person: Person, chat: Chat, given: Json) -> Json:
    mine = [s for s in chat.messages.values() if s.message["from"]["id"] == person.id and not s.deleted]
    stored = chat.find(given["message_id"]) if given.get("message_id") else next(reversed(mine), None)
    if stored is None or stored not in mine:
        raise ControlError("People edit messages of their own")
    stored.before.append(stored.words)
    key = "text" if "text" in stored.message else "caption"
    kept = {k: v for k, v in stored.message.items() if k not in {"entities", "caption_entities"}}
    entities = found_entities(given["text"], [])
    marks = {"entities" if key == "text" else "caption_entities": entities} if entities else {}
    stored.message = {**kept, key: given["text"], **marks, "edit_date": int(world.now())}
    world.changed(chat)
    if hears(world, chat, stored.message):
        world.push("edited_message", stored.message)
    return stored.message


def _delete(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """A bot never learns that people delete messages."""
    stored = chat.find(given["message_id"])
    if stored is None:
        raise ControlError("There is no such message")
    stored.deleted = True
    world.changed(chat)
    return stored.message


def _block(world: World, person: Person, chat: Chat, given: Json) -> Json:
    person.blocked = True
    return world.move_bot(world.society.chats[person.id], "kicked", person.user) or {}


def _unblock(world: World, person: Person, chat: Chat, given: Json) -> Json:
    person.blocked = False
    return world.move_bot(world.society.chats[person.id], "member", person.user) or {}


def _join(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """Brings the bot into a group."""
    if chat.is_private:
        raise ControlError("A bot is added to groups")
    update = world.move_bot(chat, given.get("as", "member"), person.user)
    say(world, person, chat, {"new_chat_members": [world.society.bot]}, {})
    return update or {}


def _kick(world: World, person: Person, chat: Chat, given: Json) -> Json:
    return world.move_bot(chat, "kicked", person.user) or {}


def _migrate(world: World, person: Person, chat: Chat, given: Json) -> Json:
    """The group becomes a supergroup: a new id, the old one is closed, both chats say so."""
    if chat.type != "group":
        raise ControlError("Only a basic group becomes a supergroup")
    new = world.society.add_group(chat.title, chat.members, "supergroup", chat.bot_status)
    chat.migrated_to = new.id
    world.limits.moved(chat.id, new.id)
    for where, note in ((chat, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": chat.id})):
        stored = world.society.keep(where, person.user, note)
        world.changed(where)
        world.push("message", stored.message)
    return {"chat_id": new.id}


def _raw(world: World, person: Person, chat: Chat, given: Json) -> Json:
    return world.updates.push_raw(given["update"])


def _file(make: Callable[..., Json]) -> Callable[..., Json]:
    def do(world: World, person: Person, chat: Chat, given: Json) -> Json:
        data = base64.b64decode(given.get("data") or "")
        return say(world, person, chat, {**make(world, data, given), **caption_content(given)}, given)

    return do


def _album(world: World, person: Person, chat: Chat, given: Json) -> Json:
    group = {"media_group_id": str(world.society.random.randrange(10**16, 10**17))}
    captions = [given.get("caption"), *[None] * len(given["photos"])]
    sent = [
        say(world, person, chat, {**media.photo(world, base64.b64decode(data), {}), **group, **caption_content({"caption": caption})}, {})
        for data, caption in zip(given["photos"], captions, strict=False)
    ]  # fmt: skip
    return {"messages": sent}


ACTIONS: dict[str, Callable[[World, Person, Chat, Json], Json]] = {
    "text": _text,
    "open": _open_link,
    "press": _press,
    "edit": _edit,
    "delete": _delete,
    "photo": _file(media.photo),
    "document": _file(media.document),
    "voice": _file(media.voice),
    "video": _file(media.video),
    "sticker": _file(media.sticker),
    "album": _album,
    "location": media.location,
    "contact": media.contact,
    "poll": media.poll,
    "block": _block,
    "unblock": _unblock,
    "join": _join,
    "kick": _kick,
    "migrate": _migrate,
    "raw": _raw,
}
