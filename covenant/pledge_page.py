"""The page of one pledge: all that is recorded, what happened to it, and what its people may do: report, correct, end.

Behind the button `/pledge{"reference": …}` and a reference that is typed. Withdrawing is asked back, with the reason.
"""

from covenant import pledge_access, pledge_book, pledge_choices, pledge_form, pledge_lines, pledge_progress, review
from covenant.drafts import start_anew
from covenant.fields import Field, Journey
from covenant.messages import Say, button
from covenant.plans import Plan, register
from covenant.pledge_book import NotAllowed
from covenant.turn import Turn
from covenant.values import Kind
from db.pledges import Pledge, PledgeState
from db.records import Draft

REFERENCE = "reference"  # kept in the draft beside what its questions ask
WITHDRAWAL = Journey(
    key="withdrawal",
    fields=(
        Field(
            "withdrawal_reason",
            Kind.TEXT,
            optional=True,
            resembles=("report_progress", "log_pledge", "list_pledges", "out_of_scope"),
            name="utter_label_verdict_reason",
        ),
    ),
    counted=False,
    confirm=button("Yes, withdraw it"),
)


def page(turn: Turn) -> list[Say]:
    """Show the pledge that a button or a typed reference names, or do with it what the button says."""
    pledge = pledge_access.named(turn)
    if pledge is None:
        return [pledge_choices.unknown()]
    doings = {"report": pledge_progress.begin, "correct": pledge_form.correct, "withdraw": withdraw}
    doing = doings.get(str(turn.entities.get("do")))
    if doing and pledge.state == PledgeState.WITHDRAWN:
        return [pledge_choices.closed(pledge)]
    return doing(turn, pledge) if doing else show(turn, pledge)


def show(turn: Turn, pledge: Pledge) -> list[Say]:
    """Show everything that is recorded of a pledge, its last reports and its history, with what may be done."""
    zone = turn.contact.time_zone
    history = {"lines": {"lines": pledge_lines.happened(turn.session, pledge, zone)}}
    is_over = pledge.state == PledgeState.WITHDRAWN
    choices = (pledge_choices.LIST,) if is_over else pledge_choices.on_page(pledge)
    return [*pledge_lines.about(turn.session, pledge, zone), Say("utter_pledge_history", history, choices)]


# --- withdrawing ----------------------------------------------------------------------------------------------------


def withdraw(turn: Turn, pledge: Pledge) -> list[Say]:
    """Ask for the reason, saying that it is final; nothing happens before the question back is answered."""
    return start_anew(turn, WITHDRAWAL.key, {REFERENCE: pledge.reference})


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    pledge = pledge_access.find_theirs(turn.session, turn.contact, draft.values[REFERENCE])
    args = {
        "reference": draft.values[REFERENCE],
        "action": pledge_lines.brief(pledge) if pledge else None,
        "reason": draft.values.get("withdrawal_reason"),
    }
    return [Say("utter_pledge_withdraw_sure", args)]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    pledge = pledge_access.find_theirs(turn.session, turn.contact, draft.values[REFERENCE])
    if pledge is None:  # whoever withdraws has left the team meanwhile
        return [pledge_choices.unknown()]
    try:
        pledge_book.withdraw(turn.session, pledge, review.actor(turn), draft.values.get("withdrawal_reason"))
    except NotAllowed:  # a colleague was quicker
        return [pledge_choices.closed(pledge)]
    return [Say("utter_pledge_withdrawn", {"reference": pledge.reference}, (pledge_choices.LIST,))]


PLAN = register(Plan(WITHDRAWAL, submit=_submit, preview=_preview))
