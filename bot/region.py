"""A made-up region to look at: towns at every stage, people of every language, what they pledge and ask.

Everybody in it speaks through the same journeys as real people. Invented, and the same every time but for references.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import phonenumbers
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot import files, inbox
from bot.channels import Inbound
from bot.channels.web import NAME
from bot.inhabitant import Inhabitant
from bot.store import Store
from covenant.fields import KEEP
from covenant.reminders import TIME_ZONES
from db.milestones import Reminder, ReminderState
from db.people import Role
from db.records import Application
from locales import LANGUAGES, Catalogues
from locales.languages import COUNTRY_LANGUAGE, language_of_country
from locales.sources import read_yaml

FILE = Path(__file__).parent / "region.yml"
SEED = "a made-up region"
MARK = "demo:"  # begins the address of everybody invented; no cookie of a real person leads there
STAGES = ("drafted",) * 8 + ("sent",) * 10 + ("letter",) * 7 + ("accepted",) * 15
COLLEAGUES, COMMUNITIES, BUSINESSES = 19, 36, 24
WILLING = 0.8  # the share of people who say yes to being written to
HAZARDS = ("flood", "drought", "heat", "sea")
ENGLISH_SPEAKERS = "SG"
DAYS = {"drafted": (1, 20), "sent": (2, 40), "letter": (15, 70), "accepted": (90, 690)}  # ago, the beginning
LETTER = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 66>> stream
BT /F 20 Tf 72 760 Td (A made-up letter, signed by nobody.) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
%%EOF
"""


