"""Twilio's Content API: what is made there once and found again by name. Its client's types stop at this file."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from requests import RequestException
from sqlalchemy.orm import Session
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.errors import StartError
from db.messages import Template as Row

EVERY_LANGUAGE = "*"
IN_SESSION = "in_session"
UNSUBMITTED = "unsubmitted"
BUTTONS = range(1, 4)  # what WhatsApp shows as buttons within a conversation; more of them are a list
ITEMS = range(4, 11)


@dataclass(frozen=True)
class Approval:
    """What WhatsApp says about a template."""

    state: str
    reason: str | None = None


class ContentApi:
    """The provider's templates, by the names that we gave them."""

    def __init__(self, client: Client) -> None:
        """Take a client that waits for its answers."""
        self._contents = client.content.v1.contents
        self._known: dict[str, str] | None = None

    def find(self, friendly_name: str) -> str | None:
        """Return the id of what has this name, or None; whatever was made before a crash is found again."""
        if self._known is None:
            with plainly():
                self._known = {str(one.friendly_name): str(one.sid) for one in self._contents.stream()}
        return self._known.get(friendly_name)

    def create(self, friendly_name: str, language: str, variables: Mapping[str, str], types: Mapping[str, Any]) -> str:
        """Make a content and return its id; one that has this name already is the one."""
        found = self.find(friendly_name)
        if found:
            return found
        wanted = {"friendly_name": friendly_name, "language": language, "variables": variables, "types": types}
        with plainly():
            sid = str(self._contents.create(ContentList.ContentCreateRequest(wanted)).sid)
        self._known = {**(self._known or {}), friendly_name: sid}
        return sid

    def submit(self, sid: str, name: str, category: str) -> Approval:
        """Hand a template in to WhatsApp."""
        request = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": category})
        with plainly():
            given = self._contents(sid).approval_create.create(request)
        return Approval(str(given.status or UNSUBMITTED), given.rejection_reason or None)

    def approval(self, sid: str, category: str) -> Approval:
        """Return what WhatsApp says about a template now, also when it moved it to another category."""
        with plainly():
            told = self._contents(sid).approval_fetch().fetch().whatsapp or {}
        moved = str(told.get("category") or category)
        reason = str(told.get("rejection_reason") or "") or (
            f"WhatsApp counts it as {moved}" if moved != category else ""
        )
        return Approval(str(told.get("status") or UNSUBMITTED), reason or None)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what the provider's library raises into one sentence, without anything that may be secret."""
    try:
        yield
    except TwilioRestException as problem:
        message = f"Twilio refuses ({problem.code or problem.status}): {problem.msg}"
        raise StartError(message) from None
    except (TwilioException, RequestException) as problem:
        message = f"Twilio cannot be reached ({type(problem).__name__})."
        raise StartError(message) from None


def keep(session: Session, key: tuple[str, str], digest: str, sid: str, approval: Approval) -> None:
    """Write down what is at the provider under a name and a language."""
    row = session.get(Row, key) or Row(name=key[0], language=key[1])
    row.digest, row.sid = digest, sid
    row.approval, row.reason = approval.state[:24], approval.reason
    row.checked_at = datetime.now(UTC)
    session.add(row)


def numbered(values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return values as variables: numbered from 1."""
    return ((str(number), value) for number, value in enumerate(values, 1))


def ensure_in_session(client: Client, session: Session) -> dict[str, str]:
    """Make sure that the contents for messages with buttons exist; return their ids by name.

    The names are `kawan_buttons_1` to `_3` and `kawan_list_4` to `_10`. They are in no language: everything in them is
    a variable. What is written down is not asked for again.
    """
    api = ContentApi(client)
    sids = {}
    for name, types in _in_session_types():
        digest = hashlib.sha256(json.dumps(types).encode()).hexdigest()
        row = session.get(Row, (name, EVERY_LANGUAGE))
        if row is None or row.digest != digest:
            sid = api.create(name, "en", _blank_variables(name), types)
            keep(session, (name, EVERY_LANGUAGE), digest, sid, Approval(IN_SESSION))
            session.flush()
        sids[name] = session.get_one(Row, (name, EVERY_LANGUAGE)).sid
    return sids


def in_session(text: str, buttons: Sequence[Mapping[str, str]], opener: str) -> tuple[str, dict[str, str]]:
    """Return the name and the variables of the content that shows a text with these buttons (title and payload).

    Up to three are buttons, up to ten a list that the button `opener` opens. ValueError for none or more than ten.
    """
    flat = [part for one in buttons for part in (one["title"], one["payload"])]
    if len(buttons) in BUTTONS:
        return f"kawan_buttons_{len(buttons)}", dict(numbered([text, *flat]))
    if len(buttons) in ITEMS:
        return f"kawan_list_{len(buttons)}", dict(numbered([text, opener, *flat]))
    message = f"{len(buttons)} buttons"
    raise ValueError(message)


def _in_session_types() -> Iterator[tuple[str, dict[str, Any]]]:
    for count in BUTTONS:
        actions = [
            {"type": "QUICK_REPLY", "title": f"{{{{{2 * n}}}}}", "id": f"{{{{{2 * n + 1}}}}}"}
            for n in range(1, count + 1)
        ]
        yield f"kawan_buttons_{count}", {"twilio/quick-reply": {"body": "{{1}}", "actions": actions}}
    for count in ITEMS:
        items = [{"item": f"{{{{{n}}}}}", "id": f"{{{{{n + 1}}}}}"} for n in range(3, 2 * count + 2, 2)]
        yield f"kawan_list_{count}", {"twilio/list-picker": {"body": "{{1}}", "button": "{{2}}", "items": items}}


def _blank_variables(name: str) -> dict[str, str]:
    count = int(name.rpartition("_")[2])
    examples = [{"title": f"Title {number}", "payload": f"/payload{number}"} for number in range(1, count + 1)]
    return in_session("Text", examples, "Open")[1]
