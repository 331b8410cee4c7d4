"""J3, from open to done: evidence comes in, the secretariat accepts or returns it, the team hears what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from covenant import outbox, teams
from covenant.display import municipality_argument
from covenant.hours import zone_of
from covenant.menu import DUE
from covenant.messages import Choice, Say, button, payload, say
from covenant.milestones import schedule
from covenant.schedule import hold, is_certain, lay_out_next, reopen, settle
from db.messages import File
from db.milestones import Badge, Evidence, EvidenceState, Milestone, Phase
from db.people import Contact
from db.records import Municipality


@dataclass(frozen=True)
class Proof:
    """What shows that a milestone was reached: files or a link, the year it is about, a note; each may be missing."""

    files: Sequence[File] = ()
    link: str | None = None
    year: int | None = None
    note: str | None = None


class Decided(Exception):
    """The secretariat has decided on this evidence before."""


def milestones_of(session: Session, municipality: Municipality) -> Sequence[Milestone]:
    """Return the milestones of a municipality, the first due first, those without a date last."""
    query = select(Milestone).where(Milestone.municipality_id == municipality.id)
    return session.scalars(query.order_by(Milestone.due_on.nulls_last(), Milestone.id)).all()


def next_step(session: Session, municipality: Municipality) -> Milestone | None:
    """Return what a municipality has to do next: the first open milestone whose date is certain, or None."""
    rows = milestones_of(session, municipality)
    return next((one for one in rows if one.phase == Phase.OPEN and is_certain(one)), None)


def hand_in(session: Session, milestone: Milestone, contact: Contact, proof: Proof, now: datetime) -> Evidence:
    """Take evidence for a milestone: it waits for the secretariat, and nobody is reminded of the milestone any more."""
    hold(session, [milestone.id])
    mends = last_returned(session, milestone) is not None
    rows = [
        Evidence(
            milestone_id=milestone.id,
            contact_id=contact.id,
            file_id=file.id if file else None,
            link=proof.link,
            year=proof.year,
            note=proof.note,
            unheard=mends,
            created_at=now,
        )
        for file in proof.files or (None,)
    ]
    session.add_all(rows)
    if milestone.phase != Phase.DONE:
        milestone.phase = Phase.HANDED_IN
        settle(session, milestone)
    session.flush()
    return rows[0]


def waiting(session: Session) -> Sequence[Evidence]:
    """Return the evidence that waits for the secretariat, oldest first."""
    query = select(Evidence).where(Evidence.state == EvidenceState.WAITING)
    return session.scalars(query.order_by(Evidence.id)).all()


def handed_in_waiting() -> Select[Evidence]:
    """Return the query for what waits, oldest first; of several files handed in together, the first stands for all."""
    first = select(func.min(Evidence.id)).where(Evidence.state == EvidenceState.WAITING)
    firsts = first.group_by(Evidence.milestone_id, Evidence.contact_id, Evidence.created_at)
    return select(Evidence).where(Evidence.id.in_(firsts)).order_by(Evidence.id)


def count_waiting(session: Session) -> int:
    """Return how often something was handed in that waits for the secretariat."""
    return session.scalar(select(func.count()).select_from(handed_in_waiting().subquery())) or 0


def together(session: Session, evidence: Evidence) -> Sequence[Evidence]:
    """Return what waits and was handed in together with a piece of evidence, itself included."""
    same = (Evidence.milestone_id == evidence.milestone_id) & (Evidence.created_at == evidence.created_at)
    theirs = same & Evidence.contact_id.is_not_distinct_from(evidence.contact_id)
    query = select(Evidence).where(theirs, Evidence.state == EvidenceState.WAITING)
    return session.scalars(query.order_by(Evidence.id)).all()


def last_returned(session: Session, milestone: Milestone) -> Evidence | None:
    """Return what was returned last for a milestone, None where nothing was returned or something accepted since."""
    query = select(Evidence).where(Evidence.milestone_id == milestone.id, Evidence.decided_at.is_not(None))
    last = session.scalars(query.order_by(Evidence.decided_at.desc(), Evidence.id.desc()).limit(1)).first()
    return last if last and last.state == EvidenceState.RETURNED else None


def find(session: Session, reference: str) -> Evidence | None:
    """Return the evidence with a reference, or None."""
    return session.scalars(select(Evidence).where(Evidence.reference == reference)).first()


def accept(session: Session, evidence: Evidence, now: datetime, by: Contact | None = None) -> None:
    """Accept evidence: its milestone is done, the team is congratulated and told what is next; Decided if it was.

    `by` is None for the operator's command.
    """
    milestone = _hold_waiting(session, evidence)
    also = select(Evidence).where(Evidence.milestone_id == milestone.id, Evidence.state == EvidenceState.WAITING)
    _decide(session, session.scalars(also).all(), EvidenceState.ACCEPTED, now, by)
    milestone.phase = Phase.DONE
    settle(session, milestone)
    country = milestone.municipality.country
    lay_out_next(session, milestone, evidence.created_at.astimezone(zone_of(None, country)).date())
    coming = next_step(session, milestone.municipality)
    following = (
        say("utter_deadlines_next", **next_arguments(coming))
        if coming
        else say("utter_deadlines_done", **_town(milestone))
    )
    args = {**_told(milestone), "next": following}
    _tell(session, milestone, Say("utter_evidence_accepted", args, (DUE,)), f"evidence:{evidence.id}:accepted")


def send_back(session: Session, evidence: Evidence, reason: str, now: datetime, by: Contact | None = None) -> None:
    """Return evidence, and what was handed in together with it, with a reason; Decided if it was.

    Its milestone is open again, and the team is told. `by` is None for the operator's command.
    """
    milestone = _hold_waiting(session, evidence)
    returned = together(session, evidence)
    for one in returned:
        one.reason = reason
    _decide(session, returned, EvidenceState.RETURNED, now, by)
    left = select(Evidence.id).where(Evidence.milestone_id == milestone.id, Evidence.state == EvidenceState.WAITING)
    if milestone.phase == Phase.HANDED_IN and session.scalar(left.limit(1)) is None:
        reopen(session, milestone, now)
    again = Choice(button("Hand in a document"), payload("report_progress", milestone=str(milestone.id)))
    message = Say("utter_evidence_returned", {**_told(milestone), "reason": reason}, (again,))
    _tell(session, milestone, message, f"evidence:{evidence.id}:returned")


def _hold_waiting(session: Session, evidence: Evidence) -> Milestone:
    """Hold the team and the milestone of evidence that is to be decided on; Decided if it was."""
    teams.hold(session, evidence.milestone.municipality_id)
    [milestone] = hold(session, [evidence.milestone_id])
    session.refresh(evidence)
    if evidence.state != EvidenceState.WAITING:
        raise Decided(evidence.state)
    return milestone


def _decide(
    session: Session, pieces: Sequence[Evidence], state: EvidenceState, now: datetime, by: Contact | None
) -> None:
    for one in pieces:
        one.state, one.decided_at, one.reviewer_id, one.unheard = state, now, by.id if by else None, False
    session.flush()


def _tell(session: Session, milestone: Milestone, message: Say, key: str) -> None:
    for contact in teams.team(session, milestone.municipality):
        outbox.queue_say(session, contact, message, f"{key}:{contact.id}")


def _town(milestone: Milestone) -> dict[str, Any]:
    return {"municipality": municipality_argument(milestone.municipality)}


def _told(milestone: Milestone) -> dict[str, Any]:
    return {**_town(milestone), "milestone": say(milestone.key)}


def next_arguments(milestone: Milestone) -> dict[str, Any]:
    """Return what is told of the next step: the town, the milestone, its day, and what belongs in it."""
    day = {"date": milestone.due_on.isoformat()} if milestone.due_on else None
    return {**_told(milestone), "day": day, "contents": say(schedule().rule(milestone.key).contents)}


def award(session: Session, municipality: Municipality, badge: str, awarded_on: date) -> None:
    """Record a badge that the regional covenant awarded; KeyError for one that the data file does not have."""
    if badge not in {one.badge for one in schedule().badges}:
        raise KeyError(badge)
    row = insert(Badge).values(municipality_id=municipality.id, badge=badge, awarded_on=awarded_on)
    session.execute(
        row.on_conflict_do_update(index_elements=["municipality_id", "badge"], set_={"awarded_on": awarded_on})
    )


def badges_of(session: Session, municipality: Municipality) -> list[dict[str, Any]]:
    """Return the badges of a municipality as arguments of a message, in the order of the data file."""
    have = set(session.scalars(select(Badge.badge).where(Badge.municipality_id == municipality.id)))
    shown = [one for one in schedule().badges if one.badge in have]
    return [say("utter_badge", pillar=say(f"pillar_{one.pillar}"), milestone=say(one.milestone)) for one in shown]
