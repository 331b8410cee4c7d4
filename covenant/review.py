"""The review as one state machine: what may follow what, and the one function that writes a state with its event.

Nothing else in the house writes `Application.state`. A step is one row locked, one state and one `ApplicationEvent` in
the caller's transaction, so that of two people at once one decides, and neither a state nor an event is ever alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.turn import Turn
from db.records import Application, ApplicationEvent
from db.records import ApplicationState as State


class Event(StrEnum):
    """What happens to an application.

    `confirmed`: the signatory read it and agrees. `mended`: all that it was returned for is done, so it goes back to
    review.
    """

    SUBMITTED = "submitted"
    LETTER_ISSUED = "letter_issued"
    LETTER_RECEIVED = "letter_received"
    AMENDED = "amended"
    CONFIRMED = "signatory_confirmed"
    MENDED = "mended"
    TAKEN_UP = "taken_up"
    TAKEN_OVER = "taken_over"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


FOCAL_CHANGED = "focal_changed"  # an event that is no step: people change in every state
FINAL = frozenset({State.ACCEPTED, State.DECLINED, State.WITHDRAWN})
OPEN = tuple(state for state in State if state not in FINAL)
DECISIONS = frozenset({Event.RETURNED, Event.ACCEPTED, Event.DECLINED})
REASONED = frozenset({Event.RETURNED, Event.DECLINED})
TAKING = frozenset({Event.TAKEN_UP, Event.TAKEN_OVER})

# Every pair that is not here is refused; none begins in a final state.
TABLE: Mapping[tuple[State | None, Event], State] = {
    (None, Event.SUBMITTED): State.SUBMITTED,
    (State.SUBMITTED, Event.LETTER_ISSUED): State.LETTER_ISSUED,
    (State.SUBMITTED, Event.LETTER_RECEIVED): State.LETTER_RECEIVED,
    (State.LETTER_ISSUED, Event.LETTER_RECEIVED): State.LETTER_RECEIVED,
    # A reviewer may look before the letter is here: a wrong mandate is better told early.
    (State.SUBMITTED, Event.TAKEN_UP): State.IN_REVIEW,
    (State.LETTER_ISSUED, Event.TAKEN_UP): State.IN_REVIEW,
    (State.LETTER_RECEIVED, Event.TAKEN_UP): State.IN_REVIEW,
    (State.IN_REVIEW, Event.TAKEN_OVER): State.IN_REVIEW,
    (State.IN_REVIEW, Event.RETURNED): State.RETURNED,
    (State.IN_REVIEW, Event.ACCEPTED): State.ACCEPTED,
    (State.IN_REVIEW, Event.DECLINED): State.DECLINED,
    (State.RETURNED, Event.MENDED): State.IN_REVIEW,
    # Settled another way, on the phone say: the reviewer need not wait for the person's button.
    (State.RETURNED, Event.TAKEN_UP): State.IN_REVIEW,
    # A further copy of the letter or a change keeps an application where it is; `mend` decides what follows a return.
    **{(one, Event.LETTER_RECEIVED): one for one in (State.LETTER_RECEIVED, State.IN_REVIEW, State.RETURNED)},
    **{(one, Event.LETTER_ISSUED): one for one in OPEN if one != State.SUBMITTED},
    **{(one, event): one for one in OPEN for event in (Event.AMENDED, Event.CONFIRMED)},
    **{(one, Event.WITHDRAWN): State.WITHDRAWN for one in OPEN},
}


@dataclass(frozen=True)
class Actor:
    """Who does something to an application, and when; without a contact it is the operator's command."""

    contact_id: int | None
    at: datetime
    time_zone: str | None = None


class NotAllowed(Exception):
    """That cannot follow the state in which the application is."""

    def __init__(self, state: State | None, event: Event) -> None:
        """Remember what was tried, and from where."""
        super().__init__(f"{event} cannot follow {state or 'nothing'}")
        self.state, self.event = state, event


class TakenByAnother(NotAllowed):
    """Only whoever took an application up decides on it."""


class LetterMissing(NotAllowed):
    """Nothing is accepted before the signed letter is here."""


