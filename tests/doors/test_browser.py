"""The chat page in a real browser, phone-sized, against the whole running house."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, Response, expect
from sqlalchemy import select

from db.messages import Inbound, InboundState
from db.records import Application
from locales import LANGUAGES, Catalogues
from tests.doors.browser import PROCESSES, Phone, answer, run_browser
from tests.running import House

LIGHT = 100_000  # bytes the page may weigh
NARROW = {"width": 320, "height": 568}  # the smallest phones still in use
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"

OpenPhone = Callable[..., Phone]
Steps = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Officer:
    """Somebody who joins. A step is what is typed (or tapped: a payload), and the field that is asked afterwards."""

    locale: str
    zone: str
    before: Steps
    after: Steps
    row: dict[str, Any]


INDONESIAN = Officer(
    locale="id-ID",
    zone="Asia/Jakarta",
    before=(
        (answer("language", "id"), "consent"),
        ("ya", "role"),
        (answer("role", "municipal"), "news"),
        (answer("news", "yes"), None),
        ("bagaimana kota kami bisa bergabung dengan covenant?", "municipality"),
        ("Kota Bogor", "mandate_body"),
        ("Rapat paripurna DPRD Kota Bogor", "mandate_date"),
        ("12 Maret 2026", "signatory_name"),
        ("Siti Rahmawati", "signatory_title"),
        ("Wali Kota", "focal_name"),
        ("Budi Santoso", "focal_post"),
    ),
    after=(
        ("Kepala Dinas Lingkungan Hidup", "focal_email"),
        ("apakah ada biaya untuk menjadi anggota?", "focal_email"),
        ("budi di bogor", "focal_email"),
        ("budi@bogor.example.org", "focal_phone"),
        ("0812 3456 7890", "second_name"),
        ("lewati", "letter_language"),
        (answer("letter_language", "id"), None),
        ("ganti nomor telepon", "focal_phone"),
        ("0813-1111-2222", None),
        ("/affirm", None),
    ),
    row={
        "municipality": "Bogor",
        "country": "ID",
        "mandate_body": "Rapat paripurna DPRD Kota Bogor",
        "mandate_date": date(2026, 3, 12),
        "signatory_name": "Siti Rahmawati",
        "signatory_title": "Wali Kota",
        "focal_name": "Budi Santoso",
        "focal_post": "Kepala Dinas Lingkungan Hidup",
        "focal_email": "budi@bogor.example.org",
        "focal_phone": "+6281311112222",
        "second_name": None,
        "second_email": None,
        "letter_language": "id",
    },
)
THAI = Officer(
    locale="th-TH",
    zone="Asia/Bangkok",
    before=(
        (answer("language", "th"), "consent"),
        ("ใช่", "role"),
        (answer("role", "signatory"), "news"),
        ("ไม่", None),
        ("เมืองของเราอยากเข้าร่วมข้อตกลง ต้องทำอย่างไร", "municipality"),
        ("เทศบาลนครเชียงใหม่", "mandate_body"),
        (answer("mandate_body", "Executive act"), "mandate_date"),
        ("12 มีนาคม 2569", "signatory_name"),
        ("นายสมชาย ใจดี", "signatory_title"),
        ("นายกเทศมนตรี", "focal_name"),
        ("นางสาวอรุณี ศรีสุข", "focal_post"),
        ("ผู้อำนวยการกองสาธารณสุขและสิ่งแวดล้อม", "focal_email"),
        ("เข้าร่วมแล้วต้องเสียเงินไหม", "focal_email"),
    ),
    after=(
        ("อรุณี ที่ เชียงใหม่", "focal_email"),
        ("arunee@chiangmai.example.org", "focal_phone"),
        ("๐๘๑ ๒๓๔ ๕๖๗๘", "second_name"),
        ("/skip", "letter_language"),
        (answer("letter_language", "th"), None),
        ("/correct", None),
        ('/correct{"field": "focal_email"}', "focal_email"),
        ("arunee.s@chiangmai.example.org", None),
        ("ใช่", None),
    ),
    row={
        "municipality": "Chiang Mai",
        "country": "TH",
        "mandate_body": "Executive act",
        "mandate_date": date(2026, 3, 12),
        "signatory_name": "นายสมชาย ใจดี",
        "signatory_title": "นายกเทศมนตรี",
        "focal_name": "นางสาวอรุณี ศรีสุข",
        "focal_post": "ผู้อำนวยการกองสาธารณสุขและสิ่งแวดล้อม",
        "focal_email": "arunee.s@chiangmai.example.org",
        "focal_phone": "+66812345678",
        "second_name": None,
        "second_email": None,
        "letter_language": "th",
    },
)
ENGLISH = Officer(
    locale="en-PH",
    zone="Asia/Manila",
    before=(
        (answer("language", "en"), "consent"),
        ("yes", "role"),
        ("1", "news"),
        ("yes please", None),
        ("how can our city join the covenant", "municipality"),
        ("Makati City", "mandate_body"),
        ("Sangguniang Panlungsod resolution", "mandate_date"),
        ("/skip", "signatory_name"),
        ("Maria Santos", "signatory_title"),
        ("Mayor", "focal_name"),
        ("Jose Rizaldo", "focal_post"),
        ("back", "focal_name"),
        ("Jose Rizaldo Cruz", "focal_post"),
        ("Head of the Environment Office", "focal_email"),
        ("jose at makati", "focal_email"),
    ),
    after=(
        ("jose@makati.example.org", "focal_phone"),
        ("does it cost anything to be a member?", "focal_phone"),
        ("0917 555 0123", "second_name"),
        ("Ana Reyes", "second_email"),
        ("ana@makati.example.org", "letter_language"),
        (answer("letter_language", "en"), None),
        ("change the e-mail", "focal_email"),
        ("jose.cruz@makati.example.org", None),
        ("yes", None),
    ),
    row={
        "municipality": "Makati City",
        "country": "PH",
        "mandate_body": "Sangguniang Panlungsod resolution",
        "mandate_date": None,
        "signatory_name": "Maria Santos",
        "signatory_title": "Mayor",
        "focal_name": "Jose Rizaldo Cruz",
        "focal_post": "Head of the Environment Office",
        "focal_email": "jose.cruz@makati.example.org",
        "focal_phone": "+639175550123",
        "second_name": "Ana Reyes",
        "second_email": "ana@makati.example.org",
        "letter_language": "en",
    },
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_browser() as browser:
        yield browser


@pytest.fixture
def open_phone(house: House, browser: Browser) -> Iterator[OpenPhone]:
    """Opens phones of new people; in the end none of their browsers may have complained."""
    house.wait_until_well()
    phones: list[Phone] = []

    def opened(locale: str = "en-PH", zone: str = "Asia/Manila") -> Phone:
        phones.append(Phone.of(house, browser, locale, zone))
        return phones[-1]

    yield opened
    for phone in phones:
        phone.context.close()
    assert [phone.problems for phone in phones if phone.problems] == []


@pytest.fixture
def phone(open_phone: OpenPhone) -> Phone:
    return open_phone()


def test_officers_join_in_three_languages_while_every_process_is_killed_half_way(
    open_phone: OpenPhone, house: House
) -> None:
    talks = [(one, open_phone(one.locale, one.zone)) for one in (INDONESIAN, THAI, ENGLISH)]
    for officer, phone in talks:
        go(phone, officer.before)
    said = [phone.bot.count() for _, phone in talks]
    kill_everything_in_the_middle_of([(phone, officer.after[0][0]) for officer, phone in talks], house)
    for (officer, phone), before in zip(talks, said, strict=True):
        phone.listen(before)
        assert phone.open_question() == officer.after[0][1]
        go(phone, officer.after[1:])
        assert stored(phone) == officer.row
        assert_nothing_lost_or_doubled(phone)


def kill_everything_in_the_middle_of(answers: list[tuple[Phone, str]], house: House) -> None:
    """Send an answer on each phone, and kill -9 every process before it can be answered; the pages wait and come back."""
    for phone, text in answers:
        phone.write(text)
    for phone, _ in answers:
        phone.page.keyboard.press("Enter")
    for name in PROCESSES:
        house.kill(name)
    for phone, _ in answers:
        expect(phone.status).to_have_attribute("data-state", "unreachable", timeout=15_000)
    for phone, _ in answers:
        expect(phone.status).to_have_attribute("data-state", "", timeout=60_000)
        phone.forgive_outage()


def go(phone: Phone, steps: Steps) -> None:
    for number, (what, asked) in enumerate(steps):
        phone.do(what)
        now = phone.open_question()
        assert now == asked, f"after step {number} {what!r}: {now} is asked, not {asked}; {phone.shown()[-1]}"


def stored(phone: Phone) -> dict[str, Any]:
    """The application in the database that the person sent."""
    with phone.house.sessions() as session:
        query = select(Application).where(Application.contact_id == phone.contact().id)
        row = session.scalars(query).one()
        columns = {key: getattr(row, key) for key in INDONESIAN.row if key not in {"municipality", "country"}}
        return {"municipality": row.municipality.name, "country": row.municipality.country, **columns}


def assert_nothing_lost_or_doubled(phone: Phone) -> None:
    """Every message is there once and answered once, in the order in which they were said; also after a reload."""
    shown, ids = phone.shown(), phone.ids()
    assert [who for who, _ in shown] == ["bot", *["me", "bot"] * (len(shown) // 2)]
    with phone.house.sessions() as session:
        query = select(Inbound.state).where(Inbound.contact_id == phone.contact().id)
        assert session.scalars(query).all() == [InboundState.DONE] * (len(shown) // 2 + 1)  # and the greeting
    phone.reload()
    assert phone.ids() == [*ids[:1], *ids[2:]]  # what was said before the consent is not kept


def test_whoever_reloads_finds_the_conversation_and_what_was_half_written(phone: Phone) -> None:
    phone.do(answer("language", "en")).say("yes").say("2")
    phone.text.fill("I work for the")
    shown = phone.shown()
    phone.reload()
    assert phone.shown() == [*shown[:1], *shown[2:]]  # what was said before the consent is not kept
    expect(phone.text).to_have_value("I work for the")
    phone.text.fill("")
    phone.say("no")
    assert phone.open_question() is None


def test_a_second_tab_shows_what_is_said_in_the_first(phone: Phone) -> None:
    phone.do(answer("language", "en")).say("yes")
    other = phone.second_tab()
    phone.do(answer("role", "community"))
    expect(other.bot).to_have_count(4)
    assert other.shown()[-2:] == phone.shown()[-2:]
    assert other.choices() == phone.choices() == [answer("news", "yes"), answer("news", "no")]


def test_everything_can_be_done_without_a_mouse(phone: Phone) -> None:
    chosen = phone.tab_to(f".choice[data-payload='{answer('language', 'en')}']")
    assert chosen.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"  # one sees where one is
    press(phone, "Enter")
    expect(phone.text).to_be_focused()
    phone.page.keyboard.type("yes")
    press(phone, "Enter")
    phone.tab_to(f".choice[data-payload='{answer('role', 'community')}']", "Shift+Tab")
    press(phone, "Space")
    assert phone.open_question() == "news"
    phone.tab_to("#menu summary", "Shift+Tab")
    phone.page.keyboard.press("Enter")
    phone.tab_to("#menu button[data-payload='/help']")
    phone.page.keyboard.press("Escape")
    expect(phone.page.locator("#menu summary")).to_be_focused()
    expect(phone.page.locator("#menu ul")).to_be_hidden()


def press(phone: Phone, key: str) -> None:
    before = phone.bot.count()
    phone.page.keyboard.press(key)
    phone.listen(before)


def test_a_pressed_button_cannot_be_pressed_a_second_time(phone: Phone) -> None:
    phone.tap(answer("language", "en"))
    buttons = phone.bot.first.locator(".choice")
    assert buttons.count() == len(LANGUAGES)
    for number in range(buttons.count()):
        expect(buttons.nth(number)).to_be_disabled()
    expect(phone.bot.first.locator(".choice.chosen")).to_have_attribute("data-payload", answer("language", "en"))


def test_the_language_menu_changes_page_and_conversation_in_every_language(
    phone: Phone, catalogues: Catalogues
) -> None:
    phone.do(answer("language", "en"))
    phone.page.set_viewport_size(NARROW)
    for code in (*(code for code in LANGUAGES if code != "id"), "id"):
        before = phone.bot.count()
        phone.page.locator("#language").select_option(code)
        phone.listen(before)
        expect(phone.page.locator("html")).to_have_attribute("lang", code)
        expect(phone.bot.last.locator(".text")).to_have_attribute("lang", code)
        words = catalogues[code].text("utter_page_message")
        expect(phone.text).to_have_attribute("placeholder", words)
        assert phone.sideways() == 0, code
    phone.reload()
    expect(phone.page.locator("#language")).to_have_value("id")
    assert phone.contact().language == "id"


def test_a_handed_in_file_is_shown_answered_and_given_back(phone: Phone) -> None:
    phone.do(answer("language", "en")).say("yes")
    before = phone.bot.count()
    phone.page.locator("#file").set_input_files({"name": "surat.pdf", "mimeType": "application/pdf", "buffer": PDF})
    expect(phone.page.locator("#attached li")).to_have_count(1)
    phone.page.locator("#send").tap()
    phone.listen(before)
    link = phone.mine.last.locator(".files a[href^='/chat/files/']")
    expect(link).to_contain_text("surat.pdf")
    given = phone.page.request.get(f"{phone.house.url}{link.get_attribute('href')}")
    assert (given.headers["content-type"], given.body()) == ("application/pdf", PDF)
    phone.reload()
    expect(phone.mine.last.locator(".files a")).to_contain_text("surat.pdf")


def test_a_file_of_the_wrong_kind_is_refused_with_a_reason(phone: Phone) -> None:
    phone.do(answer("language", "en"))
    wrong = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"MZ this is no PDF"}
    phone.page.locator("#file").set_input_files(wrong)
    phone.page.locator("#send").tap()
    expect(phone.mine.last).to_have_attribute("data-state", "failed")
    assert phone.mine.last.locator(".refusal").inner_text()
    assert phone.problems == [
        "Failed to load resource: the server responded with a status of 415 (Unsupported Media Type)"
    ]
    phone.problems.clear()


def test_what_is_written_without_a_network_is_sent_once_it_is_back(phone: Phone) -> None:
    phone.do(answer("language", "en"))
    before = phone.bot.count()
    phone.context.set_offline(True)
    phone.type("yes")
    expect(phone.mine.last).to_have_attribute("data-state", "waiting")
    expect(phone.status).to_have_attribute("data-state", "offline")
    phone.context.set_offline(False)
    phone.listen(before)
    expect(phone.mine.last).to_have_attribute("data-state", "sent")
    expect(phone.status).to_have_attribute("data-state", "")
    assert phone.open_question() == "role"
    phone.forgive_outage()


def test_the_whole_page_weighs_less_than_100_kilobytes(house: House, browser: Browser) -> None:
    house.wait_until_well()
    loaded: list[Response] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("response", lambda one: loaded.append(one))  # noqa: PLW0108 - Playwright marks its handlers
        page.goto(house.url)
        page.locator(".message[data-from=bot]").wait_for()
        weights = {one.url: len(one.body()) for one in loaded if not one.url.endswith("/chat/events")}
    assert len(weights) > 10
    assert sum(weights.values()) < LIGHT, weights


def test_a_screen_reader_finds_names_for_everything_and_hears_what_is_said(phone: Phone) -> None:
    phone.do(answer("language", "en"))
    nodes = phone.ax_nodes()
    used = [node for node in nodes if focusable(node) and node["role"]["value"] not in {"RootWebArea", "article"}]
    assert len(used) > 5
    assert [node["role"]["value"] for node in used if not node["name"]["value"].strip()] == []
    log = phone.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite", timeout=5_000)
    expect(log).to_have_accessible_name("Conversation")
    expect(phone.page.get_by_role("log").locator(".message").last.get_by_role("group")).to_have_count(1)
    expect(phone.page.get_by_role("textbox")).to_have_accessible_name("Type a message")
    assert {one.get_attribute("lang") for one in phone.page.locator("#log .text").all()} == {"en"}
    languages = phone.page.locator("#language option")
    assert [one.get_attribute("lang") for one in languages.all()] == list(LANGUAGES)


def focusable(node: dict[str, Any]) -> bool:
    return any(one["name"] == "focusable" and one["value"]["value"] for one in node.get("properties", ()))
