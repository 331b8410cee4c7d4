"""Messages that are commands for Rasa itself, such as a pressed button's `/affirm`, and so need no understanding."""

import re

# What Rasa's RegexMessageHandler accepts: an intent, perhaps a confidence, perhaps entities as JSON. People also begin
# sentences with a slash ("/ help me"); those are texts.
_PAYLOAD = re.compile(r"/[A-Za-z_]+(@[0-9.]+)?\s*(\{.*\})?\s*", re.DOTALL)
_COMMAND = re.compile(r"/([A-Za-z_]+)(@\w+)?(\s|$)")


def is_payload(text: str | None) -> bool:
    """Whether Rasa reads this text as an intent by itself, so that nothing has to be computed for it."""
    return bool(text) and _PAYLOAD.fullmatch(str(text).strip()) is not None


def command_word(text: str | None) -> str | None:
    """The word of a chat client's command such as `/start` or `/start@kawan_bot ref`, in lower case."""
    found = _COMMAND.match(str(text or "").strip())
    return found.group(1).lower() if found else None
