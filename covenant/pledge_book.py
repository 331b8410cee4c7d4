"""The book of pledges: recording, correcting, reporting, verifying and withdrawing, each change with who and when.

Nothing else in the house writes to a pledge. A step is the pledge's row locked, the change and one `PledgeEvent` in the
caller's transaction, so that neither is ever alone. What was verified and is corrected afterwards waits to be verified
again; what was withdrawn stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.review import Actor
from db.messages import File
from db.pledges import (
    Confidence,
    Counting,
    Pledge,
    PledgeEvent,
    PledgeReport,
    PledgeState,
    Progress,
    Target,
)


class Event(StrEnum):
    """What happens to a pledge."""

    RECORDED = "recorded"
    AMENDED = "amended"
    REPORTED = "reported"
    VERIFIED = "verified"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


DECISIONS = frozenset({Event.VERIFIED, Event.RETURNED})
# Which state follows; None leaves it. Every pair that is not here is refused.
TABLE: Mapping[tuple[PledgeState, Event], PledgeState] = {
    **{(one, Event.AMENDED): PledgeState.RECORDED for one in PledgeState if one != PledgeState.WITHDRAWN},
    **{(one, Event.REPORTED): one for one in PledgeState if one != PledgeState.WITHDRAWN},
    (PledgeState.RECORDED, Event.VERIFIED): PledgeState.VERIFIED,
    (PledgeState.RETURNED, Event.VERIFIED): PledgeState.VERIFIED,  # settled another way, on the phone say
    (PledgeState.RECORDED, Event.RETURNED): PledgeState.RETURNED,
    (PledgeState.VERIFIED, Event.RETURNED): PledgeState.RETURNED,
    **{(one, Event.WITHDRAWN): PledgeState.WITHDRAWN for one in PledgeState if one != PledgeState.WITHDRAWN},
}
# How reliable a figure is by the way it was counted, until the secretariat says otherwise (docs/tally.md).
CONFIDENCE: Mapping[Counting | None, Confidence | None] = {
    Counting.LISTED: Confidence.HIGH,
    Counting.OFFICIAL: Confidence.MEDIUM,
    Counting.ESTIMATED: Confidence.LOW,
    None: None,
}
AMENDABLE = (
    "campaign",
    "action",
    "measure",
    "hazards",
    "area",
    "audiences",
    "place_id",
    "place_name",
    "country",
    "people_min",
    "people_max",
    "counting",
    "attributes",
    "confidence",
    "start_year",
    "end_year",
    "office",
    "is_public",
)
OF_TARGET = ("kind", "base_year", "percent", "level", "boundary")


class NotAllowed(Exception):
    """That cannot follow the state in which the pledge is."""


class Overtaken(NotAllowed):
    """The pledge was changed after whoever decides has seen it."""


class OwnPledge(NotAllowed):
    """Nobody decides on a pledge that they recorded themselves."""


class ReasonMissing(NotAllowed):
    """Nothing is returned without a reason."""


@dataclass(frozen=True)
class News:
    """What a pledger tells of a pledge: how far it is, the people reached so far, and what shows it."""

    progress: Progress
    reached: tuple[int, int] | None = None
    note: str | None = None
    link: str | None = None
    files: Sequence[File] = ()


def record(session: Session, pledge: Pledge, by: Actor) -> Pledge:
    """Add a new pledge with its first event; how reliable its figure is follows from how it was counted."""
    pledge.created_at = by.at
    if pledge.confidence is None:
        pledge.confidence = CONFIDENCE[pledge.counting]
    session.add(pledge)
    session.flush()
    values = {key: _plain(getattr(pledge, key)) for key in AMENDABLE} | _target_values(pledge.target)
    change = {key: [None, value] for key, value in values.items() if value not in (None, [])}
    _note(session, pledge, Event.RECORDED, by, change=change)
    return pledge


def amend(session: Session, pledge: Pledge, values: Mapping[str, Any], by: Actor) -> dict[str, list[Any]]:
    """Correct fields of `AMENDABLE` and `target`, a mapping of `OF_TARGET` or None; return the old and new values.

    Nothing changed leaves the pledge as it is, with its state. Raises NotAllowed for one that was withdrawn, KeyError
    for a field that cannot be corrected.
    """
    lock(session, pledge)
    after = _follow(pledge, Event.AMENDED)
    change = _changes(pledge, values)
    if not change:
        return {}
    _apply(pledge, values)
    if "counting" in change and "confidence" not in values:
        pledge.confidence = CONFIDENCE[pledge.counting]
    pledge.state, pledge.reason = after, None
    _note(session, pledge, Event.AMENDED, by, change=change)
    return change


def report(session: Session, pledge: Pledge, news: News, by: Actor) -> PledgeReport:
    """Add what became of a pledge; the last report says how far it is. NotAllowed for one that was withdrawn."""
    lock(session, pledge)
    _follow(pledge, Event.REPORTED)
    low, high = news.reached or (None, None)
    rows = [
        PledgeReport(
            pledge_id=pledge.id,
            contact_id=by.contact_id,
            progress=news.progress,
            reached_min=low,
            reached_max=high,
            note=news.note,
            link=news.link,
            file_id=file.id if file else None,
            at=by.at,
        )
        for file in news.files or (None,)
    ]
    session.add_all(rows)
    change = {"progress": [pledge.progress, news.progress]} if pledge.progress != news.progress else {}
    pledge.progress = news.progress
    _note(session, pledge, Event.REPORTED, by, change=change)
    return rows[0]


def verify(session: Session, pledge: Pledge, by: Actor, confidence: Confidence | None = None) -> PledgeEvent:
    """Count a pledge among the verified ones, with how reliable its figure is if the verifier knows better."""
    lock(session, pledge)
    change = {"confidence": [pledge.confidence, confidence]} if confidence and confidence != pledge.confidence else {}
    event = _move(session, pledge, Event.VERIFIED, by, change=change)
    pledge.confidence = confidence or pledge.confidence
    return event


def send_back(session: Session, pledge: Pledge, reason: str, by: Actor) -> PledgeEvent:
    """Return a pledge to be corrected, also one that was verified by mistake; ReasonMissing without a reason."""
    if not reason.strip():
        raise ReasonMissing(pledge.state)
    return _move(session, pledge, Event.RETURNED, by, reason=reason.strip())


def withdraw(session: Session, pledge: Pledge, by: Actor, reason: str | None = None) -> None:
    """Take a pledge back for good: it is counted nowhere any more, its history stays."""
    _move(session, pledge, Event.WITHDRAWN, by, reason=reason)


def lock(session: Session, pledge: Pledge) -> None:
    """Hold a pledge's row and read it anew; whoever came first has changed it by then."""
    session.flush()
    query = select(Pledge).where(Pledge.id == pledge.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()


def find(session: Session, reference: str) -> Pledge | None:
    """Return the pledge with a reference, or None."""
    return session.scalars(select(Pledge).where(Pledge.reference == reference.upper())).first()


def history(session: Session, pledge: Pledge) -> Sequence[PledgeEvent]:
    """Return every event of a pledge, the first one first."""
    query = select(PledgeEvent).where(PledgeEvent.pledge_id == pledge.id).order_by(PledgeEvent.id)
    return session.scalars(query).all()


def since_decision(session: Session, pledge: Pledge) -> Sequence[PledgeEvent]:
    """Return what happened after the secretariat last verified or returned a pledge; nothing where it never did."""
    events = history(session, pledge)
    decided = [place for place, one in enumerate(events) if one.event in DECISIONS]
    return events[decided[-1] + 1 :] if decided else []


def last_change(session: Session, pledge: Pledge) -> int:
    """Return the number of the last event that changed what a verdict is about; a report does not."""
    return max((one.id for one in history(session, pledge) if one.event != Event.REPORTED), default=0)


def reports(session: Session, pledge: Pledge) -> Sequence[PledgeReport]:
    """Return every report of a pledge, the newest first."""
    query = select(PledgeReport).where(PledgeReport.pledge_id == pledge.id).order_by(PledgeReport.id.desc())
    return session.scalars(query).all()


def _move(  # noqa: PLR0913 - a step of the history
    session: Session,
    pledge: Pledge,
    event: Event,
    by: Actor,
    *,
    reason: str | None = None,
    change: Mapping[str, Any] | None = None,
) -> PledgeEvent:
    lock(session, pledge)
    after = _follow(pledge, event)
    states = {"state": [pledge.state, after]}
    pledge.state, pledge.reason = after, reason
    if event in DECISIONS:
        pledge.decided_at = by.at
    return _note(session, pledge, event, by, change={**states, **(change or {})}, reason=reason)


def _follow(pledge: Pledge, event: Event) -> PledgeState:
    after = TABLE.get((pledge.state, event))
    if after is None:
        message = f"{event} cannot follow {pledge.state}"
        raise NotAllowed(message)
    return after


def _changes(pledge: Pledge, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    unknown = set(values) - {*AMENDABLE, "target"}
    if unknown:
        raise KeyError(*unknown)
    old = {key: getattr(pledge, key) for key in AMENDABLE}
    new = {key: value for key, value in values.items() if key != "target"}
    if "target" in values:
        old |= _target_values(pledge.target)
        new |= _target_values(Target(**values["target"]) if values["target"] else None)
    return {key: [_plain(old[key]), _plain(value)] for key, value in new.items() if _plain(old[key]) != _plain(value)}


def _apply(pledge: Pledge, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if key != "target":
            setattr(pledge, key, value)
    if "target" not in values:
        return
    wanted = values["target"]
    if wanted is None:
        pledge.target = None
    elif pledge.target is None:
        pledge.target = Target(**wanted)
    else:
        for key in OF_TARGET:
            setattr(pledge.target, key, wanted.get(key))


def _target_values(target: Target | None) -> dict[str, Any]:
    return {f"target_{key}": _plain(getattr(target, key, None)) for key in OF_TARGET}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _note(  # noqa: PLR0913 - a step of the history
    session: Session,
    pledge: Pledge,
    event: Event,
    by: Actor,
    *,
    change: Mapping[str, Any],
    reason: str | None = None,
) -> PledgeEvent:
    session.flush()
    row = PledgeEvent(
        pledge_id=pledge.id, contact_id=by.contact_id, event=event, reason=reason, change=dict(change), at=by.at
    )
    session.add(row)
    session.flush()
    return row
