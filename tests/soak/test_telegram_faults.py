"""With faults at the provider and a worker that is killed again and again, everybody gets it; doubles only where said."""

import time
from collections import Counter

import pytest

from bot.channels.telegram import ALL_CHATS
from tests.emulators.telegram.client import Telegram
from tests.running import House
from tests.soak.crowd import FEWER, TEXTS, announce, note, rows_of, settle, states_of, wait_until_gone, waiting

KILLS = 5
FAULTS = {"throttle": 0.05, "server_error": 0.05, "hang": 0.02, "drop": 0.01}
SECONDS = 240 + 4 * FEWER / ALL_CHATS


@pytest.mark.timeout(SECONDS + 300)
def test_nobody_is_left_out_and_only_what_is_marked_as_doubtful_came_twice(
    telegram_outside: Telegram, telegram_house: House
) -> None:
    telegram, house = telegram_outside, telegram_house
    people = {
        str(person.id): person
        for person in (telegram.person(f"Person {number}", "en", started=True) for number in range(FEWER))
    }
    settle(house.sessions, "telegram", list(people), "faults")
    telegram.fail_often(seed=7, **FAULTS)
    began = time.monotonic()
    broadcast = announce(house.sessions, "faults")
    for kill in range(1, KILLS + 1):
        while waiting(house.sessions, broadcast, "sent") < FEWER * kill / (KILLS + 2):
            assert time.monotonic() - began < SECONDS
            time.sleep(0.05)
        house.kill("worker")
    wait_until_gone(house.sessions, broadcast, SECONDS)
    telegram.mend()
    rows = {row.address_id: row for row in rows_of(house.sessions, broadcast)}
    came = came_to(telegram, people)
    doubted = [row for row in rows.values() if row.doubted_at]
    twice = {one for one, number in came.items() if number > 1}
    figures = {
        "deliveries": len(rows),
        "states": states_of(list(rows.values())),
        "seconds": round(time.monotonic() - began, 1),
        "faults": telegram.stats["faults"],
        "doubted": len(doubted),
        "came_twice": len(twice),
        "left_out": sum(came[one] == 0 for one in people),
    }
    note("telegram-faults", figures)
    assert figures["left_out"] == 0
    assert set(states_of(list(rows.values()))) <= {"sent", "unknown"}, "one that never had an answer says so"
    with house.sessions() as session:
        marked = {session.merge(row, load=False).address.external_id for row in doubted}
    assert twice <= marked


def came_to(telegram: Telegram, people: dict[str, object]) -> Counter[str]:
    """How often each person sees the announcement."""
    texts = set(TEXTS.values())
    views = {one: telegram.view(int(one)) for one in people}
    return Counter({one: sum(message.text in texts for message in view.from_bot) for one, view in views.items()})
