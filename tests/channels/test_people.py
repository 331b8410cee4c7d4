"""Who writes: known again by whatever name the provider gives, and what they are to be told when they come back."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from bot import outcomes
from bot.channels import Gone, Moved, SendError
from bot.channels.whatsapp_errors import ABLE
from bot.outcomes import Outcome
from covenant import consent, privacy
from db.messages import Inbound, Outbound, OutboundState
from db.people import Address, AddressState, Contact
from tests.channels.doors import OURS, Doors, every
from tests.people import SECRET

PHONE, OTHER_PHONE = "+6281234567890", "+6281999999999"
SCOPED = "ID.1234567890"
TOKEN = OURS["whatsapp"]
ANI = {"id": 7001, "is_bot": False, "first_name": "Ani"}
PRIVATE = {"id": 7001, "type": "private", "first_name": "Ani"}


def write(doors: Doors, sid: str, phone: str | None = PHONE, scoped: str | None = None, **more: str) -> int:
    """Let a message come in over WhatsApp; returns whose it is."""
    who = {"From": f"whatsapp:{phone or scoped}", "WaId": (phone or "").removeprefix("+") or None}
    fields = every("whatsapp") | who | {"MessageSid": sid, "ExternalUserId": f"whatsapp:{scoped}" if scoped else None}
    assert doors.form(fields | more).status_code == 200
    with doors.sessions() as session:
        return session.scalars(select(Inbound.contact_id).where(Inbound.external_id == sid)).one()


def set_state(doors: Doors, external_id: str, state: AddressState) -> None:
    with doors.sessions.begin() as session:
        session.query(Address).filter_by(external_id=external_id).one().state = state


def state_of(doors: Doors, external_id: str) -> AddressState:
    address = doors.address(external_id)
    assert address is not None
    return address.state


# --- names ----------------------------------------------------------------------------------------------------------


def test_a_person_keeps_their_conversation_when_they_get_an_id(doors: Doors) -> None:
    whose = write(doors, "SM1")
    assert write(doors, "SM2", scoped=SCOPED) == whose
    assert write(doors, "SM3", phone=None, scoped=SCOPED) == whose, "also when they hide the number"
    address = doors.address(SCOPED)
    assert address is not None
    assert address.phone == PHONE, "a number that was known stays known"
    assert doors.address(PHONE) is None


def test_a_message_without_the_id_does_not_take_it_away(doors: Doors) -> None:
    whose = write(doors, "SM1", scoped=SCOPED)
    assert write(doors, "SM2") == whose
    assert write(doors, "SM3", phone=None, scoped=SCOPED) == whose


def test_a_person_keeps_their_conversation_when_their_number_changes(doors: Doors) -> None:
    whose = write(doors, "SM1", scoped=SCOPED)
    assert write(doors, "SM2", phone=OTHER_PHONE, scoped=SCOPED) == whose
    write(doors, "SM1", scoped=SCOPED)  # the first one comes again
    address = doors.address(SCOPED)
    assert address is not None
    assert address.phone == OTHER_PHONE


def test_the_new_owner_of_a_number_gets_nothing_of_the_one_before(doors: Doors) -> None:
    before = write(doors, "SM1", scoped=SCOPED)
    after = write(doors, "SM2", scoped="ID.999")
    assert before != after
    old, new = doors.address(SCOPED), doors.address("ID.999")
    assert old is not None
    assert new is not None
    assert (old.phone, new.phone) == (None, PHONE), "nor is anything for the one before sent there"
    assert write(doors, "SM3") == after, "the number now means its new owner"


@pytest.mark.parametrize("more", [{}, {"scoped": SCOPED}, {"phone": None, "scoped": SCOPED}])
def test_a_button_is_found_under_every_name(doors: Doors, more: dict[str, str | None]) -> None:
    write(doors, "SM1", scoped=more.get("scoped"))
    write(doors, "SM2", Body="Tips", ButtonPayload=f"{TOKEN}.1", **more)
    kept = doors.kept()[1][1]
    assert (kept["payload"], kept["title"]) == ("/get_tips", "Tips")


def test_two_first_messages_at_the_same_moment_are_both_kept(doors: Doors) -> None:
    together, start = 6, threading.Barrier(6)
    problems: list[Exception] = []

    def come(number: int) -> None:
        start.wait()
        try:
            write(doors, f"SM{number}", phone=OTHER_PHONE)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is said below
            problems.append(problem)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(doors.kept()) == together
    with doors.sessions() as session:
        assert session.scalar(select(func.count(Address.id)).where(Address.external_id == OTHER_PHONE)) == 1
        assert session.scalar(select(func.count(Contact.id))) == 6, "five of the tables and one who is new"


@pytest.mark.parametrize("back", [{"scoped": SCOPED}, {}, {"phone": None, "scoped": SCOPED}])
def test_a_stop_outlives_erasure_under_every_name(doors: Doors, back: dict[str, str | None]) -> None:
    whose = write(doors, "SM1", scoped=SCOPED)
    with doors.sessions.begin() as session:
        contact = session.get_one(Contact, whose)
        consent.stop(session, contact)
        privacy.erase(session, contact, SECRET, datetime.now(UTC))
    write(doors, "SM2", **back)
    assert state_of(doors, back.get("scoped") or PHONE) == AddressState.OPTED_OUT


# --- coming back ----------------------------------------------------------------------------------------------------


def test_what_was_held_leaves_when_the_person_writes_and_once_only(doors: Doors) -> None:
    with doors.sessions.begin() as session:
        session.query(Outbound).update({"state": OutboundState.HELD, "error": "window_closed"})
    write(doors, "SM1")
    assert (doors.outbound(TOKEN).state, doors.outbound(TOKEN).error) == ("queued", None)
    assert doors.outbound("e" * 32).state == "held", "somebody else's waits for them"
    with doors.sessions.begin() as session:
        session.query(Outbound).update({"state": OutboundState.HELD})
    write(doors, "SM1")  # the same one again
    assert doors.outbound(TOKEN).state == "held"


@pytest.mark.parametrize(
    ("state", "after"), [(AddressState.GONE, AddressState.ACTIVE), (AddressState.OPTED_OUT, AddressState.OPTED_OUT)]
)
def test_who_writes_is_not_gone_but_who_stopped_has_stopped(doors: Doors, state: AddressState, after: str) -> None:
    set_state(doors, PHONE, state)
    write(doors, "SM1")
    assert state_of(doors, PHONE) == after
    set_state(doors, PHONE, AddressState.GONE)
    write(doors, "SM1")  # the same one again
    assert state_of(doors, PHONE) == AddressState.GONE


def membership(status: str) -> dict[str, object]:
    us = {"id": 4242, "is_bot": True, "first_name": "Kawan"}
    member = {"user": us, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    old = {"user": us, "status": "member"}
    change = {"chat": PRIVATE, "from": ANI, "date": 1795900000, "old_chat_member": old, "new_chat_member": member}
    return {"my_chat_member": change}


def test_a_stop_outlives_blocking_and_letting_in_again(doors: Doors) -> None:
    set_state(doors, "7001", AddressState.OPTED_OUT)
    for status in ("kicked", "member"):
        assert doors.update(membership(status)).status_code == 200
    assert state_of(doors, "7001") == AddressState.OPTED_OUT


@pytest.mark.parametrize("late", [Gone("403"), Gone("63024")], ids=str)
def test_a_stop_outlives_a_provider_that_finds_nobody(doors: Doors, late: SendError) -> None:
    set_state(doors, PHONE, AddressState.OPTED_OUT)
    with doors.sessions.begin() as session:
        outcomes.note(session, session.query(Outbound).filter_by(token=TOKEN).one(), Outcome(problem=late), ABLE)
    write(doors, "SM1")
    assert state_of(doors, PHONE) == AddressState.OPTED_OUT


def test_a_stop_counts_for_an_address_that_was_gone_when_it_was_said(doors: Doors) -> None:
    whose = write(doors, "SM1")
    with doors.sessions.begin() as session:
        session.add(Address(contact_id=whose, channel="web", external_id="page", state=AddressState.GONE))
        session.flush()
        consent.stop(session, session.get_one(Contact, whose))
    assert state_of(doors, "page") == AddressState.OPTED_OUT


# --- what becomes of a sending --------------------------------------------------------------------------------------


def note(doors: Doors, problem: SendError, times: int = 1) -> Outbound:
    for _ in range(times):
        with doors.sessions.begin() as session:
            row = session.query(Outbound).filter_by(token=OURS["telegram"]).one()
            row.attempts += 1
            outcomes.note(session, row, Outcome(problem=problem), ABLE)
    return doors.outbound(OURS["telegram"])


def test_a_problem_that_nobody_knows_yet_leaves_the_message_in_doubt(doors: Doors) -> None:
    row = note(doors, SendError("of a later version"))
    assert (row.state, row.error) == ("unknown", "of a later version")


def test_a_message_to_a_group_that_moved_to_where_we_are_known_is_not_sent_again_and_again(doors: Doors) -> None:
    row = note(doors, Moved("7002"))
    assert row.state == "failed"
    assert state_of(doors, "7001") == AddressState.GONE
    assert state_of(doors, "7002") == AddressState.ACTIVE


def test_a_message_to_a_group_that_moved_leaves_again_for_where_it_is(doors: Doors) -> None:
    row = note(doors, Moved("-100777"))
    assert row.state == "queued"
    assert state_of(doors, "-100777") == AddressState.ACTIVE
    assert doors.address("7001") is None
