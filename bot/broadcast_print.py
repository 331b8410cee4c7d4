"""What `kawan broadcast`, `kawan broadcasts` and `kawan costs` print."""

from collections.abc import Iterator
from datetime import timedelta

import typer
from sqlalchemy.orm import Session

from bot.broadcast_file import Written
from bot.errors import StartError
from covenant import broadcasts, templates
from covenant.costs import Estimate, totals
from covenant.rehearsal import Rehearsal, knocks, rehearse
from db.records import Broadcast
from locales import Catalogues

REASONS = {
    "no_consent": "did not say yes to campaign news",
    "stopped": "stopped all messages",
    "gone": "cannot be reached any more",
    "no_address": "have no address",
    "held": "are on WhatsApp and did not write within a day: held until they write",
}
KINDS = {"text": "as it is", templates.NOTICE: "in an approved template", "held": "held until they write"}


def preview(session: Session, catalogues: Catalogues, written: Written) -> int:
    """Print what would happen; returns for how many people it would be queued."""
    row = written.as_row()
    rehearsal = rehearse(session, catalogues, row)
    for line in (*_warnings(catalogues, row), *_numbers(written, rehearsal), *_held(session, catalogues, rehearsal)):
        typer.echo(line)
    for sample in rehearsal.samples:
        typer.echo(f"\n--- {sample.channel}, {sample.language}, {KINDS[sample.kind]}: {sample.people}")
        typer.echo(sample.text)
    typer.echo("")
    return rehearsal.total


def _warnings(catalogues: Catalogues, row: Broadcast) -> Iterator[str]:
    room = templates.room(catalogues)
    for code, text in row.texts.items():
        if len(text) > room:
            yield (
                f"Careful: the text in {code} has {len(text)} characters. WhatsApp takes {room} of whom did not write "
                "within a day; a longer one waits until they write."
            )


def _numbers(written: Written, rehearsal: Rehearsal) -> Iterator[str]:
    yield f"To {written.audience}: {rehearsal.total}"
    for (channel, language), number in sorted(rehearsal.counts.items()):
        yield f"  {channel}, {language}: {number}"
    yield f"Reading {written.base} instead of their own language: {rehearsal.fallback}"
    for reason, number in rehearsal.unreached.items():
        yield f"{number} {REASONS[reason]}."
    yield f"It costs {rehearsal.cost} and takes {timedelta(seconds=round(rehearsal.seconds) + 1)}."


def _held(session: Session, catalogues: Catalogues, rehearsal: Rehearsal) -> Iterator[str]:
    if rehearsal.unreached.get("held"):
        told = knocks(session, catalogues)
        yield "Whoever is held is told so by a template." if told else "Nobody tells them: no template is approved."


def named(session: Session, reference: str) -> Broadcast:
    """Return the broadcast with a reference, or say that there is none."""
    row = broadcasts.find(session, reference)
    if row is None:
        message = f"There is no update with the reference “{reference}”; `kawan broadcasts` prints them."
        raise StartError(message)
    return row


def listing(session: Session) -> None:
    """Print every broadcast with what became of it."""
    for row in broadcasts.recent(session):
        found = broadcasts.outcomes(session, row)
        counts = ", ".join(f"{name} {number}" for name, number in found.groups)
        typer.echo(f"{row.reference}  {row.queued_at:%Y-%m-%d %H:%M}  {row.state:<8} {found.total:>6}: {counts}")


def progress(session: Session, row: Broadcast) -> None:
    """Print how far one is."""
    found = broadcasts.outcomes(session, row)
    typer.echo(f"{row.reference} is {row.state}. It is for {found.total}:")
    for name, number in found.groups:
        typer.echo(f"  {name:<10} {number}")


def people(session: Session, row: Broadcast) -> None:
    """Print what became of one for each person, as a TSV."""
    typer.echo("person\tchannel\tlanguage\tstate\terror")
    for one in broadcasts.people(session, row):
        typer.echo(f"{one.person}\t{one.channel}\t{one.language}\t{one.state}\t{one.error}")


def costs(session: Session) -> None:
    """Print what WhatsApp cost, and the sum of every month."""
    months: dict[str, Estimate] = {}
    for one in totals(session):
        typer.echo(f"{one.month}  {one.category:<14} {one.country:<3} {one.estimate.messages:>8}  {one.estimate}")
        months[one.month] = months.get(one.month, Estimate()) + one.estimate
    for month, total in months.items():
        typer.echo(f"{month}  altogether         {total.messages:>8}  {total}")
