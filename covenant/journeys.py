"""Every journey there is; importing their modules makes them known to `covenant.drafts`."""

from covenant import (
    admission,
    amending,
    broadcast_chat,
    evidence,
    evidence_desk,
    joining,
    knowledge,
    mailing,
    pledge_form,
    pledge_page,
    pledge_progress,
    pledge_verdicts,
    succession,
    verdicts,
    welcome,
)
from covenant.plans import PLANS, Plan

ALL = (
    welcome.PLAN,
    joining.PLAN,
    amending.PLAN,
    admission.PLAN,
    pledge_form.PLAN,
    knowledge.PLAN,
    broadcast_chat.PLAN,
    mailing.PLAN,
    verdicts.PLAN,
    evidence.PLAN,
    evidence_desk.PLAN,
    succession.PLAN,
    pledge_page.PLAN,
    pledge_progress.PLAN,
    pledge_verdicts.PLAN,
)


def known() -> dict[str, Plan]:
    """Return every journey by its key."""
    return dict(PLANS)
