"""`kawan templates`: hands the family of templates in to WhatsApp, once each, and looks after what becomes of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.content import UNSUBMITTED, ContentApi, keep, numbered
from covenant.template_rules import problems
from covenant.templates import Form, family, form
from db.engine import Sessions
from db.messages import Template as Row
from locales import Catalogues

NOT_HANDED_IN = "not_handed_in"


@dataclass(frozen=True)
class State:
    """Where a template stands, for a table."""

    name: str
    language: str
    state: str
    reason: str


def sync(sessions: Sessions, api: ContentApi, catalogues: Catalogues) -> list[State]:
    """Make what is missing or has changed, hand it in, read what WhatsApp says, and return where each stands.

    Each template is written down by itself, so that a crash between two of them loses nothing.
    """
    return [_sync_one(sessions, api, one) for one in forms(catalogues)] + list(_unspoken(catalogues))


def forms(catalogues: Catalogues) -> Iterator[Form]:
    """Yield every template in every language in which it is handed in and translated."""
    for template in family().templates:
        for language in family().spoken:
            found = form(catalogues, template, language)
            if found:
                yield found


def _unspoken(catalogues: Catalogues) -> Iterator[State]:
    for template in family().templates:
        for language in family().spoken:
            if form(catalogues, template, language) is None:
                yield State(template.name, language, NOT_HANDED_IN, "not translated yet")


def _sync_one(sessions: Sessions, api: ContentApi, wanted: Form) -> State:
    wrong = problems(wanted)
    if wrong:
        return State(wanted.template.name, wanted.language, NOT_HANDED_IN, "; ".join(wrong))
    sid = api.create(wanted.friendly_name, wanted.code, dict(numbered(wanted.samples)), types_of(wanted))
    approval = api.approval(sid, wanted.template.category)
    if approval.state == UNSUBMITTED:
        approval = api.submit(sid, wanted.friendly_name, wanted.template.category)
    with sessions.begin() as session:
        keep(session, (wanted.template.name, wanted.language), wanted.digest, sid, approval)
    return State(wanted.template.name, wanted.language, approval.state, approval.reason or "")


def listing(session: Session) -> list[State]:
    """Return where each template stood when it was last looked at."""
    rows = session.scalars(select(Row).order_by(Row.name, Row.language))
    return [State(row.name, row.language, row.approval, row.reason or "") for row in rows]


def types_of(wanted: Form) -> dict[str, Any]:
    """Return a template as the Content API takes it: with buttons a quick reply, else a text."""
    if not wanted.buttons:
        return {"twilio/text": {"body": wanted.body}}
    actions = [{"type": "QUICK_REPLY", "title": title, "id": payload} for title, payload in wanted.buttons]
    return {"twilio/quick-reply": {"body": wanted.body, "actions": actions}}
