"""J3, first slice: which milestones a committed municipality has, when each is due, and the reminders before it."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant import consent, outbox
from covenant.display import municipality_argument
from covenant.messages import Say, say
from covenant.teams import team
from db.people import Contact, Purpose
from db.records import Municipality, Reminder
from locales.sources import read_yaml

FILE = Path(__file__).parent / "data" / "milestones.yml"
AT = time(9, 30)  # local working hours; the officer is at the desk
BATCH = 200
# The capital's zone; a contact's own zone, once known, matters for when they read, not for what is due.
TIME_ZONES = {
    "ID": "Asia/Jakarta",
    "MY": "Asia/Kuala_Lumpur",
    "PH": "Asia/Manila",
    "VN": "Asia/Ho_Chi_Minh",
    "TH": "Asia/Bangkok",
    "KH": "Asia/Phnom_Penh",
    "LA": "Asia/Vientiane",
    "MM": "Asia/Yangon",
    "TL": "Asia/Dili",
    "BN": "Asia/Brunei",
    "SG": "Asia/Singapore",
}


@dataclass(frozen=True)
class Milestone:
    """One duty of the Covenant: its response name, months after the commitment, and where that is written."""

    key: str
    months: int
    source: str


@dataclass(frozen=True)
class Schedule:
    """The milestones, and how many days before (negative: after) each of them a reminder is sent."""

    milestones: tuple[Milestone, ...]
    days_before: tuple[int, ...]


@functools.cache
def schedule() -> Schedule:
    """Return the milestones of the data file."""
    data = read_yaml(FILE)
    rows = tuple(Milestone(row["key"], row["months"], row["source"]) for row in data["milestones"])
    return Schedule(rows, tuple(data["days_before"]))


def due_on(committed_on: date, milestone: Milestone) -> date:
    """Return the day a milestone is due: so many months after the commitment, the month's last day at most."""
    return committed_on + relativedelta(months=milestone.months)


def moment(day: date, country: str) -> datetime:
    """Return when a reminder of that day leaves: half past nine where the municipality is."""
    return datetime.combine(day, AT, ZoneInfo(TIME_ZONES.get(country, "Asia/Jakarta")))


def lay_out(session: Session, municipality: Municipality) -> None:
    """Write down every reminder of a committed municipality; doing it again changes nothing."""
    if municipality.committed_on is None:
        return
    plan = schedule()
    for milestone in plan.milestones:
        due = due_on(municipality.committed_on, milestone)
        rows = [
            {
                "municipality_id": municipality.id,
                "milestone": milestone.key,
                "due_on": due,
                "days_before": days,
                "due_at": moment(due - timedelta(days=days), municipality.country),
                "queued": False,
            }
            for days in plan.days_before
        ]
        session.execute(insert(Reminder).values(rows).on_conflict_do_nothing())


def queue_due(session: Session, now: datetime) -> int:
    """Queue every reminder that is due, once for each of the team who agreed; returns how many were queued."""
    query = (
        select(Reminder)
        .where(Reminder.queued.is_(False), Reminder.due_at <= now)
        .order_by(Reminder.due_at, Reminder.id)
    )
    due = session.scalars(query.limit(BATCH).with_for_update(skip_locked=True)).all()
    return sum(_queue(session, reminder) for reminder in due)


def _queue(session: Session, reminder: Reminder) -> int:
    reminder.queued = True
    municipality = session.get_one(Municipality, reminder.municipality_id)
    message = Say(
        "utter_reminder" if reminder.days_before >= 0 else "utter_reminder_late",
        {
            "municipality": municipality_argument(municipality),
            "milestone": say(reminder.milestone),
            "day": {"date": reminder.due_on.isoformat()},
            "days": abs(reminder.days_before),
        },
    )
    return sum(
        outbox.queue_say(session, contact, message, f"reminder:{reminder.id}:{contact.id}", Purpose.REMINDERS)
        for contact in _willing(session, municipality)
    )


def _willing(session: Session, municipality: Municipality) -> Sequence[Contact]:
    return [one for one in team(session, municipality) if consent.has_given(session, one, Purpose.REMINDERS)]


def upcoming(municipality: Municipality, today: date) -> list[tuple[Milestone, date]]:
    """Return the milestones of a municipality that are not past yet, the nearest first."""
    if municipality.committed_on is None:
        return []
    days = [(one, due_on(municipality.committed_on, one)) for one in schedule().milestones]
    return sorted(((one, day) for one, day in days if day >= today), key=lambda pair: pair[1])
