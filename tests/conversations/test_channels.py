"""Plays every transcript over Telegram and over WhatsApp, through emulators and the real client libraries."""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from bot.contents import FRESH
from bot.inbox import country_of_zone
from bot.settings import ROOT
from locales import Catalogues
from tests.conversations.acceptance import Walk
from tests.conversations.playing import play, transcripts
from tests.emulators.telegram.client import Telegram
from tests.emulators.whatsapp.client import WhatsApp
from tests.phones import Phone, PhoneTalk, WhatsAppPhone, telegram_phone, whatsapp_phone
from tests.running import House

AT_ONCE = 13  # conversations: a chat bears one message a second, so they overlap
SCRIPTS = {str(one.id): one.values[0] for one in transcripts()}


def begin(house: House, phone: Phone, script: dict[str, Any]) -> PhoneTalk:
    """Open the chat as by the link on the web page, which tells the country and the language."""
    return PhoneTalk(house, phone).begin(f"{country_of_zone(script['time_zone'])}_{script['language']}")


def play_all(house: House, phone_for: Callable[[dict[str, Any], int], Phone], catalogues: Catalogues) -> None:
    """Play all transcripts, several at the same time; every one that went wrong is told."""

    def run(number: int, name: str) -> str:
        try:
            script = SCRIPTS[name]
            talk = begin(house, phone_for(script, number), script)
            play(house, talk, script, catalogues)
            if "application" in script:
                Walk(house, talk, script, catalogues).to_acceptance()
        except Exception:  # noqa: BLE001 - the other conversations go on
            return f"{name}: {traceback.format_exc(limit=-2)}"
        return ""

    forget_everybody(house)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [told for told in pool.map(run, range(len(SCRIPTS)), SCRIPTS) if told]
    assert not wrong, "\n".join(wrong)


def forget_everybody(house: House) -> None:
    """A town that joined when the transcripts were played before would only be told that it is with us."""
    with house.sessions.begin() as session:
        session.execute(text("TRUNCATE contact, municipality CASCADE"))


@pytest.mark.timeout(1500)
def test_every_conversation_goes_as_written_over_telegram(
    telegram_outside: Telegram, telegram_house: House, catalogues: Catalogues
) -> None:
    play_all(telegram_house, lambda script, _number: telegram_phone(telegram_outside, script["language"]), catalogues)
    stats = telegram_outside.stats
    assert stats["contract_violations"] == []
    assert not any(stats["throttled"].values())


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("buttons", [False, True], ids=["numbers", "buttons"])
def test_every_conversation_goes_as_written_over_whatsapp(
    whatsapp_outside: WhatsApp, whatsapp_house: House, catalogues: Catalogues, *, buttons: bool
) -> None:
    if buttons:
        make_contents(whatsapp_house, whatsapp_outside)

    phones: list[WhatsAppPhone] = []

    def phone_for(script: dict[str, Any], number: int) -> Phone:
        country = country_of_zone(script["time_zone"]) or "ID"
        phones.append(whatsapp_phone(whatsapp_outside, country, number + 500 * buttons))
        return phones[-1]

    play_all(whatsapp_house, phone_for, catalogues)
    stats = whatsapp_outside.stats()
    assert not stats["contract_violations"]
    assert not stats["throttled"]
    assert any(phone.pressed for phone in phones) is buttons


def make_contents(house: House, whatsapp: WhatsApp) -> None:
    """Let Kawan make the contents that show buttons, as an operator does."""
    env = {**os.environ, **whatsapp.environment(), "KAWAN_DATA_DIR": str(house.data_dir)}
    subprocess.run([sys.executable, "-m", "bot", "templates", "sync"], cwd=ROOT, env=env, check=True, timeout=120)
    time.sleep(FRESH + 1)
