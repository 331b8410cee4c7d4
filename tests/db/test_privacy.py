"""My data: everything of a person can be seen, and erased so that only a receipt and a wish for silence remain."""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot import files
from bot.channels import Inbound as Received
from bot.channels.web import NAME, address_of
from bot.clock import Clock
from bot.inbox import meet
from bot.store import Folder
from covenant import pledge_book, privacy, reminders
from covenant.outbox import queue_content
from covenant.review import Actor
from db.engine import Sessions
from db.messages import File, Inbound, InboundState, Lane, Outbound, OutboundState, TurnEffect
from db.milestones import Badge, Evidence, Notice, NoticeItem, Reminder, ReminderPause
from db.people import AddressState, Contact, Erasure, LinkCode, Purpose, Suppression
from db.pledges import Pledge, PledgeEvent, PledgeReport
from db.records import (
    Application,
    ApplicationEvent,
    Broadcast,
    Doubt,
    Draft,
    DraftEvent,
    Letter,
    Membership,
    Municipality,
    Ticket,
    TipShown,
)
from db.tables import Base
from db.teams import Invitation, MembershipEvent
from tests.people import SECRET, Somebody, somebody

NAME_OF_OFFICER = "Wayan Sudarsana"
EMAIL = "wayan@gianyar.go.id"
PHONE = "+6281234567890"
WORDS = "kami menanam bakau di pesisir"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
TYPO = "wayan at gianyar"
TRACES = (NAME_OF_OFFICER, EMAIL, PHONE, WORDS, TYPO)


@dataclass(frozen=True)
class Life:
    """A person who used everything, and the town they worked for."""

    person: Somebody
    municipality: int
    letter: str


@pytest.fixture
def life(nobody_yet: Sessions, tmp_path: Path) -> Life:
    with nobody_yet.begin() as session:
        return live(session, tmp_path)


def live(session: Session, folder: Path) -> Life:
    """Let somebody leave a trace in every table there is."""
    now = datetime.now(UTC)
    person = somebody(session, Purpose.KEEPING, Purpose.NEWS, state=AddressState.OPTED_OUT)
    contact = person.contact
    row = person.write(session, WORDS)
    row.state = InboundState.DONE
    letter = files.keep(session, Folder(folder), contact.id, f"{NAME_OF_OFFICER}.pdf", files.clean(PDF))
    draft = Draft(contact_id=contact.id, journey="join", field="focal_email", values={"focal_name": NAME_OF_OFFICER})
    town = Municipality(name="Gianyar", country="ID", committed_on=date(2026, 11, 1))
    session.add_all((draft, town))
    session.flush()
    contact.draft_id = draft.id
    application = Application(
        municipality=town,
        contact_id=contact.id,
        draft_id=draft.id,
        letter_id=letter.id,
        signatory_name="I Made Mahayastra",
        focal_name=NAME_OF_OFFICER,
        focal_post="Head of the Environment Office",
        focal_email=EMAIL,
        focal_phone=PHONE,
        submitted_at=now,
    )
    pledge = Pledge(contact_id=contact.id, municipality_id=town.id, action="400 mangroves", people_min=50)
    session.add_all((application, pledge))
    session.flush()
    session.add_all(
        (
            TurnEffect(inbound_id=row.id, intent="inform", replies=[{"typed": WORDS}], at=now),
            DraftEvent(draft_id=draft.id, contact_id=contact.id, field="focal_email", change={"refused": TYPO}, at=now),
            Membership(municipality_id=town.id, contact_id=contact.id, asked_as=NAME_OF_OFFICER),
            MembershipEvent(municipality_id=town.id, contact_id=contact.id, event="asked", by_id=contact.id, at=now),
            Invitation(
                digest="i" * 64, contact_id=contact.id, kind="colleague", municipality_id=town.id, expires_at=now
            ),
            ApplicationEvent(
                application_id=application.id, contact_id=contact.id, event="submitted", change={"is": EMAIL}, at=now
            ),
            Letter(application_id=application.id, version=1, contact_id=contact.id, pages=[letter.public_id], at=now),
            pledge,
            PledgeReport(
                pledge_id=pledge.id, contact_id=contact.id, progress="done", note=WORDS, file_id=letter.id, at=now
            ),
            PledgeEvent(pledge_id=pledge.id, contact_id=contact.id, event="recorded", at=now),
            Ticket(contact_id=contact.id, kind="ask_question", message=WORDS, file_id=letter.id, language="id"),
            Broadcast(author_id=contact.id, texts={"id": "Halo"}, base_language="id", audience={}),
            TipShown(contact_id=contact.id, tip="heat-1"),
            LinkCode(contact_id=contact.id, digest="d" * 64, email="dwi@example.org", expires_at=now),
            Doubt(contact_id=contact.id, language="id", words=WORDS, guesses=[["log_pledge", 0.3]], at=now),
        )
    )
    be_reminded(session, town, contact, letter)
    queue_content(session, person.address, {"text": f"{WORDS}?", "lang": "id"}, "reply:1", Lane.REPLY)
    session.flush()
    return Life(person, town.id, letter.public_id)


