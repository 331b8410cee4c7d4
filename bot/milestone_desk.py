"""What `kawan evidence` and `kawan milestones` do: the secretariat's desk, until the dashboard has one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cli_base import one_sentence
from bot.cli_staff import session_of
from bot.errors import StartError
from covenant import progress, schedule
from covenant.milestones import schedule as rules
from db.milestones import Evidence, Milestone
from db.records import Application, Municipality


@contextmanager
def _session() -> Iterator[Session]:
    with one_sentence() as settings, session_of(settings) as session:
        yield session


def list_evidence() -> None:
    """Print what waits for the secretariat, oldest first."""
    with _session() as session:
        waiting = progress.waiting(session)
        for one in waiting:
            what = [f"file {one.file_id}" if one.file_id else "", one.link or "", str(one.year or ""), one.note or ""]
            town = one.milestone.municipality
            when = f"{one.created_at:%Y-%m-%d}"
            about = " · ".join(part for part in what if part) or "-"
            typer.echo(f"{one.reference}  {when}  {town.name} ({town.country})  {one.milestone.key}  {about}")
        typer.echo(f"{len(waiting)} waiting.")


def accept(reference: str) -> None:
    """Accept evidence: its milestone is done, and the team is congratulated."""
    with _session() as session:
        found = find_evidence(session, reference)
        try:
            progress.accept(session, found, datetime.now(UTC))
        except progress.Decided as before:
            raise _decided(reference, before) from None
        typer.echo(f"{reference} is accepted: {found.milestone.key} of {found.milestone.municipality.name} is done.")


def send_back(reference: str, reason: str) -> None:
    """Return evidence with a reason, which the team reads; its milestone is open again."""
    with _session() as session:
        found = find_evidence(session, reference)
        try:
            progress.send_back(session, found, reason, datetime.now(UTC))
        except progress.Decided as before:
            raise _decided(reference, before) from None
        typer.echo(f"{reference} is returned to {found.milestone.municipality.name}.")


def find_evidence(session: Session, reference: str) -> Evidence:
    """Return the evidence with a reference; StartError when there is none."""
    found = progress.find(session, reference.upper())
    if found is None:
        message = f"No evidence has the reference “{reference}”; `kawan evidence list` prints those that wait."
        raise StartError(message)
    return found


def _decided(reference: str, before: progress.Decided) -> StartError:
    return StartError(f"Evidence {reference} was {before} already; hand it in again to decide anew.")


def show(reference: str) -> None:
    """Print a municipality's milestones with their dates and phases, and its badges."""
    with _session() as session:
        town = find_town(session, reference)
        schedule.lay_out(session, town)
        for one in progress.milestones_of(session, town):
            typer.echo(f"{one.key:<24} {one.due_on or '-'}  {one.phase:<14} {one.reason or ''}".rstrip())
        for badge in progress.badges_of(session, town):
            typer.echo(f"badge: {badge['args']['pillar']['say']} {badge['args']['milestone']['say']}")


def move(reference: str, key: str, due: str, reason: str) -> None:
    """Set another due date with a reason; the reminders move along."""
    with _session() as session:
        milestone = find_milestone(session, reference, key)
        schedule.move(session, milestone, a_day(due), reason, datetime.now(UTC))
        typer.echo(f"{key} of {milestone.municipality.name} is due on {milestone.due_on} now.")


def waive(reference: str, key: str, reason: str) -> None:
    """Note with a reason that a milestone does not apply; nobody is reminded of it any more."""
    with _session() as session:
        milestone = find_milestone(session, reference, key)
        schedule.waive(session, milestone, reason)
        typer.echo(f"{key} does not apply to {milestone.municipality.name}.")


def badge(reference: str, name: str, awarded_on: str) -> None:
    """Record a badge that the regional covenant awarded."""
    with _session() as session:
        town = find_town(session, reference)
        try:
            progress.award(session, town, name, a_day(awarded_on))
        except KeyError:
            known = ", ".join(one.badge for one in rules().badges)
            message = f"There is no badge “{name}”; there are: {known}."
            raise StartError(message) from None
        typer.echo(f"{town.name} has the badge {name}.")


def find_town(session: Session, reference: str) -> Municipality:
    """Return the committed municipality of an application's reference; StartError when there is none."""
    query = select(Municipality).join(Application).where(Application.reference == reference.upper())
    town = session.scalars(query).first()
    if town is None or town.committed_on is None:
        message = (
            f"No committed municipality has an application “{reference}”; it is the reference its officer was told."
        )
        raise StartError(message)
    return town


def find_milestone(session: Session, reference: str, key: str) -> Milestone:
    """Return a municipality's milestone, the latest of those that come again; StartError when there is none."""
    town = find_town(session, reference)
    schedule.lay_out(session, town)
    query = select(Milestone).where(Milestone.municipality_id == town.id, Milestone.key == key)
    found = session.scalars(query.order_by(Milestone.cycle.desc())).first()
    if found is None:
        known = ", ".join(sorted({one.key for one in progress.milestones_of(session, town)}))
        message = f"{town.name} has no milestone “{key}”; it has: {known}."
        raise StartError(message)
    return found


def a_day(text: str) -> date:
    """Return the date that an operator wrote; StartError when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"“{text}” is no date: write year-month-day, such as 2028-11-30."
        raise StartError(message) from None
