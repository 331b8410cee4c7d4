"""What becomes of a pledge (J4): how far it is, whom it has reached, what shows it; and which thing has moved."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from covenant import attachments, drafts, evidence, pledge_access, pledge_book, pledge_choices, pledge_lines, review
from covenant.drafts import SETTLED
from covenant.evidence import EVIDENCE
from covenant.fields import CHOICE, Field, Journey, Values
from covenant.messages import Choice, Say, button
from covenant.plans import Plan, register
from covenant.pledge_book import News, NotAllowed
from covenant.pledge_doubts import Doubt
from covenant.pledge_fields import is_about_emissions
from covenant.questions import review_lines
from covenant.turn import Turn
from covenant.values import Kind
from covenant.values.counts import ends
from db.milestones import Milestone
from db.people import Role
from db.pledges import Pledge, PledgeState, Progress
from db.records import Draft, DraftState

MOST = 9  # things that are offered; one more button leads to the rest, and no channel shows more than ten
REFERENCE, EMISSIONS = "reference", "emissions"  # kept in the draft beside what its questions ask
STATE, PEOPLE, FILES, NOTE = "report_state", "report_people", "report_files", "report_note"
PLEDGE_ONLY = (Role.COMMUNITY, Role.BUSINESS)  # they have no milestones
RESEMBLES = ("report_progress", "log_pledge", "share_knowledge", "list_pledges")


def _is_about_people(values: Values) -> bool:
    return not values.get(EMISSIONS)


REPORT = Journey(
    key="report",
    fields=(
        Field(STATE, CHOICE, options=pledge_lines.STATES, skippable=False),
        Field(PEOPLE, Kind.PEOPLE, optional=True, needed=_is_about_people),
        Field(FILES, Kind.URL, optional=True, name="utter_label_evidence_link"),
        Field(NOTE, Kind.TEXT, optional=True, resembles=RESEMBLES, name="utter_label_evidence_note"),
    ),
    counted=False,
    confirm=button("Record it"),
)

# --- which one ------------------------------------------------------------------------------------------------------


def report(turn: Turn) -> list[Say]:
    """Ask what has moved, a pledge or a milestone; begin with the one that was named or the only one there is."""
    pledge = pledge_access.named(turn)
    if pledge:
        return begin(turn, pledge)
    draft = drafts.open_draft(turn)
    if "milestone" in turn.entities or (draft and draft.journey == EVIDENCE.key):
        return evidence.report(turn)
    if draft and draft.journey == REPORT.key:
        return drafts.begin(turn, REPORT.key)
    milestones = evidence.open_milestones(turn)
    pledges = _open_pledges(turn, anyway=not milestones)
    if not pledges or (draft and milestones):
        return evidence.report(turn) if milestones or turn.contact.role not in PLEDGE_ONLY else [_nothing()]
    if draft or len(pledges) + len(milestones) == 1:  # inside of another form nothing can be offered
        return begin(turn, pledges[0])
    return [_which(milestones, pledges)]


def _nothing() -> Say:
    return Say("utter_pledges_none", {}, (Choice(button("Record a pledge"), "/log_pledge"),))


def _open_pledges(turn: Turn, *, anyway: bool) -> Sequence[Pledge]:
    """Return the person's pledges that are under way, the newest first; those that are done only `anyway`."""
    query = select(Pledge).where(pledge_access.theirs(turn.contact), Pledge.state != PledgeState.WITHDRAWN)
    query = query.order_by(Pledge.id.desc()).limit(MOST + 1)
    found = turn.session.scalars(query.where(Pledge.progress != Progress.DONE)).all()
    return turn.session.scalars(query).all() if anyway and not found else found


def _which(milestones: Sequence[Milestone], pledges: Sequence[Pledge]) -> Say:
    room = max(1, MOST - len(milestones))
    lines = [[one.reference, pledge_lines.brief(one)] for one in pledges[:room]]
    choices = (pledge_choices.move(one) for one in pledges[:room])
    more = (pledge_choices.LIST,) if len(pledges) > room else ()
    offered = (*choices, *(evidence.choice(one) for one in milestones), *more)
    return Say("utter_which_report", {"lines": {"lines": lines}}, offered)


