"""With faults at Twilio and a worker that is killed again and again, everybody gets it once: what is doubtful is looked up."""

import time
from collections import Counter

import pytest

from tests.emulators.whatsapp.client import WhatsApp
from tests.running import House
from tests.soak.crowd import FEWER, TEXTS, announce, note, rows_of, settle, states_of, wait_until_gone, waiting

KILLS = 5
SECONDS = 240 + FEWER / 10
FAULTS = (
    {"kind": "429", "rate": 0.05},
    {"kind": "503", "rate": 0.05},
    {"kind": "hang", "rate": 0.02, "seconds": 20},
    {"kind": "drop", "rate": 0.01},
)


@pytest.mark.timeout(SECONDS + 300)
def test_nobody_is_left_out_and_nobody_gets_it_twice(whatsapp_outside: WhatsApp, whatsapp_house: House) -> None:
    whatsapp, house = whatsapp_outside, whatsapp_house
    people = {f"+6281{number:08d}": whatsapp.person(f"+6281{number:08d}") for number in range(FEWER)}
    for person in people.values():
        person.change(window_age=0)
    settle(house.sessions, "whatsapp", list(people), "faults")
    whatsapp.fault_rates(*FAULTS, seed=7)
    began = time.monotonic()
    broadcast = announce(house.sessions, "faults")
    for kill in range(1, KILLS + 1):
        while waiting(house.sessions, broadcast, "sent", "delivered", "read") < FEWER * kill / (KILLS + 2):
            assert time.monotonic() - began < SECONDS
            time.sleep(0.02)
        house.kill("worker")
    wait_until_gone(house.sessions, broadcast, SECONDS)
    while waiting(house.sessions, broadcast, "unknown", "queued", "sending"):
        assert time.monotonic() - began < SECONDS, states_of(rows_of(house.sessions, broadcast))
        time.sleep(0.2)
    whatsapp.clear_faults()
    time.sleep(1)  # from Twilio to the last phone
    rows = rows_of(house.sessions, broadcast)
    came = Counter({one: arrived(person) for one, person in people.items()})
    stats = whatsapp.stats()
    note(
        "whatsapp-faults",
        {
            "deliveries": len(rows),
            "states": states_of(rows),
            "seconds": round(time.monotonic() - began, 1),
            "doubted": sum(row.doubted_at is not None for row in rows),
            "came_twice": sum(number > 1 for number in came.values()),
            "left_out": sum(number == 0 for number in came.values()),
            "throttled_by_us": stats["throttled"],
            "contract_violations": len(stats["contract_violations"]),
        },
    )
    assert all(came[one] == 1 for one in people), came.most_common(3)
    assert set(states_of(rows)) <= {"sent", "delivered", "read"}
    assert not stats["contract_violations"]


def arrived(person: object) -> int:
    """How often the announcement is on somebody's phone."""
    texts = set(TEXTS.values())
    return sum(one["text"] in texts for one in person.received)  # type: ignore[attr-defined]
