"""J3, handing in: which milestone, a file or a link, the year, a note; the review; then the secretariat looks at it."""

from collections.abc import Sequence
from typing import Any

from covenant import attachments, drafts, progress
from covenant.display import municipality_argument
from covenant.fields import Field, Journey
from covenant.menu import DUE
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import Plan, register
from covenant.questions import review_lines
from covenant.schedule import lay_out
from covenant.teams import municipality_of, role_of
from covenant.turn import Turn
from covenant.values import Kind
from db.milestones import Milestone, Phase
from db.records import Draft, DraftState

MILESTONE = "milestone_id"  # kept in the draft beside what its questions ask
LINK = "evidence_link"
EVIDENCE = Journey(
    key="evidence",
    fields=(
        Field(LINK, Kind.URL, optional=True),
        Field("evidence_year", Kind.YEAR, optional=True, past=True),
        Field(
            "evidence_note", Kind.TEXT, optional=True, resembles=("report_progress", "log_pledge", "share_knowledge")
        ),
    ),
    counted=False,
)


def report(turn: Turn, among: Sequence[Milestone] | None = None) -> list[Say]:
    """Ask which milestone somebody hands something in for; begin with the one they named or the only one there is."""
    municipality = municipality_of(turn.session, turn.contact)
    if municipality is None or municipality.committed_on is None:
        return [Say("utter_deadlines_general", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]
    named, draft = _named(turn), drafts.open_draft(turn)
    if draft and draft.journey == EVIDENCE.key and not named:
        return drafts.begin(turn, EVIDENCE.key)
    rows = among or open_milestones(turn)
    if named or len(rows) == 1 or (rows and draft):  # inside of another form nothing else can be offered
        return _begin(turn, named or rows[0])
    if not rows:
        return [Say("utter_deadlines_done", {"municipality": municipality_argument(municipality)})]
    return [Say("utter_which_milestone", {}, tuple(choice(one) for one in rows))]


def open_milestones(turn: Turn) -> list[Milestone]:
    """Return the open milestones of the town for which a person speaks, the first due first."""
    municipality = municipality_of(turn.session, turn.contact)
    if municipality is None or municipality.committed_on is None:
        return []
    lay_out(turn.session, municipality)
    return [one for one in progress.milestones_of(turn.session, municipality) if one.phase == Phase.OPEN]


def _named(turn: Turn) -> Milestone | None:
    """Return the milestone of a button, if it is one of the person's own towns."""
    number = str(turn.entities.get("milestone", ""))
    milestone = turn.session.get(Milestone, int(number)) if number.isdecimal() else None
    return milestone if milestone and _is_theirs(turn, milestone) else None


def _is_theirs(turn: Turn, milestone: Milestone) -> bool:
    return role_of(turn.session, turn.contact, milestone.municipality) is not None


def choice(milestone: Milestone) -> Choice:
    """Return the button that begins handing something in for a milestone."""
    return Choice(say(milestone.key), payload("report_progress", milestone=str(milestone.id)))


def _begin(turn: Turn, milestone: Milestone) -> list[Say]:
    if milestone.phase in {Phase.DONE, Phase.NOT_APPLICABLE}:
        return [Say("utter_reminder_old", {}, (DUE,))]
    draft = drafts.find_draft(turn, EVIDENCE.key, DraftState.OPEN)
    if draft and draft.values.get(MILESTONE) == milestone.id:
        return drafts.begin(turn, EVIDENCE.key)
    if draft:
        draft.state = DraftState.CANCELLED  # it was about something else; what was given is kept
    said = Say("utter_evidence_begin", {"milestone": say(milestone.key)})
    return [said, *drafts.start(turn, EVIDENCE.key, {MILESTONE: milestone.id})]


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    milestone = turn.session.get_one(Milestone, draft.values[MILESTONE])
    about: list[list[Any]] = [[municipality_argument(milestone.municipality), say(milestone.key)]]
    lines = [*about, *attachments.lines_of(turn, draft), *review_lines(draft)["lines"]]
    return [Say("utter_review", {"lines": {"lines": lines}})]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    milestone = turn.session.get_one(Milestone, draft.values[MILESTONE])
    if not _is_theirs(turn, milestone):  # they were taken out of the team while the form was open
        return [Say("utter_not_for_you")]
    proof = progress.Proof(
        files=attachments.files_of(turn, draft),
        link=draft.values.get(LINK),
        year=draft.values.get("evidence_year"),
        note=draft.values.get("evidence_note"),
    )
    evidence = progress.hand_in(turn.session, milestone, turn.contact, proof, turn.now)
    args = {"milestone": say(milestone.key), "reference": evidence.reference}
    return [Say("utter_evidence_sent", args, (DUE,))]


PLAN = register(Plan(EVIDENCE, submit=_submit, preview=_preview, files=LINK))
