"""With faults at Twilio and a worker that is killed again and again, everybody gets it once: what is doubtful is looked up."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import ports
from tests.conversations.test_channels import settings_of
from tests.emulators.whatsapp.client import WhatsApp
from tests.emulators.whatsapp.running import need_contract, run_whatsapp_process
from tests.running import House, run_house
from tests.soak.crowd import CROWD, TEXTS, announce, note, rows_of, settle, states_of, wait_until_gone, waiting

KILLS = 5
SECONDS = 240 + CROWD / 10
FAULTS = (
    {"kind": "429", "rate": 0.05},
    {"kind": "503", "rate": 0.05},
    {"kind": "hang", "rate": 0.02, "seconds": 20},
    {"kind": "drop", "rate": 0.01},
)


@pytest.fixture(scope="module")
def whatsapp() -> Iterator[WhatsApp]:
    need_contract()
    with run_whatsapp_process(ports.free_port()) as whatsapp:
        yield whatsapp


@pytest.fixture(scope="module")
def house(whatsapp: WhatsApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, port = Path(tmp_path_factory.mktemp("whatsapp")), ports.free_port()
    whatsapp.options(webhook=f"http://127.0.0.1:{port}/webhooks/whatsapp")
    with run_house(folder, port, **settings_of(whatsapp)) as house:
        yield house


@pytest.mark.timeout(SECONDS + 300)
def test_nobody_is_left_out_and_nobody_gets_it_twice(whatsapp: WhatsApp, house: House) -> None:
    people = {f"+6281{number:08d}": whatsapp.person(f"+6281{number:08d}") for number in range(CROWD)}
    for person in people.values():
        person.change(window_age=0)
    settle(house.sessions, "whatsapp", list(people))
    whatsapp.fault_rates(*FAULTS, seed=7)
    began = time.monotonic()
    broadcast = announce(house.sessions)
    for kill in range(1, KILLS + 1):
        while waiting(house.sessions, broadcast, "sent", "delivered", "read") < CROWD * kill / (KILLS + 2):
            assert time.monotonic() - began < SECONDS
            time.sleep(0.02)
        house.kill("worker")
    wait_until_gone(house.sessions, broadcast, SECONDS)
    while waiting(house.sessions, broadcast, "unknown", "queued", "sending"):
        assert time.monotonic() - began < SECONDS, states_of(rows_of(house.sessions, broadcast))
        time.sleep(0.2)
    whatsapp.clear_faults()
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
