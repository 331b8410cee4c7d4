"""Keeping the talk going: greeting, help, yes and no, going back, correcting, skipping, cancelling, language, doubt."""

from dataclasses import replace

from sqlalchemy import select

from covenant import amending, doubts, drafts, joining, menu, plans, pledge_form, tickets, welcome
from covenant.fields import CHOICE, COUNTRY, KEEP, PLACE, Field
from covenant.messages import Choice, Say, button, payload
from covenant.reading import COUNTRIES
from covenant.turn import Turn
from covenant.values import Kind, Parsed, parse
from db.messages import ARRIVED, Outbound
from db.people import Role
from locales import LANGUAGES

# What each intent is called on a button, when we ask which of two was meant.
MEANINGS = {
    "join_covenant": button("Join the Covenant"),
    "get_letter": button("Get the commitment letter"),
    "send_document": button("Hand in a document"),
    "check_status": button("Where do we stand?"),
    "log_pledge": button("Record a pledge"),
    "list_pledges": button("Our pledges"),
    "report_progress": button("Report progress"),
    "ask_deadlines": button("What is due when"),
    "manage_reminders": button("Change reminders"),
    "opt_out": button("Stop all messages"),
    "opt_in": button("Receive messages"),
    "get_tips": button("Tips for our place"),
    "subscribe_tips": button("Tips every week"),
    "share_knowledge": button("Share what we know"),
    "ask_question": button("Ask a question"),
    "talk_to_human": button("Ask a person"),
    "hand_over_role": button("Hand over my role"),
    "export_my_data": button("Get my data"),
    "delete_my_data": button("Erase my data"),
    "give_feedback": button("Give feedback"),
    "change_language": button("Change the language"),
    "emergency": button("Emergency: get help now"),
    "who_are_you": button("Who is Kawan?"),
    "help": button("Help"),
}
MEANINGS_OFFERED = 2


def greet(turn: Turn) -> list[Say]:
    """Greet back; go on with what is open, or show the menu."""
    if drafts.open_draft(turn):
        return [Say("utter_welcome_back"), *drafts.ask_open(turn)]
    return [menu.menu(turn.contact, "utter_greet")]


def goodbye(_turn: Turn) -> list[Say]:
    """Say goodbye."""
    return [Say("utter_goodbye")]


def thank(_turn: Turn) -> list[Say]:
    """Answer thanks."""
    return [Say("utter_thank")]


def help_me(turn: Turn) -> list[Say]:
    """Say what can be done here and how to get out of anything."""
    if drafts.open_draft(turn):
        return [Say("utter_help_form"), *drafts.ask_open(turn)]
    shown = menu.menu(turn.contact, "utter_help")
    return [replace(shown, choices=(*shown.choices, menu.ANOTHER_APP))]


def who_are_you(_turn: Turn) -> list[Say]:
    """Say who is talking."""
    return [Say("utter_who")]


def affirm(turn: Turn) -> list[Say]:
    """Take a yes for what is open: the review is sent, a yes-or-no question answered."""
    draft = drafts.open_draft(turn)
    if draft is None:
        return [menu.menu(turn.contact, "utter_nothing_asked")]
    field = plans.open_field(draft)
    if field is None:
        return drafts.send(turn, draft)
    return _verdict(turn, field, "yes")


def deny(turn: Turn) -> list[Say]:
    """Take a no for what is open: at the review it means that something is to be changed."""
    draft = drafts.open_draft(turn)
    if draft is None:
        return [menu.menu(turn.contact, "utter_nothing_asked")]
    field = plans.open_field(draft)
    return drafts.correct(turn, draft) if field is None else _verdict(turn, field, "no")


def _verdict(turn: Turn, field: Field, value: str) -> list[Say]:
    draft = drafts.open_draft(turn)
    if draft and field.kind == Kind.YES_NO:
        return drafts.answer(turn, draft, field, value)
    if draft and field.optional and value == "no":
        return drafts.skip(turn, draft)
    return drafts.ask_open(turn)


def inform(turn: Turn) -> list[Say]:
    """Take an answer: from a button for the field it names, otherwise for the open question."""
    draft = drafts.open_draft(turn)
    named = turn.entities.get("field")
    if named and (draft is None or named not in plans.plan_of(draft).journey.by_key):
        return _answer_outside(turn, str(named))
    field = plans.plan_of(draft).journey.by_key[named] if draft and named else plans.open_field(draft)
    if draft is None:
        return unclear(turn)
    if field is None:
        return drafts.at_review(turn, draft)
    raw = turn.entities.get("value") if named else turn.reading.value
    return take(turn, field, raw)


def _answer_outside(turn: Turn, field: str) -> list[Say]:
    """An old button: the role may be changed at any time, everything else was answered already."""
    if field == "role" and turn.entities.get("value") in tuple(Role):
        turn.contact.role = Role(turn.entities["value"])
        return [menu.menu(turn.contact, "utter_role_changed")]
    return [menu.menu(turn.contact, "utter_button_old")]


def take(turn: Turn, field: Field, raw: object) -> list[Say]:
    """Keep a value for a field of the open draft, or say what is wrong with it."""
    draft = drafts.open_draft(turn)
    if draft is None:
        return unclear(turn)
    if raw == KEEP and "value" in turn.entities:
        return drafts.settle(turn, draft, field)
    value = _valid(turn, field, raw)
    if value is None:
        return drafts.refuse(turn, draft, field, _wrong(turn, field))
    return (drafts.toggle if field.many and "value" in turn.entities else drafts.answer)(turn, draft, field, value)


