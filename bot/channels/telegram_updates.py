"""Reads Telegram's updates: vendor payloads stop here, inside there are only our own small types."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telegram import Message, Update
from telegram.constants import ChatMemberStatus, ChatType, MessageEntityType

from bot.channels import Inbound, Kind, Media

NAME = "telegram"
TAKEN = ("message", "edited_message", "callback_query", "my_chat_member")  # the kinds of updates that we ask for
GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
GONE = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
COMMANDS = {
    "start": "greet",
    "help": "help",
    "menu": "help",
    "join": "join_covenant",
    "status": "check_status",
    "deadlines": "ask_deadlines",
    "pledge": "log_pledge",
    "pledges": "list_pledges",
    "tips": "get_tips",
    "share": "share_knowledge",
    "question": "ask_question",
    "person": "talk_to_human",
    "reminders": "manage_reminders",
    "language": "change_language",
    "mydata": "export_my_data",
    "stop": "opt_out",
    "cancel": "cancel",
    "back": "go_back",
}
COMMAND = re.compile(r"^/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?:\s+(.*))?$", re.DOTALL)
BUTTON = re.compile(r"^[0-9a-f]{32}\.\d{1,3}$")
LONGEST_START = 64  # characters of a deep link's payload


@dataclass(frozen=True)
class Me:
    """The bot itself."""

    id: int
    username: str


@dataclass(frozen=True)
class Came:
    """A person or a group wrote: the message, and the id of a pressed button that wants an answer."""

    message: Inbound
    start: str | None = None
    button: str | None = None
    callback: str | None = None


@dataclass(frozen=True)
class Membership:
    """The bot was let in, or blocked and put out."""

    address: str
    welcome: bool


@dataclass(frozen=True)
class Migrated:
    """A group became a supergroup, with another id."""

    old: str
    new: str


Event = Came | Membership | Migrated


def read(raw: dict[str, Any], me: Me) -> Event | None:
    """Return what an update tells, or None when it is not for us; what cannot be read is kept as `other`."""
    try:
        return _event(Update.de_json(raw, None), me)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, OSError):
        return _unreadable(raw, me)


def _event(update: Update, me: Me) -> Event | None:
    if update.my_chat_member:
        chat, now = update.my_chat_member.chat, update.my_chat_member.new_chat_member.status
        return Membership(str(chat.id), welcome=now not in GONE)
    if update.callback_query:
        return _pressed(update, me)
    message = update.message or update.edited_message
    return _message(update, message, me) if message else None


def _unreadable(raw: dict[str, Any], me: Me) -> Event | None:
    """A shape that the library does not know: who wrote it still gets an answer."""
    for kind in ("message", "edited_message"):
        message = raw[kind] if isinstance(raw.get(kind), dict) else {}
        chat = message.get("chat")
        if isinstance(chat, dict) and isinstance(chat.get("id"), int) and chat.get("type") == ChatType.PRIVATE:
            external_id = f"{me.id}:{raw.get('update_id')}"
            text = str(message.get("text") or "")
            return Came(Inbound(NAME, str(chat["id"]), external_id, text=text, kind=None if text else Kind.OTHER))
    return None


def _pressed(update: Update, me: Me) -> Event | None:
    query = update.callback_query
    chat = query.message.chat if query and query.message else None
    if query is None or chat is None or chat.type not in (ChatType.PRIVATE, *GROUPS):
        return None
    data = query.data or ""
    known = data if BUTTON.match(data) else None
    inbound = Inbound(
        NAME,
        str(chat.id),
        f"{me.id}:{update.update_id}",
        kind=None if known else Kind.OLD_BUTTON,
        language=query.from_user.language_code,
        group=chat.type in GROUPS,
    )
    return Came(inbound, button=known, callback=query.id)


def _message(update: Update, message: Message, me: Me) -> Event | None:
    if message.migrate_to_chat_id:
        return Migrated(str(message.chat.id), str(message.migrate_to_chat_id))
    is_from_bot = message.from_user is not None and message.from_user.is_bot and message.sender_chat is None
    if message.chat.type not in (ChatType.PRIVATE, *GROUPS) or is_from_bot or _is_service(message):
        return None
    is_group = message.chat.type in GROUPS
    text = message.text or message.caption or ""
    if is_group:
        addressed = _addressed(message, text, me)
        if addressed is None:
            return None
        text = addressed
    return _came(update, message, me, text, group=is_group)


def _came(update: Update, message: Message, me: Me, text: str, *, group: bool) -> Came | None:
    command = COMMAND.match(text) if message.text else None
    if command and command[2] and command[2].lower() != me.username.lower():
        return None  # a command for another bot
    payload, rest = _command(command, text)
    kind, detail = _kind(message)
    edited = update.edited_message is not None
    files = () if edited or group else tuple(_media(message))
    inbound = Inbound(
        NAME,
        str(message.chat.id),
        f"{me.id}:{update.update_id}",
        text=rest,
        payload=payload,
        title=command[0].strip() if payload and command else None,
        kind=Kind.EDIT if edited else _or_empty(kind, files, rest, payload),
        detail={"message": message.message_id} if edited else detail,
        media=files,
        album=message.media_group_id,
        language=message.from_user.language_code if message.from_user else None,
        group=group,
    )
    start = command[3] if command and command[1].lower() == "start" else None
    return Came(inbound, start=(start or "").strip()[:LONGEST_START] or None)


def _command(command: "re.Match[str] | None", text: str) -> tuple[str | None, str]:
    """Return a known command's intent and no text; whatever else begins with a slash is mere text."""
    intent = COMMANDS.get(command[1].lower()) if command else None
    if command is None or intent is None:
        return None, text
    rest = (command[3] or "").strip()
    # "/pledge we plant 400 mangroves": the words say more than the command does.
    return (None, rest) if rest and command[1].lower() != "start" else (f"/{intent}", "")


