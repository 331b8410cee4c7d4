"""What leaves on WhatsApp when its window is closed: an approved template, or a knock while the message waits."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import Capabilities, Limit, Place, Urgency
from bot.channels import Outbound as Message
from bot.delivery import Dispatcher
from bot.wording import Wording
from covenant import broadcasts, nudges, outbox, templates
from covenant.messages import Say, say
from covenant.nudges import AFTER
from covenant.templates import KNOCK, NOTICE, family, form, longest
from db.engine import Sessions
from db.messages import Lane, Outbound, OutboundState, Template
from db.people import Address, Contact, Purpose
from db.records import Application, ApplicationState, Broadcast, Draft, Membership, Municipality
from locales import Catalogues
from tests.people import said

DAY = timedelta(days=1)
REMINDER = Say(
    "utter_reminder",
    {"municipality": "Kep", "milestone": say("milestone_plan"), "day": {"date": "2028-11-30"}, "days": 30},
)


@dataclass
class Phone:
    """A channel with WhatsApp's window; what went out is kept."""

    posted: list[Message] = field(default_factory=list)
    name: str = "whatsapp"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(repeats=False, window=24.0))

    def limits(self, _address: str) -> list[Limit]:
        return []

    async def find(self, _message: Message, _since: datetime) -> Sequence[str]:
        return []

    async def send(self, message: Message, _place: Place) -> str:
        self.posted.append(message)
        return f"SM{message.id}"

    async def close(self) -> None:
        """Nothing is open."""


def writer(session: Session, *agreed: Purpose, ago: timedelta | None = 2 * DAY, language: str = "en") -> Address:
    """Somebody on WhatsApp who wrote so long ago."""
    contact = Contact(language=language)
    session.add(contact)
    session.flush()
    wrote = datetime.now(UTC) - ago if ago is not None else None
    number = f"+62812{contact.id:08d}"
    address = Address(
        contact_id=contact.id, channel="whatsapp", external_id=number, phone=number, last_inbound_at=wrote
    )
    session.add_all([address, *(said(contact, purpose, given=True) for purpose in agreed)])
    session.flush()
    return address


def approve(session: Session, catalogues: Catalogues, *names: str, language: str = "en") -> None:
    for name in names:
        found = form(catalogues, family().named(name), language)
        assert found
        session.add(Template(name=name, language=language, digest=found.digest, sid=f"HX{name}", approval="approved"))
    session.flush()


def send(sessions: Sessions, catalogues: Catalogues, phone: Phone, rounds: int = 3) -> None:
    worker = Dispatcher(sessions, Wording(catalogues), phone)

    async def work() -> None:
        for _ in range(rounds):
            for urgency in Urgency:
                tasks: set[asyncio.Task[None]] = set()
                await worker.start_next(urgency, tasks)
                await asyncio.gather(*tasks)

    asyncio.run(work())


def remind(session: Session, address: Address, key: str = "a") -> None:
    content = {"says": [REMINDER.as_json()], "purpose": Purpose.REMINDERS}
    outbox.queue_content(session, address, content, key, Lane.REMINDER)


def states(sessions: Sessions) -> dict[str, OutboundState]:
    with sessions() as session:
        return {row.key: OutboundState(row.state) for row in session.scalars(select(Outbound))}


def test_a_reminder_leaves_as_its_template_with_the_readers_date(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, "reminder")
        remind(session, writer(session, Purpose.REMINDERS, language="km"))
    send(nobody_yet, catalogues, phone)
    (message,) = phone.posted
    assert message.template
    assert (message.template.name, message.template.sid) == ("reminder", "HXreminder")
    khmer = catalogues["km"]
    assert message.template.variables["2"] == khmer.text("milestone_plan")
    assert "2028" in message.template.variables["3"]
    assert message.template.variables["3"] != "30 November 2028", "the fixed words are English, what fills them is not"


MONDAY = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)  # ten in the morning in Jakarta


def begun(session: Session, days: int) -> Address:
    """Somebody on WhatsApp who left their request to join so many days ago."""
    address = writer(session, Purpose.KEEPING)
    contact = session.get_one(Contact, address.contact_id)
    contact.country, contact.seen_at = "ID", MONDAY - timedelta(days=days)
    session.add(Draft(contact_id=contact.id, journey="join", values={}, changed_at=contact.seen_at))
    session.flush()
    return address


