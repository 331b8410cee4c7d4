"""What became of a sending, and what follows from it: the error's own nature decides, for late errors too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.channels import (
    Capabilities,
    Gone,
    Moved,
    OptedOut,
    Rejected,
    SendError,
    Throttled,
    Unknown,
    Unreachable,
    WindowClosed,
)
from covenant import consent
from covenant.outbox import FEED_WAKE
from db.engine import notify
from db.messages import FEED, Outbound, OutboundState
from db.people import Address, AddressState, Contact

MAX_TRIES = 6  # of a message that does not get through; together some hours
MOST_REPEATS = 5  # of a message that may have arrived
LATEST_WAIT = timedelta(hours=1)
TOO_OLD = timedelta(days=1)  # an update or reminder that could not leave for a day does not leave any more
FIRST_LOOK = timedelta(seconds=30)  # longer than a call may take: one that hangs can still arrive after we gave up


@dataclass(frozen=True)
class Outcome:
    """What became of one sending: the provider's id, or why it failed."""

    provider_id: str | None = None
    problem: SendError | None = None


def note(session: Session, row: Outbound, outcome: Outcome, able: Capabilities) -> None:
    """Write down what became of a sending, and do what follows from it."""
    moment = datetime.now(UTC)
    if outcome.problem is None:
        note_sent(session, row, outcome.provider_id, moment)
        return
    row.error = outcome.problem.code[:64]
    _AFTER.get(type(outcome.problem), _doubtful)(session, row, outcome.problem, able, moment)
    if row.state == OutboundState.QUEUED and row.lane != "reply" and row.queued_at < moment - TOO_OLD:
        row.state = OutboundState.FAILED


def note_sent(session: Session, row: Outbound, provider_id: str | None, moment: datetime) -> None:
    """Write down that a message left; a receipt that came earlier is not taken back."""
    row.provider_id = provider_id or row.provider_id
    row.sent_at = row.sent_at or moment
    row.error = None
    if row.state not in {OutboundState.DELIVERED, OutboundState.READ}:
        row.state = OutboundState.SENT
    row.feed = row.feed or session.scalar(FEED)
    notify(session, FEED_WAKE, str(row.address_id))


def _later(_session: Session, row: Outbound, _problem: SendError, _able: Capabilities, moment: datetime) -> None:
    row.state = OutboundState.FAILED if row.attempts >= MAX_TRIES else OutboundState.QUEUED
    row.due_at = moment + min(timedelta(seconds=2**row.attempts), LATEST_WAIT)


def _throttled(_session: Session, row: Outbound, problem: SendError, _able: Capabilities, moment: datetime) -> None:
    wait = problem.retry_after if isinstance(problem, Throttled) else 1.0
    row.state = OutboundState.QUEUED
    row.attempts -= 1  # the channel did not even look at it
    row.due_at = moment + min(timedelta(seconds=wait), LATEST_WAIT)


def _doubtful(_session: Session, row: Outbound, _problem: SendError, able: Capabilities, moment: datetime) -> None:
    row.doubted_at = moment
    if able.repeats and row.attempts <= MOST_REPEATS:
        row.state = OutboundState.QUEUED
        row.due_at = moment + timedelta(seconds=2**row.attempts)
        return
    row.state = OutboundState.UNKNOWN
    row.due_at = moment + FIRST_LOOK


def _gone(session: Session, row: Outbound, _problem: SendError, _able: Capabilities, _moment: datetime) -> None:
    row.state = OutboundState.FAILED
    is_gone(session.get_one(Address, row.address_id))


def _opted_out(session: Session, row: Outbound, _problem: SendError, _able: Capabilities, _moment: datetime) -> None:
    row.state = OutboundState.FAILED
    consent.stop(session, session.get_one(Contact, row.contact_id))


def _window_closed(
    session: Session, row: Outbound, _problem: SendError, _able: Capabilities, _moment: datetime
) -> None:
    """Our clock of the window was wrong: the address has none until the person writes; then a template is tried."""
    row.state = OutboundState.QUEUED
    session.execute(update(Address).where(Address.id == row.address_id).values(last_inbound_at=None))


def _moved(session: Session, row: Outbound, problem: SendError, _able: Capabilities, _moment: datetime) -> None:
    address = session.get_one(Address, row.address_id)
    if isinstance(problem, Moved):
        move(session, address, problem.address)
    left = address.state == AddressState.GONE or row.attempts >= MAX_TRIES
    row.state = OutboundState.FAILED if left else OutboundState.QUEUED


def _failed(_session: Session, row: Outbound, _problem: SendError, _able: Capabilities, _moment: datetime) -> None:
    row.state = OutboundState.FAILED


_AFTER: dict[type[SendError], Callable[[Session, Outbound, SendError, Capabilities, datetime], None]] = {
    Throttled: _throttled,
    Unreachable: _later,
    Unknown: _doubtful,
    Gone: _gone,
    OptedOut: _opted_out,
    WindowClosed: _window_closed,
    Moved: _moved,
    Rejected: _failed,
}


def is_gone(address: Address) -> None:
    """Write to an address no more until somebody writes from there; a stop outlives that."""
    if address.state == AddressState.ACTIVE:
        address.state = AddressState.GONE


def move(session: Session, address: Address, external_id: str) -> None:
    """Give an address its new id, as when a group becomes a supergroup; one that was met there already keeps it."""
    taken = session.query(Address).filter_by(channel=address.channel, external_id=external_id).one_or_none()
    if taken is None:
        address.external_id = external_id
    elif taken.id != address.id:
        is_gone(address)
