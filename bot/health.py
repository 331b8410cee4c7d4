"""Whether a message would be answered now, and the figures an operator watches."""

import time
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.rasa import Rasa, RasaSilent
from db.locks import is_held
from db.messages import Inbound, Outbound

FRESH = 2.0  # seconds for which a good answer is believed
PROBE = "/probe"


@dataclass
class Health:
    """Asks every part that an answer needs; each call to `trouble` costs at most one short turn."""

    engine: Engine
    rasa: Rasa
    well_at: float = field(default=0.0)

    def trouble(self) -> str | None:
        """Return what keeps a message from being answered, in one sentence, or None."""
        if time.monotonic() - self.well_at < FRESH:
            return None
        found = self._database_trouble() or self._rasa_trouble()
        self.well_at = 0.0 if found else time.monotonic()
        return found

    def _database_trouble(self) -> str | None:
        try:
            with self.engine.connect() as connection:
                works = is_held(connection, "dispatcher:web")
        except SQLAlchemyError:
            return "The database does not answer."
        return None if works else "No worker is running."

    def _rasa_trouble(self) -> str | None:
        try:
            self.rasa.ask("probe", PROBE, {})
        except RasaSilent as silence:
            return f"Rasa does not answer ({silence})."
        return None


def metrics(session: Session) -> bytes:
    """Return the numbers of messages by state, in Prometheus' text format."""
    registry = CollectorRegistry()
    for table, name in ((Inbound, "inbound"), (Outbound, "outbound")):
        gauge = Gauge(f"kawan_{name}_messages", f"Messages in the {name} table by state.", ["state"], registry=registry)
        for state, number in session.execute(select(table.state, func.count()).group_by(table.state)):
            gauge.labels(state=str(state)).set(number)
    return generate_latest(registry)
