"""The Telegram emulator in a process of its own, and its page in a real browser."""

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.doors.browser import run_browser
from tests.emulators.__main__ import main
from tests.emulators.telegram import Telegram, spawn_telegram
from tests.emulators.telegram_talk import buttons, fetch, picture, talk


def test_it_runs_as_a_process_of_its_own_with_its_page() -> None:
    with spawn_telegram(token="42:PROCESS", limits=False) as own:
        ana = own.person()
        ana.say("/start")
        assert talk(own, lambda bot: bot.get_me()).id == 42
        with httpx.Client(base_url=own.url, trust_env=False) as client:
            page = client.get("/")
            assert "text/html" in page.headers["content-type"]
            assert all(client.get(part).status_code == 200 for part in ("/page.css", "/page.js"))
            sent = ana.send_photo(picture(320, 200))
            small = client.get(f"/_/files/{sent['photo'][0]['file_id']}")
        assert small.headers["content-type"] == "image/jpeg"
        assert base64.b64encode(small.content).startswith(b"/9j/")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_browser() as running:
        yield running


def test_on_the_page_one_talks_through_the_same_door(telegram: Telegram, browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(telegram.url)
    page.fill("#first-name", "Dewi")
    page.click("#new-person button")
    page.get_by_role("button", name="Start").click()
    page.locator(".mine", has_text="/start").wait_for()
    dewi = fetch(telegram)[-1].effective_user
    words = "Hello <b>Dewi</b>"
    talk(telegram, lambda bot: bot.send_message(dewi.id, words, parse_mode="HTML", reply_markup=buttons({"Tips": "t"})))
    page.locator(".bubble b", has_text="Dewi").wait_for()
    page.get_by_role("button", name="Tips").click()
    page.fill("#text", "I have a question")
    page.press("#text", "Enter")
    photo = tmp_path / "river.jpg"
    photo.write_bytes(picture(320, 200))
    page.set_input_files("#photo", photo)
    page.locator(".mine img").wait_for()
    page.check("#blocked")
    page.locator("#closed").wait_for()
    query, text, river, blocked = fetch(telegram)
    assert (query.callback_query.data, text.message.text, len(river.message.photo)) == ("t", "I have a question", 2)
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
    assert problems == []
    page.close()


def test_the_command_line_names_what_it_can_run() -> None:
    for argv in ([], ["pigeon"]):
        with pytest.raises(SystemExit, match=r"telegram,whatsapp"):
            main(argv)
