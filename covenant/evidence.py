"""J3, handing in: which milestone, a file or a link, the year, a note; the review; then the secretariat looks at it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from covenant import drafts, progress
from covenant.display import municipality_argument
from covenant.fields import Field, Journey
from covenant.messages import Choice, Say, button, payload, say
from covenant.plans import Plan, register
from covenant.questions import review_lines
from covenant.schedule import lay_out
from covenant.teams import municipality_of
from covenant.turn import Turn
from covenant.values import Kind
from db.messages import File
from db.milestones import Milestone, Phase
from db.records import Draft, DraftState, Membership

MILESTONE, FILES = "milestone_id", "files"  # kept in the draft beside what its questions ask
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
    lay_out(turn.session, municipality)
    named, draft = _named(turn), drafts.open_draft(turn)
    if draft and draft.journey == EVIDENCE.key and not named:
        return drafts.begin(turn, EVIDENCE.key)
    rows = among or [one for one in progress.milestones_of(turn.session, municipality) if one.phase == Phase.OPEN]
    if named or len(rows) == 1 or (rows and draft):  # inside of another form nothing else can be offered
        return _begin(turn, named or rows[0])
    if not rows:
        return [Say("utter_deadlines_done", {"municipality": municipality_argument(municipality)})]
    return [Say("utter_which_milestone", {}, tuple(_choice(one) for one in rows))]


def _named(turn: Turn) -> Milestone | None:
    """Return the milestone of a button, if it is one of the person's own towns."""
    number = str(turn.entities.get("milestone", ""))
    milestone = turn.session.get(Milestone, int(number)) if number.isdecimal() else None
    mine = select(Membership.id).where(
        Membership.contact_id == turn.contact.id,
        Membership.municipality_id == (milestone.municipality_id if milestone else None),
        Membership.pending.is_(False),
    )
    return milestone if milestone and turn.session.scalar(mine) else None


def _choice(milestone: Milestone) -> Choice:
    return Choice(say(milestone.key), payload("report_progress", milestone=str(milestone.id)))


def _begin(turn: Turn, milestone: Milestone) -> list[Say]:
    if milestone.phase in {Phase.DONE, Phase.NOT_APPLICABLE}:
        return [Say("utter_reminder_old", {}, (Choice(button("What is due when"), "/ask_deadlines"),))]
    draft = drafts.find_draft(turn, EVIDENCE.key, DraftState.OPEN)
    if draft and draft.values.get(MILESTONE) == milestone.id:
        return drafts.begin(turn, EVIDENCE.key)
    if draft:
        draft.state = DraftState.CANCELLED  # it was about something else; what was given is kept
    said = Say("utter_evidence_begin", {"milestone": say(milestone.key)})
    return [said, *drafts.start(turn, EVIDENCE.key, {MILESTONE: milestone.id})]


def take_files(turn: Turn, files: Sequence[File]) -> list[Say]:
    """Take files for the evidence that is being handed in; nothing when none is. The caller asks the next question."""
    draft = drafts.open_draft(turn)
    if draft is None or draft.journey != EVIDENCE.key or not files:
        return []
    known = [*draft.values.get(FILES, ()), *(one.public_id for one in files)]
    drafts.keep(turn, draft, FILES, list(dict.fromkeys(known)))
    if draft.field == LINK:
        drafts.keep(turn, draft, LINK, draft.values.get(LINK))
        drafts.advance(turn, draft)
    return [
        Say("utter_noted", {"label": say("utter_label_evidence_link"), "value": {"list": [one.name for one in files]}})
    ]


def _files(turn: Turn, draft: Draft) -> list[File]:
    query = select(File).where(File.public_id.in_(draft.values.get(FILES, ())), File.contact_id == turn.contact.id)
    return list(turn.session.scalars(query.order_by(File.id)))


def _preview(turn: Turn, draft: Draft) -> list[Say]:
    milestone = turn.session.get_one(Milestone, draft.values[MILESTONE])
    about: list[list[Any]] = [[municipality_argument(milestone.municipality), say(milestone.key)]]
    names = [one.name for one in _files(turn, draft)]
    if names:
        about.append([say("utter_label_evidence_link"), {"list": names}])
    return [Say("utter_review", {"lines": {"lines": [*about, *review_lines(draft)["lines"]]}})]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    milestone = turn.session.get_one(Milestone, draft.values[MILESTONE])
    proof = progress.Proof(
        files=_files(turn, draft),
        link=draft.values.get(LINK),
        year=draft.values.get("evidence_year"),
        note=draft.values.get("evidence_note"),
    )
    evidence = progress.hand_in(turn.session, milestone, turn.contact, proof, turn.now)
    args = {"milestone": say(milestone.key), "reference": evidence.reference}
    return [Say("utter_evidence_sent", args, (Choice(button("What is due when"), "/ask_deadlines"),))]


PLAN = register(Plan(EVIDENCE, submit=_submit, preview=_preview))
