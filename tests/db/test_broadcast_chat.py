"""Updates in the chat: the secretariat sees how far each is and pauses, continues and stops it by buttons."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.table import answer
from covenant import broadcast_chat, broadcasts, menu
from covenant.messages import Choice, Say, render_all
from covenant.turn import Turn
from db.messages import Outbound, OutboundState
from db.people import Purpose, Role
from db.records import Broadcast, BroadcastState, Draft
from locales import Catalogues
from locales.sources import ROOT, read_yaml
from tests.db.test_broadcasts import person, update_for
from tests.people import somebody, turn_of


@pytest.fixture
def turn(session: Session) -> Turn:
    """A turn of the secretariat, which has been welcomed."""
    who = somebody(session, Purpose.KEEPING)
    who.contact.is_secretariat, who.contact.role = True, Role.MUNICIPAL
    return replace(turn_of(session, who), intent="broadcast")


def pressed(turn: Turn, said: Say, title: str) -> list[Say]:
    """What is answered when the button with this title is pressed; it must be there."""
    choice = next(one for one in said.choices if one.title == {"button": title})
    return answer(replace(turn, entities=entities(choice)))


def entities(choice: Choice) -> dict[str, Any]:
    intent, _, rest = choice.payload.partition("{")
    assert intent == "/broadcast"
    found: dict[str, Any] = json.loads("{" + rest)
    return found


def titles(said: Say) -> list[str]:
    return [one.title["button"] for one in said.choices if isinstance(one.title, dict)]


def under_way(session: Session) -> Broadcast:
    for _ in range(3):
        person(session)
    row = update_for(session)
    broadcasts.queue(session, row)
    return row


def shown(catalogues: Catalogues, said: list[Say]) -> str:
    return render_all(catalogues, "en", [one.as_json() for one in said]).text


def test_the_menu_leads_to_what_is_under_way(session: Session, turn: Turn, catalogues: Catalogues) -> None:
    row = under_way(session)
    door = next(one for one in menu.choices_for(turn.contact) if one.title == {"button": "Updates under way"})
    (said,) = answer(replace(turn, entities=entities(door)))
    assert said.key == "utter_broadcasts"
    assert row.reference in str(said.choices[0].title)
    (progress,) = answer(replace(turn, entities=entities(said.choices[0])))
    assert shown(catalogues, [progress]) == (
        f"Update {row.reference} is being sent. It goes to 3 people:\n• still to be sent: 3"
    )


def test_an_update_is_paused_continued_and_stopped_by_buttons(session: Session, turn: Turn) -> None:
    row = under_way(session)
    (said,) = answer(replace(turn, entities={"broadcast": row.reference}))
    assert titles(said) == ["Pause", "Stop it for good", "Look again"]
    (said,) = pressed(turn, said, "Pause")
    assert (said.key, row.state) == ("utter_broadcast_paused", BroadcastState.PAUSED)
    assert titles(said) == ["Continue", "Stop it for good", "Look again"]
    (said,) = pressed(turn, said, "Continue")
    assert (said.key, row.state) == ("utter_broadcast_sending", BroadcastState.QUEUED)
    (said,) = pressed(turn, said, "Stop it for good")
    assert (said.key, row.state) == ("utter_broadcast_stop_sure", BroadcastState.QUEUED)
    (kept,) = pressed(turn, said, "No, keep it")
    assert (kept.key, row.state) == ("utter_broadcast_sending", BroadcastState.QUEUED)
    (said,) = pressed(turn, said, "Yes, stop it for good")
    assert (said.key, row.state) == ("utter_broadcast_stopped", BroadcastState.STOPPED)
    assert titles(said) == ["Look again"]


def test_an_old_button_changes_nothing_any_more(session: Session, turn: Turn) -> None:
    row = under_way(session)
    broadcasts.move(session, row, BroadcastState.STOPPED)
    (said,) = answer(replace(turn, entities={"broadcast": row.reference, "do": "continue"}))
    assert (said.key, row.state) == ("utter_broadcast_stopped", BroadcastState.STOPPED)


def test_every_outcome_has_its_words(session: Session, turn: Turn, catalogues: Catalogues) -> None:
    row = under_way(session)
    for state in OutboundState:
        session.scalars(select(Outbound).where(Outbound.broadcast_id == row.id)).first().state = state
        session.flush()
        text = shown(catalogues, answer(replace(turn, entities={"broadcast": row.reference})))
        assert "utter_" not in text
        assert "{" not in text


def test_a_reference_that_nobody_has_leads_to_the_list(turn: Turn) -> None:
    (said,) = answer(replace(turn, entities={"broadcast": "AAAAAAAA"}))
    assert said.key == "utter_broadcasts_none"


@pytest.mark.parametrize("entities", [{"do": "list"}, {"broadcast": "X", "do": "stop", "sure": "yes"}])
def test_nobody_else_sees_or_steers_an_update(session: Session, turn: Turn, entities: dict[str, str]) -> None:
    row = under_way(session)
    turn.contact.is_secretariat = False
    named = {**entities, "broadcast": row.reference} if "broadcast" in entities else entities
    (said,) = answer(replace(turn, entities=named))
    assert (said.key, row.state) == ("utter_not_for_you", BroadcastState.QUEUED)


def test_the_preview_tells_who_does_not_get_it_and_what_it_costs(
    session: Session, turn: Turn, catalogues: Catalogues
) -> None:
    person(session, "whatsapp", wrote=timedelta(days=2))
    person(session, news=False)
    values = {"audience": "everybody", "base": "en", "languages": ["th"], "broadcast_text": "Hello", "text_th": "สวัสดี"}
    said = broadcast_chat.PLAN.preview(turn, Draft(values=values))
    text = shown(catalogues, said)
    for part in ("never said yes to campaign news: 2", "get it when they write again: 1", "about 0.03 US dollars"):
        assert part in text, text
    assert said[-1].key == "utter_broadcast_preview"
    assert "It goes to 1 person:\n• whatsapp, English: 1" in text
    assert not session.scalars(select(Broadcast)).all(), "a preview leaves nothing behind"


def test_what_is_sent_from_the_chat_has_a_reference_and_its_buttons(session: Session, turn: Turn) -> None:
    person(session, "telegram")
    values = {"audience": "everybody", "base": "en", "languages": [], "broadcast_text": "Hello"}
    (said,) = broadcast_chat.PLAN.submit(turn, Draft(values=values))
    row = session.scalars(select(Broadcast)).one()
    assert said.args == {"count": 1, "reference": row.reference}
    assert row.author_id == turn.contact.id
    assert titles(said) == ["How far is it?", "Pause", "Stop it for good"]


def test_rasa_lets_the_buttons_through() -> None:
    known = read_yaml(ROOT / "nlu" / "domain" / "entities.yml")["entities"]
    assert {"broadcast", "do", "sure"} <= set(known)


def test_the_menu_of_the_secretariat_fits_into_whatsapps_list(turn: Turn) -> None:
    assert len(menu.choices_for(turn.contact)) <= 10
