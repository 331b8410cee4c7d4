"""Files that belong to what is being filled in: they are kept in its draft, and one of its questions is answered."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from covenant import drafts
from covenant.messages import Say
from covenant.plans import plan_of
from covenant.turn import Turn
from db.messages import File
from db.records import Draft

FILES = "files"  # kept in the draft beside what its questions ask


def take(turn: Turn, files: Sequence[File]) -> list[Say]:
    """Take files for what is being filled in; nothing where it takes none. The caller asks the next question."""
    draft = drafts.open_draft(turn)
    key = plan_of(draft).files if draft else None
    if draft is None or key is None or not files:
        return []
    known = [*draft.values.get(FILES, ()), *(one.public_id for one in files)]
    drafts.keep(turn, draft, FILES, list(dict.fromkeys(known)))
    if draft.field == key:
        drafts.keep(turn, draft, key, draft.values.get(key))
        drafts.advance(turn, draft)
    return [Say("utter_noted", {"label": _title(draft), "value": {"list": [one.name for one in files]}})]


def files_of(turn: Turn, draft: Draft) -> list[File]:
    """Return the files of a draft that are still there, in the order in which they came."""
    query = select(File).where(File.public_id.in_(draft.values.get(FILES, ())), File.contact_id == turn.contact.id)
    return list(turn.session.scalars(query.order_by(File.id)))


def lines_of(turn: Turn, draft: Draft) -> list[list[Any]]:
    """Return the line of a review that names a draft's files; none without any."""
    names = [one.name for one in files_of(turn, draft)]
    return [[_title(draft), {"list": names}]] if names else []


def _title(draft: Draft) -> dict[str, Any]:
    plan = plan_of(draft)
    return plan.journey.by_key[plan.files or ""].title
