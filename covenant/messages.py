"""What a message is before it has a language: a response name, its arguments, and choices to tap."""

import json
from dataclasses import dataclass, field
from typing import Any

from locales import Catalogues, Rendered, render

Args = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """A button: its title (plain text or a typed value of `locales.render`) and what pressing it sends."""

    title: Any
    payload: str


@dataclass(frozen=True)
class Say:
    """A response name with its arguments and choices; never a sentence.

    `file` is a file's public id to attach; `language` is said where the message is not in the contact's language.
    """

    key: str
    args: Args = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    file: str | None = None
    language: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored with a turn, sent through Rasa and rendered by `locales`."""
        return {
            "response": self.key,
            "args": self.args,
            "choices": [{"title": choice.title, "payload": choice.payload} for choice in self.choices],
            "file": self.file,
            "language": self.language,
        }


def payload(intent: str, **entities: object) -> str:
    """Return what a button sends: `/intent{"entity": "value"}`."""
    return f"/{intent}" + (json.dumps(entities, ensure_ascii=False) if entities else "")


def say(key: str, **args: object) -> dict[str, Any]:
    """Return a message as an argument inside another message."""
    return {"say": key, "args": args}


def button(title: str) -> dict[str, Any]:
    """Return a fixed button title, translated where it is shown."""
    return {"button": title}


def join(messages: list[Rendered]) -> Rendered:
    """Join what one turn has to say into one message (each costs money on WhatsApp): texts, then the last buttons."""
    text = "\n\n".join(message.text for message in messages if message.text)
    buttons = next((message.buttons for message in reversed(messages) if message.buttons), ())
    return Rendered(text, buttons)


def render_all(catalogues: Catalogues, language: str, says: list[dict[str, Any]]) -> Rendered:
    """Render what a turn says, in order, as one message."""
    return join([render(catalogues, one.get("language") or language, one) for one in says])
