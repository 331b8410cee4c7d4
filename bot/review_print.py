"""What `kawan review show` prints: an application as it was sent, the versions of its letter, its history."""

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.amending import AMEND
from db.people import Contact
from db.records import Application, ApplicationEvent, Letter

OPERATOR = "operator"


def show(session: Session, application: Application) -> None:
    """Print everything that a decision needs."""
    town = application.municipality
    typer.echo(f"{application.reference}  {application.state}  {town.name}, {town.province or '-'}, {town.country}")
    for field in AMEND.fields:
        typer.echo(f"  {field.key:<16} {getattr(application, field.key) or '-'}")
    if application.reason:
        typer.echo(f"  reason           {application.reason}")
    if application.returned_fields:
        typer.echo(f"  to be mended     {', '.join(application.returned_fields)}")
    letters = select(Letter).where(Letter.application_id == application.id).order_by(Letter.version)
    for letter in session.scalars(letters):
        typer.echo(f"letter {letter.version}  {letter.at:%Y-%m-%d %H:%M}  {len(letter.pages)} file(s)")
    events = select(ApplicationEvent).where(ApplicationEvent.application_id == application.id)
    for event in session.scalars(events.order_by(ApplicationEvent.id)):
        typer.echo(_line(session, event))


def _line(session: Session, event: ApplicationEvent) -> str:
    who = session.get(Contact, event.contact_id) if event.contact_id else None
    step = f"{event.before or '-'} → {event.after or '-'}"
    name = who.public_id if who else OPERATOR
    return f"{event.at:%Y-%m-%d %H:%M}  {event.event:<16} {step}  {name}  {event.reason or ''}"
