"""The apps a person uses: what each is called, where another one is opened, and telling the others of a change."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from covenant.messages import Choice, Say, button, payload, say
from covenant.outbox import EMAIL, queue_content
from covenant.turn import Doors, Turn
from db.messages import Lane
from db.people import Address, AddressState

NAMES = {
    "web": "utter_app_web",
    "telegram": "utter_app_telegram",
    "whatsapp": "utter_app_whatsapp",
    EMAIL: "utter_app_email",
}
Line = list[Any]


def name_of(address: Address) -> Mapping[str, Any]:
    """Return what the app of an address is called, as an argument; an e-mail address is its own name."""
    return say(NAMES.get(address.channel, "utter_app_other"), address=address.external_id)


def reference_of(address: Address) -> str:
    """Return what a button calls an address: only who has the address can tell which one it is."""
    return hashlib.sha256(f"{address.channel}:{address.external_id}".encode()).hexdigest()[:12]


def ways_in(doors: Doors, here: str, code: str) -> list[Line]:
    """Return the links that open Kawan in another app with the code already there, as lines of name and link."""
    return [[say(NAMES[app]), link] for app, link in _links(doors, f"link_{code}", code).items() if app != here]


def ways_for_others(doors: Doors, here: str, code: str) -> list[Line]:
    """Return the links that open Kawan for somebody else, who probably uses the same app: that one comes first."""
    links = _links(doors, code, code)
    return [[say(NAMES[app]), links[app]] for app in sorted(links, key=lambda app: app != here)]


def _links(doors: Doors, start: str, written: str) -> dict[str, str]:
    links = {
        "telegram": f"https://t.me/{doors.telegram}?start={start}" if doors.telegram else "",
        "whatsapp": f"https://wa.me/{doors.whatsapp.lstrip('+')}?text={quote(written)}" if doors.whatsapp else "",
        "web": f"{doors.page}/?start={start}" if doors.page else "",
    }
    return {app: link for app, link in links.items() if link}


def addresses(session: Session, contact_id: int) -> list[Address]:
    """Return a contact's addresses, the first one first, without those that nobody has confirmed."""
    mine = select(Address).where(Address.contact_id == contact_id, Address.state != AddressState.UNCONFIRMED)
    return list(session.scalars(mine.order_by(Address.id)))


def tell_others(turn: Turn, changed: Address, key: str, once: str, *, undo: bool = False) -> None:
    """Tell each other active address of the turn's contact what happened to one, with a way to undo it."""
    back = Choice(button("Undo"), payload("separate_address", address=reference_of(changed)))
    message = Say(key, {"app": name_of(changed)}, (back,) if undo else ())
    for address in addresses(turn.session, turn.contact.id):
        if address.id not in {changed.id, turn.address.id} and address.state == AddressState.ACTIVE:
            content = {"says": [message.as_json()]}
            queue_content(turn.session, address, content, f"{once}:{address.id}", Lane.REMINDER)
