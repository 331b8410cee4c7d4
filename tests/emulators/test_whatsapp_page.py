"""The emulator's phone in a real browser: somebody chats by hand through the code that will run outside."""

import json

from playwright.sync_api import expect
from twilio.rest import Client

from tests.doors.browser import run_browser
from tests.emulators.test_whatsapp import (
    PUBLIC,
    Loopback,
    buttons,
    items,
    make_template,
    run_application,
    send,
    send_template,
    until,
)
from tests.emulators.whatsapp.options import Options
from tests.emulators.whatsapp.running import run_whatsapp


def test_somebody_writes_presses_picks_sends_a_file_and_comes_back_too_late():
    with run_application() as application, run_browser() as browser:
        webhook = f"{application.url}/webhooks/whatsapp"
        with run_whatsapp(webhook=webhook, public_url=PUBLIC) as whatsapp:
            http = Loopback(whatsapp.url, timeout=10)
            twilio = Client(Options.account_sid, Options.auth_token, http_client=http)
            sari = whatsapp.person("+6281234567890")
            page = browser.new_page(viewport={"width": 900, "height": 800})
            page.goto(whatsapp.url)

            page.get_by_label("Message", exact=True).fill("Halo <b>Kawan</b>")
            page.keyboard.press("Enter")
            until(lambda: [form["Body"] for form in application.forms] == ["Halo <b>Kawan</b>"])
            expect(page.locator(".bubble.mine")).to_contain_text("Halo <b>Kawan</b>")

            sid = make_template(twilio, "twilio/quick-reply", body="Sure?", actions=buttons("Yes", "No"))
            send_template(twilio, sari, sid)
            page.get_by_role("button", name="No", exact=True).click()
            until(lambda: application.forms[-1].get("ButtonPayload") == "/1")

            sid = make_template(twilio, "twilio/list-picker", body="Pick", button="Open", items=items("A", "B"))
            send_template(twilio, sari, sid)
            page.get_by_role("button", name="☰ Open").click()
            page.locator("#sheet").get_by_role("button", name="B").click()
            until(lambda: application.forms[-1].get("ListTitle") == "B")

            page.get_by_label("Attach").click()
            with page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="PDF").click()
            letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
            chooser.value.set_files(letter)
            until(lambda: application.forms[-1].get("MediaContentType0") == "application/pdf")

            page.get_by_role("button", name="25 hours later").click()
            expect(page.locator("#window")).to_have_text("window closed")
            send(twilio, sari, "Too late")
            expect(page.locator(".bubble.failed")).to_contain_text("not delivered: 63016")

            assert json.dumps(whatsapp.stats()["failures"]) == "[]"
            http.session.close()
            page.close()