class ReasonMissing(NotAllowed):
    """Nothing is returned or declined without a reason."""


def actor(turn: Turn) -> Actor:
    """Return the person of a turn as the one who acts."""
    return Actor(turn.contact.id, turn.now, turn.contact.time_zone)


def check(application: Application, event: Event, by: Actor, reason: str | None = None) -> State:
    """Return the state that would follow; NotAllowed, or what is more precise, when it may not."""
    state = application.state
    follows = TABLE.get((state, event))
    if follows is None:
        raise NotAllowed(state, event)
    if event in DECISIONS and application.reviewer_id != by.contact_id:
        raise TakenByAnother(state, event)
    if event is Event.ACCEPTED and application.letter_id is None:
        raise LetterMissing(state, event)
    if event in REASONED and not (reason or "").strip():
        raise ReasonMissing(state, event)
    return follows


def submit(session: Session, application: Application, by: Actor, change: Mapping[str, Any]) -> ApplicationEvent:
    """Add a new application, in the state in which all of them begin."""
    session.add(application)
    return _write(session, application, Event.SUBMITTED, TABLE[None, Event.SUBMITTED], by, change=change, before=None)


def move(  # noqa: PLR0913 - a step of the history
    session: Session,
    application: Application,
    event: Event,
    by: Actor,
    *,
    reason: str | None = None,
    fields: Sequence[str] = (),
    change: Mapping[str, Any] | None = None,
) -> ApplicationEvent:
    """Take an application one step further, its row locked until the caller's transaction ends.

    Raises what `check` raises, and then nothing was changed. `fields` are what a return asks to be mended.
    """
    lock(session, application)
    after = check(application, event, by, reason)
    if event in TAKING:
        application.reviewer_id = by.contact_id
    if event in DECISIONS | TAKING | {Event.MENDED, Event.WITHDRAWN}:
        application.reason, application.returned_fields = reason, list(fields)
        application.unheard = event is Event.MENDED
    told = {"fields": list(fields)} if fields else {}
    before = application.state
    return _write(session, application, event, after, by, change={**told, **(change or {})}, before=before)


def mend(session: Session, application: Application, mended: Collection[str], by: Actor) -> bool:
    """Cross off what was mended of a returned application; with nothing left it goes back to review by itself.

    The caller has just moved the application, so its row is locked. Tells whether it went back.
    """
    if application.state != State.RETURNED:
        return False
    left = [one for one in application.returned_fields if one not in mended]
    if left:
        application.returned_fields = left
        return False
    move(session, application, Event.MENDED, by)
    return True


def name_focal_point(session: Session, application: Application, details: Mapping[str, str | None], by: Actor) -> None:
    """Write down the focal point's details, in every state, since people also change after the decision.

    What was there before stays in the event. Whoever signs confirmed the one before, so that is open again.
    """
    lock(session, application)
    change = {key: [getattr(application, key), value] for key, value in details.items()}
    change = {key: pair for key, pair in change.items() if pair[0] != pair[1]}
    if not change:
        return
    for key, (_before, value) in change.items():
        setattr(application, key, value)
    if application.state not in FINAL:
        application.signatory_confirmed_at = None
    state = application.state
    _write(session, application, FOCAL_CHANGED, state, by, change=change, before=state)


def lock(session: Session, application: Application) -> None:
    """Hold an application's row and read it anew; whoever came first has decided by then."""
    session.flush()
    query = select(Application).where(Application.id == application.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()


def _write(  # noqa: PLR0913 - a step of the history
    session: Session,
    application: Application,
    event: str,
    after: State,
    by: Actor,
    *,
    before: State | None,
    change: Mapping[str, Any],
) -> ApplicationEvent:
    """Write a state and its event together; this alone sets `Application.state`."""
    application.state = after
    if after != before:
        application.moved_at = by.at
        if after in FINAL:
            application.decided_at = by.at
    session.flush()
    row = ApplicationEvent(
        application_id=application.id,
        contact_id=by.contact_id,
        event=event,
        before=before,
        after=after,
        reason=application.reason if event in DECISIONS else None,
        change=dict(change),
        at=by.at,
    )
    session.add(row)
    session.flush()
    return row
