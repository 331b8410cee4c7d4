"""People who pledged, put straight into the database, and what they press that belongs to no intent."""

from typing import Any

from sqlalchemy.orm import Session

from actions.apart import APART
from bot.inhabitant import Inhabitant
from covenant import pledge_book
from covenant.messages import Say
from covenant.review import Actor
from db.pledges import Pledge
from db.records import Membership, Municipality, TeamRole
from locales import render_text
from tests.db.applicants import NOW, officer, phone
from tests.people import Somebody


def press(person: Inhabitant, name: str, **entities: object) -> list[Say]:
    """Press a button that is answered apart from Rasa."""
    return APART[name](person._turn(name, entities=entities))


def town_of(session: Session, *people: Somebody, name: str = "Kupang") -> Municipality:
    """A town; the first of its team is the focal point, the others are officers."""
    row = Municipality(name=name, country="ID")
    session.add(row)
    session.flush()
    for role, one in zip((TeamRole.FOCAL, *[TeamRole.OFFICER] * len(people)), people, strict=False):
        session.add(Membership(municipality_id=row.id, contact_id=one.contact.id, role=role))
        session.flush()
    return row


def pledged(
    session: Session, person: Somebody, town: Municipality | None = None, action: str = "400 mangroves", **more: Any
) -> Pledge:
    """A pledge that somebody recorded."""
    columns = {"hazards": ["flood: coastal flood"], "people_min": 1200, "people_max": 1200, "end_year": 2028} | more
    pledge = Pledge(
        contact_id=person.contact.id, municipality_id=town.id if town else None, country="ID", action=action, **columns
    )
    return pledge_book.record(session, pledge, Actor(person.contact.id, NOW))


def pledger(session: Session, **more: Any) -> tuple[Inhabitant, Pledge]:
    """Somebody with one pledge, at the chat."""
    person = officer(session)
    return phone(session, person), pledged(session, person, **more)


def text(person: Inhabitant, said: list[Say]) -> str:
    """What is read in English."""
    return "\n".join(render_text(person.catalogues["en"], one.key, one.args) for one in said)
