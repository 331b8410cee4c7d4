"""The dates of a town as a calendar file (.ics) that phones and desks can read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event
from sqlalchemy.orm import Session

from covenant import progress
from covenant.display import municipality_argument
from covenant.milestones import schedule
from covenant.schedule import is_certain
from covenant.teams import municipality_of
from db.milestones import Milestone, Phase
from db.people import Contact
from db.records import Municipality
from locales import Catalogue, render_text
from locales.render import value_text

MAKER = "-//Kawan//Covenant dates//EN"
ALARM = timedelta(days=30)


def make_ics(session: Session, contact: Contact, catalogue: Catalogue, now: datetime) -> bytes | None:
    """Return every date of a contact's town that is certain and still open, in their language; None without a town.

    An entry keeps its name (UID) when its date moves, so that a calendar that has it already moves it, too.
    """
    municipality = municipality_of(session, contact)
    if municipality is None or municipality.committed_on is None:
        return None
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _name(municipality, catalogue))
    for milestone in progress.milestones_of(session, municipality):
        if milestone.phase == Phase.OPEN and is_certain(milestone):
            calendar.add_component(_event(milestone, municipality, catalogue, now))
    return bytes(calendar.to_ical())


def _name(municipality: Municipality, catalogue: Catalogue) -> str:
    return value_text(catalogue, municipality_argument(municipality))


def _event(milestone: Milestone, municipality: Municipality, catalogue: Catalogue, now: datetime) -> Event:
    event = Event()
    title = f"{_name(municipality, catalogue)}: {render_text(catalogue, milestone.key, {})}"
    for key, value in _facts(milestone, municipality, title, now):
        event.add(key, value)
    event.add("description", render_text(catalogue, schedule().rule(milestone.key).contents, {}))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -ALARM)
    event.add_component(alarm)
    return event


def _facts(milestone: Milestone, municipality: Municipality, title: str, now: datetime) -> Iterator[tuple[str, object]]:
    yield "uid", f"{municipality.public_id}-{milestone.key}-{milestone.cycle}@kawan"
    yield "summary", title
    yield "dtstamp", now.astimezone(UTC)
    yield "last-modified", now.astimezone(UTC)
    if milestone.due_on:
        yield "dtstart", milestone.due_on
        yield "dtend", milestone.due_on + timedelta(days=1)  # a whole day: the end is not part of it
    yield "transp", "TRANSPARENT"  # nobody is busy all day because of it
