"""kill -9 of every process in the middle of conversations: they go on, nothing is lost, nothing is said twice."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from bot.channels.web import address_of
from db.messages import Inbound, InboundState, Outbound, OutboundState, TurnEffect
from db.people import Address
from db.records import Application, Draft
from tests.people import until
from tests.running import House, Talk, run_house

KILLS = 2  # of the worker at random moments
CROWD = 6
RECOVERED_WITHIN = 180
NOTICED_WITHIN = 10
LIVE_WITHIN = 10  # seconds; without notices the stream looks only every quarter of a minute


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own for this module, because its parts are killed here."""
    with run_house(Path(tmp_path_factory.mktemp("fragile"))) as house:
        yield house


class Page:
    """Reads the stream as the page does: after every break it goes on from the event it saw last."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.heard: list[str] = []
        self.breaks = 0
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        url, cookies = self.talk.house.url, self.talk.client.cookies
        with httpx.Client(base_url=url, cookies=cookies, trust_env=False, timeout=30) as client:
            while not self.closed.is_set():
                with suppress(httpx.HTTPError):
                    self.stream(client)
                self.breaks += 1
                time.sleep(0.2)

    def stream(self, client: httpx.Client) -> None:
        last = self.heard[-1] if self.heard else "0"
        with client.stream("GET", "/chat/events", headers={"Last-Event-ID": last}) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                if line.startswith("id: "):
                    self.heard.append(line.removeprefix("id: "))
                if self.closed.is_set():
                    return

    def is_abreast(self) -> bool:
        """Whether everything that was said so far has come through the stream."""
        history = self.talk.client.get("/chat/history").json()
        return bool(self.heard) and self.heard[-1] == history["last"]

    def close(self) -> None:
        self.closed.set()
        self.talk.say("help")  # wakes the stream
        self.thread.join(10)
        assert not self.thread.is_alive()


def join_up_to_the_first_question(talk: Talk) -> None:
    talk.press_payload('/inform{"field": "language", "value": "en"}')
    for answer in ("yes", "1", "no", "how can our city join the covenant"):
        talk.say(answer)
    assert "utter_ask_municipality" in talk.keys


def assert_every_message_was_answered_once(house: House, talk: Talk) -> None:
    with house.sessions() as session:
        contact = contact_of(house, talk)
        came = session.scalars(select(Inbound).where(Inbound.contact_id == contact).order_by(Inbound.id)).all()
        query = select(Outbound).where(Outbound.contact_id == contact, Outbound.state == OutboundState.SENT)
        went = session.scalars(query.order_by(Outbound.feed)).all()
        total = session.scalar(select(func.count(Outbound.id)).where(Outbound.contact_id == contact))
    assert {row.state for row in came} == {InboundState.DONE}
    assert [row.key for row in went] == [f"reply:{row.id}" for row in came], "in the order in which they were asked"
    assert total == len(went), "nothing waits or failed"


def contact_of(house: House, talk: Talk) -> int:
    address = address_of(talk.client.cookies["kawan_chat"])
    with house.sessions() as session:
        return session.scalars(select(Address.contact_id).where(Address.external_id == address)).one()


def wait_for_rest(house: House, *talks: Talk) -> None:
    """Until everything these people wrote was answered and every answer was sent."""
    contacts = [contact_of(house, talk) for talk in talks]
    waiting = select(func.count(Inbound.id)).where(
        Inbound.contact_id.in_(contacts), Inbound.state == InboundState.WAITING
    )
    leaving = select(func.count(Outbound.id)).where(
        Outbound.contact_id.in_(contacts), Outbound.state.in_((OutboundState.QUEUED, OutboundState.SENDING))
    )

    def rests() -> bool:
        with house.sessions() as session:
            return not session.scalar(waiting) and not session.scalar(leaving)

    until(rests, RECOVERED_WITHIN)


def test_a_conversation_survives_the_death_of_every_process(fragile: House) -> None:
    talk = fragile.talk("en", "Asia/Manila")
    join_up_to_the_first_question(talk)
    page = Page(talk)
    story = {
        "rasa": ("Makati City", "Council decision"),
        "web": ("12 March 2026", "Maria Santos"),
        "worker": ("Mayor", "Jose Rizaldo Cruz"),
        "postgres": ("Head of the Environment Office", "jose.cruz@makati.gov.ph"),
    }
    codes = set()
    for victim, (just_before, just_after) in story.items():
        killed = time.monotonic()
        talk.post({"text": just_before})
        fragile.kill(victim)
        codes |= ask_until_it_answers(talk)
        talk.post({"text": just_after})
        if victim == "rasa":
            until(lambda: "Rasa" in trouble(fragile), NOTICED_WITHIN)
        wait_for_rest(fragile, talk)
        print(f"{victim}: both answered {time.monotonic() - killed:.1f} s after kill -9")
        fragile.wait_until_well()
        until(page.is_abreast, LIVE_WITHIN)
    talk.listen()
    assert "utter_ask_focal_phone" in talk.keys
    talk.say("0917 555 0123")
    until(page.is_abreast, LIVE_WITHIN)
    talk.say("skip").press_payload('/inform{"field": "letter_language", "value": "en"}').say("yes")
    assert "utter_join_sent" in talk.keys
    assert_the_application_equals_what_was_typed(fragile, talk)
    assert_every_message_was_answered_once(fragile, talk)
    assert_the_page_heard_everything_once(talk, page)
    assert codes <= {200, 503}, "who asks meanwhile is told to come back"
    assert_no_log_knows_what_was_typed(fragile)


def trouble(house: House) -> str:
    """What `/healthz` says is wrong."""
    return str(httpx.get(f"{house.url}/healthz", trust_env=False).json().get("reason", ""))


def ask_until_it_answers(talk: Talk) -> set[int]:
    """What somebody gets who reloads the page again and again from the moment of the kill."""
    codes = set()
    for _ in range(10):
        with suppress(httpx.TransportError):
            codes.add(talk.client.get("/chat/history").status_code)
        time.sleep(0.05)
    return codes


def assert_no_log_knows_what_was_typed(house: House) -> None:
    logs = "\n".join(path.read_text(errors="replace") for path in (house.data_dir / "log").glob("*.log"))
    assert logs
    typed = ("Maria Santos", "Jose Rizaldo", "jose.cruz@", "0917 555", "639175550123", "Environment Office")
    assert not [words for words in typed if words in logs]


def assert_the_application_equals_what_was_typed(house: House, talk: Talk) -> None:
    with house.sessions() as session:
        (sent,) = session.scalars(select(Application).where(Application.contact_id == talk.contact_id)).all()
        assert sent.municipality.name == "Makati City"
        assert sent.mandate_body == "Council decision"
        assert str(sent.mandate_date) == "2026-03-12"
        assert sent.signatory_name == "Maria Santos"
        assert sent.signatory_title == "Mayor"
        assert sent.focal_name == "Jose Rizaldo Cruz"
        assert sent.focal_post == "Head of the Environment Office"
        assert sent.focal_email == "jose.cruz@makati.gov.ph"
        assert sent.focal_phone == "+639175550123"


def assert_the_page_heard_everything_once(talk: Talk, page: Page) -> None:
    until(page.is_abreast, LIVE_WITHIN)
    history = talk.client.get("/chat/history").json()["messages"]
    said = [message["id"].removeprefix("o") for message in history if message["from"] == "bot"]
    assert page.heard == said
    assert page.breaks, "the web process was killed under the stream"
    page.close()


def test_a_worker_that_dies_between_the_action_and_the_answer_answers_once(fragile: House) -> None:
    talk = fragile.talk("en", "Asia/Manila")
    join_up_to_the_first_question(talk)
    with fragile.sessions.begin() as session:
        session.execute(text("LOCK TABLE outbound IN EXCLUSIVE MODE"))  # no answer can be written any more
        talk.post({"text": "Davao City"})
        inbound = talk.inbound()[-1].id
        until(lambda: has_acted(fragile, inbound))
        fragile.kill("worker")
        assert draft_of(fragile, talk).values["municipality"]["name"] == "Davao City"
        with fragile.sessions() as look:
            assert look.get_one(Inbound, inbound).state == InboundState.WAITING
    until(lambda: trouble(fragile) == "No worker is running.", NOTICED_WITHIN)
    wait_for_rest(fragile, talk)
    talk.listen()
    draft = draft_of(fragile, talk)
    assert set(draft.values) == {"municipality"}, "the answer was not taken for the next question too"
    assert draft.field == "mandate_body"
    assert "utter_ask_mandate_body" in talk.keys
    assert_every_message_was_answered_once(fragile, talk)


def has_acted(house: House, inbound: int) -> bool:
    with house.sessions() as session:
        return session.get(TurnEffect, inbound) is not None


def draft_of(house: House, talk: Talk) -> Draft:
    with house.sessions() as session:
        query = select(Draft).where(Draft.contact_id == contact_of(house, talk), Draft.journey == "join")
        return session.scalars(query).one()


def answers_of(number: int) -> dict[str, str]:
    """What the person of that number types, each value their own, so that a mix-up would be seen."""
    letters = "Abcdefghij"[: 3 + number].capitalize()
    return {
        "mandate_body": f"Council of ward {number + 1}",
        "mandate_date": f"{number + 10} March 2026",
        "signatory_name": f"Maria {letters}",
        "signatory_title": f"Mayor of term {number + 1}",
        "focal_name": f"Jose {letters}",
        "focal_post": f"Head of office {number + 1}",
        "focal_email": f"jose.{number}@makati.gov.ph",
        "focal_phone": f"0917 555 01{number:02}",
    }


def kept_of(number: int) -> dict[str, Any]:
    """What must be in the draft then."""
    changed = {"mandate_date": f"2026-03-{number + 10}", "focal_phone": f"+63917555 01{number:02}".replace(" ", "")}
    return answers_of(number) | changed


def test_a_worker_killed_at_random_moments_takes_every_answer_for_its_own_question(fragile: House) -> None:
    crowd = [fragile.talk("en", "Asia/Manila") for _ in range(CROWD)]
    for talk in crowd:
        join_up_to_the_first_question(talk)
        talk.say("Quezon City")
    for number, talk in enumerate(crowd):
        for answer in answers_of(number).values():
            talk.post({"text": answer})
    dice = random.Random(20261123)
    left = [count_waiting(fragile)]
    for _ in range(KILLS):
        until(lambda: count_waiting(fragile) < left[-1], RECOVERED_WITHIN, pause=0.005)
        time.sleep(dice.uniform(0, 0.3))
        fragile.kill("worker")
        left.append(count_waiting(fragile))
    wait_for_rest(fragile, *crowd)
    print(f"messages that waited at each kill of the worker: {left[1:]}")
    assert left[1] > 0
    for number, talk in enumerate(crowd):
        values = draft_of(fragile, talk).values
        assert {key: values.get(key) for key in kept_of(number)} == kept_of(number)
        assert_every_message_was_answered_once(fragile, talk)


def count_waiting(house: House) -> int:
    with house.sessions() as session:
        waiting = select(func.count(Inbound.id)).where(Inbound.state == InboundState.WAITING)
        return session.scalar(waiting) or 0
