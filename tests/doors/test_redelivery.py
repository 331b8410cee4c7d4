"""The same message delivered again and again, at the same time from several sides: one row, one answer."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from db.messages import File, Inbound, Outbound
from tests.running import House, Talk

TIMES = 500
SIDES = 8
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"


def rows_of(house: House, talk: Talk) -> tuple[int, int]:
    """How many messages came from a person, and how many went to them."""
    with house.sessions() as session:
        came = session.scalar(select(func.count(Inbound.id)).where(Inbound.contact_id == talk.contact_id))
        went = session.scalar(select(func.count(Outbound.id)).where(Outbound.contact_id == talk.contact_id))
        return came or 0, went or 0


def test_five_hundred_deliveries_of_one_message_give_one_answer(house: House) -> None:
    talk = house.talk("en")
    before = rows_of(house, talk)
    message = {"id": str(uuid.uuid4()), **pressed(talk)}
    start = threading.Barrier(SIDES)

    def deliver(_side: int) -> set[int]:
        start.wait()
        return {talk.client.post("/chat/messages", json=message).status_code for _ in range(TIMES // SIDES)}

    with ThreadPoolExecutor(SIDES) as sides:
        codes = set().union(*sides.map(deliver, range(SIDES)))
    for _ in range(TIMES % SIDES):
        codes.add(talk.client.post("/chat/messages", json=message).status_code)
    talk.listen()
    assert codes == {202}
    assert rows_of(house, talk) == (before[0] + 1, before[1] + 1)
    assert talk.keys == ["utter_ask_consent"]
    history = talk.client.get("/chat/history").json()
    assert [one["from"] for one in history["messages"]].count("bot") == before[1] + 1


def pressed(talk: Talk) -> dict[str, str]:
    """The button that chooses English."""
    button = next(one for one in talk.last["buttons"] if '"en"' in one["payload"])
    return {"payload": button["payload"], "title": button["title"]}


def test_a_delivery_long_after_the_answer_is_not_answered_again(house: House) -> None:
    talk = house.talk("en")
    message = str(uuid.uuid4())
    talk.post(pressed(talk), message).listen()
    before = rows_of(house, talk)
    talk.post({"text": "something else under the same id"}, message)
    assert not talk.client.get("/chat/history").json()["typing"], "nothing waits to be answered"
    assert rows_of(house, talk) == before


def test_two_people_may_use_the_same_id(house: House) -> None:
    one, other = house.talk("en"), house.talk("en")
    message = str(uuid.uuid4())
    for talk in (one, other):
        talk.post(pressed(talk), message).listen()
        assert talk.keys == ["utter_ask_consent"]


def test_a_file_delivered_again_is_kept_once(house: House) -> None:
    talk = house.talk("en")
    before = rows_of(house, talk)
    form = {"id": str(uuid.uuid4())}
    codes = {
        talk.client.post("/chat/files", data=form, files={"file": ("letter.pdf", PDF)}).status_code for _ in range(5)
    }
    talk.listen()
    assert codes == {202}
    assert rows_of(house, talk) == (before[0] + 1, before[1] + 1)
    with house.sessions() as session:
        assert session.scalar(select(func.count(File.id)).where(File.contact_id == talk.contact_id)) == 1
