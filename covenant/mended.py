"""Whoever sent something back hears when it is mended; where that is nobody any more, the whole secretariat does.

The clock tells them and not the town's own turn: that one holds the town's people, and would wait for the reviewer's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import hours, outbox, progress
from covenant.display import municipality_argument
from covenant.evidence_desk import DESK
from covenant.messages import Choice, Say, button, payload
from covenant.turn import HOME
from db.milestones import Evidence
from db.people import Contact
from db.records import Application, ApplicationState, Municipality

BATCH = 200
MOST = 20  # of the secretariat, where whoever sent it back is not there any more
Mended = TypeVar("Mended", Application, Evidence)
OFFICE = "ID"  # the secretariat's country, whose holidays it keeps


def queue_due(session: Session, now: datetime) -> int:
    """Queue what reviewers have not heard of yet, while they are at work; returns how many messages.

    Several clocks may try at once: a row is held by one of them, and a message has a key of its own.
    """
    if not hours.is_working(now, OFFICE, hours.zone_of(HOME, OFFICE)):
        return 0
    told = [_application(session, one) for one in _unheard(session, Application)]
    return sum(told) + sum(_evidence(session, one) for one in _unheard(session, Evidence))


def _unheard(session: Session, table: type[Mended]) -> Sequence[Mended]:
    held = select(table).where(table.unheard).order_by(table.id).limit(BATCH).with_for_update(skip_locked=True)
    return session.scalars(held.execution_options(populate_existing=True)).all()


def _application(session: Session, application: Application) -> int:
    if application.state != ApplicationState.IN_REVIEW:  # settled meanwhile
        application.unheard = False
        return 0
    look = payload("review_queue", application=application.reference)
    key = f"mended:{application.reference}:{int(application.moved_at.timestamp())}"
    return _tell(session, application, application.reviewer_id, application.municipality, look, key)


def _evidence(session: Session, evidence: Evidence) -> int:
    pieces = progress.together(session, evidence)
    if not pieces or pieces[0] is not evidence:  # decided meanwhile, or the first of several files speaks for all
        evidence.unheard = False
        return 0
    returned = progress.last_returned(session, evidence.milestone)
    look = payload(DESK, id=evidence.reference)
    key = f"mended:{evidence.reference}"
    town = evidence.milestone.municipality
    return _tell(session, evidence, returned.reviewer_id if returned else None, town, look, key)


def _tell(  # noqa: PLR0913, PLR0917 - what was mended, by which town, who returned it, where to look
    session: Session, mended: Application | Evidence, by: int | None, town: Municipality, look: str, key: str
) -> int:
    """Queue the news to whoever is to hear it; at the next tick where one of them is in the middle of a turn."""
    wanted = _reviewers(session, by)
    free = select(Contact).where(Contact.id.in_(wanted)).order_by(Contact.id)
    held = session.scalars(free.with_for_update(read=True, key_share=True, skip_locked=True)).all()
    if len(held) < len(wanted):
        return 0
    mended.unheard = False
    args = {"municipality": municipality_argument(town), "reference": mended.reference}
    said = Say("utter_mended", args, (Choice(button("Look at it"), look),))
    return sum(outbox.queue_say(session, one, said, f"{key}:{one.id}") for one in held)


def _reviewers(session: Session, by: int | None) -> Sequence[int]:
    """Return who is to hear: the reviewer while they still are one, else everybody of the secretariat, up to `MOST`."""
    may = select(Contact.id).where(Contact.is_secretariat, Contact.erasing.is_(None))
    own = session.scalars(may.where(Contact.id == by)).all()
    return own or session.scalars(may.order_by(Contact.id).limit(MOST)).all()
