"""The Telegram emulator makes trouble on demand, and the real client library meets it."""

import pytest
import telegram as ptb
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from tests.emulators.telegram import Person, Refused, Telegram
from tests.emulators.telegram_talk import ready, talk


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("throttle", RetryAfter, "Flood control"),
        ("bad_gateway", NetworkError, "Bad Gateway"),
        ("server_error", NetworkError, "Internal Server Error"),
        ("drop", NetworkError, "disconnected"),
        ("blocked", Forbidden, "bot was blocked by the user"),
        ("deactivated", Forbidden, "user is deactivated"),
        ("chat_not_found", BadRequest, "[Cc]hat not found"),
        ("migrated", ChatMigrated, "-1009999999999"),
        ("not_modified", BadRequest, "[Mm]essage is not modified"),
    ],
)
def test_each_trouble_is_what_the_client_library_makes_of_it(
    telegram: Telegram, kind: str, error: type[Exception], words: str
) -> None:
    ana = ready(telegram)
    telegram.fail_next(kind)
    with pytest.raises(error, match=r"(?i)" + words):
        talk(telegram, lambda bot: bot.send_message(ana.id, "Hi"))
    assert len(ana.view.messages) == (kind == "drop")
    assert talk(telegram, lambda bot: bot.send_message(ana.id, "Again")).text == "Again"
    assert telegram.stats["faults"] == {kind: 1}


def test_a_hanging_call_times_out_and_was_recorded_if_asked(telegram: Telegram) -> None:
    ana = ready(telegram)
    for recorded in (False, True):
        telegram.fail_next("hang", seconds=1, recorded=recorded)
        with pytest.raises(TimedOut):
            talk(telegram, lambda bot: bot.send_message(ana.id, "Hi", read_timeout=0.2))
        assert len(ana.view.messages) == recorded


def test_a_trouble_can_wait_for_one_chat_and_one_method(telegram: Telegram) -> None:
    ana, ben = ready(telegram), ready(telegram)
    telegram.fail_next("throttle", chat_id=ben.id, seconds=7)
    telegram.fail_next("server_error", methods=["download"])
    sent = talk(telegram, lambda bot: bot.send_document(ana.id, b"letter"))
    with pytest.raises(RetryAfter) as later:
        talk(telegram, lambda bot: bot.send_message(ben.id, "Hi"))
    assert later.value.retry_after.total_seconds() == 7

    async def read(bot: ptb.Bot) -> bytes:
        return bytes(await (await bot.get_file(sent.document.file_id)).download_as_bytearray())

    with pytest.raises(NetworkError):
        talk(telegram, read)
    assert talk(telegram, read) == b"letter"


def test_troubles_by_rate_come_in_the_same_order_for_the_same_seed(telegram: Telegram) -> None:
    ana = ready(telegram)

    def outcomes(seed: int) -> list[str]:
        telegram.fail_often(seed=seed, blocked=0.3, drop=0.2)

        async def run(bot: ptb.Bot) -> list[str]:
            return [await outcome(bot, ana) for _ in range(20)]

        return list(talk(telegram, run))

    first = outcomes(3)
    assert first == outcomes(3) != outcomes(4)
    assert set(first) == {"ok", "Forbidden", "NetworkError"}


async def outcome(bot: ptb.Bot, person: Person) -> str:
    try:
        await bot.send_message(person.id, "Hi")
    except ptb.error.TelegramError as error:
        return type(error).__name__
    return "ok"


def test_a_fault_that_does_not_exist_is_refused(telegram: Telegram) -> None:
    with pytest.raises(Refused, match="A fault has a kind"):
        telegram.fail_next("earthquake")
