"""One turn: the next waiting message of a conversation is understood, answered and marked done in one transaction."""

import functools
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from actions.apart import APART, Wish, pledge_in, wish_in
from actions.door import Door
from actions.table import SKILLS
from bot import patience
from bot.direct import Direct, directly
from bot.offers import ANSWER, last_offered
from bot.rasa import Answer, Rasa, RasaSilent
from covenant import consent, places, plans
from covenant.messages import Say, payload, render_all
from covenant.outbox import queue_content
from covenant.reading import Reader, Reading, match_offer, plain, read, words
from covenant.turn import local_date
from db.engine import Sessions
from db.messages import Conversation, Inbound, InboundState, Lane, TurnEffect
from db.people import Contact, Purpose
from db.records import Draft
from locales import Catalogue, Catalogues
from locales.writing import in_unicode

log = logging.getLogger(__name__)

WAITS = (1, 2, 4, 8, 15, 30, 60, 60)  # seconds at most before a further try; together they outlast a restart
LOOK_BEHIND = 30  # messages of one person looked at for a stop while the first one has to wait
LONGEST_TEXT = 4000  # characters that are understood; the inbox keeps all of it
STOP = "opt_out"
GIVEN_UP = "unanswered"
Payload = str


@dataclass(frozen=True)
class Turns:
    """What it takes to answer: the database, the words, Rasa, and the actions for what must not wait for Rasa."""

    sessions: Sessions
    catalogues: Catalogues
    rasa: Rasa
    door: Door

    def answer_next(self) -> bool:
        """Answer the oldest message that may be answered now; False when there is none."""
        with self.sessions.begin() as session:
            conversation = claim(session)
            if conversation is None:
                return False
            inbound = self.next_of(session, conversation)
            if inbound and not self._is_too_much(session, conversation, inbound):
                self._answer(session, inbound)
        return True

    def _is_too_much(self, session: Session, conversation: Conversation, inbound: Inbound) -> bool:
        """Let a flood pass by: one polite sentence, then silence, and Rasa is not asked; a stop is always heard."""
        contact = session.get_one(Contact, inbound.contact_id)
        first_try = inbound.attempts == 0
        if not first_try or patience.allows(conversation) or self._is_stop(inbound.content):
            return False
        if patience.is_new(conversation):
            sorry = render_all(self.catalogues, contact.language, [Say("utter_flood").as_json()])
            offered = conversation.offered
            self._reply(session, inbound, Answer(sorry))
            conversation.offered = offered  # what was asked before is still open
        inbound.state = InboundState.QUIET
        self._forget_unless_agreed(session, inbound)
        return True

    def next_of(self, session: Session, conversation: Conversation) -> Inbound | None:
        """Lock and return a claimed conversation's oldest message; while that one waits for Rasa, a stop behind it."""
        mine = select(Inbound).where(
            Inbound.contact_id == conversation.contact_id, Inbound.state == InboundState.WAITING
        )
        # The weaker lock lets the action, in its own transaction, point at this message.
        mine = mine.order_by(Inbound.id).limit(LOOK_BEHIND)
        waiting = session.scalars(mine.with_for_update(of=Inbound, key_share=True)).all()
        if not waiting or waiting[0].due_at <= datetime.now(UTC):
            return waiting[0] if waiting else None
        for later in waiting:
            later.due_at = max(later.due_at, waiting[0].due_at)
        return next((one for one in waiting if self._is_stop(one.content)), None)

    def _is_stop(self, content: dict[str, Any]) -> bool:
        said = plain(in_unicode(str(content.get("text", ""))))
        return content.get("payload") == f"/{STOP}" or said in self._stop_words

    @functools.cached_property
    def _stop_words(self) -> frozenset[str]:
        """The stop words of every language: whoever has had enough does not change the language first."""
        return frozenset().union(*(words(catalogue, "stop") for catalogue in self.catalogues.values()))

    def _answer(self, session: Session, inbound: Inbound) -> None:
        contact = session.get_one(Contact, inbound.contact_id)
        album = album_of(session, inbound)  # a picture that comes while this one is answered gets its own answer
        try:
            with session.begin_nested():
                answer = self._understand(session, inbound, contact, album)
        except Exception as problem:  # noqa: BLE001 - a message that breaks its turn must not stop everybody else's
            self._try_later(session, inbound, contact, problem)
            return
        self._reply(session, inbound, answer)
        for one in (inbound, *album):
            one.state = InboundState.DONE
            one.answered_at = datetime.now(UTC)
            one.content = {key: value for key, value in one.content.items() if key != "detail"}  # where somebody was
            self._forget_unless_agreed(session, one)

    def _understand(self, session: Session, inbound: Inbound, contact: Contact, album: Sequence[Inbound]) -> Answer:
        done = self._said_already(session, inbound, contact)
        if done:
            return done
        if self._is_stop(inbound.content):
            return self._directly(session, inbound, contact, Direct(STOP))
        direct = directly(inbound.content)
        if direct:
            return self._directly(session, inbound, contact, direct)
        message = self._message(session, inbound, contact, album)
        wish = wish_in(message.text) or pledge_in(session, contact, message.text)
        if wish:
            return self._here(session, inbound, wish)
        metadata = {"turn": inbound.id, "lang": contact.language, "reading": message.reading.as_json()}
        try:
            return self.rasa.ask(contact.public_id, message.text, metadata)
        except RasaSilent:
            done = self._said_already(session, inbound, contact)
            if done is None:
                raise
            return done

    def _directly(self, session: Session, inbound: Inbound, contact: Contact, direct: Direct) -> Answer:
        """Answer what needs no understanding, also while Rasa is away."""
        message = {"text": f"/{direct.skill}", "entities": direct.entities, "metadata": {"turn": inbound.id}}
        return self._from_replies(session, contact, self.door.replies_to(direct.skill, message))

    def _here(self, session: Session, inbound: Inbound, wish: Wish) -> Answer:
        """Answer within this very transaction; afterwards the message and its address may be another contact's."""
        replies = self.door.answer_here(session, inbound, wish)
        return self._from_replies(session, inbound.address.contact, replies)

    def _said_already(self, session: Session, inbound: Inbound, contact: Contact) -> Answer | None:
        """Whoever stopped between the action and the answer: what the action said is what we say."""
        effect = session.get(TurnEffect, inbound.id)
        return self._from_replies(session, contact, list(effect.replies)) if effect else None

    def _from_replies(self, session: Session, contact: Contact, replies: list[dict[str, Any]]) -> Answer:
        session.refresh(contact)
        file = next((one["file"] for one in replies if one.get("file")), None)
        return Answer(render_all(self.catalogues, contact.language, replies), file)

    def _message(
        self, session: Session, inbound: Inbound, contact: Contact, album: Sequence[Inbound] = ()
    ) -> "Message":
        catalogue = self.catalogues[contact.language]
        content = inbound.content
        if content.get("file"):
            files = [file for one in (inbound, *album) for file in (one.content["file"], *one.content.get("more", ()))]
            return Message(payload("send_document", file=files[0], files=",".join(files)), Reading())
        if content.get("payload"):
            return Message(_known_payload(content["payload"]), Reading())
        text = in_unicode(str(content.get("text", "")).strip()[:LONGEST_TEXT].lstrip("/"))
        return self._read(session, inbound, contact, catalogue, text)

    def _read(self, session: Session, inbound: Inbound, contact: Contact, catalogue: Catalogue, text: str) -> "Message":
        draft = session.get(Draft, contact.draft_id) if contact.draft_id else None
        field = plans.open_field(draft)
        picked = match_offer(text, last_offered(session, inbound), catalogue, field)
        if picked:
            return Message(picked, Reading())
        today = local_date(contact.time_zone)
        reader = Reader(catalogue, contact.country, today, lambda name: places.find(session, name, contact.country))
        return Message(text, read(reader, text, field, at_review=draft is not None and field is None))

    def _reply(self, session: Session, inbound: Inbound, answer: Answer) -> None:
        contact = session.get_one(Contact, inbound.contact_id)
        session.refresh(contact)
        shown = answer.rendered
        buttons = [{"title": title, "payload": payload} for title, payload in shown.buttons]
        content: dict[str, Any] = {
            "text": shown.text,
            "buttons": buttons,
            "file": answer.file,
            "lang": contact.language,
        }
        content |= {"pressed": pressed} if (pressed := _pressed(inbound)) else {}
        queue_content(session, inbound.address, content, key=f"{ANSWER}{inbound.id}", lane=Lane.REPLY)
        session.get_one(Conversation, contact.id).offered = buttons

    def _try_later(self, session: Session, inbound: Inbound, contact: Contact, problem: Exception) -> None:
        reason = f"Rasa is silent ({problem})" if isinstance(problem, RasaSilent) else type(problem).__name__
        log.warning("turn %s: %s, try %s", inbound.id, reason, inbound.attempts + 1)
        if inbound.attempts < len(WAITS):
            # Never the same wait for two: they would find each other busy again and again.
            wait = WAITS[inbound.attempts] * random.uniform(0.7, 1)  # noqa: S311 - no secret
            inbound.due_at = datetime.now(UTC) + timedelta(seconds=wait)
            inbound.attempts += 1
            return
        sorry = [Say("utter_apology").as_json()]
        if session.get(TurnEffect, inbound.id) is None:  # an action that comes after the apology must not act any more
            session.add(TurnEffect(inbound_id=inbound.id, intent=GIVEN_UP, replies=sorry, at=datetime.now(UTC)))
        self._reply(session, inbound, Answer(render_all(self.catalogues, contact.language, sorry)))
        inbound.state = InboundState.UNANSWERED

    def _forget_unless_agreed(self, session: Session, inbound: Inbound) -> None:
        """Until the person has agreed, the words of a message are erased after its turn."""
        contact = session.get_one(Contact, inbound.contact_id)
        if not consent.has_given(session, contact, Purpose.KEEPING):
            inbound.content = {}


