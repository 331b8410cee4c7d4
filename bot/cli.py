"""`kawan`: the command line; every verb reads the settings, does one thing and says in a sentence what went wrong."""

from pathlib import Path
from typing import Annotated

import typer

from bot import cli_broadcast, cli_milestones, cli_pledges, cli_review, cli_tally, cli_team, cli_templates
from bot.cli_base import about, one_sentence, say
from bot.errors import StartError

app = typer.Typer(
    help="Kawan, a chat assistant for local climate action.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it can show the values of variables, and some of ours are secrets
)


@app.command()
def up() -> None:
    """Start everything on this machine and keep it running until Ctrl-C."""
    from bot import house

    with one_sentence() as settings:
        house.run(settings, say)


@app.command()
def demo() -> None:
    """Start everything on data of its own, with a made-up region to look at, until Ctrl-C."""
    from bot import demo as demonstration

    with one_sentence() as settings:
        demonstration.run(settings, say)


@app.command(hidden=True)
def invent() -> None:
    """Make up the region of `kawan demo`, which runs this; refused anywhere else."""
    from bot import demo as demonstration

    with one_sentence() as settings:
        say("the region is made up" if demonstration.invent(settings) else "the region is there already")


@app.command()
def status() -> None:
    """Print every process that runs here with its memory, and the total."""
    from bot.status import StatusFile, table

    with one_sentence() as settings:
        file = StatusFile(settings.data_dir)
        if not file.is_held():
            message = f"Kawan does not run here (data in {settings.data_dir})."
            raise StartError(message)
        for line in table(file.lines()):
            typer.echo(line)


@app.command()
def train() -> None:
    """Train the language model when the training data changed."""
    from bot.model import train as train_model

    with one_sentence() as settings:
        say(f"the language model is {train_model(settings)}")


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.postgres import find_database_url
    from covenant import places
    from db.engine import open_engine, open_sessions
    from db.migrate import upgrade

    with one_sentence() as settings:
        try:
            url = find_database_url(settings)
            upgrade(url)
            with open_sessions(open_engine(url)).begin() as session:
                places.load(session)
        except SQLAlchemyError as problem:
            raise StartError(about(problem)) from problem
        say("the database has the newest schema")


@app.command()
def simulate(
    years: int = 4, cities: int = 500, seed: int = 1, *, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """Run the clock fast over a made-up region and print what its people got; on a database that is thrown away."""
    from bot import cli_simulate

    with one_sentence():
        raise typer.Exit(cli_simulate.simulate(years, cities, seed, as_json=as_json))


@app.command()
def web() -> None:
    """Serve the page, Rasa's endpoints, health and figures; `kawan up` runs this."""
    from bot import cli_serve

    with one_sentence() as settings:
        cli_serve.web(settings)


@app.command()
def worker() -> None:
    """Answer what came in and send what waits; `kawan up` runs this."""
    from bot import cli_serve

    with one_sentence() as settings:
        cli_serve.worker(settings)


@app.command()
def doubts() -> None:
    """Print what was not understood, masked, as a TSV for labelling; the intent is what the person tapped then."""
    from bot import cli_staff

    with one_sentence() as settings:
        cli_staff.print_doubts(settings)


@app.command()
def understand(table: Path) -> None:
    """Print what the language model makes of each text of a TSV with the columns lang and text; no server is needed."""
    from bot.model import understand as understand_table

    with one_sentence() as settings:
        raise typer.Exit(understand_table(settings, table))


@app.command()
def values(table: Path) -> None:
    """Print which value each text of a TSV with the columns lang, kind, text holds; null for what must be refused."""
    from bot import cli_values

    with one_sentence():
        cli_values.values(table)


@app.command()
def tickets() -> None:
    """Print what waits for a person at the secretariat, oldest first."""
    from bot import cli_staff

    with one_sentence() as settings:
        cli_staff.print_tickets(settings)


@app.command()
def grant(right: str, reference: str) -> None:
    """Give a person a right: `kawan grant secretariat REFERENCE`, where REFERENCE is one that Kawan told them."""
    from bot import cli_staff

    with one_sentence() as settings:
        cli_staff.grant(settings, right, reference)


@app.command()
def doctor() -> None:
    """Look at tokens, webhooks, templates and reachability, and say what to do."""
    from bot import doctor as examination

    with one_sentence() as settings:
        raise typer.Exit(0 if examination.report(settings, typer.echo) else 1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def emulate(name: str, more: typer.Context) -> None:
    """Give a page to chat through a channel without an account: `kawan emulate telegram`, `… whatsapp`."""
    from bot import cli_emulate

    with one_sentence():
        cli_emulate.emulate(name, more.args)


@app.command()
def catalogues() -> None:
    """Bring the translations up to date with the English texts and say what is missing."""
    from locales.update import update_all

    for language, empty in update_all().items():
        typer.echo(f"{language}: {empty} to translate")


app.command()(cli_broadcast.broadcast)
app.command()(cli_broadcast.costs)
app.command()(cli_tally.tally)
app.add_typer(cli_broadcast.app, name="broadcasts")
app.add_typer(cli_team.app, name="team")
app.add_typer(cli_templates.app, name="templates")
app.add_typer(cli_review.app, name="review")
app.add_typer(cli_pledges.app, name="pledges")
app.add_typer(cli_milestones.evidence, name="evidence")
app.add_typer(cli_milestones.milestones, name="milestones")
