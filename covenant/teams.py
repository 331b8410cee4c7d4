"""Who speaks for a municipality."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.people import Contact
from db.records import Membership, Municipality


def team(session: Session, municipality: Municipality) -> Sequence[Contact]:
    """Return the contacts who speak for a municipality; who only asked to is not among them."""
    query = (
        select(Contact)
        .join(Membership, Membership.contact_id == Contact.id)
        .where(Membership.municipality_id == municipality.id, Membership.pending.is_(False))
    )
    return session.scalars(query.order_by(Contact.id)).all()


def municipality_of(session: Session, contact: Contact) -> Municipality | None:
    """Return the municipality for which a contact speaks, the first one of several, or None."""
    query = (
        select(Municipality)
        .join(Membership, Membership.municipality_id == Municipality.id)
        .where(Membership.contact_id == contact.id, Membership.pending.is_(False))
    )
    return session.scalars(query.order_by(Membership.id).limit(1)).first()


def is_member(session: Session, contact: Contact, municipality: Municipality) -> bool:
    """Tell whether a contact belongs to a municipality's team, or has asked to."""
    query = select(Membership.id).where(
        Membership.municipality_id == municipality.id, Membership.contact_id == contact.id
    )
    return session.scalar(query) is not None


def climb(session: Session, municipality: Municipality) -> list[Contact]:
    """Return whom to ask for a municipality, one after the other: the focal point, the second one, who came later."""
    return climbs(session, [municipality.id]).get(municipality.id, [])


def climbs(session: Session, municipality_ids: Iterable[int]) -> dict[int, list[Contact]]:
    """Return the same for several municipalities at once, by their ids; without those that have no team."""
    query = (
        select(Membership.municipality_id, Contact)
        .join(Contact, Membership.contact_id == Contact.id)
        .where(Membership.municipality_id.in_(set(municipality_ids)), Membership.pending.is_(False))
        .order_by(Membership.municipality_id, Membership.id)
    )
    found: dict[int, list[Contact]] = {}
    for municipality_id, contact in session.execute(query):
        found.setdefault(municipality_id, []).append(contact)
    return found
