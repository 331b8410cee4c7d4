"""What `kawan pledges show` prints: a pledge as it stands, its target, what was reported, its history."""

import typer
from sqlalchemy.orm import Session

from bot.review_print import OPERATOR
from covenant import pledge_book
from covenant.pledge_book import AMENDABLE, OF_TARGET
from db.people import Contact
from db.pledges import Pledge


def show(session: Session, pledge: Pledge) -> None:
    """Print everything that verifying it needs."""
    place = pledge.municipality.name if pledge.municipality else pledge.place_name or "-"
    typer.echo(f"{pledge.reference}  {pledge.state}  {pledge.progress}  {place}  {pledge.role or '-'}")
    for key in AMENDABLE:
        typer.echo(f"  {key:<12} {_shown(getattr(pledge, key))}")
    for key in OF_TARGET if pledge.target else ():
        typer.echo(f"  target {key:<11} {_shown(getattr(pledge.target, key))}")
    if pledge.reason:
        typer.echo(f"  reason       {pledge.reason}")
    for one in pledge_book.reports(session, pledge):
        reached = f"{one.reached_min}-{one.reached_max}" if one.reached_min is not None else "-"
        typer.echo(
            f"report {one.at:%Y-%m-%d %H:%M}  {one.progress}  people {reached}  {one.link or ''}  {one.note or ''}"
        )
    for event in pledge_book.history(session, pledge):
        who = session.get(Contact, event.contact_id) if event.contact_id else None
        changed = ", ".join(event.change)
        typer.echo(f"{event.at:%Y-%m-%d %H:%M}  {event.event:<10} {who.public_id if who else OPERATOR}  {changed}")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
