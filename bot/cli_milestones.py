"""`kawan evidence` and `kawan milestones`: what the secretariat does with what municipalities owe and hand in."""

from typing import Annotated

import typer

evidence = typer.Typer(help="Evidence that municipalities handed in.", no_args_is_help=True)
milestones = typer.Typer(
    help="The milestones of a municipality, named by its application's reference.", no_args_is_help=True
)

Day = Annotated[str, typer.Argument(help="YYYY-MM-DD")]


@evidence.command("list")
def list_evidence() -> None:
    """Print what waits for the secretariat, oldest first."""
    from bot import milestone_desk

    milestone_desk.list_evidence()


@evidence.command()
def accept(reference: str) -> None:
    """Accept evidence: its milestone is done, and the team is congratulated."""
    from bot import milestone_desk

    milestone_desk.accept(reference)


@evidence.command("return")
def send_back(reference: str, reason: str) -> None:
    """Return evidence with a reason, which the team reads; its milestone is open again."""
    from bot import milestone_desk

    milestone_desk.send_back(reference, reason)


@milestones.command()
def show(reference: str) -> None:
    """Print a municipality's milestones with their dates and phases, and its badges."""
    from bot import milestone_desk

    milestone_desk.show(reference)


@milestones.command()
def move(reference: str, key: str, due: Day, reason: str) -> None:
    """Set another due date with a reason; the reminders move along."""
    from bot import milestone_desk

    milestone_desk.move(reference, key, due, reason)


@milestones.command()
def waive(reference: str, key: str, reason: str) -> None:
    """Note with a reason that a milestone does not apply; nobody is reminded of it any more."""
    from bot import milestone_desk

    milestone_desk.waive(reference, key, reason)


@milestones.command()
def badge(reference: str, name: str, awarded_on: Day) -> None:
    """Record a badge that the regional covenant awarded."""
    from bot import milestone_desk

    milestone_desk.badge(reference, name, awarded_on)
