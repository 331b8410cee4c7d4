"""An app is taken off a conversation again: it becomes somebody new, without anything of what was said before."""

from sqlalchemy import delete, select, update

from covenant import menu, welcome
from covenant.apps import addresses, name_of, reference_of, tell_others
from covenant.codes import Busy
from covenant.messages import Choice, Say, payload
from covenant.outbox import EMAIL, best_address, queue_content, skip_waiting
from covenant.turn import Turn
from db.messages import Conversation, Inbound, InboundState, Lane, Outbound, OutboundState
from db.people import Address, AddressState, Contact


def separate(turn: Turn) -> list[Say]:
    """Take the named address off the contact, or offer them; the last one to be written from always stays."""
    if turn.contact.is_group:
        return [Say("utter_link_group")]
    if welcome.is_due(turn):
        return welcome.welcome(turn)
    mine = addresses(turn.session, turn.contact.id)
    named = next((one for one in mine if reference_of(one) == turn.entities.get("address")), None)
    others = [one for one in mine if one is not named and one.channel != EMAIL]
    if len(mine) < 2 or (named and not others):  # noqa: PLR2004 - one is no choice
        return [menu.menu(turn.contact, "utter_separate_none")]
    if named is None:
        choices = (Choice(name_of(one), payload("separate_address", address=reference_of(one))) for one in mine)
        return [Say("utter_separate_which", {}, tuple(choices))]
    return _take_off(turn, named)


def _take_off(turn: Turn, address: Address) -> list[Say]:
    name = name_of(address)
    tell_others(turn, address, "utter_address_separated", f"separated:{turn.inbound_id}")
    skip_waiting(turn.session, address)
    if address.channel == EMAIL:
        forget(turn, address)
    else:
        _become_new(turn, address)
    turn.session.flush()
    return [Say("utter_separated", {"app": name})]


def _become_new(turn: Turn, address: Address) -> None:
    """Give an address a contact of its own; what it wrote and nobody has answered yet is that contact's already."""
    old = turn.contact
    fresh = Contact(language=old.language, country=old.country, time_zone=old.time_zone)
    turn.session.add(fresh)
    turn.session.flush()
    turn.session.add(Conversation(contact_id=fresh.id, offered=[]))
    address.contact_id = fresh.id
    turn.session.flush()
    if address.id != turn.address.id and address.state == AddressState.ACTIVE:
        alone = {"says": [Say("utter_address_alone").as_json()]}
        queue_content(turn.session, address, alone, f"alone:{turn.inbound_id}", Lane.REMINDER)
    unanswered = (Inbound.address_id == address.id) & Inbound.state.in_((InboundState.WAITING, InboundState.FETCHING))
    turn.session.execute(update(Inbound).where(unanswered).values(contact_id=fresh.id))
    turn.session.expire_all()


def forget(turn: Turn, address: Address) -> None:
    """Forget an e-mail address: nothing comes from it, so nobody is there to be somebody new.

    What was sent there stays the person's history, under another of their addresses.
    """
    other = next(one for one in addresses(turn.session, turn.contact.id) if one.channel != EMAIL)
    instead = best_address(turn.session, turn.contact) or other
    kept = instead if instead.channel != EMAIL else other
    sent = Outbound.address_id == address.id
    if turn.session.scalar(select(Outbound.id).where(sent, Outbound.state == OutboundState.SENDING).limit(1)):
        raise Busy  # what becomes of that letter must not be noted at another address
    turn.session.execute(update(Outbound).where(sent).values(address_id=kept.id))
    turn.session.execute(delete(Address).where(Address.id == address.id))
