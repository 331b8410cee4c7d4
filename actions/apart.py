"""What is answered apart from Rasa: buttons of no intent, a code wherever it is written, a reference by itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from actions import groups
from covenant import (
    accepting,
    admission,
    did_this,
    evidence_desk,
    invitations,
    linking,
    pledge_access,
    pledge_page,
    pledge_verdicts,
    race_guide,
    reporting_chat,
    roles,
    separating,
    standing,
    succession,
    welcome,
)
from covenant.codes import INVITING, WORD, code_in
from covenant.messages import Say
from covenant.pledge_choices import PAGE
from covenant.tips import DID
from covenant.turn import Turn
from db.people import Contact

CODE, INVITATION = "redeem_code", "invitation"


def _of_member(skill: Callable[[Turn], list[Say]]) -> Callable[[Turn], list[Say]]:
    """Let a skill answer who was welcomed; a group is led into the private chat, somebody new is welcomed first."""

    def answer(turn: Turn) -> list[Say]:
        if turn.contact.is_group:
            return groups.answer(turn, skill)
        return welcome.welcome(turn) if welcome.is_due(turn) else skill(turn)

    return answer


APART: dict[str, Callable[[Turn], list[Say]]] = {
    "link_address": linking.link_address,
    "separate_address": separating.separate,
    CODE: linking.redeem,
    "invite": invitations.invite,
    INVITATION: accepting.invitation,
    "team_request": admission.decide,
    "choose_town": standing.choose_town,
    "starting_line": race_guide.guide,
    reporting_chat.NAME: reporting_chat.answer,
    "team": roles.team,
    "focal_details": succession.details,
    "review_evidence": evidence_desk.desk,
    PAGE: _of_member(pledge_page.page),
    pledge_verdicts.VERIFY: _of_member(pledge_verdicts.verify),
    DID: _of_member(did_this.did_this),
}


@dataclass(frozen=True)
class Wish:
    """One of `APART`, with what the button or the code carries."""

    name: str
    entities: Mapping[str, Any] = field(default_factory=dict)


def wish_in(text: str) -> Wish | None:
    """Return what a payload or a text asks for, or None when it is for Rasa."""
    name, brace, rest = text.partition("{")
    if name.startswith("/"):
        return Wish(name[1:], _entities(brace + rest)) if name[1:] in APART else None
    for name, word in ((INVITATION, INVITING), (CODE, WORD)):
        code = code_in(text, word)
        if code:
            return Wish(name, {"code": code})
    return None


def pledge_in(session: Session, contact: Contact, text: str) -> Wish | None:
    """Return the wish to see the pledge whose reference is all of a text, if it is one of the contact's own."""
    found = pledge_access.references_in(text)
    is_alone = len(found) == 1 and len(text.strip(" #.?!")) == len(found[0])
    pledge = pledge_access.find_theirs(session, contact, *found) if is_alone else None
    return Wish(PAGE, {"reference": pledge.reference}) if pledge else None


def _entities(written: str) -> dict[str, Any]:
    try:
        given = json.loads(written or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
