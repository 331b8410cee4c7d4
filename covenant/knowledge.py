"""J6, sharing knowledge: a practice, whether it may be published, and whom to thank; the secretariat reads it."""

from covenant import tickets
from covenant.drafts import begin
from covenant.fields import Field, Journey
from covenant.messages import Say
from covenant.plans import Plan, register
from covenant.turn import Turn
from covenant.values import Kind
from db.records import Draft

KNOWLEDGE = Journey(
    key="knowledge",
    fields=(
        Field(
            "practice",
            Kind.TEXT,
            skippable=False,
            resembles=("share_knowledge", "get_tips", "report_progress", "log_pledge"),
        ),
        Field("practice_public", Kind.YES_NO, skippable=False),
        Field("practice_name", Kind.NAME, optional=True),
    ),
    counted=False,
)


def share(turn: Turn) -> list[Say]:
    """Open the form in which a practice is given."""
    return begin(turn, KNOWLEDGE.key)


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    values = draft.values
    shown = f"{values['practice']}\n(public: {values['practice_public']}; name: {values.get('practice_name') or '-'})"
    ticket = tickets.open_ticket(turn, "share_knowledge", shown)
    return [Say("utter_knowledge_sent", {"reference": ticket.reference})]


PLAN = register(Plan(KNOWLEDGE, submit=_submit))
