"""Buttons under a message and instead of the keyboard, checked as Telegram does."""

import re
from typing import Any

from tests.emulators.telegram.errors import bad
from tests.emulators.telegram.state import Json

BUTTONS, IN_A_ROW, DATA_BYTES, COPY_UNITS = 100, 8, 64, 256
ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
DEEP_LINK = re.compile(r"(?:https?://)?t(?:elegram)?\.me/\w+\?(?:.*&)?start(?:group)?=([^&#]*)")


def check(markup: Json | None, *, private: bool) -> None:
    """Refuses what Telegram refuses: too many, too long, too wide, without an action, or out of place."""
    if not markup:
        return
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    if sum(map(len, rows)) > BUTTONS:
        raise bad("reply markup is too long")
    if any(len(row) > IN_A_ROW for row in rows):
        raise bad("too many buttons in a row")
    inline = "inline_keyboard" in markup
    for button in (button for row in rows for button in row):
        _inline(button) if inline else _reply(button, private=private)


def _inline(button: Json) -> None:
    actions = [action for action in ACTIONS if button.get(action) not in {None, ""} or _is_empty_query(button, action)]
    if not button["text"].strip() or not actions:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad("can't parse inline keyboard button: exactly one optional field must be used")
    if len(button.get("callback_data", "").encode()) > DATA_BYTES:
        raise bad("BUTTON_DATA_INVALID")
    if len(button.get("copy_text", {}).get("text", "x")) not in range(1, COPY_UNITS + 1):
        raise bad("BUTTON_COPY_TEXT_INVALID")
    _link(button.get("url"))


def _is_empty_query(button: Json, action: str) -> bool:
    return action.startswith("switch_inline") and button.get(action) == ""


def _link(url: str | None) -> None:
    if url is None:
        return
    if not re.match(r"(?:https?|tg)://[^\s/]+|[\w-]+(?:\.[\w-]+)+", url):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    deep = DEEP_LINK.match(url)
    if deep and not PAYLOAD.fullmatch(deep[1]):
        # The real Telegram sends it, but nobody who taps it would arrive: better found here.
        raise bad("BUTTON_URL_INVALID: a start parameter has 1-64 of A-Z a-z 0-9 _ -")


def _reply(button: Any, *, private: bool) -> None:
    if isinstance(button, str):
        button = {"text": button}
    if not button["text"].strip():
        raise bad("can't parse keyboard button: Text is empty")
    if not private and (button.get("request_contact") or button.get("request_location")):
        raise bad("phone number or location can be requested in private chats only")


def inline_titles(message: Json) -> list[Json]:
    """The buttons under a message in reading order."""
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def reply_buttons(keyboard: Json | None) -> list[Json]:
    """The buttons of an open reply keyboard in reading order."""
    rows = (keyboard or {}).get("keyboard", [])
    return [{"text": button} if isinstance(button, str) else button for row in rows for button in row]
