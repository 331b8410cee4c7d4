"""What Twilio tells of what we sent: in any order and as often as it likes, a message only ever moves forward."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels import Limit, Outbound, Place, SendError, Throttled, Unknown, Urgency
from bot.channels.whatsapp_errors import ABLE
from bot.delivery import Dispatcher
from bot.wording import Wording
from db.messages import Outbound as Row
from db.messages import OutboundState
from db.people import Address, AddressState
from locales import Catalogues
from tests.channels.doors import OURS, Doors

TOKEN = OURS["whatsapp"]
FURTHEST = ("queued", "sent", "failed", "delivered", "read")
BEYOND_REPAIR = {"ErrorCode": "63013"}


def change(doors: Doors, **values: object) -> None:
    with doors.sessions.begin() as session:
        row = session.query(Row).filter_by(token=TOKEN).one()
        for key, value in values.items():
            setattr(row, key, value)


def tell(doors: Doors, status: str, sid: str = "SM1", **more: str) -> Row:
    extra = more or (BEYOND_REPAIR if status in {"failed", "undelivered"} else {})
    assert doors.status(TOKEN, status, sid, **extra).status_code == 204
    return doors.outbound(TOKEN)


def state_after(furthest: str) -> OutboundState:
    return OutboundState.SENT if furthest == "queued" else OutboundState(furthest)


@given(
    told=st.permutations(FURTHEST).flatmap(lambda order: st.tuples(st.just(order), st.lists(st.sampled_from(FURTHEST))))
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_receipts_in_any_order_end_in_the_furthest_state(doors: Doors, told: tuple[list[str], list[str]]) -> None:
    order, again = told
    check(doors, [*order, *again])


@given(told=st.lists(st.sampled_from(FURTHEST), min_size=1, max_size=7))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_receipts_never_move_a_message_back(doors: Doors, told: list[str]) -> None:
    check(doors, told)


def check(doors: Doors, told: list[str]) -> None:
    change(doors, state="sending", provider_id=None, sent_at=None, error=None, attempts=1)
    seen: list[str] = []
    for status in told:
        seen.append(status)
        assert tell(doors, status).state == state_after(max(seen, key=FURTHEST.index)), seen


@pytest.mark.parametrize("status", ["accepted", "queued", "sending", "sent", "delivered", "read"])
def test_a_receipt_for_a_doubtful_message_settles_it(doors: Doors, status: str) -> None:
    change(doors, state="unknown", doubted_at=datetime.now(UTC))
    row = tell(doors, status, "SM7")
    assert row.state == {"delivered": "delivered", "read": "read"}.get(status, "sent")
    assert (row.provider_id, row.sent_at is not None, row.feed is not None) == ("SM7", True, True)


def test_a_doubtful_message_that_failed_has_failed(doors: Doors) -> None:
    change(doors, state="unknown", doubted_at=datetime.now(UTC))
    assert tell(doors, "failed").state == "failed"


def test_a_receipt_that_comes_again_changes_nothing(doors: Doors) -> None:
    change(doors, state="sending")
    first = tell(doors, "delivered")
    again = tell(doors, "delivered")
    assert (again.state, again.sent_at, again.feed) == (first.state, first.sent_at, first.feed)


def test_a_message_is_found_by_twilios_id_too(doors: Doors) -> None:
    change(doors, state="sent", provider_id="SM5", sent_at=datetime.now(UTC))
    assert doors.status("", "read", "SM5").status_code == 204
    assert doors.outbound(TOKEN).state == "read"


@pytest.mark.parametrize(
    "told",
    [("", "delivered", "SM-nobody"), ("0" * 32, "delivered", "SM1"), ("no-token", "read", ""), (TOKEN, "read", "")],
    ids=["a foreign id", "a foreign name", "no name and no id", "no id"],
)
def test_a_receipt_for_what_is_not_ours_changes_nothing(doors: Doors, told: tuple[str, str, str]) -> None:
    assert doors.status(*told).status_code == 204
    assert doors.outbound(TOKEN).state == "queued"


@pytest.mark.parametrize("status", ["partially_delivered", "receiving", "", "READY"])
def test_a_status_that_nobody_knows_yet_changes_nothing(doors: Doors, status: str) -> None:
    change(doors, state="sent", provider_id="SM1", sent_at=datetime.now(UTC))
    assert tell(doors, status).state == "sent"


# --- failures that can be mended ------------------------------------------------------------------------------------


def test_a_message_that_failed_for_now_leaves_again_whatever_is_told_of_its_first_try(doors: Doors) -> None:
    change(doors, state="sent", provider_id="SM1", sent_at=datetime.now(UTC), attempts=1)
    assert tell(doors, "failed", ErrorCode="63018").state == "queued"
    for late in ("sent", "failed", "queued", "undelivered"):
        assert tell(doors, late, ErrorCode="63018").state == "queued", late
    change(doors, state="sending", attempts=1)  # the second try is on its way
    for late in ("sent", "failed"):
        assert tell(doors, late, ErrorCode="63018").state == "sending", late
    assert tell(doors, "sent", "SM2").state == "sent"
    assert tell(doors, "failed", "SM1", ErrorCode="63018").state == "sent", "the first try is long dealt with"
    assert tell(doors, "delivered", "SM2").state == "delivered"
    assert doors.outbound(TOKEN).provider_id == "SM2"


def test_a_message_that_arrived_after_all_does_not_leave_again(doors: Doors) -> None:
    change(doors, state="sent", provider_id="SM1", sent_at=datetime.now(UTC), attempts=1)
    assert tell(doors, "failed", ErrorCode="63018").state == "queued"
    assert tell(doors, "delivered").state == "delivered"


@pytest.mark.parametrize(
    ("code", "state"),
    [("63024", AddressState.GONE), ("21610", AddressState.OPTED_OUT), ("63013", AddressState.ACTIVE)],
)
def test_a_late_refusal_says_as_much_of_the_address_as_one_at_once(
    doors: Doors, code: str, state: AddressState
) -> None:
    change(doors, state="sent", provider_id="SM1", sent_at=datetime.now(UTC))
    row = tell(doors, "undelivered", ErrorCode=code)
    assert (row.state, row.error) == ("failed", code)
    with doors.sessions() as session:
        assert session.get_one(Address, row.address_id).state == state


def test_a_window_that_was_closed_begins_when_the_person_writes(doors: Doors) -> None:
    change(doors, state="sent", provider_id="SM1", sent_at=datetime.now(UTC), attempts=1)
    with doors.sessions.begin() as session:
        session.get_one(Address, doors.outbound(TOKEN).address_id).last_inbound_at = datetime.now(UTC)
    row = tell(doors, "failed", ErrorCode="63016")
    assert row.state == "queued"
    with doors.sessions() as session:
        assert session.get_one(Address, row.address_id).last_inbound_at is None


# --- a receipt that is quicker than the answer to our call ----------------------------------------------------------


class Slow:
    """A channel that hears what `meanwhile` does before it gets its answer."""

    name = "whatsapp"
    capabilities = ABLE

    def __init__(self, meanwhile: Callable[[], object], answer: str | SendError) -> None:
        self.meanwhile = meanwhile
        self.answer = answer

    def limits(self, _address: str) -> list[Limit]:
        return []

    async def send(self, _message: Outbound, _place: Place) -> str:
        await asyncio.to_thread(self.meanwhile)
        if isinstance(self.answer, SendError):
            raise self.answer
        return self.answer

    async def find(self, _message: Outbound, _since: datetime) -> list[str]:
        return []

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("answer", ["SM1", Unknown("TimeoutError"), Throttled(1.0)], ids=["id", "no answer", "wait"])
@pytest.mark.parametrize(
    ("told", "state"), [("sent", "sent"), ("delivered", "delivered"), ("failed", "failed"), ("canceled", "queued")]
)
def test_what_a_receipt_said_is_not_taken_back_by_the_answer(
    doors: Doors, catalogues: Catalogues, told: str, state: str, answer: str | SendError
) -> None:
    codes = {"failed": {"ErrorCode": "63013"}, "canceled": {"ErrorCode": "63018"}}
    with doors.sessions.begin() as session:
        session.get_one(Address, doors.outbound(TOKEN).address_id).last_inbound_at = datetime.now(UTC)
        session.query(Row).filter(Row.token != TOKEN).delete()
    slow = Slow(lambda: tell(doors, told, **codes.get(told, {})), answer)
    asyncio.run(send(Dispatcher(doors.sessions, Wording(catalogues), slow)))
    row = doors.outbound(TOKEN)
    assert (row.state, row.provider_id) == (state, "SM1")


async def send(dispatcher: Dispatcher) -> None:
    tasks: set[asyncio.Task[None]] = set()
    assert await dispatcher.start_next(Urgency.REPLY, tasks) == 1
    await asyncio.gather(*tasks)
