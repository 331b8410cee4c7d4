"""What the secretariat's decision on a pledge brings about, wherever it is taken: the state, its event, the news."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from covenant import outbox, pledge_book, pledge_choices, pledge_lines
from covenant.messages import Say
from covenant.pledge_book import Overtaken, OwnPledge
from covenant.review import Actor
from covenant.teams import BELONGS, FOCAL_FIRST
from db.people import Contact
from db.pledges import Confidence, Pledge, PledgeEvent, PledgeState
from db.records import Membership, TeamRole

FOCAL_POINTS = (TeamRole.FOCAL, TeamRole.SECOND)


def waiting() -> Select[Pledge]:
    """Return the query for the pledges that wait to be verified, the oldest first."""
    return select(Pledge).where(Pledge.state == PledgeState.RECORDED).order_by(Pledge.id)


def count_waiting(session: Session) -> int:
    """Return how many pledges wait to be verified."""
    return session.scalar(select(func.count(Pledge.id)).where(Pledge.state == PledgeState.RECORDED)) or 0


def verify(
    session: Session, pledge: Pledge, by: Actor, confidence: Confidence | None = None, seen: int | None = None
) -> None:
    """Count a pledge among the verified ones, and tell its people; NotAllowed where it cannot be verified now.

    `seen` is the number of the last change that was seen: Overtaken where another came after it. OwnPledge where
    `by` recorded it: a figure is verified by other eyes than those that wrote it.
    """
    _hold(session, pledge, by, seen)
    event = pledge_book.verify(session, pledge, by, confidence)
    args = {"reference": pledge.reference, "action": pledge_lines.brief(pledge)}
    _tell(session, pledge, event, Say("utter_pledge_verified", args, (pledge_choices.LIST,)))


def send_back(session: Session, pledge: Pledge, reason: str, by: Actor, seen: int | None = None) -> None:
    """Return a pledge to be corrected, and tell its people why.

    ReasonMissing without a reason, NotAllowed where it cannot be returned now, Overtaken and OwnPledge as in `verify`.
    """
    _hold(session, pledge, by, seen)
    event = pledge_book.send_back(session, pledge, reason, by)
    args = {"reference": pledge.reference, "action": pledge_lines.brief(pledge), "reason": pledge.reason}
    _tell(session, pledge, event, Say("utter_pledge_returned", args, (pledge_choices.correct(pledge),)))


def is_own(pledge: Pledge, contact_id: int | None) -> bool:
    """Return whether somebody recorded the pledge themselves; the operator's command, which is nobody, did not."""
    return contact_id is not None and contact_id == pledge.contact_id


def _hold(session: Session, pledge: Pledge, by: Actor, seen: int | None) -> None:
    """Hold who will be told, then the pledge, as their own turns do (see `covenant.deciding`)."""
    if is_own(pledge, by.contact_id):
        raise OwnPledge(pledge.state)
    ids = [pledge.contact_id, *(one.id for one in _focal_points(session, pledge))]
    query = select(Contact.id).where(Contact.id.in_([one for one in ids if one])).order_by(Contact.id)
    session.execute(query.with_for_update(read=True, key_share=True)).all()
    pledge_book.lock(session, pledge)
    if seen is not None and seen != pledge_book.last_change(session, pledge):
        raise Overtaken(pledge.state)


def _focal_points(session: Session, pledge: Pledge) -> Sequence[Contact]:
    query = select(Contact).join(Membership, Membership.contact_id == Contact.id)
    theirs = query.where(Membership.municipality_id == pledge.municipality_id, BELONGS)
    return session.scalars(theirs.where(Membership.role.in_(FOCAL_POINTS)).order_by(*FOCAL_FIRST)).all()


def _tell(session: Session, pledge: Pledge, event: PledgeEvent, news: Say) -> None:
    """Tell the pledger, or the focal points where the pledger cannot be reached; each decision once."""
    pledger = session.get(Contact, pledge.contact_id) if pledge.contact_id else None
    if pledger and outbox.best_address(session, pledger):
        readers: Sequence[Contact] = [pledger]
    else:
        readers = _focal_points(session, pledge)
    for contact in readers:
        outbox.queue_say(session, contact, news, key=f"pledge_{event.event}:{event.id}:{contact.id}")
