"""J9b, one person, several addresses: a one-time code joins another app to the conversation."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from covenant import consent, drafts, mailing, menu, welcome
from covenant.apps import name_of, tell_others, ways_in
from covenant.codes import MINUTES, Busy, code_in, digest, make_code
from covenant.merging import merge
from covenant.messages import Choice, Say, button, payload
from covenant.turn import Turn
from db.messages import Conversation, Inbound, TurnEffect
from db.people import Contact, LinkCode, Purpose

MOST_TRIES, WITHIN = 5, timedelta(hours=1)
WRONG = "utter_link_wrong"
WRONG_ANSWERS = (WRONG, "utter_invitation_wrong")  # what guessing at either kind of code is answered with

# --- making one -----------------------------------------------------------------------------------------------------


def link_address(turn: Turn) -> list[Say]:
    """Show a code and where to type it; nobody gets one before the consent, and no group ever."""
    if turn.contact.is_group:
        return [Say("utter_link_group")]
    if welcome.is_due(turn):
        return welcome.welcome(turn)
    if turn.entities.get("way") == "email" and turn.doors.mail:
        return mailing.begin(turn)
    code = make_code(turn.session, turn.contact, turn.now)
    shown = Say("utter_link_code", {"code": code, "minutes": MINUTES}, _more_ways(turn))
    ways = ways_in(turn.doors, turn.address.channel, code)
    return [Say("utter_link_where", {"ways": {"lines": ways}}), shown] if ways else [shown]


def _more_ways(turn: Turn) -> tuple[Choice, ...]:
    mail = Choice(button("An e-mail address"), payload("link_address", way="email"))
    return (mail,) if turn.doors.mail else ()


# --- using one ------------------------------------------------------------------------------------------------------


def redeem(turn: Turn) -> list[Say]:
    """Join the turn's address to the contact whose code was typed, or say in a sentence why not."""
    if turn.contact.is_group:
        return [Say("utter_link_group")]
    if turn.contact.erasing:
        return [Say("utter_link_erasing")]
    if wrong_tries(turn) >= MOST_TRIES:
        return [Say("utter_link_many")]
    code = code_in(str(turn.entities.get("code", "")))
    found = _held(turn, code) if code else None
    if found is None or (found.email and found.contact_id != turn.contact.id):
        return [Say(WRONG, {}, (Choice(button("Ask a person"), "/talk_to_human"),))]
    if found.email:
        return mailing.confirm(turn, found)
    return _same_or_join(turn, found, str(code))


def _same_or_join(turn: Turn, found: LinkCode, code: str) -> list[Say]:
    if found.contact_id == turn.contact.id:
        return [Say("utter_link_same")]
    if turn.contact.is_secretariat:  # a right never moves by a code that somebody else may have made
        return [Say("utter_link_secretariat")]
    if turn.entities.get("sure") == "no":
        return [Say("utter_link_left"), *drafts.resume(turn)]
    if turn.entities.get("sure") != "yes" and _has_something(turn):
        return [Say("utter_link_sure", {}, _sure(code))]
    return _join(turn, found)


def _sure(code: str) -> tuple[Choice, ...]:
    return (
        Choice(button("Yes, I made the code"), payload("redeem_code", code=code, sure="yes")),
        Choice(button("No, leave it"), payload("redeem_code", code=code, sure="no")),
    )


def _has_something(turn: Turn) -> bool:
    """Whoever has agreed to anything being kept is asked first: the code may be of somebody who wants to read it."""
    return consent.has_given(turn.session, turn.contact, Purpose.KEEPING)


def _join(turn: Turn, found: LinkCode) -> list[Say]:
    session, number = turn.session, found.id
    found.used_at = turn.now
    target = session.get_one(Contact, found.contact_id)
    merge(session, turn.contact, target)
    joined = replace(turn, contact=target)
    tell_others(joined, turn.address, "utter_address_joined", f"joined:{number}", undo=True)
    said = Say("utter_link_joined", {"app": name_of(turn.address)})
    return [said, *(drafts.resume(joined) or [menu.menu(target)])]


def _held(turn: Turn, code: str) -> LinkCode | None:
    """Lock whom a code belongs to, and the code; None when there is no such code any more.

    In this order, and never waiting for a conversation: whoever answers there may be waiting for us.
    """
    seen = turn.session.get(LinkCode, digest(code))
    if seen is None or seen.used_at or seen.expires_at <= turn.now:
        return None
    if seen.contact_id != turn.contact.id and not hold_owner(turn.session, seen.contact_id):
        return None
    query = select(LinkCode).where(LinkCode.digest == seen.digest, LinkCode.used_at.is_(None)).with_for_update()
    return turn.session.scalars(query.execution_options(populate_existing=True)).first()


def hold_owner(session: Session, contact_id: int) -> bool:
    """Lock a code's owner and their conversation; False for who is being erased. Busy while they are answered."""
    theirs = select(Conversation).where(Conversation.contact_id == contact_id)
    if session.scalars(theirs.with_for_update(key_share=True, skip_locked=True)).first() is None:
        raise Busy
    mine = select(Contact).where(Contact.id == contact_id).with_for_update().execution_options(populate_existing=True)
    owner = session.scalars(mine).first()
    return owner is not None and owner.erasing is None


def wrong_tries(turn: Turn) -> int:
    """Count the wrong codes of the last hour by what we answered; what was typed is not kept for it."""
    wrong = TurnEffect.replies[0]["response"].astext.in_(WRONG_ANSWERS)
    query = (
        select(func.count())
        .select_from(TurnEffect)
        .join(Inbound, Inbound.id == TurnEffect.inbound_id)
        .where(Inbound.address_id == turn.address.id, TurnEffect.at > turn.now - WITHIN, wrong)
    )
    return turn.session.scalar(query) or 0
