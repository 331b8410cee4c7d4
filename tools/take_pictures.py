"""Takes the picture of the chat page that the README shows: an Indonesian officer begins to join, on a phone.

Start Kawan (`make run`), then: .venv/bin/python -m tools.take_pictures [http://127.0.0.1:8000]
It needs Debian's chromium, and writes docs/pictures/chat.png. Everybody in it is made up.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "chat.png"
OPTIONS = ("--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-prefers-reduced-motion")
# What is tapped begins with a slash, as a payload does; the rest is typed.
TALK = (
    '/inform{"field": "language", "value": "id"}',
    "ya",
    '/inform{"field": "role", "value": "municipal"}',
    '/inform{"field": "news", "value": "yes"}',
    "bagaimana kota kami bisa bergabung?",
    "Smarang",  # a slip of the finger
)
SETTLED = 500  # milliseconds until the last scrolling is over


def main() -> None:
    """Talk, and take the picture of the end."""
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        page = browser.new_page(
            viewport={"width": 360, "height": 740},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            locale="id-ID",
            timezone_id="Asia/Jakarta",
        )
        page.goto(url)
        for number, what in enumerate(TALK, 1):
            page.locator(".message[data-from=bot]").nth(number - 1).wait_for()
            do(page, what)
        page.locator(".message[data-from=bot]").nth(len(TALK)).wait_for()
        page.locator("h1").tap()  # nobody is about to type
        page.wait_for_timeout(SETTLED)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


def do(page: Page, what: str) -> None:
    """Tap the button that sends `what`, or type it."""
    if what.startswith("/"):
        page.locator(f".choice:enabled[data-payload='{what}']").tap()
    else:
        page.locator("#text").fill(what)
        page.locator("#text").press("Enter")


if __name__ == "__main__":
    main()
