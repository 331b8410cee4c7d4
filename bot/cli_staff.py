"""What the secretariat and the operator do on the command line: see tickets, grant rights, keep the catalogues."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import StartError
from bot.postgres import find_database_url
from bot.settings import Settings
from covenant import doubts, tickets
from db.engine import open_engine, open_sessions
from db.people import Contact
from db.records import Application


@contextmanager
def session_of(settings: Settings) -> Iterator[Session]:
    """Give a session on the database that runs here, committed at the end."""
    engine = open_engine(find_database_url(settings), pool_size=1)
    try:
        with open_sessions(engine).begin() as session:
            yield session
    finally:
        engine.dispose()


def print_tickets(settings: Settings) -> None:
    """Print what waits for a person, oldest first."""
    with session_of(settings) as session:
        waiting = tickets.waiting(session)
        for ticket in waiting:
            when = f"{ticket.created_at:%Y-%m-%d %H:%M}"
            typer.echo(f"{ticket.reference}  {when}  {ticket.kind:<16} [{ticket.language}] {ticket.message or '-'}")
        typer.echo(f"{tickets.count_waiting(session)} open.")


def print_doubts(settings: Settings) -> None:
    """Print what was not understood as a table for whoever labels training sentences."""
    typer.echo("lang\tintent\ttext\tguesses")
    with session_of(settings) as session:
        for row in doubts.table(session):
            typer.echo("\t".join(row))


def grant(settings: Settings, right: str, reference: str) -> None:
    """Give a contact the secretariat's rights; the reference is one that Kawan told them (a ticket's or request's)."""
    if right != "secretariat":
        message = f"There is no right called “{right}”; the only one is: secretariat."
        raise StartError(message)
    with session_of(settings) as session:
        contact = find_contact(session, reference)
        if contact is None:
            message = (
                f"Nobody has the reference “{reference}”. It is the one Kawan gave when the person wrote “person”."
            )
            raise StartError(message)
        contact.is_secretariat = True
        typer.echo(f"The person with reference {reference} belongs to the secretariat now.")


def find_contact(session: Session, reference: str) -> Contact | None:
    """Return the contact behind a ticket's or an application's reference, or behind a public id."""
    ticket = tickets.find(session, reference.upper())
    application = session.scalars(select(Application).where(Application.reference == reference.upper())).first()
    contact_id = (ticket and ticket.contact_id) or (application and application.contact_id)
    if contact_id:
        return session.get(Contact, contact_id)
    return session.scalars(select(Contact).where(Contact.public_id == reference)).first()
