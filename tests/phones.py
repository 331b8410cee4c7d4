"""People with a phone, on Telegram or WhatsApp, who talk to the whole running house through an emulator.

They offer what `tests.running.Talk` offers to transcripts, and hold what the phone shows against what was sent.
"""

import re
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import phonenumbers
from sqlalchemy import select

from db.messages import ARRIVED, Inbound, InboundState, Outbound, OutboundState
from db.people import Address
from tests.emulators.telegram.client import Person as TelegramPerson
from tests.emulators.telegram.client import Telegram
from tests.emulators.whatsapp.client import Person as WhatsAppPerson
from tests.emulators.whatsapp.client import WhatsApp
from tests.running import ANSWER_WITHIN, House, names_of

SHOWN_WITHIN = 20.0  # seconds from the provider to the phone
LOOK = 0.15  # seconds between two looks: many phones look at the same time, and a chat bears a message a second
PHOTO = ".jpg"
LINK = re.compile(r"http\S+/handouts/\S+")
MOBILE = phonenumbers.PhoneNumberType.MOBILE


class Phone(Protocol):
    """What a person can do on a channel."""

    channel: str
    address: str

    def open(self, start: str) -> None: ...
    def type(self, text: str) -> None: ...
    def press(self, number: int) -> None: ...
    def hand_in(self, name: str, content: bytes) -> None: ...
    def shows(self) -> tuple[str, list[str]]: ...
    def file(self) -> bytes: ...


@dataclass
class TelegramPhone:
    """Telegram: buttons under the messages."""

    person: TelegramPerson
    channel: str = "telegram"

    @property
    def address(self) -> str:
        return str(self.person.id)

    def open(self, start: str) -> None:
        self.person.open(start)

    def type(self, text: str) -> None:
        self.person.say(text)

    def press(self, number: int) -> None:
        self.person.press(number)

    def hand_in(self, name: str, content: bytes) -> None:
        if name.endswith(PHOTO):
            self.person.send_photo(content)
        else:
            self.person.send_document(content, name=name)

    def shows(self) -> tuple[str, list[str]]:
        last = self.person.last
        return last.text, last.titles

    def file(self) -> bytes:
        found = [one for one in self.person.view.from_bot if one.kind == "document"]
        return self.person.telegram.file(found[-1].raw["content"]["file_id"])


@dataclass
class WhatsAppPhone:
    """WhatsApp: quick replies and lists, or the number of an option where there are none."""

    person: WhatsAppPerson
    address: str
    channel: str = "whatsapp"
    pressed: int = 0  # how often there was a real button

    def open(self, start: str) -> None:
        self.person.say(f"Kawan {start}")

    def type(self, text: str) -> None:
        self.person.say(text)

    def press(self, number: int) -> None:
        if self.person.titles:
            self.person.press(number)
            self.pressed += 1
        else:
            self.person.say(str(number))

    def hand_in(self, name: str, content: bytes) -> None:
        self.person.send_file(content, "image/jpeg" if name.endswith(PHOTO) else "application/pdf", name)

    def shows(self) -> tuple[str, list[str]]:
        if not self.person.received:  # it is still on its way to the phone
            return "", []
        return str(self.person.last["text"]), list(self.person.titles)

    def file(self) -> bytes:
        """What lies at the address in the message."""
        found = LINK.findall(self.person.last["text"])
        return httpx.get(found[-1], trust_env=False, timeout=30).raise_for_status().content


def telegram_phone(telegram: Telegram, language: str) -> TelegramPhone:
    return TelegramPhone(telegram.person("Sari", language))


def whatsapp_phone(whatsapp: WhatsApp, country: str, number: int) -> WhatsAppPhone:
    """A phone of a country: an example number of it with other last digits."""
    example = phonenumbers.example_number_for_type(country, MOBILE) or phonenumbers.example_number(country)
    assert example is not None
    national = int(str(example.national_number)[:-3] + f"{number:03d}")
    phone = f"+{example.country_code}{national}"
    return WhatsAppPhone(whatsapp.person(phone=phone), phone)


