"""The way on from a request that was sent to a town that is accepted: the same in every language, on every channel.

The secretariat returns the request once, for an address and for the letter, and the town mends both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant import deciding
from covenant.applications import LETTER as SIGNED
from covenant.review import Actor
from covenant.turn import local_date
from db.milestones import Milestone
from db.records import Application, ApplicationState, Letter
from locales import Catalogues
from locales.render import value_text
from tests.conversations.playing import LETTER, assert_spoken_in, newest, rest, take
from tests.db.applicants import events
from tests.phones import PhoneTalk
from tests.running import House, Talk

REASON = "Mail to this address comes back, and the letter has no stamp."
MENDED = "environment.office@town.example.org"
HISTORY = [
    ("submitted", None, "submitted"),
    ("letter_issued", "submitted", "letter_issued"),
    ("letter_received", "letter_issued", "letter_received"),
    ("taken_up", "letter_received", "in_review"),
    ("returned", "in_review", "returned"),
    ("amended", "returned", "returned"),
    ("letter_received", "returned", "returned"),
    ("mended", "returned", "in_review"),
    ("accepted", "in_review", "accepted"),
]


@dataclass
class Walk:
    """One person whose transcript has just been played, up to the request that was sent."""

    house: House
    talk: Talk | PhoneTalk
    script: dict[str, Any]
    catalogues: Catalogues
    heard: int = 0

    def __post_init__(self) -> None:
        self.heard = len(self.talk.all)
        self.id = newest(self.house, self.talk, Application)["id"]
        rest(self.house, self.talk)
        self.asking = next(step for step in self.script["steps"] if step["bot"] == ["utter_status"])

    def to_acceptance(self) -> None:
        """Take every step, the town's and the secretariat's."""
        self.get_the_letter()
        self.hand_it_in()
        self.have_it_returned()
        self.mend()
        self.be_accepted()

    def get_the_letter(self) -> None:
        take(self.talk, self.asking)
        self.said(["utter_stages", "utter_status"], ApplicationState.SUBMITTED)
        self.talk.press_payload("/get_letter")
        self.said(["utter_letter", "utter_paper_note"], ApplicationState.LETTER_ISSUED, self.town)
        assert self.talk.file().startswith(b"%PDF-")
        take(self.talk, self.asking)
        self.said(["utter_stages", "utter_status"], ApplicationState.LETTER_ISSUED, self.town)

    def hand_it_in(self) -> None:
        self.talk.send_file("letter.pdf", LETTER)
        self.said(["utter_letter_received"], ApplicationState.LETTER_RECEIVED, self.town)

    def have_it_returned(self) -> None:
        self.decide(deciding.take)
        self.decide(lambda *what: deciding.send_back(*what, REASON, ["focal_email", SIGNED]))
        self.talk.listen()
        named = (self.catalogues[self.script["language"]].text(f"utter_label_{one}") for one in ("focal_email", SIGNED))
        self.said(["utter_status"], ApplicationState.RETURNED, REASON, *named)

    def mend(self) -> None:
        """The address first, which leaves the letter to be handed in anew; both done, it is reviewed by itself."""
        self.talk.press_payload("/correct")
        self.said(["utter_status", "utter_step", "utter_ask_focal_email"], ApplicationState.RETURNED, REASON)
        self.talk.say(MENDED)
        self.said(["utter_noted", "utter_review"], ApplicationState.RETURNED, MENDED)
        self.talk.press_payload("/affirm")
        self.said(["utter_amended", "utter_status"], ApplicationState.RETURNED)
        self.talk.press_payload("/send_document")
        self.said(["utter_send_document"], ApplicationState.RETURNED)
        self.talk.send_file("letter.jpg", photo())
        self.said(["utter_letter_received", "utter_letter_pages"], ApplicationState.IN_REVIEW, self.town)

    def be_accepted(self) -> None:
        self.decide(deciding.accept)
        self.talk.listen()
        self.said(["utter_accepted"], ApplicationState.ACCEPTED, self.town)
        assert self.talk.file().startswith(b"\x89PNG")
        self.talk.press_payload("/ask_deadlines")
        self.said(["utter_deadlines_next", "utter_deadlines"], ApplicationState.ACCEPTED, *self.dates())
        self.check_what_is_kept()

    @property
    def town(self) -> str:
        """The town's name as its people write it."""
        return str(self.asking["text"])

    def decide(self, what: Callable[[Session, Application, Actor], None]) -> None:
        """Let the operator decide, as the command `kawan review` does."""
        with self.house.sessions.begin() as session:
            what(session, session.get_one(Application, self.id), Actor(None, datetime.now(UTC)))

    def said(self, keys: list[str], state: ApplicationState, *parts: str) -> None:
        """Just these responses came, in the person's language and with these parts; that is where the request is."""
        assert self.talk.keys == keys, f"not {keys}: {self.talk.keys}: {self.talk.text}"
        for message in self.talk.all[self.heard :]:
            assert_spoken_in(message, self.script["language"], self.catalogues)
        self.heard = len(self.talk.all)
        missing = [part for part in parts if part not in self.talk.text]
        assert not missing, f"{missing} in {self.talk.text}"
        with self.house.sessions() as session:
            assert session.get_one(Application, self.id).state == state

    def dates(self) -> list[str]:
        """The days of the town's milestones, as its people write them."""
        with self.house.sessions() as session:
            town = session.get_one(Application, self.id).municipality
            rows = session.scalars(select(Milestone.due_on).where(Milestone.municipality_id == town.id)).all()
        days = [day.isoformat() for day in rows if day]
        assert days
        return [value_text(self.catalogues[self.script["language"]], {"date": day}) for day in days]

    def check_what_is_kept(self) -> None:
        with self.house.sessions() as session:
            application = session.get_one(Application, self.id)
            assert events(session, application) == HISTORY
            assert application.focal_email == MENDED
            assert application.municipality.committed_on == local_date(None)
            letters = select(Letter.version).where(Letter.application_id == self.id).order_by(Letter.version)
            assert session.scalars(letters).all() == [1, 2]


def photo() -> bytes:
    """A picture that is large enough to be read."""
    out = BytesIO()
    Image.new("RGB", (1200, 900), "seagreen").save(out, "JPEG")
    return out.getvalue()
