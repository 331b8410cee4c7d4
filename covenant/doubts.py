"""What was not understood, masked and kept for a while, so that somebody can label it and the next model knows it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from covenant import consent
from covenant.masking import masked
from covenant.turn import Turn
from db.people import Purpose
from db.records import Doubt

LONGEST = 500  # characters of a message that are kept
GUESSES = 3
KEPT = timedelta(days=180)
SOON = timedelta(minutes=10)  # within which a tapped meaning explains the message before it


def keep(turn: Turn) -> None:
    """Keep the words of somebody who agreed to it; nobody else's."""
    if not turn.text or not consent.has_given(turn.session, turn.contact, Purpose.KEEPING):
        return
    heard = turn.heard.language if turn.heard else turn.language
    guesses = [[intent, round(confidence, 3)] for intent, confidence in turn.ranking[:GUESSES]]
    words = masked(turn.text)[:LONGEST]
    turn.session.add(Doubt(contact_id=turn.contact.id, language=heard, words=words, guesses=guesses, at=turn.now))


def explain(turn: Turn) -> None:
    """Where a button was tapped right after a message that was not understood: note what had been meant."""
    if turn.text:
        return
    query = select(Doubt).where(Doubt.contact_id == turn.contact.id).order_by(Doubt.id.desc()).limit(1)
    last = turn.session.scalars(query).first()
    if last and last.meant is None and turn.now - last.at < SOON and turn.intent in {name for name, _ in last.guesses}:
        last.meant = turn.intent


def forget(session: Session, now: datetime) -> None:
    """Erase what has been kept for long enough."""
    session.execute(delete(Doubt).where(Doubt.at < now - KEPT))


def table(session: Session) -> Iterator[Sequence[str]]:
    """Yield what is kept, oldest first: language, intent (what was meant, where that is known), words, guesses."""
    for doubt in session.scalars(select(Doubt).order_by(Doubt.id)):
        guesses = " ".join(f"{intent}:{confidence}" for intent, confidence in doubt.guesses)
        yield doubt.language, doubt.meant or "", " ".join(doubt.words.split()), guesses