@dataclass(frozen=True)
class Message:
    """What is sent to Rasa, with what the open question made of it."""

    text: str
    reading: Reading


def _known_payload(payload: Payload) -> str:
    """Return a button's payload if it names one of our intents; anything else is mere text."""
    intent = payload.lstrip("/").partition("{")[0]
    return payload if payload.startswith("/") and (intent in SKILLS or intent in APART) else payload.lstrip("/")


def _pressed(inbound: Inbound) -> dict[str, Any]:
    """Return which message's button was pressed, and its title, where one was."""
    token = (inbound.content.get("detail") or {}).get("pressed")
    return {"pressed": {"token": token, "title": inbound.content.get("title")}} if token else {}


def album_of(session: Session, inbound: Inbound) -> list[Inbound]:
    """Return the other pictures that came together with a message and are here; all of them get one answer."""
    name = inbound.content.get("album")
    if not name or not inbound.content.get("file"):
        return []
    same = (Inbound.contact_id == inbound.contact_id) & (Inbound.content["album"].astext == name)
    query = select(Inbound).where(same, Inbound.id > inbound.id, Inbound.state == InboundState.WAITING)
    return [one for one in session.scalars(query.order_by(Inbound.id)) if one.content.get("file")]


def claim(session: Session) -> Conversation | None:
    """Lock and return the conversation whose message is due for longest; None when there is none that nobody has.

    Where a file is still being fetched, what came after it waits, and so do the pictures that came together with it.
    """
    fetching = aliased(Inbound)
    same_album = fetching.content["album"].astext == Inbound.content["album"].astext
    not_yet = select(fetching.id).where(
        fetching.contact_id == Inbound.contact_id,
        fetching.state == InboundState.FETCHING,
        (fetching.id < Inbound.id) | same_album,
    )
    query = (
        select(Conversation)
        .join(Inbound, Inbound.contact_id == Conversation.contact_id)
        .where(Inbound.state == InboundState.WAITING, Inbound.due_at <= datetime.now(UTC), ~not_yet.exists())
        .order_by(Inbound.id)
        .limit(1)
        .with_for_update(of=Conversation, key_share=True, skip_locked=True)
    )
    return session.scalars(query).first()
