"""What a journey does: how it is sent, what an answer triggers, what is offered with a question; and all there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from covenant.fields import Field, Journey
from covenant.messages import Choice, Say
from covenant.turn import Turn
from db.records import Draft

Noticed = Callable[[Turn, Draft, Field], Sequence[Say] | None]
Submit = Callable[[Turn, Draft], list[Say]]
Choices = Callable[[Turn, Draft, Field], Sequence[Choice]]
Preview = Callable[[Turn, Draft], list[Say]]


def nothing_noticed(_turn: Turn, _draft: Draft, _field: Field) -> None:
    """Let the next question follow, as most journeys do after an answer."""


def no_choices(_turn: Turn, _draft: Draft, _field: Field) -> Sequence[Choice]:
    """Offer nothing beside the field's own options."""
    return ()


@dataclass(frozen=True)
class Plan:
    """A journey with what it does: `submit` at the end, `noticed` after an answer (what it returns ends the form).

    `files` is the question that files answer, where it takes any (`covenant.attachments`).
    """

    journey: Journey
    submit: Submit
    noticed: Noticed = nothing_noticed
    choices: Choices = no_choices
    preview: Preview | None = None
    files: str | None = None


PLANS: dict[str, Plan] = {}


def register(plan: Plan) -> Plan:
    """Make a journey known; called once by each journey's module."""
    PLANS[plan.journey.key] = plan
    return plan


def plan_of(draft: Draft) -> Plan:
    """Return the plan of a draft's journey."""
    return PLANS[draft.journey]


def open_field(draft: Draft | None) -> Field | None:
    """Return the field that is being asked, or None at the review and without a draft."""
    return plan_of(draft).journey.by_key.get(draft.field) if draft and draft.field else None
