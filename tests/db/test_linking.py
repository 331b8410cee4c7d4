"""One person, several addresses: a code joins them, a button takes one off again, and nobody else is touched."""

import asyncio
import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select, update

from actions.door import Door
from bot import inbox, ports
from bot.channels import Inbound as Received
from bot.channels import Urgency
from bot.channels.telegram import open_bot
from bot.channels.telegram_door import TelegramDoor
from bot.channels.web import WebDoor, address_of
from bot.clock import Clock
from bot.conversation import Turns
from bot.delivery import Dispatcher
from bot.rasa import Rasa
from bot.settings import TelegramSettings
from bot.store import Folder
from bot.wording import Wording
from covenant import broadcasts, consent, outbox, privacy
from covenant.codes import VALID, code_in, make_code
from covenant.linking import MOST_TRIES
from covenant.turn import Doors
from db.engine import Sessions
from db.messages import Conversation, Inbound, InboundState, Lane, Outbound, OutboundState
from db.people import Address, AddressState, Consent, Contact, LinkCode, Purpose, Role, Suppression
from db.records import Broadcast, Draft, DraftState
from locales import Catalogues
from tests.channels.test_mail import Postman, mail, serving
from tests.people import SECRET, said

DOORS = Doors(telegram="kawan_bot", whatsapp="+14155550100", page="https://kawan.example", mail=True)


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    """What answers, with a Rasa that is dead: nothing here may need it."""
    rasa = Rasa(f"http://127.0.0.1:{ports.free_port()}")
    yield Turns(nobody_yet, catalogues, rasa, Door(nobody_yet, catalogues, doors=DOORS))
    rasa.close()


class Phone:
    """Somebody's app: what is written there, and what is answered."""

    def __init__(self, turns: Turns, channel: str = "telegram", external_id: str | None = None) -> None:
        self.turns, self.channel, self.external_id = turns, channel, external_id or secrets.token_hex(6)
        with turns.sessions.begin() as session:
            inbox.meet(session, Received(channel, self.external_id, "x", language="en"), SECRET)

    def agree(self, role: Role = Role.MUNICIPAL, *purposes: Purpose) -> "Phone":
        with self.turns.sessions.begin() as session:
            contact = session.get_one(Contact, self.contact)
            contact.role = role
            session.add_all(said(contact, one, given=True) for one in (Purpose.KEEPING, *purposes))
        return self

    @property
    def address(self) -> Address:
        with self.turns.sessions() as session:
            found = inbox.find_address(session, self.channel, self.external_id)
            assert found
            return found

    @property
    def contact(self) -> int:
        return self.address.contact_id

    def write(self, text: str = "", payload: str | None = None, *, group: bool = False) -> None:
        with self.turns.sessions.begin() as session:
            received = Received(self.channel, self.external_id, secrets.token_hex(8), text, payload, group=group)
            assert inbox.store(session, received, datetime.now(UTC), SECRET)

    def ask(self, text: str = "", payload: str | None = None) -> str:
        """Write and be answered."""
        self.write(text, payload)
        while self.turns.answer_next():
            pass
        return self.heard()[-1]

    def rows(self) -> list[Outbound]:
        with self.turns.sessions() as session:
            mine = select(Outbound).where(Outbound.address_id == self.address.id)
            return list(session.scalars(mine.order_by(Outbound.id)))

    def heard(self) -> list[str]:
        said = [row.content for row in self.rows() if "broadcast" not in row.content]
        return [one.get("text") or one["says"][0]["response"] for one in said]

    def buttons(self) -> list[str]:
        return [one["payload"] for one in self.rows()[-1].content["buttons"]]

    def code(self) -> str:
        found = code_in(self.ask(payload="/link_address").partition("Your code")[2])
        assert found
        return found


def english(turns: Turns, key: str) -> str:
    return turns.catalogues["en"].text(key)


def contacts(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count(Contact.id))) or 0


def conversations(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count(Conversation.contact_id))) or 0


# --- making a code --------------------------------------------------------------------------------------------------


def test_the_answer_names_the_code_how_long_it_holds_and_the_links(turns: Turns) -> None:
    phone = Phone(turns).agree()
    answer = phone.ask(payload="/link_address")
    code = code_in(answer)
    assert "within 15 minutes" in answer
    assert f"https://wa.me/14155550100?text={code}" in answer
    assert f"https://kawan.example/?start=link_{code}" in answer
    assert "t.me" not in answer, "that is where they are"
    assert phone.buttons() == ['/link_address{"way": "email"}']