def sent(session: Session, days: int) -> Address:
    """Somebody on WhatsApp whose request was returned to their town so many days ago."""
    address = writer(session, Purpose.KEEPING)
    contact = session.get_one(Contact, address.contact_id)
    contact.seen_at = MONDAY - timedelta(days=days)
    town = Municipality(name="Blitar", country="ID")
    session.add(town)
    session.flush()
    session.add(Membership(municipality_id=town.id, contact_id=contact.id))
    application = Application(municipality=town, contact_id=contact.id, state=ApplicationState.RETURNED)
    application.reason, application.moved_at = "The stamp\nis missing.", contact.seen_at
    session.add(application)
    session.flush()
    return address


@pytest.mark.parametrize("days", AFTER)
@pytest.mark.parametrize(("silent", "name"), [(begun, "nudge_draft"), (sent, "nudge_application")])
def test_a_nudge_leaves_as_its_template_at_each_stage(
    nobody_yet: Sessions, catalogues: Catalogues, silent: Callable[[Session, int], Address], name: str, days: int
) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, "nudge_draft", "nudge_application", KNOCK)
        silent(session, days)
        assert nudges.queue_due(session, MONDAY) == 1
    send(nobody_yet, catalogues, phone)
    (message,) = phone.posted
    assert message.template
    assert message.template.name == name
    if name == "nudge_application":
        values = message.template.variables
        assert values["1"] == "Blitar"
        assert values["3"].endswith("The stamp is missing."), "in one line"


def test_a_nudge_without_an_approved_template_waits_behind_a_knock(
    nobody_yet: Sessions, catalogues: Catalogues
) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, KNOCK)
        begun(session, AFTER[0])
        nudges.queue_due(session, MONDAY)
    send(nobody_yet, catalogues, phone)
    assert [message.template and message.template.name for message in phone.posted] == [KNOCK]


def test_the_readers_own_language_goes_before_english(
    session: Session, catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = session.get_one(Contact, writer(session, language="th").contact_id)
    content = {"says": [REMINDER.as_json()]}
    approve(session, catalogues, "reminder")
    assert templates.ready(session, reader, content, catalogues)
    body = family().named("reminder").body
    texts = {**catalogues["th"].texts, (body, catalogues["en"].sources[body].text): ("ถึง {municipality} วันนี้",)}
    thai = catalogues["th"].__class__("th", catalogues["th"].sources, texts, catalogues["th"].choose)
    own = {**catalogues, "th": thai}
    found = form(own, family().named("reminder"), "th")
    assert found
    session.add(Template(name="reminder", language="th", digest=found.digest, sid="HXthai", approval="approved"))
    session.flush()
    assert templates.ready(session, reader, content, own) == ("reminder", "HXthai", {"1": "Kep"})


@pytest.mark.parametrize("approval", ["received", "pending", "rejected", "paused", "disabled", "in_session"])
def test_only_an_approved_template_of_the_present_text_leaves(
    session: Session, catalogues: Catalogues, approval: str
) -> None:
    reader = session.get_one(Contact, writer(session).contact_id)
    approve(session, catalogues, "reminder")
    row = session.get_one(Template, ("reminder", "en"))
    content = {"says": [REMINDER.as_json()]}
    assert templates.ready(session, reader, content, catalogues)
    row.approval = approval
    assert templates.ready(session, reader, content, catalogues) is None
    row.approval, row.digest = "approved", "of another text"
    assert templates.ready(session, reader, content, catalogues) is None


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Hello", "buttons": [], "lang": "en"},
        {"says": [REMINDER.as_json(), REMINDER.as_json()]},
        {"says": [Say("utter_greet").as_json()]},
        {"says": [Say("utter_reminder", {"municipality": "Kep"}).as_json()]},
        {"says": [Say("utter_accepted", {"municipality": "  \n "}).as_json()]},
        {"says": [Say("utter_accepted", {"municipality": "x" * 1024}).as_json()]},
    ],
    ids=["rendered", "two at once", "nothing stands for it", "a value is missing", "a value is empty", "too long"],
)
def test_what_no_template_says_is_not_ready(session: Session, catalogues: Catalogues, content: dict) -> None:
    reader = session.get_one(Contact, writer(session).contact_id)
    approve(session, catalogues, "reminder", "accepted", NOTICE)
    assert templates.ready(session, reader, content, catalogues) is None


