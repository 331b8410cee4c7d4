"""A made-up person who talks to Kawan as a real one would: presses buttons, types answers; only Rasa is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.table import answer
from covenant import places
from covenant.messages import Say
from covenant.plans import open_field
from covenant.reading import Reader, read
from covenant.turn import Turn
from db.people import Address, Contact, Role
from db.place import PlaceKind
from db.records import Draft
from locales import Catalogues

PAUSE = timedelta(minutes=1)  # between two things that a person says
NOTHING: Mapping[str, object] = {}


class NotTaken(Exception):
    """A made-up answer was refused: the invention has to be mended."""


@dataclass
class Inhabitant:
    """Somebody invented, at a moment of their life; every turn takes a minute."""

    session: Session
    catalogues: Catalogues
    address: Address
    now: datetime

    @property
    def contact(self) -> Contact:
        """The person behind the address."""
        return self.address.contact

    def press(self, intent: str, **entities: object) -> list[Say]:
        """Press a button, which sends an intent with its entities."""
        return answer(self._turn(intent, entities=entities))

    def choose(self, field: str, value: object) -> list[Say]:
        """Press one of the buttons that answer a question."""
        return self.press("inform", field=field, value=value)

    def write(self, intent: str, text: str) -> list[Say]:
        """Write something that Rasa would understand as `intent`."""
        return answer(self._turn(intent, text))

    def tell(self, text: str) -> None:
        """Type the answer to the open question; NotTaken when that does not settle it."""
        draft = self.session.get_one(Draft, self.contact.draft_id)
        field = open_field(draft)
        turn = self._turn("inform", text)
        reader = Reader(turn.catalogue, self.contact.country, turn.today, self._find)
        answer(replace(turn, reading=read(reader, text, field)))
        if field is None or field.key not in draft.values:
            message = f"{field.key if field else 'nothing'} was asked, “{text}” was told"
            raise NotTaken(message)

    def is_asked(self, field: str) -> bool:
        """Tell whether a question is the open one; what was said before may have answered it."""
        return self.session.get_one(Draft, self.contact.draft_id).field == field

    def settle(self, role: Role, *, news: bool) -> None:
        """Go through the first contact: the language, the consent, the role, campaign news."""
        self.press("greet")
        self.choose("language", self.contact.language)
        self.choose("consent", "yes")
        self.choose("role", role)
        self.choose("news", "yes" if news else "no")

    def name_town(self, name: str) -> None:
        """Answer which municipality it is: the town of that name, not the province."""
        town = next(one for one in self._find(name) if one.kind is PlaceKind.TOWN)
        self.choose("municipality", {"place_id": town.place_id})

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def _find(self, name: str) -> list[places.Candidate]:
        return places.find(self.session, name, self.contact.country)

    def _turn(self, intent: str, text: str = "", entities: Mapping[str, object] = NOTHING) -> Turn:
        self.now += PAUSE
        self.contact.seen_at = self.now
        return Turn(
            session=self.session,
            contact=self.contact,
            address=self.address,
            now=self.now,
            catalogues=self.catalogues,
            intent=intent,
            text=text,
            entities=entities,
        )
