"""The file of `kawan broadcast`: read with one clear sentence for each mistake, and queued."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from bot.errors import StartError
from covenant import broadcasts
from db.people import Role
from db.records import Broadcast
from locales import LANGUAGES

AUDIENCES = ("everybody", *Role)
KEYS = ("base", "texts")
KEPT = "\n\t"  # of the control characters


@dataclass(frozen=True)
class Written:
    """What an operator wrote, without a mistake in it."""

    texts: dict[str, str]
    base: str
    audience: str

    def as_row(self) -> Broadcast:
        """Return it as a broadcast that is not in the database."""
        return Broadcast(texts=self.texts, base_language=self.base, audience=broadcasts.audience_named(self.audience))


def read(path: Path, audience: str, base: str | None) -> Written:
    """Read a file; StartError has a sentence for everything that is wrong with it."""
    data = _content(path)
    found = data.get("texts")
    chosen = base or data.get("base")
    wrong = [*_about(data, audience), *_about_texts(found)]
    if isinstance(found, dict) and found:
        wrong += _about_base(chosen, found)
    if wrong:
        raise StartError("\n".join(wrong))
    texts = {code: text.strip() for code, text in data["texts"].items()}
    return Written({str(chosen): texts[chosen], **texts}, str(chosen), audience)


def _content(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}."
        raise StartError(message) from None
    except UnicodeDecodeError:
        message = f"{path} is not written in UTF-8."
        raise StartError(message) from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        message = f"{path} is no YAML or JSON{f', see line {mark.line + 1}' if mark else ''}."
        raise StartError(message) from None
    if not isinstance(data, dict):
        message = f"{path} has to say `base: en` and `texts: {{en: …}}`."
        raise StartError(message)
    return data


def _about(data: dict[str, Any], audience: str) -> list[str]:
    wrong = [f"There is nothing called “{key}” in such a file, only base and texts." for key in data if key not in KEYS]
    if audience not in AUDIENCES:
        wrong.append(f"There is no audience “{audience}”: it is one of {', '.join(AUDIENCES)}.")
    return wrong


def _about_texts(found: Any) -> list[str]:
    if not isinstance(found, dict) or not found:
        return ["There are no texts: write `texts:` and below it a text for each language, such as `en: …`."]
    return [sentence for code, text in found.items() for sentence in _about_text(code, text)]


def _about_text(code: Any, text: Any) -> list[str]:
    if code not in LANGUAGES:
        return [f"There is no language “{code}”: there are {', '.join(LANGUAGES)}."]
    if not isinstance(text, str):
        return [f"The text in {code} is no text: put it in quotes."]
    if not text.strip():
        return [f"The text in {code} is empty."]
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in KEPT for letter in text):
        return [f"The text in {code} has signs that no message can have."]
    return []


def _about_base(base: Any, texts: dict[Any, Any]) -> list[str]:
    if base is None:
        return ["Which language do people get who have no text in their own? Say `base: en`, or --base en."]
    if base not in texts:
        return [f"The base language is {base}, and there is no text in it."]
    return []


def queue(session: Session, written: Written) -> tuple[str, int]:
    """Queue it; returns its reference and for how many people."""
    row = written.as_row()
    row.queued_at = datetime.now(UTC)
    session.add(row)
    session.flush()
    return row.reference, broadcasts.queue(session, row)