def test_an_update_fills_the_notice_in_one_line(session: Session, catalogues: Catalogues) -> None:
    reader = session.get_one(Contact, writer(session, language="km").contact_id)
    approve(session, catalogues, NOTICE)
    row = Broadcast(texts={"en": "Two\n\nlines\tof    text."}, base_language="en", audience={})
    session.add(row)
    session.flush()
    assert templates.ready(session, reader, {"broadcast": row.id}, catalogues) == (
        NOTICE,
        "HXnotice",
        {"1": "Two lines of text."},
    )
    fitting = "x" * templates.room(catalogues)
    assert templates.ready(session, reader, {"broadcast": row.id, "text": fitting}, catalogues)
    assert templates.ready(session, reader, {"broadcast": row.id, "text": "x" * longest()}, catalogues) is None


def test_what_no_template_says_waits_and_one_knock_tells_the_person(
    nobody_yet: Sessions, catalogues: Catalogues
) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, KNOCK)
        address = writer(session, Purpose.REMINDERS)
        remind(session, address, "a")
        remind(session, address, "b")
    send(nobody_yet, catalogues, phone, rounds=5)
    assert [message.template and message.template.name for message in phone.posted] == [KNOCK]
    found = states(nobody_yet)
    assert found["a"] == found["b"] == OutboundState.HELD
    with nobody_yet.begin() as session:
        remind(session, session.get_one(Address, address.id), "c")
    send(nobody_yet, catalogues, phone)
    assert len(phone.posted) == 1, "one knock for each silence"
    with nobody_yet.begin() as session:
        session.get_one(Address, address.id).last_inbound_at = datetime.now(UTC) - 1.5 * DAY
        remind(session, session.get_one(Address, address.id), "d")
    send(nobody_yet, catalogues, phone)
    assert len(phone.posted) == 2, "they wrote in between, so this is another silence"


def test_without_an_approved_knock_the_message_only_waits(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        remind(session, writer(session, Purpose.REMINDERS))
    send(nobody_yet, catalogues, phone)
    assert not phone.posted
    assert states(nobody_yet) == {"a": OutboundState.HELD}


def test_a_knock_is_left_out_for_who_wrote_meanwhile_or_does_not_agree_any_more(
    nobody_yet: Sessions, catalogues: Catalogues
) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, KNOCK)
        addresses = [writer(session, Purpose.REMINDERS) for _ in range(2)]
        for number, address in enumerate(addresses):
            remind(session, address, str(number))
    with nobody_yet.begin() as session:
        wording = Wording(catalogues)
        for row in session.scalars(select(Outbound)):
            assert wording.take(session, row, phone.capabilities) is None
        session.get_one(Address, addresses[0].id).last_inbound_at = datetime.now(UTC)
        session.add(said(session.get_one(Contact, addresses[1].contact_id), Purpose.REMINDERS, given=False))
    send(nobody_yet, catalogues, phone)
    assert not phone.posted
    knocks = {key: state for key, state in states(nobody_yet).items() if key.startswith("knock")}
    assert list(knocks.values()) == [OutboundState.SKIPPED] * 2


def test_within_the_window_the_text_itself_leaves(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    phone = Phone()
    with nobody_yet.begin() as session:
        approve(session, catalogues, NOTICE)
        for ago in (timedelta(hours=1), 2 * DAY):
            writer(session, Purpose.NEWS, ago=ago)
        row = Broadcast(texts={"en": "The climate week begins."}, base_language="en", audience={})
        session.add(row)
        session.flush()
        broadcasts.queue(session, row)
    send(nobody_yet, catalogues, phone)
    assert sorted(message.template.name if message.template else "-" for message in phone.posted) == ["-", NOTICE]
    assert {message.text for message in phone.posted} == {"The climate week begins."}
