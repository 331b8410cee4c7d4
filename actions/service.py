"""What everybody may ask for: their data, its erasure, silence or messages, a person, help in an emergency."""

import functools
from pathlib import Path

from covenant import consent, hearing, invitations, menu, privacy, reminder_answers, tickets
from covenant.messages import Choice, Say, button, payload
from covenant.turn import Turn
from db.people import Purpose
from locales.sources import read_yaml

EMERGENCY = Path(__file__).parent.parent / "covenant" / "data" / "emergency.yml"
PURPOSES = {
    Purpose.REMINDERS: button("Reminders"),
    Purpose.TIPS: button("Weekly tips"),
    Purpose.NEWS: button("Campaign news"),
}


@functools.cache
def emergency_numbers() -> dict[str, list[str]]:
    """Return the national emergency numbers by country."""
    numbers: dict[str, list[str]] = read_yaml(EMERGENCY)["numbers"]
    return numbers


def emergency(turn: Turn) -> list[Say]:
    """Give the country's emergency numbers and the steps that save lives; nothing may come before it.

    Whoever is in danger is answered in the language they cry in, whatever they chose before.
    """
    language = hearing.written_in(turn)
    numbers = emergency_numbers().get(turn.contact.country or "")
    tickets.open_ticket(turn, "emergency", turn.text)
    if numbers:
        args = {"country": {"country": turn.contact.country}, "numbers": {"list": numbers}}
        return [Say("utter_emergency", args, language=language)]
    known = [[{"country": code}, {"list": listed}] for code, listed in emergency_numbers().items()]
    return [Say("utter_emergency_anywhere", {"numbers": {"lines": known}}, language=language)]


def talk_to_human(turn: Turn) -> list[Say]:
    """Open a ticket for a person at the secretariat."""
    return [_passed_on(turn, "talk_to_human", "utter_person")]


def give_feedback(turn: Turn) -> list[Say]:
    """Pass praise, complaint or suggestion on."""
    return [_passed_on(turn, "give_feedback", "utter_feedback")]


def ask_question(turn: Turn) -> list[Say]:
    """Tell what is confirmed about the Covenant, and pass the question on to a person."""
    if not turn.text or not consent.has_given(turn.session, turn.contact, Purpose.KEEPING):
        return [Say("utter_covenant", {}, (Choice(button("Join the Covenant"), "/join_covenant"),))]
    return [_passed_on(turn, "ask_question", "utter_question_passed")]


def hand_over_role(turn: Turn) -> list[Say]:
    """Offer the links by which a change of staff is made; who belongs to no team is passed on to the secretariat."""
    return invitations.hand_over(turn)


def _passed_on(turn: Turn, kind: str, key: str) -> Say:
    ticket = tickets.open_ticket(turn, kind, turn.text)
    return Say(key, {"reference": ticket.reference})


def export_my_data(turn: Turn) -> list[Say]:
    """Say what is kept about the person, and offer it whole as a file."""
    kept = privacy.counts(turn.session, turn.contact)
    lines = {"lines": [[{"say": f"utter_kept_{table}", "args": {}}, count] for table, count in kept.items() if count]}
    args = {
        "language": {"language": turn.language},
        "country": {"country": turn.contact.country} if turn.contact.country else None,
        "lines": lines,
    }
    choices = (Choice(button("Erase my data"), "/delete_my_data"), menu.ANOTHER_APP)
    return [Say("utter_my_data", args, choices, file="my-data")]


def delete_my_data(turn: Turn) -> list[Say]:
    """Ask once whether to erase everything; then erase and give a receipt."""
    if turn.entities.get("sure") == "yes":
        return [Say("utter_erased", {"reference": privacy.request_erasure(turn.contact)})]
    if turn.entities.get("sure") == "no":
        return [Say("utter_not_erased")]
    choices = (
        Choice(button("Yes, erase everything"), payload("delete_my_data", sure="yes")),
        Choice(button("No, keep it"), payload("delete_my_data", sure="no")),
    )
    return [Say("utter_ask_erase", {}, choices)]


def opt_out(turn: Turn) -> list[Say]:
    """Stop one kind of message, or everything that we would send by ourselves."""
    purpose = _purpose(turn)
    if purpose:
        consent.record(turn, purpose, given=False)
        return [Say("utter_purpose_off", {"purpose": PURPOSES[purpose]})]
    consent.stop(turn.session, turn.contact)
    for each in PURPOSES:
        consent.record(turn, each, given=False)
    return [Say("utter_stopped", {}, (Choice(button("Receive messages again"), "/opt_in"),))]


def opt_in(turn: Turn) -> list[Say]:
    """Say yes to one kind of message, or offer the three."""
    consent.start_again(turn.session, turn.contact)
    purpose = _purpose(turn)
    if purpose is None:
        return [Say("utter_which_messages", {}, _purpose_choices("opt_in"))]
    consent.record(turn, purpose, given=True)
    if purpose == Purpose.REMINDERS:
        reminder_answers.end_pause(turn.session, turn.contact)
    return [Say("utter_purpose_on", {"purpose": PURPOSES[purpose]})]


def subscribe_tips(turn: Turn) -> list[Say]:
    """Note the wish for weekly tips, and say honestly that they do not go out yet."""
    consent.record(turn, Purpose.TIPS, given=True)
    return [Say("utter_tips_noted", {}, (Choice(button("Tips for our place"), "/get_tips"),))]


def _purpose(turn: Turn) -> Purpose | None:
    named = turn.entities.get("purpose")
    return Purpose(named) if named in {one.value for one in PURPOSES} else None


def _purpose_choices(intent: str) -> tuple[Choice, ...]:
    return tuple(Choice(title, payload(intent, purpose=purpose)) for purpose, title in PURPOSES.items())
