"""J5, "did this": whoever carried out a measure is thanked, and may record it as a pledge that is filled in so far."""

from covenant import pledge_form
from covenant.messages import Choice, Say, button, payload, say
from covenant.tips import DID, Tip, all_tips
from covenant.turn import Turn
from locales import render_text

# The danger of the framework that each shelf of tips stands for, as the pledge's form offers it.
HAZARDS = {
    "heat": "heat: extreme hot days",
    "drought": "water: drought",
    "flood": "flood: flash/surface flood",
    "sea": "flood: permanent inundation",
}
WHICH = (button("The first one"), button("The second one"))


def did_this(turn: Turn) -> list[Say]:
    """Ask which of the tips was carried out, thank for it, and open the pledge when that is wished."""
    wanted = str(turn.entities.get("tips", "")).split(",")
    tips = [one for one in all_tips() if one.key in wanted][: len(WHICH)]
    if not tips:
        return [Say("utter_button_old", {}, (Choice(button("Tips for our place"), "/get_tips"),))]
    if len(tips) > 1:
        return [_which(tips)]
    return _record(turn, tips[0]) if turn.entities.get("do") == "pledge" else [_thank(tips[0])]


def _which(tips: list[Tip]) -> Say:
    choices = (Choice(title, payload(DID, tips=one.key)) for title, one in zip(WHICH, tips, strict=True))
    return Say("utter_did_which", {"tips": {"paragraphs": [say(one.key) for one in tips]}}, tuple(choices))


def _thank(tip: Tip) -> Say:
    yes = Choice(button("Record a pledge"), payload(DID, tips=tip.key, do="pledge"))
    more = Choice(button("More"), payload("get_tips", hazard=tip.hazard))
    return Say("utter_did_thanks", {"tip": say(tip.key)}, (yes, more))


def _record(turn: Turn, tip: Tip) -> list[Say]:
    """Open the form of a pledge with the measure in the person's language and its danger."""
    known = {
        "pledge_action": render_text(turn.catalogue, tip.key, {}),
        "pledge_hazards": [HAZARDS[tip.hazard]],
        pledge_form.MEASURE: tip.key,
    }
    return pledge_form.open_with(turn, known)
