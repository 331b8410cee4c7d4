"""The secretariat's day, with several people in the running house: it accepts a town, and writes to many at once."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.settings import ROOT
from covenant import reminders, schedule
from db.messages import Outbound
from db.milestones import Milestone, Reminder
from db.people import Consent, Contact, Purpose, Role
from db.records import Application, ApplicationState, Broadcast, Municipality, Ticket
from locales import LANGUAGES, Catalogues
from tests.conversations.playing import LETTER, assert_spoken_in
from tests.running import House, Talk


@dataclass(frozen=True)
class Cast:
    """What the people of one language type: the officer's town and answers, the secretariat's words."""

    language: str
    time_zone: str
    town: str
    own_name: str
    answers: tuple[str, ...]
    person: str
    waiting: str
    send: str
    text: str
    other_language: str
    other_text: str
    no_more: str
    yes: str


ENGLISH = Cast(
    language="en",
    time_zone="Asia/Manila",
    town="Iloilo City",
    own_name="Iloilo",
    answers=(
        "Sangguniang Panlungsod resolution",
        "skip",
        "Ramon Villanueva",
        "City Mayor",
        "Teresa Go",
        "City Planning Officer",
        "teresa@iloilo.example.org",
        "0917 555 0142",
        "none",
        "English",
    ),
    person="I would like to talk to a person",
    waiting="what is waiting for review?",
    send="I want to send an update to everybody",
    text="Please report your progress by 30 April. If you cannot, write to us and we help.",
    other_language="id",
    other_text="Mohon laporkan kemajuan paling lambat 30 April. Kalau belum bisa, tulis saja, kami bantu.",
    no_more="no",
    yes="yes, send it now",
)
INDONESIAN = Cast(
    language="id",
    time_zone="Asia/Jakarta",
    town="Kota Blitar",
    own_name="Kota Blitar",
    answers=(
        "SK Wali Kota",
        "12/3/2026",
        "Hj. Ratna Sari",
        "Wali Kota",
        "Agus Wibowo",
        "Kepala Bappeda",
        "agus@blitar.example.org",
        "0812 3456 7801",
        "tidak ada",
        "Bahasa Indonesia",
    ),
    person="saya mau bicara dengan orang",
    waiting="apa saja yang menunggu diperiksa?",
    send="mau kirim siaran ke semua",
    text="Tolong, banjir bandang bisa datang malam ini. Naikkan barang ke tempat tinggi.",
    other_language="en",
    other_text="A flash flood may come tonight. Please move your things to high places.",
    no_more="gak ada lagi",
    yes="ya, kirim sekarang",
)
KHMER = Cast(
    language="km",
    time_zone="Asia/Phnom_Penh",
    town="ក្រុងកែប",
    own_name="កែប",
    answers=(
        "សេចក្តីសម្រេចក្រុមប្រឹក្សា",
        "១២ មីនា ២០២៦",
        "លោក ហេង សុភា",
        "អភិបាលក្រុង",
        "គឹម សុខា",
        "អនុប្រធានការិយាល័យបរិស្ថាន",
        "sokha@kep.example.org",
        "០៩២ ៣៤៥ ៦៧៨",
        "គ្មានទេ",
        "ភាសាខ្មែរ",
    ),
    person="ខ្ញុំចង់និយាយជាមួយមនុស្សផ្ទាល់",
    waiting="តើមានសំណើអ្វីខ្លះរង់ចាំពិនិត្យ?",
    send="ចង់ផ្ញើដំណឹងទៅគ្រប់គ្នា",
    text="សូមផ្ញើរបាយការណ៍វឌ្ឍនភាពមុនថ្ងៃទី ៣០ មេសា។ បើត្រូវការជំនួយ សូមសរសេរមកយើង។",
    other_language="en",
    other_text="Please send your progress report before 30 April. Write to us if you need help.",
    no_more="អត់ទេ",
    yes="ចាស ផ្ញើទៅ",
)
CASTS = [pytest.param(cast, id=cast.language) for cast in (ENGLISH, INDONESIAN, KHMER)]


@pytest.mark.parametrize("cast", CASTS)
def test_a_town_is_accepted_congratulated_and_reminded(house: House, catalogues: Catalogues, cast: Cast) -> None:
    officer, secretariat = join(house, cast), at_work(house, cast)
    application = sent_by(house, officer)

    officer.say(cast.waiting)
    assert "utter_queue" not in officer.keys  # nobody else sees who waits

    officer.send_file("letter.pdf", LETTER)
    assert officer.keys == ["utter_letter_received"]
    assert state_of(house, application) == ApplicationState.LETTER_RECEIVED

    secretariat.say(cast.waiting)
    assert secretariat.keys[0] == "utter_queue"  # what others pledged meanwhile waits, too
    secretariat.press_payload(f'/review_queue{{"application": "{application.reference}"}}')
    assert cast.answers[2] in secretariat.text
    assert cast.answers[6] in secretariat.text
    secretariat.press_payload(f'/review_queue{{"application": "{application.reference}", "do": "take"}}')
    assert secretariat.keys == ["utter_queue_item"]
    secretariat.press_payload(f'/review_queue{{"application": "{application.reference}", "do": "accept"}}')
    assert secretariat.keys == ["utter_accept_sure"]
    secretariat.press_payload(
        f'/review_queue{{"application": "{application.reference}", "do": "accept", "sure": "yes"}}'
    )
    assert secretariat.keys == ["utter_accept_done"]

    accepted = catalogues[cast.language].text("utter_accepted").replace("{municipality}", cast.own_name)
    assert officer.listen().text == accepted
    assert state_of(house, application) == ApplicationState.ACCEPTED

    assert remind_of_first(house, application) == 1
    assert officer.listen().text.startswith(opening_of("utter_reminder", cast, catalogues))
    assert catalogues[cast.language].text("milestone_inventory") in officer.text
    for talk in (officer, secretariat):
        for message in talk.all[1:]:
            assert_spoken_in(message, cast.language, catalogues)


@pytest.mark.parametrize("cast", CASTS)
def test_an_update_reaches_whoever_said_yes_in_their_own_language(
    house: House, catalogues: Catalogues, cast: Cast
) -> None:
    near = somebody(house, cast, cast.language, news=True)
    far = somebody(house, cast, cast.other_language, news=True)
    unwilling = somebody(house, cast, cast.language, news=False)
    near.say(cast.send)
    assert near.keys == ["utter_not_for_you"]

    secretariat = at_work(house, cast)
    secretariat.say(cast.send)
    assert secretariat.keys == ["utter_ask_audience"]
    secretariat.press_payload(f'/inform{{"field": "audience", "value": "{Role.BUSINESS}"}}')
    secretariat.say(cast.text)
    assert secretariat.keys == ["utter_ask_another"]
    secretariat.press_payload(f'/inform{{"field": "another", "value": "{cast.other_language}"}}')
    secretariat.say(cast.other_text)
    secretariat.say(cast.no_more)
    willing = willing_by_language(house)
    assert secretariat.keys[-1] == "utter_broadcast_preview"
    assert cast.text in secretariat.text
    assert cast.other_text in secretariat.text
    assert f"web, {LANGUAGES[cast.language].name}: {willing[cast.language]}" in secretariat.text
    assert f"web, {LANGUAGES[cast.other_language].name}: {willing[cast.other_language]}" in secretariat.text

    secretariat.say(cast.yes)
    assert secretariat.keys == ["utter_broadcast_queued"]
    assert near.listen().text == cast.text
    assert far.listen().text == cast.other_text
    assert received(house, cast.text) == willing.total()
    assert unwilling.fresh() == []
    for message in secretariat.all[1:]:
        without_texts = message | {"text": message["text"].replace(cast.other_text, "")}
        assert_spoken_in(without_texts, cast.language, catalogues)


def come_in(house: House, cast: Cast, language: str, role: Role, *, news: bool) -> Talk:
    """Somebody new who agrees, says who they are, and whether news may come."""
    talk = house.talk(language, cast.time_zone)
    for field, value in (("language", language), ("consent", "yes"), ("role", role), ("news", "yes" if news else "no")):
        talk.press_payload(f'/inform{{"field": "{field}", "value": "{value}"}}')
    assert talk.keys == ["utter_welcome_done"]
    return talk


def somebody(house: House, cast: Cast, language: str, *, news: bool) -> Talk:
    return come_in(house, cast, language, Role.BUSINESS, news=news)


def join(house: House, cast: Cast) -> Talk:
    """An officer whose town's request is sent, and who wants to be reminded."""
    talk = come_in(house, cast, cast.language, Role.MUNICIPAL, news=False)
    talk.press_payload("/join_covenant")
    for answer in (cast.town, *cast.answers):
        talk.say(answer)
    assert "utter_review" in talk.keys, talk.text
    talk.press_payload("/affirm")
    assert talk.keys == ["utter_join_sent"]
    assert cast.own_name in talk.text
    return talk.press_payload("/opt_in")


