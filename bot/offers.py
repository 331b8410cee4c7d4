"""Which buttons a typed number, title or yes is about: the last ones that the person had before their eyes."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.messages import ARRIVED, Conversation, Inbound, Outbound

ANSWER = "reply:"  # how the keys of a turn's answers begin


def last_offered(session: Session, inbound: Inbound) -> list[dict[str, Any]]:
    """Return the buttons that were offered last: by what we said by ourselves since the last answer, else by that.

    What left only after the person had written is not meant, and what offers nothing leaves open what was asked.
    """
    offers = or_(Outbound.key.startswith(ANSWER), Outbound.content["buttons", "0"].astext.is_not(None))
    mine = Outbound.address_id == inbound.address_id, Outbound.state.in_(ARRIVED)
    seen = select(Outbound).where(*mine, offers, Outbound.sent_at <= inbound.received_at)
    newest = session.scalars(seen.order_by(Outbound.feed.desc()).limit(1)).first()
    if newest and not newest.key.startswith(ANSWER):
        return list(newest.content["buttons"])
    return list(session.get_one(Conversation, inbound.contact_id).offered)
