"""What is no text: a voice message, a sticker, a position, a contact card … each gets a sensible answer."""

from typing import Any

from actions.conversation import take
from covenant import drafts, joining, places, plans
from covenant.fields import PLACE, Field
from covenant.messages import Say
from covenant.reading import Reader, read
from covenant.turn import Turn
from covenant.values import Kind as Value
from covenant.values import Parsed, parse
from db.records import Draft

KINDS = frozenset(
    ("voice", "video", "sticker", "location", "contact", "edit", "old_button", "empty", "unfetched", "unreadable")
)


def not_text(turn: Turn) -> list[Say]:
    """Answer a message that is no text: use what the open question can use, else say kindly what is possible."""
    kind = str(turn.entities.get("kind"))
    draft = drafts.open_draft(turn)
    field = plans.open_field(draft)
    useful = _USEFUL.get(kind)
    said = useful(turn, draft, field) if useful and draft and field else None
    if said:
        return said
    answer = Say(f"utter_came_{kind if kind in KINDS else 'other'}")
    return [answer, *drafts.resume(turn)] if draft else [answer]


def _position(turn: Turn, _draft: Draft, field: Field) -> list[Say] | None:
    """Offer the towns around a position where a town is asked for; the position itself is not kept."""
    found: dict[str, Any] = dict(turn.entities)
    if field.kind != PLACE or "latitude" not in found or "longitude" not in found:
        return None
    around = places.near(turn.session, float(found["latitude"]), float(found["longitude"]))
    choices = joining.candidate_choices(turn, around, "", field.key)[:-1]
    return [Say("utter_places_near", {}, choices)] if around else None


def _card(turn: Turn, _draft: Draft, field: Field) -> list[Say] | None:
    """Take a person's own number where a phone number is asked for."""
    phone = turn.entities.get("phone")
    if field.kind != Value.PHONE or not phone:
        return None
    number = str(phone) if str(phone).startswith("+") else f"+{phone}"
    parsed = parse(Value.PHONE, number, turn.language, turn.contact.country)
    return take(turn, field, parsed.value) if isinstance(parsed, Parsed) else None


def _edited(turn: Turn, draft: Draft, field: Field) -> list[Say] | None:
    """Take a mended message as the answer where the one before could not be taken."""
    text = str(turn.entities.get("text") or "")
    if not text or not draft.candidates.get("misses"):
        return None
    country = turn.contact.country
    reader = Reader(turn.catalogue, country, turn.today, lambda name: places.find(turn.session, name, country))
    reading = read(reader, text, field)
    return take(turn, field, reading.value) if reading.certain or reading.free_text else None


_USEFUL = {"location": _position, "contact": _card, "edit": _edited}
