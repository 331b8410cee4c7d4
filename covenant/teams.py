"""Who speaks for a municipality, in which role, and the history of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, select
from sqlalchemy.orm import Session

from db.people import Contact
from db.records import Membership, Municipality, TeamRole
from db.teams import MembershipEvent

BELONGS = Membership.pending.is_(False)
FOCAL_FIRST = (case({TeamRole.FOCAL: 0, TeamRole.SECOND: 1}, value=Membership.role, else_=2), Membership.id)
RANKS = {TeamRole.FOCAL: 2, TeamRole.SECOND: 1}  # the others are of no rank
CURRENT_FIRST = (Membership.chosen_at.desc().nulls_last(), Membership.id)


@dataclass(frozen=True)
class Silent:
    """A municipality whose focal point fell silent at a moment, or that has none (`seen_at` None)."""

    municipality: Municipality
    seen_at: datetime | None


# --- reading --------------------------------------------------------------------------------------------------------


def team(session: Session, municipality: Municipality) -> Sequence[Contact]:
    """Return the contacts who speak for a municipality; who only asked to is not among them."""
    query = select(Contact).join(Membership, Membership.contact_id == Contact.id)
    theirs = query.where(Membership.municipality_id == municipality.id, BELONGS)
    return session.scalars(theirs.order_by(Contact.id)).all()


def hold(session: Session, municipality_id: int) -> None:
    """Hold a team before its application or milestones, as their own turns do: who waits for them holds nothing else.

    A message to a contact waits for that contact's turn to end; that turn may wait for what the message is about.
    """
    members = select(Membership.contact_id).where(Membership.municipality_id == municipality_id)
    query = select(Contact.id).where(Contact.id.in_(members)).order_by(Contact.id)
    session.execute(query.with_for_update(read=True, key_share=True)).all()


def municipality_of(session: Session, contact: Contact) -> Municipality | None:
    """Return the municipality for which a contact speaks now, of several the one last chosen, or None."""
    return next(iter(municipalities_of(session, contact)), None)


def municipalities_of(session: Session, contact: Contact) -> Sequence[Municipality]:
    """Return every municipality for which a contact speaks, the current one first."""
    query = select(Municipality).join(Membership, Membership.municipality_id == Municipality.id)
    return session.scalars(query.where(Membership.contact_id == contact.id, BELONGS).order_by(*CURRENT_FIRST)).all()


def is_member(session: Session, contact: Contact, municipality: Municipality) -> bool:
    """Tell whether a contact belongs to a municipality's team, or has asked to."""
    return _place(session, contact, municipality) is not None


def role_of(session: Session, contact: Contact, municipality: Municipality) -> TeamRole | None:
    """Return a contact's role in a municipality's team, None for who does not belong to it or only asked to."""
    place = _place(session, contact, municipality)
    return TeamRole(place.role) if place and not place.pending else None


def name_in(session: Session, contact: Contact, municipality: Municipality) -> str | None:
    """Return the name under which a contact asked to join a municipality's team, None for who came otherwise."""
    place = _place(session, contact, municipality)
    return place.asked_as if place else None


def focal_point(session: Session, municipality: Municipality) -> Contact | None:
    """Return a municipality's focal point, None where the last one was erased."""
    query = select(Contact).join(Membership, Membership.contact_id == Contact.id)
    focal = and_(Membership.municipality_id == municipality.id, Membership.role == TeamRole.FOCAL, BELONGS)
    return session.scalars(query.where(focal)).first()


def silent(session: Session, since: datetime) -> list[Silent]:
    """Return the municipalities with a team whose focal point has not written since a moment, the longest first."""
    focal = and_(Membership.municipality_id == Municipality.id, Membership.role == TeamRole.FOCAL, BELONGS)
    query = (
        select(Municipality, Contact.seen_at)
        .outerjoin(Membership, focal)
        .outerjoin(Contact, Contact.id == Membership.contact_id)
        .where(Contact.id.is_(None) | (Contact.seen_at < since))
        .order_by(Contact.seen_at.nulls_first(), Municipality.id)
    )
    return [Silent(municipality, seen_at) for municipality, seen_at in session.execute(query)]