def test_without_other_doors_there_is_only_the_code(nobody_yet: Sessions, turns: Turns) -> None:
    bare = replace(turns, door=Door(nobody_yet, turns.catalogues))
    phone = Phone(bare).agree()
    assert "http" not in phone.ask(payload="/link_address")
    assert phone.buttons() == []


def test_the_code_itself_is_not_kept_with_the_codes(turns: Turns) -> None:
    code = Phone(turns).agree().code()
    with turns.sessions() as session:
        (row,) = session.scalars(select(LinkCode)).all()
    assert code not in str(vars(row))
    assert code.replace("-", "").lower() not in str(vars(row)).lower()


def test_a_number_picks_the_button_without_rasa(turns: Turns) -> None:
    phone = Phone(turns).agree()
    with turns.sessions.begin() as session:
        session.get_one(Conversation, phone.contact).offered = [{"title": "Another app", "payload": "/link_address"}]
    assert code_in(phone.ask("1"))


def test_nobody_gets_a_code_before_the_consent(turns: Turns) -> None:
    phone = Phone(turns)
    assert code_in(phone.ask(payload="/link_address")) is None
    with turns.sessions() as session:
        assert session.scalar(select(func.count(LinkCode.id))) == 0


# --- using it -------------------------------------------------------------------------------------------------------


def test_draft_consent_language_and_history_follow_to_the_other_app(turns: Turns) -> None:
    old = Phone(turns).agree(Role.COMMUNITY)
    with turns.sessions.begin() as session:
        contact = session.get_one(Contact, old.contact)
        draft = Draft(contact_id=contact.id, journey="pledge", field="pledge_action", values={}, candidates={})
        session.add(draft)
        session.flush()
        contact.language, contact.draft_id = "id", draft.id
    code = code_in(old.ask(payload="/link_address"))
    new = Phone(turns, "whatsapp", "+6281234567890")
    answer = new.ask(f"halo {code}")
    assert new.contact == old.contact
    assert new.rows()[-1].content["lang"] == "id"
    assert turns.catalogues["id"].text("utter_ask_pledge_action").split("{", maxsplit=1)[0].strip() in answer
    with turns.sessions() as session:
        contact = session.get_one(Contact, old.contact)
        assert (contact.role, contact.draft_id) == (Role.COMMUNITY, draft.id)
        assert session.scalar(select(func.count(Inbound.id)).where(Inbound.contact_id == contact.id)) == 2
        offered = session.get_one(Conversation, contact.id).offered
    assert [one["payload"] for one in offered] == new.buttons()
    assert contacts(turns.sessions) == conversations(turns.sessions) == 1


