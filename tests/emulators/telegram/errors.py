"""The two ways to be refused: by Telegram's Bot API, and by the emulator's own control API."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ApiError(Exception):
    """What Telegram answers instead of a result."""

    code: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.description}"


class ControlError(Exception):
    """What a person cannot do in the real Telegram either, or a control call that makes no sense."""


def bad(description: str, **parameters: Any) -> ApiError:
    """A 400 in Telegram's words."""
    return ApiError(400, f"Bad Request: {description}", parameters)


def forbidden(description: str) -> ApiError:
    """A 403 in Telegram's words."""
    return ApiError(403, f"Forbidden: {description}")
