"""Nudges: a request begun and not sent, or without what the town still owes, is asked about after some silence.

A nudge is part of the service that the person began and agreed to (`Purpose.KEEPING`), not a reminder of a milestone:
a draft is nudged before anybody was asked about reminders. Whoever said no to reminders, or stop, is left alone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from covenant import consent, hours, outbox
from covenant.applications import UNSIGNED, next_steps, status_arguments
from covenant.joining import JOIN
from covenant.messages import Choice, Say, button, payload
from covenant.reading import COUNTRIES
from db.messages import Outbound
from db.people import Consent, Contact, Purpose
from db.records import Application, ApplicationState, Draft, DraftState, Membership, Municipality

AFTER = (3, 14, 30)  # days of silence
HOME = "ID"  # whose hours count for who is elsewhere, or nowhere that we know
BATCH = 200
OWED = (*UNSIGNED, ApplicationState.RETURNED)


def stage(silent_since: datetime, now: datetime) -> int:
    """Return the last of the days of `AFTER` that have passed in silence, 0 when none has.

    After an outage several have passed at once, and only the last one is spoken of.
    """
    days = (now - silent_since).days
    return max((one for one in AFTER if one <= days), default=0)


def is_working_time(now: datetime, country: str) -> bool:
    """Tell whether offices are open in a country's capital."""
    return hours.is_working(now, country, hours.zone_of(None, country))


def queue_due(session: Session, now: datetime) -> int:
    """Queue the nudges that are due at this moment and return how many; a nudge comes once, however often it is tried.

    The person is held rather than the row, and by one clock only: their own turns hold them first, too.
    """
    awake = [one for one in COUNTRIES if is_working_time(now, one)]
    return _drafts(session, now, awake) + _applications(session, now, awake)


def _drafts(session: Session, now: datetime, awake: Sequence[str]) -> int:
    unfinished = (Draft.journey == JOIN.key) & (Draft.state == DraftState.OPEN)
    home = case((Contact.country.in_(COUNTRIES), Contact.country), else_=HOME)
    silence = func.greatest(Draft.changed_at, Contact.seen_at)
    query = (
        select(Draft, Contact)
        .join(Contact, Contact.id == Draft.contact_id)
        .where(unfinished, home.in_(awake), _reached(silence, Draft.nudged, now))
        .order_by(Draft.id)
    )
    found = session.execute(query.limit(BATCH).with_for_update(of=Contact, skip_locked=True)).all()
    on = Choice(button("Go on where we stopped"), payload("join_covenant", start="resume"))
    said = Say("utter_nudge_draft", {}, (on,))
    return sum(_nudge(session, contact, draft, draft.changed_at, said, now) for draft, contact in found)


def _applications(session: Session, now: datetime, awake: Sequence[str]) -> int:
    silence = func.greatest(Application.moved_at, Contact.seen_at)
    query = (
        select(Application, Contact)
        .join(Contact, Contact.id == Application.contact_id)
        .join(Municipality, Municipality.id == Application.municipality_id)
        .where(Application.state.in_(OWED), Municipality.country.in_(awake))
        .where(_is_member(), _reached(silence, Application.nudged, now))
        .order_by(Application.id)
    )
    found = session.execute(query.limit(BATCH).with_for_update(of=Contact, skip_locked=True)).all()
    return sum(
        _nudge(session, contact, application, application.moved_at, _owed(application), now)
        for application, contact in found
    )


def _is_member() -> ColumnElement[bool]:
    """Whether who sent the application still speaks for the town."""
    same = (Membership.contact_id == Contact.id) & (Membership.municipality_id == Application.municipality_id)
    return select(Membership.id).where(same, Membership.pending.is_(False)).exists()


def _owed(application: Application) -> Say:
    return Say("utter_nudge_application", status_arguments(application), next_steps(application))


def _reached(silence: Any, nudged: Any, now: datetime) -> ColumnElement[bool]:
    """Whether a stage has been reached that was not spoken of yet."""
    return or_(*((silence <= now - timedelta(days=days)) & (nudged < days) for days in AFTER))


def _nudge(  # noqa: PLR0913, PLR0917 - whom, about what, since when
    session: Session, contact: Contact, about: Draft | Application, since: datetime, said: Say, now: datetime
) -> bool:
    """Nudge once; where the person wants none the moment passes, and where they had one today it waits.

    The key holds the day, which is the same in UTC wherever we are at work, and so keeps two clocks apart as well.
    """
    key = f"nudge:{contact.id}:{now.astimezone(UTC):%Y-%m-%d}"
    if session.scalar(select(Outbound.id).where(Outbound.key == key)):
        return False
    about.nudged = stage(max(since, contact.seen_at), now)
    return _is_willing(session, contact) and outbox.queue_say(session, contact, said, key, Purpose.KEEPING)


def _is_willing(session: Session, contact: Contact) -> bool:
    """Tell whether a person keeps what they began with us, and never said no to being reminded."""
    said = select(Consent.given).where(Consent.contact_id == contact.id, Consent.purpose == Purpose.REMINDERS)
    refused = session.scalar(said.order_by(Consent.id.desc()).limit(1)) is False
    return consent.has_given(session, contact, Purpose.KEEPING) and not refused
