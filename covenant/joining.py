"""J2, joining the Global Covenant: the municipality, its mandate, who signs, who is the contact, and the sending."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from covenant import admission, places, review
from covenant.applications import ENDED, current_application, next_steps, status_arguments
from covenant.display import municipality_argument
from covenant.drafts import begin, close, find_draft, revive, start
from covenant.fields import COUNTRY, PLACE, Field, Journey, Option, Values
from covenant.invitations import invite_choice
from covenant.messages import Choice, Say, button, payload
from covenant.place_words import fold
from covenant.plans import Plan, register
from covenant.questions import answer_choice
from covenant.reading import COUNTRIES
from covenant.teams import choose, enter, is_member, role_of
from covenant.turn import Turn
from covenant.values import Kind
from db.people import Role
from db.records import (
    Application,
    Draft,
    DraftState,
    Membership,
    Municipality,
)
from db.teams import InvitationKind
from locales import LANGUAGES
from locales.languages import COUNTRY_LANGUAGE

SIGNERS = (Role.MUNICIPAL, Role.SIGNATORY)
UNLISTED = "unlisted"
MANDATES = (Option("Council decision", "Council decision"), Option("Executive act", "Executive act"))
COPIED = (
    "mandate_body",
    "signatory_name",
    "signatory_title",
    "focal_name",
    "focal_post",
    "focal_email",
    "focal_phone",
    "second_name",
    "second_email",
    "letter_language",
)


def _is_unlisted(values: Values) -> bool:
    chosen = values.get("municipality")
    return isinstance(chosen, dict) and not chosen.get("country")


def _has_second(values: Values) -> bool:
    return values.get("second_name") is not None


JOIN = Journey(
    key="join",
    fields=(
        Field("municipality", PLACE, skippable=False),
        Field("country", COUNTRY, skippable=False, needed=_is_unlisted),
        Field("mandate_body", Kind.NAME, options=MANDATES),
        Field("mandate_date", Kind.DATE, optional=True, past=True),
        Field("signatory_name", Kind.NAME),
        Field("signatory_title", Kind.NAME),
        Field("focal_name", Kind.NAME),
        Field("focal_post", Kind.NAME),
        Field("focal_email", Kind.EMAIL),
        Field("focal_phone", Kind.PHONE),
        Field("second_name", Kind.NAME, optional=True),
        Field("second_email", Kind.EMAIL, needed=_has_second, optional=True),
        Field("letter_language", Kind.LANGUAGE),
    ),
)


def join(turn: Turn) -> list[Say]:
    """Open the journey for who may sign; others are told kindly which doors are theirs."""
    if turn.contact.role not in SIGNERS:
        return [_other_doors(turn)]
    sent = current_application(turn)
    if sent and sent.state not in ENDED and turn.entities.get("start") != "anew":
        return [Say("utter_join_already", status_arguments(sent), next_steps(sent))]
    return _start(turn)


def _start(turn: Turn) -> list[Say]:
    given_up = find_draft(turn, JOIN.key, DraftState.CANCELLED)
    wish = turn.entities.get("start")
    if find_draft(turn, JOIN.key, DraftState.OPEN):
        return begin(turn, JOIN.key)
    if given_up and given_up.values and wish is None:
        choices = (
            Choice(button("Go on where we stopped"), payload("join_covenant", start="resume")),
            Choice(button("Start again"), payload("join_covenant", start="anew")),
        )
        return [Say("utter_join_resume", {}, choices)]
    return (
        revive(turn, given_up) if given_up and wish == "resume" else [Say("utter_join_begin"), *start(turn, JOIN.key)]
    )


def _other_doors(turn: Turn) -> Say:
    staff = Choice(button("I work for the municipality"), payload("inform", field="role", value=Role.MUNICIPAL))
    doors = (Choice(button("Record a pledge"), "/log_pledge"), Choice(button("Tips for our place"), "/get_tips"))
    if turn.contact.role != Role.COMMUNITY:
        return Say("utter_join_other", {}, (*doors, staff))
    kit = Choice(button("Page for the mayor"), payload("get_letter", paper="kit-pdf"))
    return Say("utter_join_community", {}, (kit, *doors, staff))


def place_value(turn: Turn, raw: Any) -> dict[str, Any] | None:
    """Return what a draft keeps of a place: its id, names, province and country; None when there is none."""
    if raw == UNLISTED or (isinstance(raw, dict) and raw.get("name") and not raw.get("place_id")):
        return _unlisted(turn, raw)
    place_id = raw.get("place_id") if isinstance(raw, dict) else raw
    place = places.get(turn.session, place_id) if isinstance(place_id, int) else None
    if place is None:
        return None
    return {
        "place_id": place.place_id,
        "name": place.name,
        "shown": [
            places.name_of(place, turn.language),
            places.province_of(turn.session, place.place_id, turn.language),
        ],
        "province": place.province,
        "country": place.country,
    }


def _unlisted(turn: Turn, raw: Any) -> dict[str, Any]:
    name = raw["name"] if isinstance(raw, dict) else turn.text
    return {"place_id": None, "name": str(name)[:200], "shown": [str(name)[:200]], "province": None, "country": None}


def candidates_for(turn: Turn, text: str) -> list[places.Candidate]:
    """Return the places that a text may name, the contact's country first."""
    return places.find(turn.session, text, turn.contact.country)


