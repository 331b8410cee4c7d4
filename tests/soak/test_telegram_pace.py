"""Many get an update at the full pace that Telegram allows and never faster, while people who write get their answer."""

import threading
import time

import pytest

from bot.channels.telegram import ALL_CHATS
from tests.emulators.telegram.client import Person, Telegram
from tests.running import House
from tests.soak.crowd import (
    CROWD,
    FULL,
    announce,
    most_within,
    note,
    percentile,
    rows_of,
    settle,
    states_of,
    wait_until_gone,
)

CHATTING = 6
PAUSE = 3.0  # seconds between what one of them writes
# What `make soak` demands on a machine of its own. The small run shows that nothing is stuck, also on a machine that
# has only half of its time for it (17 messages a second were measured there).
LEAST = 0.97 if FULL else 0.4  # of the allowed rate
SLOWEST_REPLY = 1.0 if FULL else 10.0  # seconds at the 99th percentile
SECONDS = 120 + 2 * CROWD / ALL_CHATS


def chat(person: Person, waits: list[float], stop: threading.Event) -> None:
    """Write now and then, and note how long each answer took."""
    while not stop.is_set():
        began = time.monotonic()
        person.say("/help")
        person.wait(1, timeout=30)
        waits.append(time.monotonic() - began)
        stop.wait(PAUSE)


@pytest.mark.timeout(SECONDS + 300)
def test_the_allowed_rate_is_used_and_never_crossed_while_replies_stay_quick(
    telegram_outside: Telegram, telegram_house: House
) -> None:
    telegram, house = telegram_outside, telegram_house
    ids = [telegram.person(f"Person {number}", "en", started=True).id for number in range(CROWD)]
    settle(house.sessions, "telegram", [str(one) for one in ids], "pace")
    chatting = [telegram.person(f"Writer {number}", "en") for number in range(CHATTING)]
    for person in chatting:
        person.open()
        person.wait(1, timeout=30)
    telegram.forget_stats()
    waits: list[float] = []
    stop = threading.Event()
    threads = [threading.Thread(target=chat, args=(person, waits, stop)) for person in chatting]
    for thread in threads:
        thread.start()
    broadcast = announce(house.sessions, "pace")
    wait_until_gone(house.sessions, broadcast, SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
    stats = telegram.stats
    moments = sorted(stats["arrivals"])
    during = [moment for moment in moments if moments[0] + 2 <= moment <= moments[-1] - 5]
    rate = len(during) / (during[-1] - during[0])
    rows = rows_of(house.sessions, broadcast)
    note(
        "telegram-pace",
        {
            "deliveries": len(rows),
            "states": states_of(rows),
            "rate": round(rate, 2),
            "most_in_a_second": most_within(moments, 1.0),
            "refused_as_too_fast": stats["throttled"],
            "replies": len(waits),
            "reply_p50": round(percentile(waits, 0.5), 3),
            "reply_p99": round(percentile(waits, 0.99), 3),
            "contract_violations": stats["contract_violations"],
        },
    )
    assert states_of(rows) == {"sent": CROWD}
    assert not any(stats["throttled"].values())
    assert rate >= LEAST * ALL_CHATS
    assert percentile(waits, 0.99) < SLOWEST_REPLY
    assert not stats["contract_violations"]
