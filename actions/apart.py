"""What is answered apart from Rasa: buttons that belong to no intent, and a code wherever it is written."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from covenant import (
    accepting,
    admission,
    evidence_desk,
    invitations,
    linking,
    race_guide,
    reporting_chat,
    roles,
    separating,
    standing,
    succession,
)
from covenant.codes import INVITING, WORD, code_in
from covenant.messages import Say
from covenant.turn import Turn

CODE, INVITATION = "redeem_code", "invitation"
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


def _entities(written: str) -> dict[str, Any]:
    try:
        given = json.loads(written or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
