"""Rasa's NLG endpoint: a response name with arguments becomes text and buttons in the person's language."""

from typing import Any

from sqlalchemy import select

from db.engine import Sessions
from db.people import Contact
from locales import Catalogues, render

PROBE_LANGUAGE = "en"


def words(sessions: Sessions, catalogues: Catalogues, request: dict[str, Any]) -> dict[str, Any]:
    """Return Rasa's form of one rendered response, in the language it names, else in the contact's at this moment."""
    given = request.get("arguments") or {}
    say = {"response": request["response"], "args": given.get("args"), "choices": given.get("choices")}
    language = given.get("language") or _language(sessions, request["tracker"]["sender_id"])
    rendered = render(catalogues, language, say)
    answer: dict[str, Any] = {
        "text": rendered.text,
        "buttons": [{"title": title, "payload": payload} for title, payload in rendered.buttons],
    }
    if given.get("file"):
        answer["attachment"] = {"file": given["file"]}
    return answer


def _language(sessions: Sessions, public_id: str) -> str:
    with sessions() as session:
        return session.scalar(select(Contact.language).where(Contact.public_id == public_id)) or PROBE_LANGUAGE