def at_work(house: House, cast: Cast) -> Talk:
    """Somebody of the secretariat: asks for a person, and the operator grants the right by the reference given."""
    talk = come_in(house, cast, cast.language, Role.BUSINESS, news=False)
    talk.say(cast.person)
    assert talk.keys == ["utter_person"]
    with house.sessions() as session:
        reference = session.scalars(select(Ticket.reference).where(Ticket.contact_id == talk.contact_id)).one()
    assert reference in talk.text
    grant = [sys.executable, "-m", "bot", "grant", "secretariat", reference]
    env = {**os.environ, "KAWAN_DATA_DIR": str(house.data_dir)}
    done = subprocess.run(grant, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=180)
    assert reference in done.stdout
    return talk


def sent_by(house: House, talk: Talk) -> Application:
    with house.sessions() as session:
        return session.scalars(select(Application).where(Application.contact_id == talk.contact_id)).one()


def state_of(house: House, application: Application) -> str:
    with house.sessions() as session:
        return session.get_one(Application, application.id).state


def remind_of_first(house: House, application: Application) -> int:
    """Let the town's first reminder fall due at the next hour of work; returns how many messages its officer gets.

    The assessment, which is due on the same day, is waived: two would be one message of another kind.
    """
    with house.sessions.begin() as session:
        town = session.get_one(Municipality, application.municipality_id)
        due = {one.key: one for one in session.scalars(select(Milestone).where(Milestone.municipality_id == town.id))}
        schedule.waive(session, due["milestone_assessment"], "not in this test")
        first = select(func.min(Reminder.due_at)).where(Reminder.milestone_id == due["milestone_inventory"].id)
        mine = select(func.count(Outbound.id)).where(Outbound.contact_id == application.contact_id)
        before = session.scalars(mine).one()
        reminders.queue_due(session, session.scalars(first).one() + timedelta(minutes=1))
        return session.scalars(mine).one() - before


def opening_of(key: str, cast: Cast, catalogues: Catalogues) -> str:
    """The sentence up to its second placeholder, with the town's own name."""
    before, _, after = catalogues[cast.language].text(key, 2).partition("{municipality}")
    return before + cast.own_name + after.partition("{")[0]


def willing_by_language(house: House) -> Counter[str]:
    """How many of the audience said yes to news last, by their language, counted one person after the other."""
    counts: Counter[str] = Counter()
    with house.sessions() as session:
        for contact in session.scalars(select(Contact).where(Contact.role == Role.BUSINESS)):
            said = select(Consent.given).where(Consent.contact_id == contact.id, Consent.purpose == Purpose.NEWS)
            counts[contact.language] += bool(session.scalar(said.order_by(Consent.id.desc()).limit(1)))
    return counts


def received(house: House, text: str) -> int:
    """How many messages carry the update with that base text."""
    with house.sessions() as session:
        newest = session.scalars(select(Broadcast).order_by(Broadcast.id.desc()))
        row = next(one for one in newest if text in one.texts.values())
        return session.scalar(select(func.count(Outbound.id)).where(Outbound.broadcast_id == row.id)) or 0
