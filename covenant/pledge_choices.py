"""What several modules offer of a pledge: the buttons that lead to it, and what is said where nothing is behind one."""

from covenant.messages import Choice, Say, button, payload
from db.pledges import Pledge

PAGE = "pledge"  # the payload of a pledge's page, `/pledge{"reference": …, "do": …}`
LIST = Choice(button("Our pledges"), "/list_pledges")


def look(pledge: Pledge) -> Choice:
    """Return the button that shows a pledge; its title is the reference."""
    return Choice(pledge.reference, payload(PAGE, reference=pledge.reference))


def move(pledge: Pledge) -> Choice:
    """Return the button that begins a report about a pledge; its title is the reference."""
    return Choice(pledge.reference, _do(pledge, "report"))


def correct(pledge: Pledge) -> Choice:
    """Return the button that opens a pledge to be corrected."""
    return Choice(button("Correct it"), _do(pledge, "correct"))


def on_page(pledge: Pledge) -> tuple[Choice, ...]:
    """Return what a pledger may do with a pledge that was not withdrawn."""
    report = Choice(button("Report progress"), _do(pledge, "report"))
    return report, correct(pledge), Choice(button("Withdraw it"), _do(pledge, "withdraw"))


def _do(pledge: Pledge, do: str) -> str:
    return payload(PAGE, reference=pledge.reference, do=do)


def unknown() -> Say:
    """Say that there is no such pledge, also about one of somebody else."""
    return Say("utter_pledge_unknown", {}, (LIST,))


def closed(pledge: Pledge) -> Say:
    """Say that a pledge was withdrawn, so that nothing about it changes any more."""
    return Say("utter_pledge_closed", {"reference": pledge.reference}, (LIST,))