def _place(session: Session, contact: Contact, municipality: Municipality) -> Membership | None:
    mine = and_(Membership.municipality_id == municipality.id, Membership.contact_id == contact.id)
    return session.scalars(select(Membership).where(mine)).first()


def climbs(session: Session, municipality_ids: Iterable[int]) -> dict[int, list[Contact]]:
    """Return whom to ask for municipalities, by their ids: the focal point, the second one, who came later.

    One without a team is left out.
    """
    query = (
        select(Membership.municipality_id, Contact)
        .join(Contact, Membership.contact_id == Contact.id)
        .where(Membership.municipality_id.in_(set(municipality_ids)), BELONGS)
        .order_by(Membership.municipality_id, *FOCAL_FIRST)
    )
    found: dict[int, list[Contact]] = {}
    for municipality_id, contact in session.execute(query):
        found.setdefault(municipality_id, []).append(contact)
    return found


# --- changing -------------------------------------------------------------------------------------------------------


def enter(session: Session, contact: Contact, municipality: Municipality, now: datetime) -> TeamRole:
    """Make a contact a member who sent the municipality's request: the focal point where there is none yet."""
    first = focal_point(session, municipality) is None
    return admit(session, contact, municipality, TeamRole.FOCAL if first else TeamRole.OFFICER, contact, now)


def admit(  # noqa: PLR0913, PLR0917 - who, where, as what, by whom, when
    session: Session, contact: Contact, municipality: Municipality, role: TeamRole, by: Contact | None, now: datetime
) -> TeamRole:
    """Give a contact a role in a team, also to who was waiting for it; the town becomes their current one.

    Whoever belongs to the team already only ever rises (`RANKS`). Returns the role they have now.
    """
    place = _place(session, contact, municipality)
    if place is None:
        place = Membership(municipality_id=municipality.id, contact_id=contact.id, pending=True)
        session.add(place)
    if place.pending or RANKS.get(role, 0) > RANKS.get(place.role, 0):
        place.pending, place.role = False, role
        note(session, contact, municipality, f"joined_as_{role}", by, now)
    place.chosen_at = now
    session.flush()
    return TeamRole(place.role)


def step_down(  # noqa: PLR0913 - who, where, whether, by whom, when
    session: Session, contact: Contact, municipality: Municipality, by: Contact | None, now: datetime, *, stays: bool
) -> None:
    """Take the focal point's role from a contact, who stays in the team as an officer or leaves it."""
    place = _place(session, contact, municipality)
    if place is None:
        return
    if stays:
        place.role = TeamRole.OFFICER
    else:
        session.delete(place)
    note(session, contact, municipality, "stepped_down" if stays else "left", by, now)
    session.flush()


def change(session: Session, place: Membership, role: TeamRole, by: Contact, now: datetime) -> MembershipEvent:
    """Give somebody of a team another role, which is not the focal point's; returns the step."""
    contact = session.get_one(Contact, place.contact_id)
    place.role = role
    row = note(session, contact, place.municipality, f"became_{role}", by, now)
    session.flush()
    return row


def end(session: Session, place: Membership, by: Contact, now: datetime) -> MembershipEvent:
    """Take somebody out of a team; what they did stays, and so does the history. Returns the step."""
    contact, municipality = session.get_one(Contact, place.contact_id), place.municipality
    session.delete(place)
    row = note(session, contact, municipality, "ended", by, now)
    session.flush()
    return row


def choose(session: Session, contact: Contact, public_id: str, now: datetime) -> bool:
    """Make one of a contact's municipalities the one that is talked about; False for one that is not theirs."""
    chosen = next((one for one in municipalities_of(session, contact) if one.public_id == public_id), None)
    place = _place(session, contact, chosen) if chosen else None
    if place is None:
        return False
    place.chosen_at = now
    session.flush()
    return True


def note(  # noqa: PLR0913, PLR0917 - a row of the history
    session: Session, contact: Contact, municipality: Municipality, event: str, by: Contact | None, now: datetime
) -> MembershipEvent:
    """Add a step to the history of a municipality's team."""
    row = MembershipEvent(
        municipality_id=municipality.id, contact_id=contact.id, event=event, by_id=by.id if by else None, at=now
    )
    session.add(row)
    return row
