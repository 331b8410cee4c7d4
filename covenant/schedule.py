"""The rows of milestones and reminders: laid out at the commitment, moved with a due date, settled when it is done.

Every change of a reminder happens under its milestone's lock (`hold`), in the order of their ids, so that the clock
and people who answer never wait for each other in a circle.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant.hours import day_after, moment, zone_of
from covenant.milestones import Rule, due_on, followers, schedule
from db.milestones import Milestone, Phase, Reminder, ReminderState
from db.records import Municipality

LATER = 14  # days after which somebody is asked again


def lay_out(session: Session, municipality: Municipality) -> None:
    """Write down the milestones and reminders of a committed municipality; doing it again changes nothing."""
    if municipality.committed_on is None:
        return
    start = municipality.committed_on
    _lay(session, municipality, [(one, 0, due_on(start, one)) for one in schedule().milestones if not one.after])


def lay_out_next(session: Session, milestone: Milestone, handed_in: date) -> None:
    """Write down what follows a milestone that was handed in on a day, such as the next progress report."""
    rows = [
        (one, milestone.cycle + 1 if one.key == milestone.key else 1, due_on(handed_in, one))
        for one in followers(milestone.key)
    ]
    _lay(session, milestone.municipality, rows)


def _lay(session: Session, municipality: Municipality, rows: Sequence[tuple[Rule, int, date | None]]) -> None:
    if not rows:
        return
    values = [
        {"municipality_id": municipality.id, "key": rule.key, "cycle": cycle, "due_on": due, "phase": Phase.OPEN}
        for rule, cycle, due in rows
    ]
    added = insert(Milestone).values(values).on_conflict_do_nothing().returning(Milestone.id)
    fresh = session.scalars(added).all()
    reminders = [
        row
        for milestone in session.scalars(select(Milestone).where(Milestone.id.in_(fresh)).order_by(Milestone.id))
        for row in _reminders(milestone, municipality.country)
    ]
    if reminders:
        session.execute(insert(Reminder).values(reminders).on_conflict_do_nothing())


def _reminders(milestone: Milestone, country: str) -> list[dict[str, object]]:
    return [
        {
            "milestone_id": milestone.id,
            "days_before": days,
            "due_at": _due_at(milestone.due_on, days, country),
            "state": ReminderState.WAITING,
            "step": 0,
        }
        for days in schedule().days_before
        if milestone.due_on and is_certain(milestone)
    ]


def _due_at(due: date, days: int, country: str) -> datetime:
    return moment(due - timedelta(days=days), country)


def is_certain(milestone: Milestone) -> bool:
    """Tell whether a milestone's date is a confirmed fact, or was set by the secretariat for this municipality."""
    return milestone.due_on is not None and (milestone.reason is not None or schedule().rule(milestone.key).is_certain)


def hold(session: Session, milestone_ids: Iterable[int]) -> Sequence[Milestone]:
    """Lock milestones, and with them their reminders, for the rest of the transaction; returns them as they are now."""
    query = select(Milestone).where(Milestone.id.in_(set(milestone_ids))).order_by(Milestone.id)
    locked = query.with_for_update(key_share=True, of=Milestone).execution_options(populate_existing=True)
    return session.scalars(locked).all()


def move(session: Session, milestone: Milestone, due: date, reason: str, now: datetime) -> None:
    """Set a milestone's date for one municipality, with the secretariat's reason; its reminders move along.

    What was sent for a moment that stays in the past is not sent again.
    """
    hold(session, [milestone.id])
    milestone.due_on, milestone.reason = due, reason
    if milestone.phase == Phase.NOT_APPLICABLE:
        milestone.phase = Phase.OPEN
    session.flush()
    rows = _reminders(milestone, milestone.municipality.country)
    session.execute(insert(Reminder).values(rows).on_conflict_do_nothing())
    if milestone.phase == Phase.OPEN:
        _set_moments(session, milestone, now)


def _set_moments(session: Session, milestone: Milestone, now: datetime) -> None:
    due, country = milestone.due_on, milestone.municipality.country
    if due is None:
        return
    query = select(Reminder).where(Reminder.milestone_id == milestone.id)
    for reminder in session.scalars(query.execution_options(populate_existing=True)):
        due_at = _due_at(due, reminder.days_before, country)
        if due_at > now:
            reminder.state, reminder.step, reminder.due_at = ReminderState.WAITING, 0, due_at
        elif reminder.state == ReminderState.WAITING:
            reminder.due_at = due_at
    session.flush()


def waive(session: Session, milestone: Milestone, reason: str) -> None:
    """Note that a milestone does not apply to a municipality; nobody is reminded of it any more."""
    hold(session, [milestone.id])
    milestone.phase, milestone.reason = Phase.NOT_APPLICABLE, reason
    settle(session, milestone)


def settle(session: Session, milestone: Milestone) -> None:
    """Let no reminder of a milestone leave or climb any more; the caller holds it."""
    session.flush()
    mine = update(Reminder).where(Reminder.milestone_id == milestone.id, Reminder.state != ReminderState.SETTLED)
    session.execute(mine.values(state=ReminderState.SETTLED))


def reopen(session: Session, milestone: Milestone, now: datetime) -> None:
    """Remind of a milestone again: at the moments still to come, and in two weeks at the latest after the last one."""
    hold(session, [milestone.id])
    milestone.phase = Phase.OPEN
    session.flush()
    if not is_certain(milestone):
        return
    _set_moments(session, milestone, now)
    last = min(schedule().days_before)
    query = select(Reminder).where(Reminder.milestone_id == milestone.id, Reminder.days_before == last)
    reminder = session.scalars(query).first()
    if reminder and reminder.state == ReminderState.SETTLED:
        country = milestone.municipality.country
        due_at = day_after(now, country, zone_of(None, country), LATER)
        reminder.state, reminder.step, reminder.due_at = ReminderState.WAITING, 0, due_at
    session.flush()
