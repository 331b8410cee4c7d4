"""What needs no understanding: messages that are no text each have an answer of their own, without asking Rasa."""

from dataclasses import dataclass, field
from typing import Any

from bot.channels import Kind

NOT_TEXT = "not_text"


@dataclass(frozen=True)
class Direct:
    """A skill that is called at once, with what it needs to know."""

    skill: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def entities(self) -> list[dict[str, Any]]:
        """The details in the form in which Rasa gives a button's."""
        return [{"entity": key, "value": value} for key, value in self.details.items()]


def directly(content: dict[str, Any]) -> Direct | None:
    """Return the skill that answers a message which is neither text nor a button nor a file; None for these."""
    kind = content.get("kind")
    if content.get("file") or content.get("payload") or not kind:
        return None
    if kind in {Kind.VOICE, Kind.VIDEO, Kind.STICKER, Kind.OTHER} and content.get("text"):
        return None  # its caption says what is meant
    detail = dict(content.get("detail") or {}) | ({"text": content["text"]} if content.get("text") else {})
    return Direct(NOT_TEXT, {"kind": str(kind), **detail})
