"""Two contacts that are one person become one: everything of the newer one moves, nothing of anybody else does.

Which rows are a contact's is read from the tables themselves, so that a new table is not forgotten.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Column, Delete, Table, UniqueConstraint, and_, delete, func, inspect, select, update
from sqlalchemy.orm import Session

from covenant.drafts import CONSENTLESS
from covenant.outbox import is_silent
from db.messages import Outbound, OutboundState
from db.people import Address, AddressState, Consent, Contact, LinkCode
from db.records import Draft, DraftState, Membership, TeamRole
from db.tables import Base

CONTACT = Base.metadata.tables[Contact.__tablename__]
FIRST, LAST = Outbound.__tablename__, Address.__tablename__  # the order in which deliveries lock, too


def merge(session: Session, source: Contact, target: Contact) -> None:
    """Move everything that is `source`'s to `target` and remove `source`; language, role and consent stay `target`'s.

    The caller has locked both contacts and both conversations. Objects of the session are read anew afterwards.
    """
    session.flush()
    _keep_silence(session, source, target)
    _send_once(session, source, target)
    _settle_drafts(session, source, target)
    _end_codes(session, source)
    said = _last_words(session, source, target)
    _admit(session, source, target)
    session.flush()
    for column in pointers():
        _move(session, column, source, target)
    session.add_all(_copy(word) for word in said)
    target.country = target.country or source.country
    target.time_zone = target.time_zone or source.time_zone
    session.flush()
    session.execute(delete(CONTACT).where(CONTACT.c.id == source.id))
    session.expire_all()


def pointers() -> list[Column[int]]:
    """Return every column of every table that points at a contact."""
    found = [one for table in Base.metadata.sorted_tables for one in table.columns if one.references(CONTACT.c.id)]
    return sorted(found, key=lambda one: (one.table.name != FIRST, one.table.name == LAST))


def _move(session: Session, column: Column[int], source: Contact, target: Contact) -> None:
    """Re-point a table's rows; where `target` has the same row already, `source`'s says nothing new and goes."""
    for others in _unique_with(column):
        session.execute(_twins(column, others, source, target))
    session.execute(update(column.table).where(column == source.id).values({column: target.id}))


def _unique_with(column: Column[int]) -> Iterator[Sequence[Column[object]]]:
    """Yield the other columns of each key that the column is part of."""
    table = column.table
    if not isinstance(table, Table):
        return
    keys = [table.primary_key, *(one for one in table.constraints if isinstance(one, UniqueConstraint))]
    for columns in [tuple(key.columns) for key in keys] + [tuple(i.columns) for i in table.indexes if i.unique]:
        if column in columns:
            yield [one for one in columns if one is not column]


def _twins(column: Column[int], others: Sequence[Column[object]], source: Contact, target: Contact) -> Delete:
    table, theirs = column.table, column.table.alias()
    same = and_(theirs.c[column.name] == target.id, *(theirs.c[one.name] == one for one in others))
    return delete(table).where(column == source.id, select(1).select_from(theirs).where(same).exists())


def _keep_silence(session: Session, source: Contact, target: Contact) -> None:
    """Whoever wanted to hear nothing at all hears nothing over the new address either."""
    if is_silent(session, target.id):
        mine = (Address.contact_id == source.id) & (Address.state == AddressState.ACTIVE)
        session.execute(update(Address).where(mine).values(state=AddressState.OPTED_OUT))


def _send_once(session: Session, source: Contact, target: Contact) -> None:
    """Of an update that both would get, the one of `target` is enough."""
    theirs = select(Outbound.broadcast_id).where(Outbound.contact_id == target.id, Outbound.broadcast_id.is_not(None))
    again = Outbound.broadcast_id.in_(theirs) & (Outbound.state == OutboundState.QUEUED)
    session.execute(update(Outbound).where(Outbound.contact_id == source.id, again).values(state=OutboundState.SKIPPED))


def _end_codes(session: Session, source: Contact) -> None:
    mine = (LinkCode.contact_id == source.id) & LinkCode.used_at.is_(None)
    session.execute(update(LinkCode).where(mine).values(used_at=func.now()))


def _settle_drafts(session: Session, source: Contact, target: Contact) -> None:
    """Of two open drafts of a journey the newer is cancelled, and kept; what `target` was asked last is asked on."""
    of_both = Draft.contact_id.in_((source.id, target.id)) & (Draft.state == DraftState.OPEN)
    survivors: dict[str, Draft] = {}
    for draft in session.scalars(select(Draft).where(of_both).order_by(Draft.created_at, Draft.id)):
        greeted = draft.journey == CONSENTLESS and draft.contact_id == source.id
        if greeted or survivors.setdefault(draft.journey, draft) is not draft:
            draft.state = DraftState.CANCELLED
    asked = [session.get(Draft, one) for one in (target.draft_id, source.draft_id) if one]
    goes_on = next((survivors[one.journey] for one in asked if one and one.journey in survivors), None)
    target.draft_id, source.draft_id = goes_on.id if goes_on else None, None


def _last_words(session: Session, source: Contact, target: Contact) -> list[Consent]:
    """Return the last word of `target` on what `source` spoke about too: it has to stay the last one."""
    spoken = select(Consent.purpose).where(Consent.contact_id == source.id)
    last = select(func.max(Consent.id)).where(Consent.contact_id == target.id, Consent.purpose.in_(spoken))
    return list(session.scalars(select(Consent).where(Consent.id.in_(last.group_by(Consent.purpose)))))


def _copy(word: Consent) -> Consent:
    return Consent(**{one.key: getattr(word, one.key) for one in inspect(Consent).column_attrs if one.key != "id"})


def _admit(session: Session, source: Contact, target: Contact) -> None:
    """Whoever belongs to a team at one address and waits for it at the other belongs to it, in the role of the first.

    A focal point stays the focal point. The role is taken off `source`'s row beforehand, since a town has one only.
    """
    mine = {one.municipality_id: one for one in _places(session, target)}
    for place in _places(session, source):
        kept = mine.get(place.municipality_id)
        if kept is None or place.pending or not (kept.pending or place.role == TeamRole.FOCAL):
            continue
        role, place.role = place.role, TeamRole.OFFICER
        session.flush()
        kept.pending, kept.role = False, role
    session.flush()


def _places(session: Session, contact: Contact) -> list[Membership]:
    return list(session.scalars(select(Membership).where(Membership.contact_id == contact.id)))
