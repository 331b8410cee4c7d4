"""Rasa's door: an intent's answer runs once a turn, in one transaction with what it changes; names go back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import Tracker
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.apart import APART, Wish
from actions.table import SKILLS, answer
from covenant.messages import Say
from covenant.reading import Reading
from covenant.turn import Doors, Heard, Turn
from db.engine import Sessions
from db.messages import Inbound, TurnEffect
from db.people import Contact
from locales import Catalogues

PROBE = "probe"
LETTERS = "letters"
RANKED = 5

Replies = list[dict[str, Any]]


@dataclass(frozen=True)
class Door:
    """What an action needs: the database, the words, the clock, and where else people meet us."""

    sessions: Sessions
    catalogues: Catalogues
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    doors: Doors = field(default_factory=Doors)
    telegram_name: Callable[[], str] = str  # the bot's name is known only once Telegram has told it

    def executor(self) -> ActionExecutor:
        """Return the SDK's executor with one action for each intent."""
        executor = ActionExecutor()
        for intent in (*SKILLS, PROBE):
            executor.register_function(f"action_{intent}", self._action(intent))
        return executor

    def _action(self, intent: str) -> Callable[..., Any]:
        async def run(dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]) -> list[Any]:
            for reply in await asyncio.to_thread(self.replies_to, intent, tracker.latest_message):
                dispatcher.utter_message(response=reply["response"], **_carried(reply))
            return []

        return run

    def replies_to(self, intent: str, message: dict[str, Any]) -> Replies:
        """Return what the turn says; asked again for the same turn, the same replies and no second effect."""
        if intent == PROBE:
            return [Say("utter_probe").as_json()]
        try:
            return self._once(intent, message)
        except IntegrityError:  # another attempt of this turn was quicker; its replies are the ones
            return self._once(intent, message)

    def _once(self, intent: str, message: dict[str, Any]) -> Replies:
        inbound_id = int((message.get("metadata") or {})["turn"])
        with self.sessions.begin() as session:
            effect = session.get(TurnEffect, inbound_id)
            if effect:
                return list(effect.replies)
            turn = self._turn(session, intent, inbound_id, message)
            replies = [one.as_json() for one in answer(turn)]
            session.add(TurnEffect(inbound_id=inbound_id, intent=intent, replies=replies, at=turn.now))
            return replies

    def answer_here(self, session: Session, inbound: Inbound, wish: Wish) -> Replies:
        """Return what the turn says, within the worker's own transaction: it may move the messages locked there."""
        entities = [{"entity": name, "value": value} for name, value in wish.entities.items()]
        turn = self._turn(session, wish.name, inbound.id, {"text": f"/{wish.name}", "entities": entities})
        replies = [one.as_json() for one in APART[wish.name](turn)]
        session.add(TurnEffect(inbound_id=turn.inbound_id, intent=wish.name, replies=replies, at=turn.now))
        session.flush()
        return replies

    def _turn(self, session: Session, intent: str, inbound_id: int, message: dict[str, Any]) -> Turn:
        inbound = session.get_one(Inbound, inbound_id)
        contact = session.scalars(select(Contact).where(Contact.id == inbound.contact_id).with_for_update()).one()
        contact.seen_at = self.now()
        text = message.get("text") or ""
        return Turn(
            session=session,
            contact=contact,
            address=inbound.address,
            now=contact.seen_at,
            catalogues=self.catalogues,
            intent=intent,
            text="" if text.startswith("/") else text,
            inbound_id=inbound_id,
            entities=_entities(message) if text.startswith("/") else {},
            reading=Reading(**((message.get("metadata") or {}).get("reading") or {})),
            ranking=_ranking(message),
            heard=_heard(message),
            doors=replace(self.doors, telegram=self.telegram_name()),
        )


def _entities(message: dict[str, Any]) -> dict[str, Any]:
    """Return what a button carries; only an answer's `value` may be more than a word or a number."""
    given = {one["entity"]: one["value"] for one in message.get("entities") or ()}
    return {name: value for name, value in given.items() if name == "value" or not isinstance(value, dict | list)}


def _heard(message: dict[str, Any]) -> Heard | None:
    """Return the language that Rasa's component heard (`nlu/components/language_identifier.py`)."""
    found = [one for one in message.get("entities") or () if one.get("extractor") == LETTERS]
    return Heard(found[0]["value"], found[0]["confidence_entity"]) if found else None


def _ranking(message: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple((one["name"], one["confidence"]) for one in (message.get("intent_ranking") or ())[:RANKED])


def _carried(reply: dict[str, Any]) -> dict[str, Any]:
    return {key: reply[key] for key in ("args", "choices", "file", "language")}
