"""Reads Telegram's updates: vendor payloads stop here, inside there are only our own small types."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telegram import Chat, Message, Update
from telegram.constants import ChatMemberStatus, ChatType, MessageAttachmentType, MessageEntityType, MessageType

from bot.channels import Inbound, Kind, Media
from bot.channels.receiving import is_blank, position

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
ID_BITS = 52  # the most that an id has: https://core.telegram.org/bots/api#chat
# What only tells that something happened in the chat: somebody joined, the title changed, a call began …
SAID = {*MessageAttachmentType, MessageType.TEXT, MessageType.CHECKLIST, MessageType.REPLY_TO_STORY}
BESIDE = {MessageType.EFFECT_ID, MessageType.SENDER_BOOST_COUNT, MessageType.SENDER_BUSINESS_BOT}
BESIDE |= {MessageType.BUSINESS_CONNECTION_ID, MessageType.SUGGESTED_POST_INFO}
SERVICE = {str(one.value) for one in MessageType} - {str(one.value) for one in SAID | BESIDE}


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
        return Membership(str(chat.id), welcome=now not in GONE) if _is_one_of_ours(chat) else None
    if update.callback_query:
        return _pressed(update, me)
    message = update.message or update.edited_message
    return _message(update, message, me) if message else None


def _unreadable(raw: dict[str, Any], me: Me) -> Event | None:
    """A shape that the library does not know: who wrote it still gets an answer."""
    for kind in ("message", "edited_message"):
        message = raw[kind] if isinstance(raw.get(kind), dict) else {}
        chat = message.get("chat")
        if isinstance(chat, dict) and chat.get("type") == ChatType.PRIVATE and _is_id(chat.get("id")):
            external_id = f"{me.id}:{raw.get('update_id')}"
            text = str(message["text"]) if isinstance(message.get("text"), str | int) else ""
            return Came(
                Inbound(NAME, str(chat["id"]), external_id, text=text, kind=Kind.OTHER if is_blank(text) else None)
            )
    return None


def _is_one_of_ours(chat: Chat) -> bool:
    """Whether somebody can be answered there; the library takes an id as it comes."""
    return chat.type in (ChatType.PRIVATE, *GROUPS) and _is_id(chat.id)


def _is_id(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and given.bit_length() <= ID_BITS


def _language(given: Any) -> str | None:
    return given if isinstance(given, str) else None


def _pressed(update: Update, me: Me) -> Event | None:
    query = update.callback_query
    chat = query.message.chat if query and query.message else None
    if query is None or chat is None or not _is_one_of_ours(chat):
        return None
    data = str(query.data or "")
    known = data if BUTTON.match(data) else None
    inbound = Inbound(
        NAME,
        str(chat.id),
        f"{me.id}:{update.update_id}",
        kind=None if known else Kind.OLD_BUTTON,
        language=_language(query.from_user.language_code),
        group=chat.type in GROUPS,
    )
    return Came(inbound, button=known, callback=query.id)


def _message(update: Update, message: Message, me: Me) -> Event | None:
    chat = message.chat
    if _is_id(message.migrate_to_chat_id):
        return Migrated(str(chat.id), str(message.migrate_to_chat_id))
    if _is_id(message.migrate_from_chat_id):  # the same, told in the new chat
        return Migrated(str(message.migrate_from_chat_id), str(chat.id))
    is_from_bot = message.from_user is not None and message.from_user.is_bot and message.sender_chat is None
    if not _is_one_of_ours(chat) or is_from_bot or any(message[one] for one in SERVICE):
        return None
    if update.edited_message and message.location:  # one that moves comes every few seconds
        return None
    is_group = chat.type in GROUPS
    text = message.text or message.caption or ""
    if is_group:
        addressed = _addressed(message, text, me)
        if addressed is None:
            return None
        text = addressed
    return _came(update, message, me, text, group=is_group)


def _came(update: Update, message: Message, me: Me, text: str, *, group: bool) -> Came | None:
    command = COMMAND.match(text) if message.text else None
    if group and command and not _is_for(command, me):
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
        kind=Kind.EDIT if edited else kind or _if_empty(message, has_more=bool(files or payload), text=rest),
        detail={"message": message.message_id} if edited else detail,
        media=files,
        album=message.media_group_id,
        language=_language(message.from_user.language_code) if message.from_user else None,
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


def _if_empty(message: Message, *, has_more: bool, text: str) -> Kind | None:
    """Return what a message is in which there is nothing that we can read."""
    if has_more or not is_blank(text):
        return None
    return Kind.OTHER if message.text is None else Kind.EMPTY


def _is_for(command: "re.Match[str]", me: Me) -> bool:
    """Whether a group's command is for us: it names us, or nobody and is one of ours."""
    if command[2]:
        return command[2].lower() == me.username.lower()
    return command[1].lower() in COMMANDS


def _addressed(message: Message, text: str, me: Me) -> str | None:
    """Return what a group says to us, without our name; None when it is not said to us."""
    name = f"@{me.username}" if me.username else None
    reply = message.reply_to_message
    is_reply = reply is not None and reply.from_user is not None and reply.from_user.id == me.id
    entities = message.parse_entities() if message.text else message.parse_caption_entities()
    mentions = {found.lower() for entity, found in entities.items() if entity.type == MessageEntityType.MENTION}
    command = COMMAND.match(text)
    if command and _is_for(command, me):
        return text
    if name and name.lower() in mentions:
        return re.sub(rf"{re.escape(name)}\b", "", text, flags=re.IGNORECASE).strip()
    return text if is_reply else None


def _kind(message: Message) -> tuple[Kind | None, dict[str, Any]]:
    if message.location or message.venue:
        place = message.venue.location if message.venue else message.location
        return Kind.LOCATION, position(place.latitude, place.longitude) if place else {}
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