@dataclass
class PhoneTalk:
    """One person on a channel, with the same verbs as `Talk`; `seen` is the newest message that was heard."""

    house: House
    phone: Phone
    all: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0

    def begin(self, start: str) -> "PhoneTalk":
        self.phone.open(start)
        return self.listen()

    @property
    def last(self) -> dict[str, Any]:
        return self.all[-1]

    @property
    def text(self) -> str:
        return str(self.last["text"])

    def say(self, text: str) -> "PhoneTalk":
        self.phone.type(text)
        return self.listen()

    def press(self, number: int) -> "PhoneTalk":
        self.phone.press(number - 1 if self.phone.channel == "telegram" else number)
        return self.listen()

    def press_payload(self, payload: str) -> "PhoneTalk":
        found = [number for number, one in enumerate(self.last["buttons"], 1) if one["payload"].startswith(payload)]
        return self.press(found[0])

    def send_file(self, name: str, content: bytes) -> "PhoneTalk":
        self.phone.hand_in(name, content)
        return self.listen()

    def file(self) -> bytes:
        """What the last message brought along."""
        return self.phone.file()

    def listen(self) -> "PhoneTalk":
        """Wait until everything is answered and has left."""
        end = time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < end:
            fresh = self._fresh()
            if fresh:
                self.seen = fresh[-1].id
                self.all += [{"id": row.id, **row.content} for row in fresh]
                self._shown(fresh[-1])
                return self
            time.sleep(LOOK)
        raise AssertionError(f"no answer; last was {self.all[-1:]}")

    def _fresh(self) -> list[Outbound]:
        with self.house.sessions() as session:
            mine = Address.channel == self.phone.channel, Address.external_id == self.phone.address
            came = select(Inbound.id).join(Address, Address.id == Inbound.address_id).where(*mine)
            open_states = (InboundState.WAITING, InboundState.FETCHING)
            if session.scalar(came.where(Inbound.state.in_(open_states)).limit(1)):
                return []
            went = select(Outbound).join(Address, Address.id == Outbound.address_id).where(*mine)
            rows = session.scalars(went.where(Outbound.id > self.seen).order_by(Outbound.id)).all()
            under_way = (OutboundState.QUEUED, OutboundState.SENDING)
            return [] if any(row.state in under_way for row in rows) else list(rows)

    def _shown(self, row: Outbound) -> None:
        """What the phone shows is what was sent: the text, and the buttons in one form or another."""
        assert row.state in ARRIVED, (row.state, row.error)
        end = row.content["text"].rstrip()[-60:]
        until = time.monotonic() + SHOWN_WITHIN
        text, missing = self._seen(row)
        # Two messages in a row may end alike, so that the buttons say which of them is on the screen.
        while (end not in text or missing) and time.monotonic() < until:
            time.sleep(LOOK)
            text, missing = self._seen(row)
        assert end in text, f"{end!r} is not in {text!r}"
        assert not missing, f"{missing} are not shown"

    def _seen(self, row: Outbound) -> tuple[str, list[str]]:
        """The text on the screen, and the titles of a message's buttons that are not there."""
        text, titles = self.phone.shows()
        missing = [
            button["title"]
            for number, button in enumerate(row.content.get("buttons") or (), 1)
            if not any(button["title"].startswith(title.rstrip("…")) for title in titles)
            and f"{number}. {button['title']}" not in text
        ]
        return text, missing

    @property
    def keys(self) -> list[str]:
        """The response names of the last message."""
        with self.house.sessions() as session:
            return names_of(session, session.get_one(Outbound, self.seen))

    @property
    def contact_id(self) -> int:
        with self.house.sessions() as session:
            return session.get_one(Outbound, self.seen).contact_id
