"""A person's phone: the chat page in a real Chromium, used with fingers, keys and eyes as people do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, ViewportSize, sync_playwright
from sqlalchemy import select

from bot.channels.web import COOKIE, address_of
from db.people import Address, Contact
from db.records import Draft
from tests.running import House

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN: ViewportSize = {"width": 360, "height": 740}
PROCESSES = ("worker", "web", "rasa", "postgres")
# What Chromium itself reports while nobody answers, and while the database is away.
OUTAGE = (
    "Failed to load resource: net::ERR_",
    "Failed to load resource: the server responded with a status of 503",
)
ANSWER_WITHIN = 180_000  # milliseconds; everything may have to start again first
GREETED_WITHIN = 60_000
KEY_DELAY = 2  # milliseconds between two keys
TABS = 40  # nothing on the page is further away than so many presses of Tab


def find_chromium() -> str:
    """The system's browser; without one the test is skipped, or fails where everything is required."""
    found = next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found:
        return found
    reason = "NO BROWSER: Chromium is missing, so the chat page is NOT tested: sudo apt-get install chromium"
    if os.environ.get("KAWAN_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def run_browser() -> Iterator[Browser]:
    """One headless Chromium for many phones."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


def answer(key: str, value: str) -> str:
    """What a button with an answer sends."""
    return f'/inform{{"field": "{key}", "value": "{value}"}}'


@dataclass
class Phone:
    """One person's phone with the page open. `problems` is what the browser complained about."""

    house: House
    context: BrowserContext
    page: Page
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, house: House, browser: Browser, locale: str = "en-PH", zone: str = "Asia/Manila") -> "Phone":
        """A phone of somebody new, who opens the page and is greeted."""
        context = browser.new_context(
            viewport=SCREEN, screen=SCREEN, is_mobile=True, has_touch=True, locale=locale, timezone_id=zone
        )
        phone = cls(house, context, context.new_page())
        return phone.opened()

    def opened(self) -> "Phone":
        """Open the page and wait for what is on it."""
        self.page.on("console", self._complain)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(self.house.url)
        self.bot.first.wait_for(timeout=GREETED_WITHIN)
        return self

    def second_tab(self) -> "Phone":
        """The same person's page a second time."""
        return Phone(self.house, self.context, self.context.new_page(), self.problems).opened()

    def reload(self) -> None:
        """Load the page again and wait until its history is there."""
        with self.page.expect_response("**/chat/history"):
            self.page.reload()
        self.bot.first.wait_for(timeout=GREETED_WITHIN)

    def _complain(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(message.text)

    # --- what is on the screen

    @property
    def bot(self) -> Locator:
        return self.page.locator("#log .message[data-from=bot]")

    @property
    def mine(self) -> Locator:
        return self.page.locator("#log .message[data-from=me]")

    @property
    def text(self) -> Locator:
        return self.page.locator("#text")

    @property
    def status(self) -> Locator:
        """How the connection is, in `data-state`: empty when all is well."""
        return self.page.locator("#status")

    def shown(self) -> list[tuple[str, str]]:
        """Who said what, from the first message to the last."""
        script = """all => all.map(one => [one.dataset.from, one.querySelector(".text")?.textContent ?? ""])"""
        return [(who, text) for who, text in self.page.locator("#log .message").evaluate_all(script)]

    def ids(self) -> list[str]:
        return list(self.page.locator("#log .message").evaluate_all("all => all.map(one => one.dataset.id)"))

    def choices(self) -> list[str]:
        """What the buttons send that can be pressed now."""
        return list(self.page.locator(".choice:enabled").evaluate_all("all => all.map(one => one.dataset.payload)"))

    def sideways(self) -> int:
        """How many pixels one would have to scroll sideways to see everything."""
        script = "() => document.documentElement.scrollWidth - innerWidth"
        return int(self.page.evaluate(script))

    def ax_nodes(self) -> list[dict[str, Any]]:
        """The page as a screen reader gets it."""
        session = self.context.new_cdp_session(self.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node["ignored"]]

    # --- what a person does

    def do(self, what: str) -> "Phone":
        """Type a text, or tap the button whose payload begins so, and wait for the answer."""
        return self.tap(what) if what.startswith("/") else self.say(what)

    def say(self, text: str) -> "Phone":
        before = self.bot.count()
        self.type(text)
        return self.listen(before)

    def type(self, text: str) -> None:
        """Type a text and send it, without waiting for anything."""
        self.write(text)
        self.text.press("Enter")

    def write(self, text: str) -> None:
        """Type a text, key by key."""
        self.text.tap()
        self.text.press_sequentially(text, delay=KEY_DELAY)

    def forgive_outage(self) -> None:
        """Forget what the browser itself reports while nobody answers."""
        self.problems[:] = [problem for problem in self.problems if not problem.startswith(OUTAGE)]

    def tap(self, payload: str) -> "Phone":
        before = self.bot.count()
        self.page.locator(f".choice:enabled[data-payload^='{payload}']").first.tap()
        return self.listen(before)

    def listen(self, before: int) -> "Phone":
        """Wait until the bot has said more than `before` messages."""
        self.bot.nth(before).wait_for(timeout=ANSWER_WITHIN)
        return self

    def tab_to(self, selector: str, key: str = "Tab") -> Locator:
        """Press Tab (or Shift+Tab) until the focus is where it is wanted."""
        for _ in range(TABS):
            self.page.keyboard.press(key)
            focused = self.page.locator(f"{selector}:focus")
            if focused.count():
                return focused
        raise AssertionError(f"{key} never comes to {selector}")

    # --- what the database knows

    def contact(self) -> Contact:
        """The person as the database has them."""
        token = next(cookie["value"] for cookie in self.context.cookies() if cookie["name"] == COOKIE)
        with self.house.sessions() as session:
            query = select(Contact).join(Address, Address.contact_id == Contact.id)
            return session.scalars(query.where(Address.external_id == address_of(token))).one()

    def open_question(self) -> str | None:
        """The field that is being asked now; None at the review and when nothing is asked."""
        with self.house.sessions() as session:
            draft_id = self.contact().draft_id
            return session.get_one(Draft, draft_id).field if draft_id else None