def _or_empty(kind: Kind | None, files: tuple[Media, ...], text: str, payload: str | None) -> Kind | None:
    if kind or files or text.strip() or payload:
        return kind
    return Kind.OTHER


def _is_service(message: Message) -> bool:
    """Whether it only tells that something happened in the chat (somebody joined, the title changed …)."""
    return bool(
        message.new_chat_members
        or message.left_chat_member
        or message.new_chat_title
        or message.new_chat_photo
        or message.delete_chat_photo
        or message.group_chat_created
        or message.supergroup_chat_created
        or message.migrate_from_chat_id
        or message.pinned_message
    )


def _addressed(message: Message, text: str, me: Me) -> str | None:
    """Return what a group says to us, without our name; None when it is not said to us."""
    name = f"@{me.username}"
    reply = message.reply_to_message
    is_reply = reply is not None and reply.from_user is not None and reply.from_user.id == me.id
    entities = message.parse_entities() if message.text else message.parse_caption_entities()
    mentions = {found.lower() for entity, found in entities.items() if entity.type == MessageEntityType.MENTION}
    command = COMMAND.match(text)
    if command and (command[2] is None or command[2].lower() == me.username.lower()):
        return text
    if name.lower() in mentions or is_reply:
        return re.sub(re.escape(name), "", text, flags=re.IGNORECASE).strip()
    return None


def _kind(message: Message) -> tuple[Kind | None, dict[str, Any]]:
    if message.location or message.venue:
        place = message.venue.location if message.venue else message.location
        return Kind.LOCATION, {"latitude": place.latitude, "longitude": place.longitude} if place else {}
    if message.contact:
        is_own = message.from_user is not None and message.contact.user_id == message.from_user.id
        return Kind.CONTACT, {"phone": message.contact.phone_number} if is_own else {}
    if message.voice or message.audio:
        return Kind.VOICE, {}
    if message.video or message.video_note or message.animation:
        return Kind.VIDEO, {}
    return (Kind.STICKER, {}) if message.sticker or message.dice else (None, {})


def _media(message: Message) -> Iterator[Media]:
    if message.photo:
        best = message.photo[-1]
        yield Media(best.file_id, "photo.jpg", "image/jpeg", best.file_size)
    if message.document and not message.animation:
        found = message.document
        yield Media(found.file_id, found.file_name or "file", found.mime_type or "", found.file_size)
