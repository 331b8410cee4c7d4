"""The methods about the bot itself, its chats and its files: who it is, what its menu offers."""

import json
import re
from typing import Any

from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.files import DOWNLOAD_LIMIT
from tests.emulators.telegram.sending import open_chat
from tests.emulators.telegram.state import Json
from tests.emulators.telegram.world import World

COMMANDS = 100
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
DESCRIPTION = 256
# The longest of each of the bot's own texts.
TEXTS = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: World, _: Json) -> Json:
    """The bot with its abilities."""
    abilities = ("can_connect_to_business", "has_main_web_app", "supports_inline_queries", "has_topics_enabled")
    more = (
        "can_manage_bots",
        "supports_guest_queries",
        "allows_users_to_create_topics",
        "supports_join_request_queries",
    )
    groups = {"can_join_groups": True, "can_read_all_group_messages": not world.privacy}
    return {**world.society.bot, **groups, **dict.fromkeys(abilities + more, False)}


def get_file(world: World, args: Json) -> Json:
    """Where a file can be fetched, if it is not too big for bots."""
    file = world.files.by_id.get(args["file_id"])
    if file is None:
        raise bad("invalid file_id")
    if file.size > DOWNLOAD_LIMIT:
        raise bad("file is too big")
    return {**file.head, "file_path": file.path}


def get_chat(world: World, args: Json) -> Json:
    """What the bot may know of a chat."""
    chat = world.society.chat(args["chat_id"])
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    about = {"accent_color_id": 3, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return {**world.society.as_chat(chat), **about}


def leave_chat(world: World, args: Json) -> bool:
    """Leaves a group."""
    chat = open_chat(world, args["chat_id"])
    if chat.is_private:
        raise bad("chat member status can't be changed in private chats")
    world.move_bot(chat, "left", world.society.bot)
    return True


def _language(args: Json) -> str:
    code = args.get("language_code") or ""
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("invalid language code specified")
    return str(code)


def _scope(world: World, args: Json) -> str:
    scope = args.get("scope") or {"type": "default"}
    if "chat_id" in scope:
        world.society.chat(scope["chat_id"])
    return json.dumps(scope, sort_keys=True)


def set_my_commands(world: World, args: Json) -> bool:
    """The menu for one scope and one language."""
    commands = args["commands"]
    if len(commands) > COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not COMMAND.fullmatch(command["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= DESCRIPTION:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(world, args), _language(args)] = commands
    return True


def get_my_commands(world: World, args: Json) -> list[Json]:
    """The menu set for exactly that scope and language."""
    return world.commands.get((_scope(world, args), _language(args)), [])


def delete_my_commands(world: World, args: Json) -> bool:
    """Takes a menu away; wider ones show again."""
    world.commands.pop((_scope(world, args), _language(args)), None)
    return True


def menu(world: World, chat_id: int, language: str) -> list[Json]:
    """The commands that a person sees: the narrowest scope that has any, in their language or in all."""
    kind = "all_private_chats" if chat_id > 0 else "all_group_chats"
    scopes: tuple[Json, ...] = ({"type": "chat", "chat_id": chat_id}, {"type": kind}, {"type": "default"})
    keys = [(json.dumps(scope, sort_keys=True), code) for scope in scopes for code in (language, "")]
    return next((world.commands[key] for key in keys if world.commands.get(key)), [])


def _setter(which: str) -> Any:
    def set_text(world: World, args: Json) -> bool:
        value = args.get(which) or ""
        if len(value) > TEXTS[which]:
            raise bad(f"bot {which.replace('_', ' ')} is too long")
        world.texts[which, _language(args)] = value
        return True

    return set_text


def _getter(which: str) -> Any:
    def get_text(world: World, args: Json) -> Json:
        fallback = world.texts.get((which, "")) or (world.society.bot["first_name"] if which == "name" else "")
        return {which: world.texts.get((which, _language(args))) or fallback}

    return get_text


METHODS = {
    "getMe": get_me,
    "getFile": get_file,
    "getChat": get_chat,
    "leaveChat": leave_chat,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": _setter("name"),
    "getMyName": _getter("name"),
    "setMyDescription": _setter("description"),
    "getMyDescription": _getter("description"),
    "setMyShortDescription": _setter("short_description"),
    "getMyShortDescription": _getter("short_description"),
}
