"""J3, what people say to a reminder and about reminders: done, need help, in two weeks, not me; on, off, a pause."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant import consent, evidence, tickets
from covenant.display import municipality_argument
from covenant.hours import day_after, zone_of
from covenant.menu import DUE
from covenant.messages import Choice, Say, button, payload, say
from covenant.reminders import about, day
from covenant.schedule import LATER, hold
from covenant.turn import Turn
from db.milestones import Milestone, Notice, NoticeItem, Phase, Reminder, ReminderPause, ReminderState
from db.people import Contact, Purpose
from db.records import Membership

PAUSE = timedelta(days=30)
SHOWN = 6  # reminders to come that are listed
HELP, NOT_ME = "reminder_help", "reminder_not_me"  # kinds of tickets

# --- what an answer does, without words -----------------------------------------------------------------------------


def note_answer(
    session: Session, contact: Contact, did: str, now: datetime, notice_id: int | None = None
) -> Notice | None:
    """Write down what somebody answered to a reminder of theirs, the newest one if none is named; None without any."""
    query = select(Notice).where(Notice.contact_id == contact.id)
    named = query.where(Notice.id == notice_id) if notice_id else query.order_by(Notice.id.desc())
    notice = session.scalars(named.limit(1)).first()
    if notice:
        notice.answer, notice.answered_at = did, now
        session.flush()
    return notice


def held(session: Session, notice: Notice) -> list[Milestone]:
    """Lock what a notice was about; returns those milestones that are still open."""
    mine = select(Reminder.milestone_id).join(NoticeItem, NoticeItem.reminder_id == Reminder.id)
    ids = session.scalars(mine.where(NoticeItem.notice_id == notice.id)).all()
    return [one for one in hold(session, ids) if one.phase == Phase.OPEN]


def ask_later(session: Session, notice: Notice, milestones: Sequence[Milestone], now: datetime) -> date | None:
    """Let nobody be reminded of these milestones for two weeks, and then this person first; returns the day."""
    moments = [
        day_after(now, one.municipality.country, zone_of(None, one.municipality.country), LATER) for one in milestones
    ]
    again = select(NoticeItem.reminder_id).where(NoticeItem.notice_id == notice.id)
    again_ids = set(session.scalars(again))
    for milestone, moment in zip(milestones, moments, strict=True):
        for reminder in _reminders(session, milestone):
            if reminder.id in again_ids or reminder.state == ReminderState.ASKED:
                reminder.state, reminder.due_at = ReminderState.WAITING, moment
            elif reminder.state == ReminderState.WAITING:
                reminder.due_at = max(reminder.due_at, moment)
    session.flush()
    return max(moments).date() if moments else None


def _reminders(session: Session, milestone: Milestone) -> Sequence[Reminder]:
    query = select(Reminder).where(Reminder.milestone_id == milestone.id).order_by(Reminder.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def leave_to_secretariat(session: Session, milestones: Sequence[Milestone]) -> None:
    """Let what was asked about these milestones rest: the secretariat has it. What comes later still comes."""
    for milestone in milestones:
        for reminder in _reminders(session, milestone):
            if reminder.state == ReminderState.ASKED:
                reminder.state = ReminderState.SETTLED
    session.flush()


def pass_on(session: Session, contact: Contact, now: datetime) -> list[Milestone]:
    """Let the next of the team be asked what this person was asked last; the clock finds whom. Returns what that is."""
    later = select(func.max(NoticeItem.notice_id)).where(NoticeItem.reminder_id == Reminder.id).scalar_subquery()
    mine = select(Reminder).join(Notice, Notice.id == later)
    query = mine.where(Notice.contact_id == contact.id, Reminder.state == ReminderState.ASKED)
    found = hold(session, session.scalars(query.with_only_columns(Reminder.milestone_id)).all())
    for reminder in session.scalars(query.execution_options(populate_existing=True)):
        reminder.state, reminder.due_at = ReminderState.WAITING, now
    session.flush()
    return list(found)


def pause(session: Session, contact: Contact, until: datetime) -> None:
    """Remind somebody of nothing until a moment."""
    row = insert(ReminderPause).values(contact_id=contact.id, until=until)
    session.execute(row.on_conflict_do_update(index_elements=["contact_id"], set_={"until": until}))


def end_pause(session: Session, contact: Contact) -> None:
    """Remind somebody again, if they had a pause."""
    row = session.get(ReminderPause, contact.id)
    if row:
        session.delete(row)
        session.flush()


# --- and what is said then ------------------------------------------------------------------------------------------


def manage(turn: Turn) -> list[Say]:
    """Answer what was said to a reminder, or show whether reminders are on, what comes, and how to change it."""
    answers = {"done": _done, "help": _help, "later": _later, "not_me": _not_me}
    did = str(turn.entities.get("did", ""))
    if did == "pause":
        return _pause(turn)
    if did not in answers:
        return _overview(turn)
    number = str(turn.entities.get("notice", ""))
    notice = note_answer(turn.session, turn.contact, did, turn.now, int(number) if number.isdecimal() else None)
    milestones = held(turn.session, notice) if notice else []
    if notice is None or (not milestones and did in {"done", "later"}):
        return [Say("utter_reminder_old", {}, (DUE,))]
    return answers[did](turn, notice, milestones)


def _done(turn: Turn, notice: Notice, milestones: list[Milestone]) -> list[Say]:
    ask_later(turn.session, notice, milestones, turn.now)  # should nothing be handed in after all
    return evidence.report(turn, milestones)


def _help(turn: Turn, _notice: Notice, milestones: list[Milestone]) -> list[Say]:
    leave_to_secretariat(turn.session, milestones)
    ticket = tickets.open_task(turn.session, HELP, _about(milestones), turn.now, turn.contact)
    return [Say("utter_person", {"reference": ticket.reference})]


def _later(turn: Turn, notice: Notice, milestones: list[Milestone]) -> list[Say]:
    when = ask_later(turn.session, notice, milestones, turn.now)
    return [Say("utter_reminder_later", {"day": {"date": when.isoformat()} if when else None})]


def _not_me(turn: Turn, _notice: Notice, _milestones: list[Milestone]) -> list[Say]:
    consent.record(turn, Purpose.REMINDERS, given=False)
    passed = pass_on(turn.session, turn.contact, turn.now)
    ticket = tickets.open_task(turn.session, NOT_ME, _about(passed), turn.now, turn.contact)
    hand_over = Choice(button("Hand over my role"), "/hand_over_role")
    return [Say("utter_reminder_not_me", {"reference": ticket.reference}, (hand_over,))]


def _about(milestones: Sequence[Milestone]) -> str:
    return "; ".join(about(one.municipality, [one]) for one in milestones)


def _pause(turn: Turn) -> list[Say]:
    until = turn.now + PAUSE
    pause(turn.session, turn.contact, until)
    pass_on(turn.session, turn.contact, turn.now)
    zone = zone_of(turn.contact.time_zone, turn.contact.country or "")
    return [Say("utter_reminders_paused", {"day": {"date": until.astimezone(zone).date().isoformat()}}, (_YES,))]


_YES = Choice(button("Yes, remind me"), payload("opt_in", purpose="reminders"))
_NO = Choice(button("No reminders"), payload("opt_out", purpose="reminders"))
_REST = Choice(button("Pause for a month"), payload("manage_reminders", did="pause"))


def _overview(turn: Turn) -> list[Say]:
    if not consent.has_given(turn.session, turn.contact, Purpose.REMINDERS):
        return [Say("utter_reminders_off", {}, (_YES, _NO))]
    coming = _coming(turn)
    shown = [Say("utter_reminders_coming", {"lines": {"lines": coming}})] if coming else []
    person = Choice(button("Ask a person"), "/talk_to_human")  # for finer wishes
    return [*shown, Say("utter_reminders_on", {}, (_YES, _NO, _REST, person))]


def _coming(turn: Turn) -> list[list[Any]]:
    """Return the next reminders of the towns somebody speaks for: when it comes, the town, the milestone, its day."""
    teams = select(Membership.municipality_id).where(
        Membership.contact_id == turn.contact.id, Membership.pending.is_(False)
    )
    query = (
        select(Reminder, Milestone)
        .join(Milestone, Reminder.milestone_id == Milestone.id)
        .where(Milestone.municipality_id.in_(teams), Milestone.phase == Phase.OPEN)
        .where(Reminder.state == ReminderState.WAITING)
        .order_by(Reminder.due_at, Reminder.id)
    )
    return [
        [_local_day(reminder, milestone), municipality_argument(milestone.municipality), _what(milestone)]
        for reminder, milestone in turn.session.execute(query.limit(SHOWN))
    ]


def _what(milestone: Milestone) -> dict[str, Any]:
    return say("utter_due_line", milestone=say(milestone.key), day=day(milestone))


def _local_day(reminder: Reminder, milestone: Milestone) -> dict[str, str]:
    zone = zone_of(None, milestone.municipality.country)
    return {"date": reminder.due_at.astimezone(zone).date().isoformat()}
