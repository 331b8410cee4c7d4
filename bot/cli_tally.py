"""`kawan tally`: the pledges and the people they want to reach, as the public address tells them."""

from typing import Annotated

import typer

from bot.cli_base import one_sentence
from bot.errors import StartError


def tally(
    *,
    as_csv: Annotated[bool, typer.Option("--csv")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Print how many pledges there are and whom they want to reach, verified and unverified apart."""
    import json

    from bot import public_tally
    from bot.cli_staff import session_of

    with one_sentence() as settings:
        if as_csv and as_json:
            message = "Choose one of --csv and --json."
            raise StartError(message)
        with session_of(settings) as session:
            found, as_of = public_tally.count(session)
        if as_csv:
            typer.echo(public_tally.table(found), nl=False)
        elif as_json:
            typer.echo(json.dumps(public_tally.document(found, as_of), indent=2))
        else:
            for part, breakdown, value, pledges, low, high in public_tally.rows(found):
                typer.echo(f"{part:<10}  {breakdown:<9}  {value:<17}  pledges {pledges:>6}  people {low}-{high}")