def test_what_waited_behind_the_code_is_the_joined_persons(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    code = old.code()
    new.write(code)
    new.write("stop")
    while turns.answer_next():
        pass
    assert len(new.rows()) == 2
    assert old.address.state == new.address.state == AddressState.OPTED_OUT


def test_the_other_apps_are_told_once_and_can_undo_it(turns: Turns) -> None:
    old, second, new = Phone(turns).agree(), Phone(turns, "web"), Phone(turns, "whatsapp")
    second.ask(old.code())
    new.ask(old.code())
    told = [row for row in old.rows() + second.rows() if row.lane == Lane.REMINDER]
    says = [row.content["says"][0] for row in told]
    assert [one["response"] for one in says] == ["utter_address_joined"] * 3
    assert [one["args"]["app"]["say"] for one in says] == ["utter_app_web", "utter_app_whatsapp", "utter_app_whatsapp"]
    undo = says[-1]["choices"][0]["payload"]
    assert "WhatsApp is no longer part" in old.ask(payload=undo)
    assert new.contact != old.contact == second.contact
    assert not [row for row in new.rows() if row.lane == Lane.REMINDER and "Telegram" in str(row.content)]


def test_who_has_told_us_something_is_asked_before_it_goes_to_another_conversation(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp").agree()
    code = old.code()
    assert "Did you make the code yourself?" in new.ask(code)
    assert new.contact != old.contact
    yes, no = new.buttons()
    assert new.ask(payload=no) == english(turns, "utter_link_left")
    assert new.contact != old.contact
    new.ask(payload=yes)
    assert new.contact == old.contact


def test_a_code_works_once(turns: Turns) -> None:
    old, new, third = Phone(turns).agree(), Phone(turns, "whatsapp"), Phone(turns, "web")
    code = old.code()
    new.ask(code)
    assert third.ask(code) == english(turns, "utter_link_wrong")
    assert third.contact != old.contact


def test_a_new_code_ends_the_one_before(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    first, second = old.code(), old.code()
    assert new.ask(first) == english(turns, "utter_link_wrong")
    new.ask(second)
    assert new.contact == old.contact


@pytest.mark.parametrize(("age", "joins"), [(VALID - timedelta(seconds=20), True), (VALID, False)])
def test_a_code_holds_for_a_quarter_of_an_hour(turns: Turns, age: timedelta, joins: bool) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    code = old.code()
    with turns.sessions.begin() as session:
        session.execute(update(LinkCode).values(expires_at=LinkCode.expires_at - age))
    new.ask(code)
    assert (new.contact == old.contact) is joins


def test_in_the_app_that_made_it_a_code_is_no_use_and_stays_good(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    code = old.code()
    assert old.ask(code) == english(turns, "utter_link_same")
    new.ask(code)
    assert new.contact == old.contact


def test_after_five_wrong_codes_even_the_right_one_has_to_wait_for_an_hour(turns: Turns) -> None:
    old, new, other = Phone(turns).agree(), Phone(turns, "whatsapp"), Phone(turns, "web")
    code = old.code()
    for number in range(MOST_TRIES):
        assert new.ask(f"KAWAN-2222-222{number + 3}") == english(turns, "utter_link_wrong")
    assert new.ask(code) == english(turns, "utter_link_many")
    other.ask(code)
    assert other.contact == old.contact, "one address's tries are not another's"
    later = replace(turns, door=replace(turns.door, now=lambda: datetime.now(UTC) + timedelta(hours=1)))
    new.turns = later
    assert new.ask("KAWAN-2222-2222") == english(turns, "utter_link_wrong")


def test_what_was_typed_wrongly_is_not_kept_of_somebody_new(turns: Turns) -> None:
    new = Phone(turns)
    new.ask("KAWAN-2222-2222")
    with turns.sessions() as session:
        assert session.scalars(select(Inbound.content)).all() == [{}]


def test_groups_neither_make_nor_use_codes(turns: Turns) -> None:
    old, group = Phone(turns).agree(), Phone(turns, "telegram", "-100123")
    with turns.sessions.begin() as session:
        session.execute(update(Contact).where(Contact.id == group.contact).values(is_group=True))
    for payload in ("/link_address", "/separate_address"):
        assert group.ask(payload=payload) == english(turns, "utter_link_group")
    assert group.ask(old.code()) == english(turns, "utter_link_group")
    assert group.contact != old.contact


def test_the_right_of_the_secretariat_never_moves_by_somebody_elses_code(turns: Turns) -> None:
    stranger, staff = Phone(turns).agree(), Phone(turns, "whatsapp").agree()
    with turns.sessions.begin() as session:
        session.execute(update(Contact).where(Contact.id == staff.contact).values(is_secretariat=True))
    code = stranger.code()
    assert staff.ask(code) == english(turns, "utter_link_secretariat")
    assert staff.ask(payload=f'/redeem_code{{"code": "{code}", "sure": "yes"}}') == english(
        turns, "utter_link_secretariat"
    )
    assert staff.contact != stranger.contact


def test_nobody_is_joined_to_who_is_being_erased_nor_the_other_way_round(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp").agree()
    code, other = old.code(), new.code()
    with turns.sessions.begin() as session:
        privacy.request_erasure(session.get_one(Contact, old.contact))
    assert new.ask(code) == english(turns, "utter_link_wrong")
    assert old.ask(other) == english(turns, "utter_link_erasing")


def test_the_page_opened_by_a_codes_link_is_joined(turns: Turns, tmp_path: Path) -> None:
    door = WebDoor(turns.sessions, turns.catalogues, SECRET, "", Folder(tmp_path), secure=False)
    app = FastAPI()
    app.include_router(door.router())
    browser = AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1")
    for known in (False, True):
        old = Phone(turns).agree()
        link = {"start": f"link_{old.code()}"}
        for visit in range(2):
            answer = asyncio.run(browser.post("/chat/session", json=link))
            assert answer.json()["fresh"] is (not known and visit == 0)
        answer_all(turns)
        page = Phone(turns, "web", address_of(browser.cookies["kawan_chat"]))
        if known:  # by now the page is somebody who has told us something
            page.ask(payload=page.buttons()[0])
        assert page.contact == old.contact, known


def test_telegram_opened_by_a_codes_link_is_joined(turns: Turns) -> None:
    old = Phone(turns, "whatsapp").agree()
    start = {"text": f"/start link_{old.code()}", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}
    who = {"id": 4711, "first_name": "Dewi"}
    message = {
        "message_id": 1,
        "date": 1,
        "chat": {**who, "type": "private"},
        "from": {**who, "is_bot": False},
        **start,
    }
    settings = TelegramSettings("1:a", "s" * 20, "polling", "http://127.0.0.1")
    door = TelegramDoor(turns.sessions, turns.catalogues, SECRET, settings, "http://127.0.0.1", open_bot(settings))
    assert door.take({"update_id": 1, "message": message})
    answer_all(turns)
    assert Phone(turns, "telegram", "4711").contact == old.contact


# --- at the same time -----------------------------------------------------------------------------------------------


def together(*jobs: object) -> None:
    start, broken = threading.Barrier(len(jobs)), []

    def run(job: object) -> None:
        start.wait()
        try:
            job()  # type: ignore[operator]
        except Exception as problem:  # noqa: BLE001
            broken.append(problem)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not [thread for thread in threads if thread.is_alive()], "they wait for each other"
    assert not broken, broken


def answer_all(turns: Turns) -> None:
    """Answer until nothing waits, also what had to be put off."""
    end = datetime.now(UTC) + timedelta(seconds=40)
    while datetime.now(UTC) < end:
        if not turns.answer_next():
            with turns.sessions() as session:
                if not session.scalar(select(Inbound.id).where(Inbound.state == InboundState.WAITING).limit(1)):
                    return
            threading.Event().wait(0.05)


def test_of_two_who_use_one_code_at_once_one_is_joined(turns: Turns) -> None:
    for _ in range(3):
        old, one, two = Phone(turns).agree(), Phone(turns, "whatsapp"), Phone(turns, "web")
        code = old.code()
        one.write(code)
        two.write(code)
        together(*(lambda: answer_all(turns) for _ in range(3)))
        joined = [phone for phone in (one, two) if phone.contact == old.contact]
        assert len(joined) == 1
        assert sorted(phone.heard()[-1] for phone in (one, two))[1] == english(turns, "utter_link_wrong")


def test_two_who_use_each_others_code_at_once_become_one_and_nobody_waits_forever(turns: Turns) -> None:
    for _ in range(2):
        one, two = Phone(turns).agree(), Phone(turns, "whatsapp").agree()
        first, second = one.code(), two.code()
        one.write(payload=f'/redeem_code{{"code": "{second}", "sure": "yes"}}')
        two.write(payload=f'/redeem_code{{"code": "{first}", "sure": "yes"}}')
        together(*(lambda: answer_all(turns) for _ in range(3)))
        assert one.contact == two.contact


def test_while_the_owner_is_being_answered_the_code_waits_and_then_joins(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    code = old.code()
    with turns.sessions.begin() as held:
        held.execute(select(Conversation).where(Conversation.contact_id == old.contact).with_for_update())
        new.write(code)
        assert turns.answer_next()
        assert not new.rows(), "it is tried again"
    answer_all(turns)
    assert new.contact == old.contact


def test_writing_while_the_address_is_joined_loses_nothing(turns: Turns) -> None:
    for _ in range(3):
        old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
        new.write(old.code())
        together(lambda: answer_all(turns), *(partial(new.write, "stop") for _ in range(6)))
        answer_all(turns)
        with turns.sessions() as session:
            rows = session.scalars(select(Inbound).where(Inbound.address_id == new.address.id)).all()
        assert len(rows) == 7
        assert {row.contact_id for row in rows} == {old.contact}


# --- afterwards -----------------------------------------------------------------------------------------------------


def joined(turns: Turns, *purposes: Purpose) -> tuple[Phone, Phone]:
    old, new = Phone(turns).agree(Role.MUNICIPAL, *purposes), Phone(turns, "whatsapp")
    new.ask(old.code())
    return old, new


def test_a_stop_at_one_address_is_a_stop_at_all(turns: Turns) -> None:
    old, new = joined(turns)
    new.ask("stop")
    assert old.address.state == new.address.state == AddressState.OPTED_OUT


def test_an_address_joined_to_somebody_who_stopped_everything_is_silent_too(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    old.ask("stop")
    new.ask(old.code())
    assert new.contact == old.contact
    assert new.address.state == AddressState.OPTED_OUT


def test_an_address_that_had_stopped_stays_so(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp")
    new.ask("stop")
    new.ask(old.code())
    assert (old.address.state, new.address.state) == (AddressState.ACTIVE, AddressState.OPTED_OUT)


def test_the_consent_of_the_codes_owner_wins_and_the_other_one_stays_on_record(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp").agree(Role.BUSINESS, Purpose.TIPS)
    with turns.sessions.begin() as session:
        contact, other = session.get_one(Contact, old.contact), session.get_one(Contact, new.contact)
        session.add(said(contact, Purpose.NEWS, given=False))
        session.flush()
        session.add(said(other, Purpose.NEWS, given=True))
    new.ask(payload=f'/redeem_code{{"code": "{old.code()}", "sure": "yes"}}')
    with turns.sessions() as session:
        contact = session.get_one(Contact, new.contact)
        assert not consent.has_given(session, contact, Purpose.NEWS)
        assert consent.has_given(session, contact, Purpose.TIPS)
        assert consent.has_given(session, contact, Purpose.KEEPING)
        news = select(Consent.given).where(Consent.purpose == Purpose.NEWS).order_by(Consent.id)
        assert session.scalars(news).all() == [False, True, False]
        assert contact.role == Role.MUNICIPAL


def test_an_erasure_after_joining_is_of_all_addresses(turns: Turns, tmp_path: Path) -> None:
    old, _new = joined(turns)
    old.ask("stop")
    with turns.sessions.begin() as session:
        privacy.request_erasure(session.get_one(Contact, old.contact))
        session.execute(update(Outbound).values(state=OutboundState.SENT))
    Clock(turns.sessions, SECRET, Folder(tmp_path)).erase()
    with turns.sessions() as session:
        for table in (Contact, Address, Inbound, Outbound, Conversation, LinkCode):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
        assert session.scalar(select(func.count()).select_from(Suppression)) == 2


def test_of_two_open_drafts_of_a_journey_the_newer_is_given_up_and_kept(turns: Turns) -> None:
    old, new = Phone(turns).agree(), Phone(turns, "whatsapp").agree()
    with turns.sessions.begin() as session:
        rows = [
            Draft(
                contact_id=phone.contact,
                journey=journey,
                values={"of": phone.channel},
                field="pledge_action",
                created_at=at,
            )
            for phone, journey, at in (
                (new, "pledge", datetime(2026, 1, 1, tzinfo=UTC)),
                (old, "pledge", datetime(2026, 2, 1, tzinfo=UTC)),
                (new, "knowledge", datetime(2026, 3, 1, tzinfo=UTC)),
                (new, "welcome", datetime(2026, 3, 1, tzinfo=UTC)),
            )
        ]
        session.add_all(rows)
        session.flush()
        session.get_one(Contact, old.contact).draft_id = rows[1].id
        session.get_one(Contact, new.contact).draft_id = rows[2].id
    new.ask(payload=f'/redeem_code{{"code": "{old.code()}", "sure": "yes"}}')
    with turns.sessions() as session:
        kept = session.scalars(select(Draft).order_by(Draft.id)).all()
        states = [DraftState.OPEN, DraftState.CANCELLED, DraftState.OPEN, DraftState.CANCELLED]
        assert [row.state for row in kept] == states
        assert {row.contact_id for row in kept} == {old.contact}
        assert session.get_one(Contact, old.contact).draft_id == rows[0].id


def test_a_person_who_was_two_gets_an_update_once(turns: Turns) -> None:
    old, new = (
        Phone(turns).agree(Role.MUNICIPAL, Purpose.NEWS),
        Phone(turns, "whatsapp").agree(Role.MUNICIPAL, Purpose.NEWS),
    )
    code = old.code()
    with turns.sessions.begin() as session:
        row = Broadcast(texts={"en": "Hi"}, base_language="en", audience={})
        session.add(row)
        session.flush()
        assert broadcasts.queue(session, row) == 2
    new.ask(payload=f'/redeem_code{{"code": "{code}", "sure": "yes"}}')
    with turns.sessions() as session:
        sent = select(Outbound.channel, Outbound.state).where(Outbound.broadcast_id == row.id)
        assert sorted(session.execute(sent).all()) == [("telegram", "queued"), ("whatsapp", "skipped")]


# --- taking one off again -------------------------------------------------------------------------------------------


def test_an_address_that_is_taken_off_starts_afresh_and_keeps_its_state(turns: Turns) -> None:
    old, new = joined(turns, Purpose.NEWS)
    with turns.sessions.begin() as session:
        session.execute(update(Address).where(Address.id == new.address.id).values(state=AddressState.OPTED_OUT))
    old.ask(payload="/separate_address")
    offered = old.buttons()
    assert len(offered) == 2
    old.ask(payload=offered[1])
    assert new.contact != old.contact
    assert new.address.state == AddressState.OPTED_OUT
    with turns.sessions() as session:
        fresh = session.get_one(Contact, new.contact)
        assert (fresh.role, fresh.draft_id, fresh.is_secretariat) == (None, None, False)
        assert not any(privacy.counts(session, fresh)[table] for table in ("consent", "inbound", "draft", "outbound"))
        assert not consent.has_given(session, fresh, Purpose.NEWS)


def test_the_address_that_was_taken_off_is_told(turns: Turns) -> None:
    old, new = joined(turns)
    old.ask(payload="/separate_address")
    old.ask(payload=old.buttons()[1])
    assert new.heard()[-1] == "utter_address_alone"
    assert new.rows()[-1].contact_id == new.contact


def test_nothing_that_waited_for_an_address_leaves_when_it_was_taken_off(turns: Turns) -> None:
    old, new = joined(turns)
    with turns.sessions.begin() as session:
        outbox.queue_content(session, new.address, {"text": "secret", "lang": "en"}, "k", Lane.REMINDER)
    old.ask(payload="/separate_address")
    old.ask(payload=old.buttons()[1])
    assert [row.state for row in new.rows() if row.key == "k"] == [OutboundState.SKIPPED]


def test_one_may_take_off_the_very_app_one_writes_in(turns: Turns) -> None:
    old, new = joined(turns)
    new.ask(payload="/separate_address")
    mine = new.buttons()[1]
    new.write(payload=mine)
    new.write("stop")
    answer_all(turns)
    assert new.contact != old.contact
    assert new.rows()[-1].contact_id == new.contact
    assert (old.address.state, new.address.state) == (AddressState.ACTIVE, AddressState.OPTED_OUT)
    assert old.heard()[-1] == "utter_address_separated"


def test_both_can_be_erased_after_they_were_separated(turns: Turns, tmp_path: Path) -> None:
    old, new = joined(turns)
    new.ask("stop")
    new.ask(payload="/separate_address")
    new.ask(payload=new.buttons()[1])
    for phone in (new, old):
        with turns.sessions.begin() as session:
            privacy.request_erasure(session.get_one(Contact, phone.contact))
            session.execute(update(Outbound).values(state=OutboundState.SENT))
        Clock(turns.sessions, SECRET, Folder(tmp_path)).erase()
    assert contacts(turns.sessions) == 0


def test_the_only_address_stays(turns: Turns) -> None:
    phone = Phone(turns).agree()
    assert phone.ask(payload="/separate_address") == english(turns, "utter_separate_none")


def test_nobody_takes_off_an_address_of_somebody_else(turns: Turns) -> None:
    old, new = joined(turns)
    stranger, second = Phone(turns, "web").agree(), Phone(turns, "telegram")
    second.ask(stranger.code())
    old.ask(payload="/separate_address")
    stranger.ask(payload=old.buttons()[1])
    assert new.contact == old.contact


# --- an e-mail address ----------------------------------------------------------------------------------------------


def give_email(phone: Phone, email: str) -> None:
    """Ask for the form and fill it in, as a button does."""
    phone.ask(payload='/link_address{"way": "email"}')
    phone.write(payload="/inform")
    with phone.turns.sessions.begin() as session:
        row = session.scalars(select(Inbound).where(Inbound.state == InboundState.WAITING)).one()
        values = [{"entity": "field", "value": "own_email"}, {"entity": "value", "value": email}]
        turn = row.id
    phone.turns.door.replies_to("inform", {"text": "/inform", "entities": values, "metadata": {"turn": turn}})
    answer_all(phone.turns)


def mailed(sessions: Sessions) -> list[Outbound]:
    with sessions() as session:
        return list(session.scalars(select(Outbound).where(Outbound.channel == "email").order_by(Outbound.id)))


def mailed_code(row: Outbound) -> str:
    return str(row.content["says"][0]["args"]["code"])


def test_an_email_address_is_confirmed_by_the_code_that_was_sent_there(turns: Turns) -> None:
    phone = Phone(turns).agree()
    give_email(phone, "Dewi@Bogor.go.id")
    (row,) = mailed(turns.sessions)
    with turns.sessions() as session:
        address = session.get_one(Address, row.address_id)
        assert (address.external_id, address.state) == ("dewi@bogor.go.id", AddressState.UNCONFIRMED)
        assert outbox.best_address(session, session.get_one(Contact, phone.contact)).channel == "telegram"
    assert "dewi@bogor.go.id is confirmed" in phone.ask(mailed_code(row))
    with turns.sessions() as session:
        assert session.get_one(Address, row.address_id).state == AddressState.ACTIVE


def test_the_letter_really_brings_the_code_and_a_mailbox_that_is_not_there_is_gone(turns: Turns) -> None:
    phone, postman = Phone(turns).agree(), Postman()
    give_email(phone, "dewi@bogor.go.id")
    for controller in serving(postman):
        dispatcher = Dispatcher(turns.sessions, Wording(turns.catalogues), mail(controller.port))
        deliver(dispatcher)
        (letter,) = postman.arrived
        assert letter["To"] == "dewi@bogor.go.id"
        phone.ask(code_in(letter["Subject"]))
        assert phone.address.contact_id == mailed(turns.sessions)[0].contact_id
        postman.to_recipient = "550 5.1.1 no such user"
        with turns.sessions.begin() as session:
            (address,) = session.scalars(select(Address).where(Address.channel == "email"))
            assert address.state == AddressState.ACTIVE
            outbox.queue_content(session, address, {"text": "Hello", "lang": "en"}, "k", Lane.REPLY)
        deliver(dispatcher)
    with turns.sessions() as session:
        assert session.get_one(Address, address.id).state == AddressState.GONE
    assert [row.state for row in mailed(turns.sessions)] == [OutboundState.SENT, OutboundState.FAILED]


def deliver(dispatcher: Dispatcher) -> None:
    async def work() -> None:
        tasks: set[asyncio.Task[None]] = set()
        await dispatcher.start_next(Urgency.REPLY, tasks)
        await asyncio.gather(*tasks)

    asyncio.run(work())


def test_a_chat_comes_before_email_for_whatever_we_send_by_ourselves(turns: Turns) -> None:
    phone = Phone(turns).agree()
    give_email(phone, "dewi@bogor.go.id")
    phone.ask(mailed_code(mailed(turns.sessions)[0]))
    with turns.sessions.begin() as session:
        contact = session.get_one(Contact, phone.contact)
        session.execute(update(Address).where(Address.channel == "email").values(last_inbound_at=datetime.now(UTC)))
        session.execute(update(Address).where(Address.channel == "telegram").values(last_inbound_at=None))
        assert outbox.best_address(session, contact).channel == "telegram"
        assert outbox.best_address(session, contact, asked="email").channel == "email"
        session.execute(update(Address).where(Address.channel == "telegram").values(state=AddressState.GONE))
        assert outbox.best_address(session, contact).channel == "email"


def test_the_code_of_a_letter_is_only_good_in_the_chat_that_asked_for_it(turns: Turns) -> None:
    phone, stranger = Phone(turns).agree(), Phone(turns, "web").agree()
    give_email(phone, "dewi@bogor.go.id")
    code = mailed_code(mailed(turns.sessions)[0])
    assert stranger.ask(code) == english(turns, "utter_link_wrong")
    assert "is confirmed" in phone.ask(code)


def test_who_reads_the_letter_box_has_the_address(turns: Turns, tmp_path: Path) -> None:
    first, second = Phone(turns).agree(), Phone(turns, "web").agree()
    for phone in (first, second):
        give_email(phone, "kantor@bogor.go.id")
        phone.ask(mailed_code(mailed(turns.sessions)[-1]))
    with turns.sessions() as session:
        (address,) = session.scalars(select(Address).where(Address.channel == "email")).all()
    assert address.contact_id == second.contact
    for phone in (second, first):
        with turns.sessions.begin() as session:
            privacy.request_erasure(session.get_one(Contact, phone.contact))
            session.execute(update(Outbound).values(state=OutboundState.SENT))
        Clock(turns.sessions, SECRET, Folder(tmp_path)).erase()
    assert contacts(turns.sessions) == 0


def test_nobodys_letter_box_is_filled_with_codes(turns: Turns) -> None:
    phone = Phone(turns).agree()
    for number in range(5):
        give_email(phone, f"dewi{number}@bogor.go.id")
    assert len(mailed(turns.sessions)) == 3
    assert phone.heard()[-1] == english(turns, "utter_mail_many")


def test_an_address_that_nobody_confirms_is_forgotten(turns: Turns, tmp_path: Path) -> None:
    phone = Phone(turns).agree()
    give_email(phone, "typo@bogor.go.id")
    clock = Clock(turns.sessions, SECRET, Folder(tmp_path))
    clock.forget()
    assert len(mailed(turns.sessions)) == 1
    with turns.sessions.begin() as session:
        session.execute(update(Address).values(created_at=datetime.now(UTC) - timedelta(days=2)))
        session.execute(update(LinkCode).values(expires_at=datetime.now(UTC) - timedelta(days=2)))
    clock.forget()
    assert not mailed(turns.sessions)
    with turns.sessions() as session:
        assert session.scalars(select(Address.channel)).all() == ["telegram"]
        assert session.scalar(select(func.count(LinkCode.id))) == 0


def test_an_unconfirmed_address_is_not_forgotten_while_somebody_else_waits_for_its_code(
    turns: Turns, tmp_path: Path
) -> None:
    first, second = Phone(turns).agree(), Phone(turns, "web").agree()
    give_email(first, "kantor@bogor.go.id")
    with turns.sessions.begin() as session:
        session.execute(update(Address).values(created_at=datetime.now(UTC) - timedelta(days=2)))
        session.execute(update(LinkCode).values(expires_at=datetime.now(UTC) - timedelta(days=2)))
    give_email(second, "kantor@bogor.go.id")
    Clock(turns.sessions, SECRET, Folder(tmp_path)).forget()
    assert "is confirmed" in second.ask(mailed_code(mailed(turns.sessions)[-1]))


def test_an_email_address_that_is_taken_off_is_forgotten_and_what_was_sent_stays_on_record(turns: Turns) -> None:
    phone = Phone(turns).agree()
    give_email(phone, "dewi@bogor.go.id")
    phone.ask(mailed_code(mailed(turns.sessions)[0]))
    phone.ask(payload="/separate_address")
    with turns.sessions.begin() as session:
        session.execute(update(Outbound).where(Outbound.channel == "email").values(state=OutboundState.SENDING))
    button = phone.buttons()[1]
    phone.write(payload=button)
    assert turns.answer_next()
    with turns.sessions.begin() as session:
        assert session.scalar(select(func.count(Address.id))) == 2, "a letter is under way, so it waits"
        session.execute(update(Outbound).where(Outbound.channel == "email").values(state=OutboundState.SENT))
    answer_all(turns)
    with turns.sessions() as session:
        assert session.scalars(select(Address.channel)).all() == ["telegram"]
    assert [row.contact_id for row in mailed(turns.sessions)] == [phone.contact]


def test_a_code_is_made_in_the_database_of_a_contact_alone(turns: Turns) -> None:
    phone = Phone(turns).agree()
    now = datetime.now(UTC)
    with turns.sessions.begin() as session:
        code = make_code(session, session.get_one(Contact, phone.contact), now)
    assert phone.ask(code) == english(turns, "utter_link_same")
