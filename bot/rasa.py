"""The client of Rasa's REST channel; an empty answer is a failure, since Rasa says 200 also after an internal error."""

from dataclasses import dataclass
from typing import Any

import httpx

from locales import Rendered

ANSWER_WITHIN = 20.0  # seconds; a turn takes well under one


class RasaSilent(Exception):
    """Rasa is down, refused, or had nothing to say."""


@dataclass(frozen=True)
class Answer:
    """What Rasa said in one turn: texts joined, the last buttons, and a file to attach."""

    rendered: Rendered
    file: str | None = None


class Rasa:
    """A synchronous client, safe to use from several threads."""

    def __init__(self, url: str) -> None:
        """Take Rasa's address without a closing slash."""
        self._url = f"{url}/webhooks/rest/webhook"
        self._client = httpx.Client(timeout=ANSWER_WITHIN, trust_env=False)

    def ask(self, sender: str, message: str, metadata: dict[str, Any]) -> Answer:
        """Return Rasa's answer to one message, or raise RasaSilent."""
        body = {"sender": sender, "message": message, "metadata": metadata}
        try:
            response = self._client.post(self._url, json=body)
            response.raise_for_status()
            parts = response.json()
        except (httpx.HTTPError, ValueError) as problem:
            raise RasaSilent(type(problem).__name__) from problem
        if not any(part.get("text") for part in parts):
            raise RasaSilent("empty")
        return answer_of(parts)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def answer_of(parts: list[dict[str, Any]]) -> Answer:
    """Join what Rasa's REST channel returns: it cuts texts at blank lines into parts of their own."""
    text = "\n\n".join(part["text"] for part in parts if part.get("text"))
    buttons = next((part["buttons"] for part in reversed(parts) if part.get("buttons")), ())
    file = next((part["attachment"]["file"] for part in parts if part.get("attachment")), None)
    return Answer(Rendered(text, tuple((one["title"], one["payload"]) for one in buttons)), file)
