"""What the records of a town hold of its report: each becomes facts for `covenant.reporting`. Nobody is named."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.applications import ENDED, LETTER
from covenant.display import hazard_say, value_argument
from covenant.hours import zone_of
from covenant.joining import JOIN
from covenant.messages import Args, button, say
from covenant.milestones import BadgeRule, schedule
from covenant.pledge_fields import PLEDGE
from covenant.progress import milestones_of
from covenant.reporting import DOCUMENT, Fact, Section, heading_of, overview
from covenant.schedule import is_certain
from db.messages import File
from db.milestones import Badge, Evidence, EvidenceState, Milestone, Phase
from db.pledges import Campaign, Pledge, PledgeReport, PledgeState, Progress, Target, TargetKind
from db.records import Application, Letter, Municipality

OF_TARGETS = (Campaign.ZERO, Campaign.COVENANT)
MANDATE = ("mandate_body", "mandate_date")
STATES = {EvidenceState.WAITING: say("utter_due_handed_in"), EvidenceState.ACCEPTED: say("utter_due_done")}
PROGRESS = {
    Progress.NOT_STARTED: button("Not started"),
    Progress.UNDER_WAY: button("Under way"),
    Progress.DONE: button("Done"),
    Progress.DELAYED: button("Delayed"),
}


def overview_of(session: Session, municipality: Municipality) -> tuple[Section, ...]:
    """Return every heading of the framework with what a municipality holds and what is missing."""
    rows = milestones_of(session, municipality)
    owed = {one.key for one in rows if one.phase != Phase.NOT_APPLICABLE}
    return overview(gather(session, municipality), {one.key for one in rows} - owed)


def due_dates(session: Session, municipality: Municipality) -> dict[str, date]:
    """Return by when each milestone is due that is open and whose date is certain."""
    rows = milestones_of(session, municipality)
    return {one.key: one.due_on for one in rows if one.due_on and one.phase == Phase.OPEN and is_certain(one)}


def gather(session: Session, municipality: Municipality) -> list[Fact]:
    """Return all that the records of a municipality hold; what was withdrawn or declined is not held."""
    return [
        *_commitment(session, municipality),
        *_evidence(session, municipality),
        *_badges(session, municipality),
        *_pledges(session, municipality),
        *_reports(session, municipality),
    ]


def _day(at: datetime, municipality: Municipality) -> date:
    """Return the day of a moment where the municipality is."""
    return at.astimezone(zone_of(None, municipality.country)).date()


def _from(record: str, reference: str) -> Args:
    return say(f"reporting_from_{record}", reference=reference)


# --- the commitment -------------------------------------------------------------------------------------------------


def _commitment(session: Session, municipality: Municipality) -> Iterator[Fact]:
    if municipality.committed_on:
        day = municipality.committed_on
        yield Fact("commitment.start", {"date": day.isoformat()}, say("reporting_from_secretariat"), day)
    going_on = Application.municipality_id == municipality.id, Application.state.not_in(ENDED)
    newest = select(Application).where(*going_on).order_by(Application.id.desc()).limit(1)
    application = session.scalars(newest).first()
    if application:
        yield from _application(application)
        letters = select(Letter).where(Letter.application_id == application.id)
        letter = session.scalars(letters.order_by(Letter.version.desc()).limit(1)).first()
        if letter:
            yield _letter(application, letter)


def _application(application: Application) -> Iterator[Fact]:
    body, day = application.mandate_body, application.mandate_date
    told = [value_argument(JOIN.by_key["mandate_body"], body)] if body else []
    told += [{"date": day.isoformat()}] if day else []
    if told:
        at = _day(application.submitted_at, application.municipality)
        record = _from("request", application.reference)
        returned = not set(application.returned_fields).isdisjoint(MANDATE)
        yield Fact("commitment.mandate", {"list": told}, record, at, returned)


def _letter(application: Application, letter: Letter) -> Fact:
    at = _day(letter.at, application.municipality)
    record = _from("request", application.reference)
    returned = LETTER in application.returned_fields
    return Fact("commitment.letter", say("utter_stage_signed"), record, at, returned)


# --- milestones -----------------------------------------------------------------------------------------------------


def _evidence(session: Session, municipality: Municipality) -> Iterator[Fact]:
    query = (
        select(Evidence, Milestone, File.name)
        .join(Milestone, Milestone.id == Evidence.milestone_id)
        .outerjoin(File, File.id == Evidence.file_id)
        .where(Milestone.municipality_id == municipality.id)
        .order_by(Evidence.id)
    )
    for evidence, milestone, file_name in session.execute(query):
        heading = heading_of(milestone.key)
        for item, value in _handed_in(evidence, file_name):
            name = f"{heading.name}.{item}" if heading else ""
            if heading and any(one.name == name for one in heading.items):
                at, record = _day(evidence.created_at, municipality), _from("evidence", evidence.reference)
                yield Fact(name, value, record, at, evidence.state == EvidenceState.RETURNED)


def _handed_in(evidence: Evidence, file_name: str | None) -> Iterator[tuple[str, Any]]:
    year = {"year": evidence.year} if evidence.year else None
    parts = [file_name, evidence.link, year, evidence.note, evidence.reason, STATES.get(evidence.state)]
    yield DOCUMENT, {"list": [part for part in parts if part]}
    if year:
        yield "year", year


def _badges(session: Session, municipality: Municipality) -> Iterator[Fact]:
    """A badge means that the regional covenant has seen the document, also where it was handed in elsewhere."""
    rules = {one.badge: one for one in schedule().badges}
    for badge in session.scalars(select(Badge).where(Badge.municipality_id == municipality.id).order_by(Badge.badge)):
        rule = rules.get(badge.badge)
        heading = heading_of(rule.milestone) if rule else None
        if rule and heading:
            record = say("reporting_from_secretariat")
            yield Fact(f"{heading.name}.{DOCUMENT}", _badge_name(rule), record, badge.awarded_on)


def _badge_name(rule: BadgeRule) -> Args:
    return say("utter_badge", pillar=say(f"pillar_{rule.pillar}"), milestone=say(rule.milestone))


# --- pledges --------------------------------------------------------------------------------------------------------


def _pledges(session: Session, municipality: Municipality) -> Iterator[Fact]:
    mine = Pledge.municipality_id == municipality.id, Pledge.state != PledgeState.WITHDRAWN
    for pledge in session.scalars(select(Pledge).where(*mine).order_by(Pledge.id)):
        at, record = _day(pledge.created_at, municipality), _from("pledge", pledge.reference)
        for item, value in _pledged(pledge):
            yield Fact(item, value, record, at, pledge.state == PledgeState.RETURNED)


def _reports(session: Session, municipality: Municipality) -> Iterator[Fact]:
    query = (
        select(PledgeReport, File.name)
        .join(Pledge, Pledge.id == PledgeReport.pledge_id)
        .outerjoin(File, File.id == PledgeReport.file_id)
        .where(Pledge.municipality_id == municipality.id, Pledge.state != PledgeState.WITHDRAWN)
        .order_by(PledgeReport.id)
    )
    for report, file_name in session.execute(query):
        at, record = _day(report.at, municipality), _from("report", report.reference)
        yield Fact("progress.actions", {"list": _reported(report, file_name)}, record, at)


def _pledged(pledge: Pledge) -> Iterator[tuple[str, Any]]:
    """Yield the items that a pledge speaks of, with what it says."""
    until = [{"year": pledge.end_year}] if pledge.end_year else []
    yield "plan.actions", {"list": [pledge.action, *until]}
    if pledge.hazards:
        yield "assessment.hazards", {"list": [hazard_say(one) for one in pledge.hazards]}
        yield "goal.pledges", {"list": [pledge.action, *until]}
    if pledge.target and pledge.campaign in OF_TARGETS:
        yield from _targeted(pledge.target)
        yield from (("target.year", year) for year in until)


def _targeted(target: Target) -> Iterator[tuple[str, Any]]:
    if target.base_year:
        yield "target.base", {"year": target.base_year}
    elif target.kind != TargetKind.BASE_YEAR:
        yield "target.base", value_argument(PLEDGE.by_key["pledge_target"], target.kind)
    if target.percent is not None:
        yield "target.size", {"percent": target.percent}
    if target.level is not None:
        yield "target.size", say("reporting_level", level=target.level)
    if target.boundary:
        yield "target.boundary", value_argument(PLEDGE.by_key["pledge_boundary"], target.boundary)


def _reported(report: PledgeReport, file_name: str | None) -> list[Any]:
    low, high = report.reached_min, report.reached_max
    reached = None if low is None else {"range": [low, low if high is None else high]}
    return [part for part in (PROGRESS[report.progress], reached, report.note, report.link, file_name) if part]
