"""Answers in a group chat, which everybody there reads: what is public at once, the rest in the private chat."""

from collections.abc import Callable
from dataclasses import replace

from covenant.messages import Choice, Say, button
from covenant.turn import Turn

PUBLIC = frozenset(
    {
        "goodbye",
        "thank",
        "get_tips",
        "who_are_you",
        "emergency",
        "change_language",
        "opt_out",
        "statistics",
        "out_of_scope",
    }
)
PRIVATELY = Choice(button("Write to me privately"), "/private")
HELLO = frozenset({"greet", "help", "unclear", "inform", "repeat", "not_text"})


def answer(turn: Turn, skill: Callable[[Turn], list[Say]]) -> list[Say]:
    """Answer in front of everybody what may be, and lead the rest into the private chat; no form opens in a group."""
    if turn.intent in PUBLIC:
        return [_only_public(one) for one in skill(turn)]
    if turn.intent in HELLO:
        tips = Choice(button("Tips for our place"), "/get_tips")
        return [Say("utter_group_hello", {}, (tips, PRIVATELY))]
    return [Say("utter_group_private", {}, (PRIVATELY,))]


def _only_public(said: Say) -> Say:
    """Leave out the buttons that lead to something personal."""
    kept = tuple(one for one in said.choices if one.payload.lstrip("/").partition("{")[0] in PUBLIC)
    return replace(said, choices=(*kept, PRIVATELY) if len(kept) < len(said.choices) else kept)
