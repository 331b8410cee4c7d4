"""J1, first contact: the language, the consent, who the person is, and whether campaign news may come."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from covenant import consent
from covenant.drafts import close, find_draft, start
from covenant.fields import CHOICE, Field, Journey, Option
from covenant.menu import choices_for
from covenant.messages import Choice, Say, button
from covenant.plans import Plan, register
from covenant.questions import answer_choice, ask
from covenant.turn import Turn
from covenant.values import Kind
from db.people import Consent, Purpose, Role
from db.records import Draft, DraftState
from locales import LANGUAGES

ROLES = (
    Option(Role.MUNICIPAL, "Municipal staff"),
    Option(Role.SIGNATORY, "Mayor or other signatory"),
    Option(Role.COMMUNITY, "Community group"),
    Option(Role.BUSINESS, "Business, investor, civil society, other"),
)
WELCOME = Journey(
    key="welcome",
    fields=(
        Field("language", Kind.LANGUAGE, skippable=False, by_script=True),
        Field("consent", Kind.YES_NO, skippable=False),
        Field("role", CHOICE, skippable=False, options=ROLES),
        Field("news", Kind.YES_NO, skippable=False),
    ),
    review=False,
    counted=False,
)
WANTED = "wanted"
Afterwards = Callable[[Turn, Any], list[Say]]
AFTERWARDS: dict[str, Afterwards] = {}  # what else waits until somebody is welcomed, by its key in the draft
WISHES = {
    "join_covenant": button("Join the Covenant"),
    "log_pledge": button("Record a pledge"),
    "get_tips": button("Tips for our place"),
    "check_status": button("Where do we stand?"),
    "share_knowledge": button("Share what we know"),
}


def is_due(turn: Turn) -> bool:
    """Tell whether the person still has to be welcomed before anything is kept."""
    return turn.contact.role is None or not consent.has_given(turn.session, turn.contact, Purpose.KEEPING)


def was_never_asked(turn: Turn) -> bool:
    """Tell whether the person is new: neither welcomed nor asked for consent yet."""
    asked = select(Consent.id).where(Consent.contact_id == turn.contact.id, Consent.purpose == Purpose.KEEPING)
    return turn.contact.role is None and turn.session.scalar(asked.limit(1)) is None


def welcome(turn: Turn, waiting: Mapping[str, Any] | None = None) -> list[Say]:
    """Greet, or go on greeting; what the person came for is remembered and offered at the end.

    `waiting` is something else to come back to then, by a key of `AFTERWARDS`.
    """
    wanted = {WANTED: turn.intent} if turn.intent in WISHES else dict(waiting or {})
    draft = find_draft(turn, WELCOME.key, DraftState.OPEN)
    if draft is None:
        known = {} if was_never_asked(turn) else {"language": turn.language}
        return start(turn, WELCOME.key, wanted | known)
    draft.values = draft.values | wanted
    turn.contact.draft_id = draft.id
    first = [] if turn.intent == "greet" else [Say("utter_first_questions")]
    return [*first, *ask(turn, draft)]


def language_choices(turn: Turn, _draft: Draft | None, field: Field) -> Sequence[Choice]:
    """Offer the languages by their own names, the guessed one first."""
    if field.key != "language":
        return ()
    codes = sorted(LANGUAGES, key=lambda code: code != turn.language)
    return tuple(answer_choice("language", code, {"language": code}) for code in codes)


def _noticed(turn: Turn, draft: Draft, field: Field) -> Sequence[Say] | None:
    value = draft.values[field.key]
    if field.key == "language":
        turn.contact.language = value
    if field.key == "consent":
        return _consented(turn, draft, given=value == "yes")
    if field.key == "role":
        turn.contact.role = Role(value)
    return None


def _consented(turn: Turn, draft: Draft, *, given: bool) -> Sequence[Say] | None:
    consent.record(turn, Purpose.KEEPING, given=given)
    if given:
        return None
    draft.state = DraftState.CANCELLED
    tips = Choice(button("Tips for our place"), "/get_tips")
    return [Say("utter_consent_refused", {}, (tips, Choice(button("Start again"), "/greet"))), *close(turn, draft)]


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    consent.record(turn, Purpose.NEWS, given=draft.values.get("news") == "yes")
    choices = choices_for(turn.contact)
    wanted = draft.values.get(WANTED)
    if wanted:
        first = Choice(WISHES[wanted], f"/{wanted}")
        choices = (first, *(one for one in choices if one.payload != first.payload))
    waiting = [after(turn, draft.values[key]) for key, after in AFTERWARDS.items() if key in draft.values]
    return [Say("utter_welcome_done", {}, choices), *(said for later in waiting for said in later)]


PLAN = register(Plan(WELCOME, submit=_submit, noticed=_noticed, choices=language_choices))