def be_reminded(session: Session, town: Municipality, contact: Contact, file: File) -> None:
    """Let a person be reminded, pause, and hand something in; the town has a badge."""
    now = datetime.now(UTC)
    reminders.lay_out(session, town)
    reminder = session.scalars(select(Reminder).order_by(Reminder.id)).first()
    notice = Notice(contact_id=contact.id, sent_on=now.date(), sent_at=now, answer="later")
    session.add_all((notice, ReminderPause(contact_id=contact.id, until=now)))
    session.add(Badge(municipality_id=town.id, badge="inventory", awarded_on=now.date()))
    session.add(Evidence(milestone_id=reminder.milestone_id, contact_id=contact.id, file_id=file.id, year=2027))
    session.flush()
    session.add(NoticeItem(notice_id=notice.id, reminder_id=reminder.id))


def deliver(sessions: Sessions, life: Life) -> None:
    """Let everything that waits in the outbox leave."""
    with sessions.begin() as session:
        for row in session.scalars(select(Outbound).where(Outbound.contact_id == life.person.contact.id)):
            row.state = OutboundState.SENT


def ask_for_erasure(sessions: Sessions, life: Life) -> str:
    with sessions.begin() as session:
        return privacy.request_erasure(session.get_one(Contact, life.person.contact.id))


def everything(sessions: Sessions) -> str:
    """Every row of every table of ours as one text."""
    tables = [name for name in Base.metadata.tables if not name.startswith("place")]
    with sessions() as session:
        return "\n".join(
            f"{name}: {row}"
            for name in tables
            for row in session.scalars(text(f"SELECT to_jsonb(x) FROM {name} x"))  # noqa: S608 - a table of ours
        )


def counted(sessions: Sessions) -> dict[str, int]:
    with sessions() as session:
        found = {
            name: session.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608 - a table of ours
            for name in Base.metadata.tables
            if not name.startswith("place")
        }
    return {name: number for name, number in found.items() if number}


def test_the_person_of_these_tests_is_in_every_table_that_can_hold_a_person(life: Life, nobody_yet: Sessions) -> None:
    empty = set(Base.metadata.tables) - set(counted(nobody_yet)) - {"place", "place_name", "place_load"}
    assert empty == {"erasure", "suppression", "target", "template"}


def test_the_export_has_everything_that_was_typed_and_can_be_written_as_json(life: Life, nobody_yet: Sessions) -> None:
    with nobody_yet() as session:
        found = privacy.export(session, session.get_one(Contact, life.person.contact.id))
    shown = json.dumps(found, ensure_ascii=False)
    assert all(trace in shown for trace in TRACES)
    assert "400 mangroves" in shown
    assert {key for key, rows in found.items() if not rows} == set()
    assert life.person.token not in shown


def test_the_export_has_nothing_of_anybody_else(life: Life, nobody_yet: Sessions) -> None:
    with nobody_yet.begin() as session:
        other = somebody(session, Purpose.KEEPING)
        other.write(session, "words of another person")
    with nobody_yet() as session:
        mine = privacy.export(session, session.get_one(Contact, life.person.contact.id))
        theirs = privacy.export(session, session.get_one(Contact, other.contact.id))
    assert "words of another person" not in json.dumps(mine)
    assert not any(trace in json.dumps(theirs, ensure_ascii=False) for trace in TRACES)


def test_an_erased_person_leaves_only_a_receipt_and_the_wish_for_silence(
    life: Life, nobody_yet: Sessions, tmp_path: Path
) -> None:
    reference = ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    remaining = everything(nobody_yet)
    assert not [trace for trace in TRACES if trace in remaining]
    assert address_of(life.person.token) not in remaining
    assert life.person.contact.public_id not in remaining
    with nobody_yet() as session:
        assert session.scalars(select(Erasure.reference)).all() == [reference]
        assert session.scalar(select(func.count(Suppression.fingerprint))) == 1
        assert session.scalar(select(func.count(Contact.id))) == 0