def _valid(turn: Turn, field: Field, raw: object) -> object:
    if raw is None:
        return None
    if field.kind == PLACE:
        return joining.place_value(turn, raw)
    if "value" in turn.entities:
        return None if isinstance(raw, dict | list) else _valid_button(turn, field, raw)
    return raw


def _valid_button(turn: Turn, field: Field, raw: object) -> object:
    offered = {one.value for one in field.options}
    if raw in offered or (field.kind == COUNTRY and raw in COUNTRIES):
        return raw
    if field.kind == Kind.YES_NO:
        return raw if raw in {"yes", "no"} else None
    if field.kind == Kind.LANGUAGE:
        return raw if raw in LANGUAGES else None
    if field.kind in {CHOICE, COUNTRY}:
        return None
    parsed = parse(Kind(field.kind), str(raw), turn.language, turn.contact.country)
    return parsed.value if isinstance(parsed, Parsed) else None


def _wrong(turn: Turn, field: Field) -> Say:
    if field.kind == PLACE:
        candidates = joining.candidates_for(turn, turn.text)
        key = "utter_which_place" if candidates else "utter_wrong_place"
        return Say(key, {"typed": turn.text[:80]}, joining.candidate_choices(turn, candidates, turn.text, field.key))
    return Say(turn.reading.refused or "utter_wrong_choice", dict(turn.reading.refused_args or {}))


def go_back(turn: Turn) -> list[Say]:
    """Return to the question before."""
    draft = drafts.open_draft(turn)
    return drafts.go_back(turn, draft) if draft else [menu.menu(turn.contact, "utter_menu")]


def correct(turn: Turn) -> list[Say]:
    """Change an earlier answer: of the open draft, else of what was sent."""
    draft = drafts.open_draft(turn)
    if "application" in turn.entities or draft is None:
        return amending.amend(turn)
    return drafts.correct(turn, draft)


def skip(turn: Turn) -> list[Say]:
    """Leave the open question."""
    draft = drafts.open_draft(turn)
    return drafts.skip(turn, draft) if draft else [menu.menu(turn.contact, "utter_nothing_asked")]


def cancel(turn: Turn) -> list[Say]:
    """Give up what is being filled in; it is kept in case."""
    draft = drafts.open_draft(turn)
    if draft is None:
        return [menu.menu(turn.contact, "utter_nothing_to_cancel")]
    said = drafts.cancel(turn, draft)
    return said if drafts.open_draft(turn) else [*said, menu.menu(turn.contact)]


def repeat(turn: Turn) -> list[Say]:
    """Say the open question, or the last thing, again."""
    if drafts.open_draft(turn):
        return drafts.ask_open(turn)
    query = select(Outbound.content).where(Outbound.contact_id == turn.contact.id, Outbound.state.in_(ARRIVED))
    last = turn.session.scalar(query.order_by(Outbound.id.desc()).limit(1)) or {}
    return [Say("utter_literal", {"text": last["text"]})] if last.get("text") else [menu.menu(turn.contact)]


def change_language(turn: Turn) -> list[Say]:
    """Switch to the language that was named, or offer all of them."""
    code = turn.entities.get("language") or _language_in(turn)
    if code not in LANGUAGES:
        choices = (Choice({"language": one}, payload("change_language", language=one)) for one in LANGUAGES)
        return [Say("utter_which_language", {}, tuple(choices))]
    turn.contact.language = str(code)
    draft = drafts.open_draft(turn)
    field = plans.open_field(draft)
    if draft and field and draft.journey == welcome.WELCOME.key and field.key == "language":
        return drafts.answer(turn, draft, field, code)
    said = Say("utter_language_changed", {"language": {"language": code}})
    return [said, *drafts.ask_open(turn)] if draft else [said, menu.menu(turn.contact)]


def _language_in(turn: Turn) -> str | None:
    parsed = parse(Kind.LANGUAGE, turn.text, turn.language) if turn.text else None
    return str(parsed.value) if isinstance(parsed, Parsed) else None


def out_of_scope(turn: Turn) -> list[Say]:
    """Say kindly that this is not what Kawan is for."""
    return [menu.menu(turn.contact, "utter_out_of_scope")]


def unclear(turn: Turn) -> list[Say]:
    """Not understood: first the two likeliest meanings, then the menu, then a person; never the same words twice.

    A sentence that says what shall be done, for whom and by when is a pledge, whatever the classifier made of it.
    """
    pledged = pledge_form.told(turn)
    if pledged:
        return pledged
    turn.contact.misses += 1
    doubts.keep(turn)
    likely = [intent for intent, _score in turn.ranking if intent in MEANINGS][:MEANINGS_OFFERED]
    if turn.contact.misses == 1 and likely:
        choices = tuple(Choice(MEANINGS[intent], f"/{intent}") for intent in likely)
        none = Choice(button("Something else"), "/help")
        return [Say("utter_which_meaning", {}, (*choices, none))]
    if turn.contact.misses <= 2:  # noqa: PLR2004 - the third time a person
        return [menu.menu(turn.contact, "utter_unclear_menu")]
    ticket = tickets.open_ticket(turn, "not_understood", turn.text)
    turn.contact.misses = 0
    return [Say("utter_unclear_person", {"reference": ticket.reference})]
