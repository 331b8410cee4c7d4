"""Committed towns with teams, and what their people got, for tests of milestones and reminders."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import reminders
from db.messages import Outbound
from db.milestones import Milestone, Notice, Reminder
from db.people import Purpose
from db.records import Membership, Municipality
from tests.people import Somebody, somebody

COMMITTED = date(2027, 3, 10)


def officer(session: Session, zone: str = "Asia/Jakarta", language: str = "en") -> Somebody:
    """Somebody who said yes to reminders."""
    person = somebody(session, Purpose.KEEPING, Purpose.REMINDERS, language=language)
    person.contact.time_zone = zone
    session.flush()
    return person


def town(
    session: Session, *team: Somebody, country: str = "ID", committed: date | None = COMMITTED, name: str = "Kupang"
) -> Municipality:
    """A town with its milestones laid out; the first of the team is its focal point."""
    row = Municipality(name=name, country=country, committed_on=committed)
    session.add(row)
    session.flush()
    for one in team:
        session.add(Membership(municipality_id=row.id, contact_id=one.contact.id))
        session.flush()
    reminders.lay_out(session, row)
    return row


def milestone(session: Session, place: Municipality, key: str = "milestone_inventory", cycle: int = 0) -> Milestone:
    query = select(Milestone).where(Milestone.municipality_id == place.id, Milestone.key == key)
    return session.scalars(query.where(Milestone.cycle == cycle)).one()


def reminders_of(session: Session, place: Municipality, key: str | None = None) -> list[Reminder]:
    """The reminders of a town, as they stand in the database, the first due first."""
    query = select(Reminder).join(Milestone).where(Milestone.municipality_id == place.id)
    query = query.where(Milestone.key == key) if key else query
    ordered = query.order_by(Reminder.due_at, Reminder.id).execution_options(populate_existing=True)
    return list(session.scalars(ordered))


def queued(session: Session, person: Somebody) -> list[Outbound]:
    """The reminders somebody got, the first one first."""
    mine = select(Outbound).where(Outbound.contact_id == person.contact.id, Outbound.key.startswith("reminder:"))
    return list(session.scalars(mine.order_by(Outbound.id)))


def notice(session: Session, person: Somebody) -> Notice:
    """The newest notice of somebody."""
    query = select(Notice).where(Notice.contact_id == person.contact.id).order_by(Notice.id.desc())
    return session.scalars(query.limit(1)).one()