def test_what_is_the_towns_stays_without_the_person(life: Life, nobody_yet: Sessions, tmp_path: Path) -> None:
    laid_out = counted(nobody_yet)
    ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    assert counted(nobody_yet) == {
        "municipality": 1,
        "application": 1,
        "application_event": 1,
        "letter": 1,
        "membership_event": 1,
        "pledge": 1,
        "pledge_report": 1,
        "pledge_event": 1,
        "ticket": 1,
        "broadcast": 1,
        "milestone": laid_out["milestone"],
        "reminder": laid_out["reminder"],
        "evidence": 1,
        "badge": 1,
        "erasure": 1,
        "suppression": 1,
    }
    with nobody_yet() as session:
        application = session.scalars(select(Application)).one()
        personal = ("contact_id", "draft_id", "letter_id", "focal_name", "focal_email", "focal_phone")
        assert [getattr(application, key) for key in personal] == [None] * len(personal)
        assert application.signatory_name == "I Made Mahayastra", "the office's word is the town's record"
        assert session.scalars(select(Pledge.contact_id)).one() is None
        reported = session.execute(select(PledgeReport.contact_id, PledgeReport.file_id, PledgeReport.note)).one()
        assert reported == (None, None, None)
        assert session.scalars(select(PledgeEvent.contact_id)).one() is None
        assert session.execute(select(Evidence.contact_id, Evidence.file_id)).one() == (None, None)
        assert session.scalars(select(Broadcast.author_id)).one() is None


def test_why_a_pledge_was_withdrawn_goes_with_who_said_so(life: Life, nobody_yet: Sessions, tmp_path: Path) -> None:
    with nobody_yet.begin() as session:
        pledge = session.scalars(select(Pledge)).one()
        pledge_book.withdraw(session, pledge, Actor(life.person.contact.id, datetime.now(UTC)), WORDS)
        other = Pledge(action="trees", municipality_id=life.municipality)
        colleague = Actor(None, datetime.now(UTC))
        pledge_book.withdraw(session, pledge_book.record(session, other, colleague), colleague, "No money.")
    ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    assert WORDS not in everything(nobody_yet)
    with nobody_yet() as session:
        assert set(session.scalars(select(Pledge.reason))) == {None, "No money."}
        assert set(session.scalars(select(PledgeEvent.reason))) == {None, "No money."}


def test_the_bytes_of_the_files_are_gone_too(life: Life, nobody_yet: Sessions, tmp_path: Path) -> None:
    assert (tmp_path / life.letter).read_bytes() == PDF
    ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    assert not list(tmp_path.iterdir())


def test_who_comes_back_after_being_erased_is_new_and_still_not_written_to(
    life: Life, nobody_yet: Sessions, tmp_path: Path
) -> None:
    ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    with nobody_yet.begin() as session:
        address = meet(session, Received(NAME, address_of(life.person.token), "again"), SECRET)
        assert address.state == AddressState.OPTED_OUT
        assert address.contact.role is None
        stranger = meet(session, Received(NAME, address_of("another"), "hello"), SECRET)
        assert stranger.state == AddressState.ACTIVE


def test_the_receipt_is_delivered_before_anything_is_erased(life: Life, nobody_yet: Sessions, tmp_path: Path) -> None:
    clock = Clock(nobody_yet, SECRET, Folder(tmp_path))
    ask_for_erasure(nobody_yet, life)
    for state in (OutboundState.QUEUED, OutboundState.SENDING):
        with nobody_yet.begin() as session:
            session.scalars(select(Outbound)).one().state = state
        clock.erase()
        assert counted(nobody_yet)["contact"] == 1
    deliver(nobody_yet, life)
    clock.erase()
    assert "contact" not in counted(nobody_yet)


def test_a_receipt_that_can_never_be_delivered_does_not_keep_the_data(
    life: Life, nobody_yet: Sessions, tmp_path: Path
) -> None:
    ask_for_erasure(nobody_yet, life)
    with nobody_yet.begin() as session:
        contact = session.get_one(Contact, life.person.contact.id)
        contact.seen_at = datetime.now(UTC) - privacy.LONGEST_WAIT - timedelta(seconds=1)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    assert "contact" not in counted(nobody_yet)


def test_asking_twice_and_ticking_twice_erases_once(life: Life, nobody_yet: Sessions, tmp_path: Path) -> None:
    assert ask_for_erasure(nobody_yet, life) == ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    clock, start = Clock(nobody_yet, SECRET, Folder(tmp_path)), threading.Barrier(3)

    def tick() -> None:
        start.wait()
        clock.erase()

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(nobody_yet)["erasure"] == 1


def test_nobody_else_is_touched(life: Life, nobody_yet: Sessions, tmp_path: Path) -> None:
    with nobody_yet.begin() as session:
        other = somebody(session, Purpose.KEEPING)
        other.write(session, "words of another person")
        session.add(Membership(municipality_id=life.municipality, contact_id=other.contact.id))
        before = snapshot(session, other)
    ask_for_erasure(nobody_yet, life)
    deliver(nobody_yet, life)
    Clock(nobody_yet, SECRET, Folder(tmp_path)).erase()
    with nobody_yet() as session:
        assert snapshot(session, other) == before
        assert session.scalars(select(Inbound.content)).all() == [{"text": "words of another person"}]
        assert session.scalar(select(func.count(Reminder.id)))


def snapshot(session: Session, person: Somebody) -> dict[str, Any]:
    return privacy.counts(session, session.get_one(Contact, person.contact.id))
