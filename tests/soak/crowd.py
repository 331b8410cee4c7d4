"""A crowd with addresses on a channel who all said yes to news, and what became of what was sent to them."""

import json
import os
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.settings import ROOT
from covenant import broadcasts
from db.engine import Sessions
from db.messages import Conversation, Outbound, OutboundState
from db.people import Address, Contact, Purpose
from db.records import Broadcast
from locales import LANGUAGES
from tests.people import said

FULL = os.environ.get("KAWAN_SOAK") == "1"  # `make soak`; `make test` does a tenth
CROWD = 10_000 if FULL else 1_000
FEWER = 2_000 if FULL else 300  # for whom things go wrong: their waiting takes the time
TEXTS = {"en": "The climate week begins on Monday.", "id": "Pekan iklim dimulai hari Senin."}
ON_THE_WAY = (OutboundState.QUEUED, OutboundState.SENDING)


def settle(sessions: Sessions, channel: str, ids: list[str], crowd: str) -> None:
    """Put people into the database, one for each id at the channel; the crowd's name is what they are, their role."""
    with sessions.begin() as session:
        contacts = [Contact(language=language, role=crowd) for language, _ in zip(cycle(LANGUAGES), ids, strict=False)]
        session.add_all(contacts)
        session.flush()
        session.add_all(Conversation(contact_id=contact.id, offered=[]) for contact in contacts)
        session.add_all(
            Address(contact_id=contact.id, channel=channel, external_id=one, last_inbound_at=func.now())
            for contact, one in zip(contacts, ids, strict=True)
        )
        session.add_all(said(contact, Purpose.NEWS, given=True) for contact in contacts)


def announce(sessions: Sessions, crowd: str) -> int:
    """Queue a broadcast to everybody of a crowd; returns its id."""
    with sessions.begin() as session:
        row = Broadcast(texts=TEXTS, base_language="en", audience={"role": crowd})
        session.add(row)
        session.flush()
        assert broadcasts.queue(session, row)
        return row.id


def waiting(sessions: Sessions, broadcast: int, *states: OutboundState) -> int:
    """How many of a broadcast are in these states."""
    query = select(func.count(Outbound.id)).where(Outbound.broadcast_id == broadcast, Outbound.state.in_(states))
    with sessions() as session:
        return session.scalar(query) or 0


def wait_until_gone(sessions: Sessions, broadcast: int, seconds: float) -> None:
    """Wait until nothing of a broadcast is on its way any more."""
    end = time.monotonic() + seconds
    while left := waiting(sessions, broadcast, *ON_THE_WAY):
        assert time.monotonic() < end, f"{left} had not left after {seconds} s"
        time.sleep(0.2)


def rows_of(sessions: Sessions, broadcast: int) -> list[Outbound]:
    """Every row of a broadcast."""
    with sessions() as session:
        return list(session.scalars(select(Outbound).where(Outbound.broadcast_id == broadcast)))


def states_of(rows: list[Outbound]) -> dict[str, int]:
    """How many rows are in which state."""
    return dict(Counter(str(row.state) for row in rows))


def most_within(moments: list[float], seconds: float) -> int:
    """The most moments that lie within any span of so many seconds."""
    ordered, first, most = sorted(moments), 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of all stays at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def note(name: str, figures: dict[str, Any]) -> None:
    """Print the figures, and keep them under var/ for whoever compares runs."""
    print(json.dumps({name: figures}, indent=2))
    folder = Path(ROOT / "var" / "soak")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}{'' if FULL else '-small'}.json").write_text(json.dumps(figures, indent=2) + "\n")
