"""How a kept value is shown: as a typed argument that `locales` puts into the reader's language."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session, object_session

from covenant import places
from covenant.fields import CHOICE, COUNTRY, PLACE, Field, is_open
from covenant.messages import button, say
from covenant.values import Kind
from covenant.values.contacts import phone_text
from covenant.values.counts import ends
from db.records import Municipality


def value_argument(field: Field, value: Any) -> Any:
    """Return a field's value as an argument for a message."""
    if is_open(value):
        return say("utter_left_open")
    if field.many:
        return {"list": [_shown(field, one) for one in value]}
    return _shown(field, value)


def _shown(field: Field, value: Any) -> Any:
    option = next((one for one in field.options if one.value == value), None)
    if option:
        return button(option.title)
    shown = _SHOWN.get(field.kind)
    return shown(value) if shown else value


def place_text(value: dict[str, Any]) -> str:
    """Return a municipality as people write it: the name with its province, as both were shown when it was chosen."""
    return ", ".join(part for part in value["shown"] if part)


def municipality_argument(municipality: Municipality) -> Any:
    """Return a municipality's name as an argument: whoever reads its country's language sees its own name."""
    return place_argument(object_session(municipality), municipality.place_id, municipality.name)


def place_argument(session: Session | None, place_id: int | None, name: str | None) -> Any:
    """Return a place's name as an argument, by its number in the gazetteer where it has one."""
    place = places.get(session, place_id) if session and place_id else None
    if place is None:
        return name
    return {"place": name or place.name, "own": place.local_name, "land": place.country}


def _count(value: Any) -> Any:
    return {"range": [*ends(value)]} if isinstance(value, dict) else value


def hazard_say(code: str) -> dict[str, Any]:
    """Return a hazard's name, `category: sub-hazard`, as an argument."""
    return say(hazard_key(code))


def hazard_key(code: str) -> str:
    """Return the response name of a hazard's name."""
    return "hazard_" + code.replace(": ", "_").replace(" ", "_")


_SHOWN: dict[str, Callable[[Any], Any]] = {
    PLACE: place_text,
    CHOICE: str,
    COUNTRY: lambda value: {"country": value},
    Kind.DATE: lambda value: {"date": value},
    Kind.YEAR: lambda value: {"year": value},
    Kind.COUNT: _count,
    Kind.PEOPLE: _count,
    Kind.REDUCTION: lambda value: {"percent": value},
    Kind.PERCENT: lambda value: {"percent": value},
    Kind.PHONE: phone_text,
    Kind.LANGUAGE: lambda value: {"language": value},
    Kind.YES_NO: lambda value: button(value.capitalize()),
    Kind.HAZARD: hazard_say,
}