@dataclass
class Region:
    """What it takes to invent a region at the moment `now`, in one transaction of the caller."""

    session: Session
    catalogues: Catalogues
    store: Store
    secret: str
    now: datetime
    told: dict[str, Any] = field(default_factory=lambda: read_yaml(FILE))
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - inventing, not hiding
    born: int = 0

    def fill(self) -> bool:
        """Invent everybody; False when they are there already."""
        if inbox.find_address(self.session, NAME, f"{MARK}0") is not None:
            return False
        secretary = self.somebody("ID", "en", days_ago=720)
        secretary.settle(Role.BUSINESS, news=True)
        secretary.contact.is_secretariat = True
        self._towns(secretary)
        self._others()
        self._settle_past_reminders()
        self._broadcast(secretary)
        return True

    def somebody(self, country: str, language: str, days_ago: float) -> Inhabitant:
        """Let somebody new come in, so many days ago."""
        received = Inbound(
            channel=NAME,
            address=f"{MARK}{self.born}",
            external_id=f"{MARK}{self.born}",
            country=country,
            language=language,
            time_zone=TIME_ZONES[country],
        )
        self.born += 1
        address = inbox.meet(self.session, received, self.secret)
        address.last_inbound_at = self.now
        return Inhabitant(self.session, self.catalogues, address, self.now - timedelta(days=days_ago))

    # --- towns --------------------------------------------------------------------------------------------------

    def _towns(self, secretary: Inhabitant) -> None:
        towns = [(country, name) for country, names in self.told["towns"].items() for name in names]
        stages = self.chance.sample(STAGES, len(STAGES))
        joined = []
        for (country, name), stage in zip(towns, stages, strict=True):
            officer = self._officer(country, stage)
            self._join(officer, name, stage, secretary)
            if stage != "drafted":
                joined.append((country, name))
        for country, name in self.chance.sample(joined, COLLEAGUES):
            self._colleague(country, name)

    def _officer(self, country: str, stage: str) -> Inhabitant:
        officer = self.somebody(country, language_of_country(country) or "en", self.chance.uniform(*DAYS[stage]))
        officer.settle(Role.MUNICIPAL, news=self._is_willing())
        return officer

    def _join(self, officer: Inhabitant, town: str, stage: str, secretary: Inhabitant) -> None:
        officer.press("join_covenant")
        officer.name_town(town)
        answers = self._answers(officer)
        if stage == "drafted":
            for text in answers[: self.chance.randrange(2, len(answers))]:
                officer.tell(text)
            return
        for text in answers:
            officer.tell(text)
        officer.press("skip")  # nobody stands in for the focal point
        officer.choose("letter_language", officer.contact.language)
        officer.press("affirm")
        if self._is_willing():
            officer.press("opt_in", purpose="reminders")
        self._go_on(officer, stage, secretary)

    def _answers(self, officer: Inhabitant) -> list[str]:
        country, people = officer.contact.country or "ID", self._people(officer)
        decided = (officer.now - timedelta(days=self.chance.randrange(10, 200))).date()
        return [
            officer.catalogues[officer.contact.language].title("Council decision"),
            decided.isoformat(),
            self._name(people),
            people["mayor"],
            self._name(people),
            people["post"],
            f"climate.{country.lower()}{self.born}@example.org",
            example_phone(country),
        ]

    def _go_on(self, officer: Inhabitant, stage: str, secretary: Inhabitant) -> None:
        if stage == "sent":
            return
        officer.wait(days=9)
        letter = files.keep(self.session, self.store, officer.contact.id, "signed-letter.pdf", files.clean(LETTER))
        officer.press("send_document", file=letter.public_id)
        if stage == "accepted":
            secretary.now = officer.now + timedelta(days=4)
            for deed in ({"do": "take"}, {"do": "accept", "sure": "yes"}):
                secretary.press("review_queue", application=self._reference(officer), **deed)
            officer.wait(days=20)
            self._pledge(officer, how_many=self.chance.randrange(1, 4))

    def _reference(self, officer: Inhabitant) -> str:
        query = select(Application.reference).where(Application.contact_id == officer.contact.id)
        return self.session.scalars(query).one()

    def _colleague(self, country: str, town: str) -> None:
        """Somebody of a town that is with us already: the secretariat is asked to add them to its team."""
        colleague = self.somebody(country, language_of_country(country) or "en", self.chance.uniform(0, 30))
        colleague.settle(Role.SIGNATORY, news=True)
        colleague.press("join_covenant")
        colleague.name_town(town)
        colleague.tell(self._name(self._people(colleague)))

    def _settle_past_reminders(self) -> None:
        """Take what was due in the invented past for sent: nobody wants two years of reminders at once."""
        past = update(Reminder).where(Reminder.due_at < self.now)
        self.session.execute(past.values(state=ReminderState.SETTLED))

    # --- everybody else -----------------------------------------------------------------------------------------

    def _others(self) -> None:
        languages, home = cycle(LANGUAGES), {code: country for country, code in COUNTRY_LANGUAGE.items()}
        roles = [Role.COMMUNITY] * COMMUNITIES + [Role.BUSINESS] * BUSINESSES
        for number, (role, language) in enumerate(zip(roles, languages, strict=False)):
            person = self.somebody(home.get(language, ENGLISH_SPEAKERS), language, self.chance.uniform(1, 300))
            person.settle(role, news=self._is_willing())
            self._live(person, number)

    def _live(self, person: Inhabitant, number: int) -> None:
        people = self._people(person)
        if number % 3:
            self._pledge(person, how_many=1)
        if person.contact.role == Role.COMMUNITY:
            person.press("get_tips", hazard=self.chance.choice(HAZARDS))
        if number % 5 == 0:
            person.write("ask_question", people["question"])
        if number % 8 == 0:
            person.write("give_feedback", people["feedback"])
        if number % 9 == 4:  # noqa: PLR2004 - some, and not those who asked
            self._share(person)
        if number % 15 == 7:  # noqa: PLR2004
            person.press("opt_out")

    def _pledge(self, person: Inhabitant, how_many: int) -> None:
        pledges = self._people(person)["pledges"]
        for pledge in self.chance.sample(pledges, how_many):
            person.press("log_pledge")
            person.tell(pledge["action"])
            person.choose("pledge_campaign", "resilience")
            if person.is_asked("pledge_hazards"):
                person.choose("pledge_hazards", pledge["hazard"])
                person.choose("pledge_hazards", KEEP)
            for key in ("people", "year"):
                if person.is_asked(f"pledge_{key}"):
                    person.tell(pledge[key])
            if person.is_asked("pledge_place"):
                person.press("skip")
            person.choose("pledge_more", "no")
            person.press("affirm")

    def _share(self, person: Inhabitant) -> None:
        people = self._people(person)
        person.press("share_knowledge")
        person.tell(self.chance.choice(people["pledges"])["action"])
        person.choose("practice_public", "yes")
        person.tell(self._name(people))
        person.press("affirm")

    def _people(self, somebody: Inhabitant) -> dict[str, Any]:
        """What the people of a language are called and say; of one that nothing was invented for, the English."""
        told: dict[str, dict[str, Any]] = self.told["people"]
        return told.get(somebody.contact.language, told["en"])

    def _is_willing(self) -> bool:
        return self.chance.random() < WILLING

    def _name(self, people: dict[str, Any]) -> str:
        given, family = self.chance.choice(people["given"]), self.chance.choice(people["family"])
        return str(people["name"].format(given=given, family=family))

    # --- the secretariat ----------------------------------------------------------------------------------------

    def _broadcast(self, secretary: Inhabitant) -> None:
        secretary.now = self.now - timedelta(hours=1)
        news = {code: people["news"] for code, people in self.told["people"].items()}
        secretary.press("broadcast")
        secretary.choose("audience", "everybody")
        secretary.tell(news.pop(secretary.contact.language))
        for code, text in news.items():
            secretary.choose("another", code)
            secretary.tell(text)
        secretary.press("affirm")


def example_phone(country: str) -> str:
    """Return the number that libphonenumber itself gives as a country's example."""
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if number else ""
