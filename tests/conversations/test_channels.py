"""Plays every transcript over Telegram and over WhatsApp, through emulators and the real client libraries."""

import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.inbox import country_of_zone
from locales import Catalogues
from tests.conversations.test_transcripts import assert_spoken_in, check_rows, take, transcripts
from tests.emulators.telegram.client import Telegram
from tests.emulators.telegram.running import spawn_telegram
from tests.phones import Phone, PhoneTalk, telegram_phone
from tests.running import House, run_house

AT_ONCE = 8  # conversations: a chat bears one message a second, so they overlap
SCRIPTS = {str(one.id): one.values[0] for one in transcripts()}


@pytest.fixture(scope="module")
def telegram() -> Iterator[Telegram]:
    with spawn_telegram() as telegram:
        yield telegram


@pytest.fixture(scope="module")
def by_telegram(telegram: Telegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = Path(tmp_path_factory.mktemp("telegram"))
    with run_house(folder, telegram_api_url=telegram.url, telegram_token=telegram.token) as house:
        yield house


def play(house: House, phone: Phone, script: dict[str, Any], catalogues: Catalogues) -> None:
    """Take every step of a transcript on a phone."""
    language = script["language"]
    talk = PhoneTalk(house, phone).begin(f"{country_of_zone(script['time_zone'])}_{language}")
    for number, step in enumerate(script["steps"], 1):
        heard = len(talk.all)
        take(talk, step)  # type: ignore[arg-type] - it has the same verbs
        missing = [key for key in step["bot"] if key not in talk.keys]
        assert not missing, f"step {number} {step}: said {talk.keys}: {talk.text}"
        assert step.get("text", "") in talk.text, f"step {number} {step}: {talk.text}"
        language = step.get("language", language)
        for message in talk.all[heard:]:
            assert_spoken_in(message, language, catalogues)
    check_rows(house, talk, script)  # type: ignore[arg-type]


def play_all(house: House, phone_for: Callable[[dict[str, Any], int], Phone], catalogues: Catalogues) -> None:
    """Play all transcripts, several at the same time; every one that went wrong is told."""

    def run(number: int, name: str) -> str:
        try:
            play(house, phone_for(SCRIPTS[name], number), SCRIPTS[name], catalogues)
        except Exception:  # noqa: BLE001 - the other conversations go on
            return f"{name}: {traceback.format_exc(limit=-2)}"
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [told for told in pool.map(run, range(len(SCRIPTS)), SCRIPTS) if told]
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(600)
def test_every_conversation_goes_as_written_over_telegram(
    telegram: Telegram, by_telegram: House, catalogues: Catalogues
) -> None:
    play_all(by_telegram, lambda script, _number: telegram_phone(telegram, script["language"]), catalogues)
    assert telegram.stats["contract_violations"] == []
    assert not any(telegram.stats["throttled"].values())