def candidate_choices(
    turn: Turn, candidates: Sequence[places.Candidate], typed: str, key: str = "municipality"
) -> tuple[Choice, ...]:
    """Offer the places a name may mean, with province and population, and the way out when it is none of them."""
    found = tuple(answer_choice(key, {"place_id": one.place_id}, _candidate_title(turn, one)) for one in candidates)
    none = answer_choice(key, {"name": typed[:200]}, button("It is not in the list"))
    return (*found, none)


def _candidate_title(turn: Turn, candidate: places.Candidate) -> dict[str, Any]:
    local = candidate.local_name
    shown = local if fold(candidate.name) in fold(local) else f"{local} ({candidate.name})"
    province = places.province_of(turn.session, candidate.place_id, turn.language)
    where = ", ".join(part for part in (shown, province) if part)
    if candidate.population:
        return {"say": "utter_place_candidate", "args": {"place": where, "people": places.about(candidate.population)}}
    return {"say": "utter_place_plain", "args": {"place": where}}


def _choices(turn: Turn, draft: Draft, field: Field) -> Sequence[Choice]:
    if field.key == "municipality" and turn.contact.role == Role.SIGNATORY:
        return (invite_choice(InvitationKind.TYPIST),)
    if field.key == "country":
        return tuple(answer_choice("country", code, {"country": code}) for code in COUNTRIES)
    if field.key == "letter_language":
        country = _country(draft.values)
        codes = dict.fromkeys((COUNTRY_LANGUAGE.get(country or "", turn.language), turn.language, "en"))
        return tuple(answer_choice(field.key, code, {"language": code}) for code in codes if code in LANGUAGES)
    return ()


def _country(values: Values) -> str | None:
    chosen = values.get("municipality") or {}
    return chosen.get("country") or values.get("country")


def _noticed(turn: Turn, draft: Draft, field: Field) -> Sequence[Say] | None:
    if field.key not in {"municipality", "country"}:
        return None
    turn.contact.country = _country(draft.values) or turn.contact.country
    known = _known_municipality(turn, draft.values["municipality"])
    if known is None or role_of(turn.session, turn.contact, known):
        return None
    return _ask_to_join_team(turn, draft, known)


def _known_municipality(turn: Turn, chosen: dict[str, Any]) -> Municipality | None:
    if not chosen.get("place_id"):
        return None
    query = select(Municipality).where(Municipality.place_id == chosen["place_id"])
    found = turn.session.scalars(query).first()
    has_team = found and turn.session.scalar(
        select(Membership.id).where(Membership.municipality_id == found.id).limit(1)
    )
    return found if has_team else None


def _ask_to_join_team(turn: Turn, draft: Draft, municipality: Municipality) -> list[Say]:
    draft.state = DraftState.SENT
    close(turn, draft)  # what else is open is asked after this, not now
    return admission.begin(turn, municipality)


def _submit(turn: Turn, draft: Draft) -> list[Say]:
    municipality = _municipality(turn, draft.values)
    application = Application(
        municipality=municipality,
        contact_id=turn.contact.id,
        draft_id=draft.id,
        submitted_at=turn.now,
        **{key: draft.values.get(key) for key in COPIED},
    )
    decided = draft.values.get("mandate_date")
    application.mandate_date = date.fromisoformat(decided) if decided else None
    review.submit(turn.session, application, review.actor(turn), {"values": draft.values})
    args = {"reference": application.reference, "municipality": municipality_argument(municipality)}
    return [Say("utter_join_sent", args, _reminder_choices())]


def _reminder_choices() -> tuple[Choice, ...]:
    yes = Choice(button("Yes, remind me"), payload("opt_in", purpose="reminders"))
    return yes, Choice(button("No reminders"), payload("opt_out", purpose="reminders"))


def _municipality(turn: Turn, values: Values) -> Municipality:
    chosen = values["municipality"]
    query = select(Municipality).where(Municipality.place_id == chosen["place_id"])
    found = turn.session.scalars(query).first() if chosen.get("place_id") else None
    if found is None:
        found = Municipality(
            place_id=chosen.get("place_id"),
            name=chosen["name"],
            province=chosen.get("province"),
            country=_country(values) or "ID",
        )
        turn.session.add(found)
        turn.session.flush()
    if not is_member(turn.session, turn.contact, found):
        enter(turn.session, turn.contact, found, turn.now)
    choose(turn.session, turn.contact, found.public_id, turn.now)
    return found


PLAN = register(Plan(JOIN, submit=_submit, noticed=_noticed, choices=_choices))
