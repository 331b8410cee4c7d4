"""Which contents at Twilio show buttons without an approval, read from the database now and then."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from db.engine import Sessions
from db.messages import Template

FRESH = 10.0  # seconds
IN_SESSION = "in_session"


@dataclass
class Contents:
    """Names and ids of the contents that may be sent inside the 24-hour window; `kawan templates sync` makes them."""

    sessions: Sessions
    known: dict[str, str] = field(default_factory=dict)
    read_at: float = -FRESH

    def __call__(self) -> Mapping[str, str]:
        """Return them as they were a moment ago."""
        if time.monotonic() - self.read_at > FRESH:
            self.read_at = time.monotonic()
            with self.sessions() as session:
                rows = session.execute(select(Template.name, Template.sid).where(Template.approval == IN_SESSION))
                self.known = {row.name: row.sid for row in rows}
        return self.known
