"""J3, reminders: one person at a time is asked, at work, once a day; whoever is silent is followed by the next.

`queue_due` is what the clock calls. It takes milestones that nobody else holds, skips people in the middle of a turn,
and therefore never waits; state, notice and message are written in the caller's one transaction.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, contains_eager

from covenant import outbox, tickets
from covenant.display import municipality_argument
from covenant.hours import TIME_ZONES, day_after, next_working, zone_of
from covenant.messages import Choice, Say, button, payload, say
from covenant.milestones import schedule
from covenant.schedule import lay_out
from covenant.teams import climbs
from db.milestones import Milestone, Notice, NoticeItem, Phase, Reminder, ReminderPause, ReminderState
from db.people import Address, AddressState, Consent, Contact, Purpose
from db.records import Municipality

__all__ = ["TIME_ZONES", "lay_out", "queue_due"]

BATCH = 500  # milestones a transaction; whoever waits longer has their turn at the next tick
SILENT = "reminder_silent"  # the kind of ticket when nobody of a team answers


@dataclass(frozen=True)
class Asking:
    """One reminder that is to be said to somebody."""

    reminder: Reminder
    milestone: Milestone
    contact: Contact


def queue_due(session: Session, now: datetime) -> int:
    """Queue what is to be said now, one message a person; returns how many were queued.

    Of several reminders of one milestone only the newest is said: who was silent for a month gets what is still true.
    """
    milestones = _claim(session, now)
    if not milestones:
        return 0
    newest = _newest_due(session, milestones, now)
    asking = _choose(session, newest, now) if newest else []
    return _tell(session, asking, now) if asking else 0


def _claim(session: Session, now: datetime) -> dict[int, Milestone]:
    """Lock the milestones that something is due for, but for those that somebody else holds."""
    due = select(Reminder.milestone_id).where(Reminder.state != ReminderState.SETTLED, Reminder.due_at <= now)
    query = select(Milestone).join(Milestone.municipality).options(contains_eager(Milestone.municipality))
    query = query.where(Milestone.id.in_(due)).order_by(Milestone.municipality_id, Milestone.id).limit(BATCH)
    locked = query.with_for_update(key_share=True, of=Milestone, skip_locked=True)
    found = session.scalars(locked.execution_options(populate_existing=True))
    return {one.id: one for one in found}


def _newest_due(session: Session, milestones: dict[int, Milestone], now: datetime) -> list[tuple[Reminder, Milestone]]:
    """Return the newest due reminder of each milestone, and settle what it makes superfluous.

    Read after the milestones are held: another clock may have been quicker.
    """
    query = select(Reminder).where(Reminder.milestone_id.in_(milestones), Reminder.state != ReminderState.SETTLED)
    query = query.order_by(Reminder.milestone_id, Reminder.days_before)
    newest: dict[int, Reminder] = {}
    for reminder in session.scalars(query.execution_options(populate_existing=True)):
        if milestones[reminder.milestone_id].phase != Phase.OPEN or reminder.milestone_id in newest:
            reminder.state = ReminderState.SETTLED
        elif reminder.due_at <= now:
            newest[reminder.milestone_id] = reminder
    return [(reminder, milestones[key]) for key, reminder in newest.items()]


# --- whom to ask ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """Who can be asked: the teams by municipality, who said yes and can be reached, until when somebody pauses."""

    teams: dict[int, list[Contact]]
    willing: frozenset[int]
    paused: dict[int, datetime]

    def first(self, municipality_id: int, step: int, now: datetime) -> tuple[int, Contact] | None:
        """Return the first who can be asked from a place of the team on, with the place; None when there is nobody."""
        asked = self.may_be_asked(municipality_id, step)
        return next((one for one in asked if self.paused.get(one[1].id, now) <= now), None)

    def may_be_asked(self, municipality_id: int, step: int) -> list[tuple[int, Contact]]:
        """Return the willing ones from a place of the team on, also those who pause."""
        team = self.teams.get(municipality_id, [])
        willing = [one for one in team if one.id in self.willing][: schedule().asked_at_most]
        return [(place, one) for place, one in enumerate(team) if place >= step and one in willing]

    def back_at(self, municipality_id: int, step: int) -> datetime | None:
        """Return when the first who pauses is back; None when nobody pauses."""
        moments = [self.paused[one.id] for _, one in self.may_be_asked(municipality_id, step) if one.id in self.paused]
        return min(moments, default=None)


def find_people(session: Session, municipality_ids: Sequence[int], now: datetime) -> People:
    """Look up everybody who can be asked for some municipalities, in a handful of queries."""
    teams = climbs(session, municipality_ids)
    ids = {one.id for team in teams.values() for one in team}
    last = select(Consent.contact_id, Consent.given).ext(distinct_on(Consent.contact_id))
    last = last.where(Consent.contact_id.in_(ids), Consent.purpose == Purpose.REMINDERS)
    said = dict(session.execute(last.order_by(Consent.contact_id, Consent.id.desc())).all())
    active = select(Address.contact_id).where(Address.contact_id.in_(ids), Address.state == AddressState.ACTIVE)
    reached = set(session.scalars(active))
    pauses = select(ReminderPause.contact_id, ReminderPause.until)
    pauses = pauses.where(ReminderPause.contact_id.in_(ids), ReminderPause.until > now)
    willing = frozenset(one for one, given in said.items() if given and one in reached)
    return People(teams, willing, dict(session.execute(pauses).all()))


def _choose(session: Session, due: list[tuple[Reminder, Milestone]], now: datetime) -> list[Asking]:
    """Find whom to ask now for each reminder; what has to wait gets its moment, what nobody answers a ticket."""
    people = find_people(session, [milestone.municipality_id for _, milestone in due], now)
    asking, silent = [], []
    for reminder, milestone in due:
        if reminder.state == ReminderState.ASKED:  # and nobody answered
            reminder.step += 1
            reminder.state = ReminderState.WAITING
        found = people.first(milestone.municipality_id, reminder.step, now)
        back_at = people.back_at(milestone.municipality_id, reminder.step)
        if found:
            reminder.step, contact = found
            milestone.ticket_id = None  # somebody can be asked again
            asking += _at_work(Asking(reminder, milestone, contact), now)
        elif back_at:
            country = milestone.municipality.country
            reminder.due_at = next_working(back_at, country, zone_of(None, country))
        else:
            reminder.state = ReminderState.SETTLED
            silent.append(milestone)
    _leave(session, silent, people, now)
    return asking


def _leave(session: Session, silent: Sequence[Milestone], people: People, now: datetime) -> None:
    """Leave milestones of which nobody answers to the secretariat, with one ticket for those of a town.

    Where nobody agreed to be reminded, every reminder would say the same again: there the first ticket is the only one.
    """
    new: dict[Municipality, list[Milestone]] = defaultdict(list)
    for milestone in silent:
        if milestone.ticket_id is None:
            new[milestone.municipality].append(milestone)
    for municipality, milestones in new.items():
        ticket = tickets.open_task(session, SILENT, about(municipality, milestones), now)
        if not people.may_be_asked(municipality.id, 0):
            for milestone in milestones:
                milestone.ticket_id = ticket.id


def about(municipality: Municipality, milestones: Sequence[Milestone]) -> str:
    """Return what a ticket is about, for the secretariat: a town and its milestones with their days."""
    return f"{municipality.name} ({municipality.country}): " + ", ".join(
        f"{one.key} {one.due_on}" for one in milestones
    )


def _at_work(one: Asking, now: datetime) -> list[Asking]:
    """Nobody is written to at night, at a weekend or on a holiday: then it waits for the next working day."""
    country = one.milestone.municipality.country
    ready = next_working(now, country, zone_of(one.contact.time_zone, country))
    if ready <= now:
        return [one]
    one.reminder.due_at = ready
    return []


# --- saying it ------------------------------------------------------------------------------------------------------


def _tell(session: Session, asking: list[Asking], now: datetime) -> int:
    session.flush()
    free = _hold_people(session, {one.contact.id for one in asking})
    last = _last_days(session, free)
    by_person: dict[int, list[Asking]] = defaultdict(list)
    for one in asking:
        zone = zone_of(one.contact.time_zone, one.milestone.municipality.country)
        heard = last.get(one.contact.id)
        if heard and heard >= now.astimezone(zone).date():  # also after the clock was set back
            one.reminder.due_at = day_after(now, one.milestone.municipality.country, zone)
        elif one.contact.id in free:
            by_person[one.contact.id].append(one)
    return _write(session, by_person, now)


def _hold_people(session: Session, ids: set[int]) -> set[int]:
    """Lock those whom no turn and no other clock holds; the others are told at the next tick."""
    query = select(Contact.id).where(Contact.id.in_(ids), Contact.erasing.is_(None)).order_by(Contact.id)
    return set(session.scalars(query.with_for_update(key_share=True, skip_locked=True)))


def _last_days(session: Session, ids: set[int]) -> dict[int, Any]:
    query = select(Notice.contact_id, func.max(Notice.sent_on)).where(Notice.contact_id.in_(ids))
    return dict(session.execute(query.group_by(Notice.contact_id)).all())


def _write(session: Session, by_person: dict[int, list[Asking]], now: datetime) -> int:
    notices = {contact_id: _notice(items, now) for contact_id, items in by_person.items()}
    session.add_all(notices.values())
    session.flush()
    queued = 0
    for contact_id, items in by_person.items():
        notice = notices[contact_id]
        session.add_all(NoticeItem(notice_id=notice.id, reminder_id=one.reminder.id) for one in items)
        for one in items:
            _ask(one, now)
        key = f"reminder:{contact_id}:{notice.sent_on}"
        message = _message(items, notice)
        queued += outbox.queue_say(session, items[0].contact, message, key, Purpose.REMINDERS)
    session.flush()
    return queued


def _notice(items: list[Asking], now: datetime) -> Notice:
    first = items[0]
    zone = zone_of(first.contact.time_zone, first.milestone.municipality.country)
    return Notice(contact_id=first.contact.id, sent_on=now.astimezone(zone).date(), sent_at=now)


def _ask(one: Asking, now: datetime) -> None:
    country = one.milestone.municipality.country
    one.reminder.state = ReminderState.ASKED
    one.reminder.due_at = day_after(now, country, zone_of(one.contact.time_zone, country), schedule().climbs_after)


def _message(items: list[Asking], notice: Notice) -> Say:
    if len(items) > 1:
        lines = {"lines": [_line(one, notice) for one in items]}
        return Say("utter_reminder_digest", {"lines": lines}, choices(notice))
    milestone = items[0].milestone
    days = (milestone.due_on - notice.sent_on).days if milestone.due_on else 0
    args = {
        "municipality": municipality_argument(milestone.municipality),
        "milestone": say(milestone.key),
        "day": day(milestone),
        "days": abs(days),
    }
    return Say("utter_reminder" if days >= 0 else "utter_reminder_late", args, choices(notice))


def _line(one: Asking, notice: Notice) -> list[Any]:
    late = one.milestone.due_on is not None and one.milestone.due_on < notice.sent_on
    when = say("utter_due_overdue", day=day(one.milestone)) if late else day(one.milestone)
    return [municipality_argument(one.milestone.municipality), say(one.milestone.key), when]


def day(milestone: Milestone) -> dict[str, str] | None:
    """Return a milestone's due date as an argument, None where no date is known."""
    return {"date": milestone.due_on.isoformat()} if milestone.due_on else None


def choices(notice: Notice) -> tuple[Choice, ...]:
    """Return the four ways to answer a reminder."""
    titles = {
        "done": button("Done"),
        "help": button("Need help"),
        "later": button("In two weeks"),
        "not_me": button("Not me any more"),
    }
    return tuple(
        Choice(title, payload("manage_reminders", did=did, notice=str(notice.id))) for did, title in titles.items()
    )