# --- how far --------------------------------------------------------------------------------------------------------


def begin(turn: Turn, pledge: Pledge) -> list[Say]:
    """Ask how far a pledge is, or go on with the report about it that is open."""
    if pledge.state == PledgeState.WITHDRAWN:
        return [pledge_choices.closed(pledge)]
    draft = drafts.find_draft(turn, REPORT.key, DraftState.OPEN)
    if draft and draft.values.get(REFERENCE) == pledge.reference:
        return drafts.begin(turn, REPORT.key)
    said = Say("utter_report_begin", {"action": pledge_lines.brief(pledge), "reference": pledge.reference})
    about = {REFERENCE: pledge.reference, EMISSIONS: is_about_emissions({"pledge_campaign": pledge.campaign})}
    return [said, *drafts.start_anew(turn, REPORT.key, about)]


def _noticed(turn: Turn, draft: Draft, field: Field) -> Sequence[Say] | None:
    """Ask back about a number of people that is odd; what the person says to be right is right."""
    pledge = _pledge(turn, draft)
    if field.key != PEOPLE or pledge is None or PEOPLE in draft.values.get(SETTLED, ()):
        return None
    doubt = _doubt(turn, pledge, *ends(draft.values[PEOPLE]))
    if doubt is None:
        return None
    draft.field = PEOPLE
    return [doubt.as_say()]


def _doubt(turn: Turn, pledge: Pledge, low: int, high: int) -> Doubt | None:
    if pledge.people_max is not None and low > pledge.people_max:
        told = {"range": [pledge.people_min, pledge.people_max]}
        return Doubt(PEOPLE, "utter_odd_reached_more", {"people": {"range": [low, high]}, "pledged": told})
    known = (one for one in pledge_book.reports(turn.session, pledge) if one.reached_min is not None)
    last = next(known, None)
    if last and last.reached_min is not None and high < last.reached_min:
        before = {"range": [last.reached_min, last.reached_max]}
        return Doubt(PEOPLE, "utter_odd_reached_less", {"people": {"range": [low, high]}, "before": before})
    return None


def _pledge(turn: Turn, draft: Draft) -> Pledge | None:
    return pledge_access.find_theirs(turn.session, turn.contact, draft.values[REFERENCE])


def _lines(turn: Turn, draft: Draft) -> dict[str, Any]:
    return {"lines": [*review_lines(draft)["lines"], *attachments.lines_of(turn, draft)]}


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    pledge = _pledge(turn, draft)
    about = [[draft.values[REFERENCE], pledge_lines.brief(pledge)]] if pledge else []
    return [Say("utter_review", {"lines": {"lines": [*about, *_lines(turn, draft)["lines"]]}})]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    pledge = _pledge(turn, draft)
    if pledge is None:  # whoever reports has left the team meanwhile
        return [pledge_choices.unknown()]
    news = News(
        progress=Progress(draft.values[STATE]),
        reached=ends(draft.values[PEOPLE]) if draft.values.get(PEOPLE) is not None else None,
        note=draft.values.get(NOTE),
        link=draft.values.get(FILES),
        files=attachments.files_of(turn, draft),
    )
    try:
        pledge_book.report(turn.session, pledge, news, review.actor(turn))
    except NotAllowed:  # withdrawn meanwhile
        return [pledge_choices.closed(pledge)]
    well_done = [Say("utter_report_done")] if news.progress == Progress.DONE else []
    args = {"reference": pledge.reference, "lines": _lines(turn, draft)}
    return [Say("utter_report_recorded", args, (pledge_choices.LIST,)), *well_done]


PLAN = register(Plan(REPORT, submit=_submit, noticed=_noticed, preview=_preview, files=FILES))
