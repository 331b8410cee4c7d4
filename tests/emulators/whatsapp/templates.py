"""Templates: what may be in one, and what becomes of it when its variables are filled in."""

import json
import re
from typing import Any

from tests.emulators.whatsapp.errors import TwilioError
from tests.emulators.whatsapp.state import Content

PLACEHOLDER = re.compile(r"\{\{\s*(\w{1,16})\s*\}\}")
FREE_IN_SESSION = {"twilio/text", "twilio/media", "twilio/location", "twilio/quick-reply", "twilio/list-picker"}
NEVER_FIRST = {"twilio/list-picker", "twilio/location"}
IN_SESSION_BUTTONS, APPROVED_BUTTONS, ITEMS = 3, 10, 10

# Field by type: most characters, after the variables are filled in.
LIMITS: dict[str, dict[str, int]] = {
    "twilio/text": {"body": 1600},
    "twilio/media": {"body": 1600},
    "twilio/quick-reply": {"body": 1024, "actions.title": 20, "actions.id": 200},
    "twilio/list-picker": {
        "body": 1024, "button": 20, "items.item": 24, "items.description": 72, "items.id": 200,
    },
}  # fmt: skip


def check_new(types: dict[str, Any]) -> None:
    """What is wrong whatever the variables hold is refused when the template is made."""
    if not types:
        raise TwilioError(20001, detail="types: at least one content type is needed")
    for kind, fields in types.items():
        for path, text, limit in lengths(kind, fields):
            if len(PLACEHOLDER.sub("", text)) > limit:
                raise TwilioError(20001, detail=f"{kind}: {path} is longer than {limit} characters")
            if re.search(r"\{\{|\}\}", PLACEHOLDER.sub("", text)):
                raise TwilioError(20001, detail=f"{kind}: {path} holds a malformed variable")
        if len(fields.get("items") or []) > ITEMS or len(fields.get("actions") or []) > APPROVED_BUTTONS:
            raise TwilioError(20001, detail=f"{kind}: more than 10 choices")


def lengths(kind: str, fields: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Every text of the type that has a limit: its place, itself, its limit."""
    found = []
    for path, limit in LIMITS.get(kind, {}).items():
        outer, _, inner = path.partition(".")
        rows = (fields.get(outer) or []) if inner else [fields]
        found += [(path, str(row.get(inner or outer) or ""), limit) for row in rows]
    return found


def read_variables(raw: str, one_line: bool) -> dict[str, str]:
    """`ContentVariables` is a JSON object of non-empty strings, by error 21656's page without line breaks."""
    try:
        values = json.loads(raw) if raw else {}
    except ValueError:
        raise TwilioError(21656) from None
    if not isinstance(values, dict) or not all(isinstance(one, str) and one for one in values.values()):
        raise TwilioError(21656)
    if one_line and any(re.search(r"[\n\t]| {5}", one) for one in values.values()):
        raise TwilioError(21656, detail="A content variable holds a line break, a tab or more than four spaces")
    if any(len(one) > 1600 for one in values.values()):
        raise TwilioError(21658)
    return values


def fill(content: Content, given: dict[str, str]) -> dict[str, Any]:
    """The fields of the template's type with all variables replaced; 21656 for one without a value, 21658 if too long."""
    values = content.variables | given

    def replace(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: replace(one) for key, one in node.items()}
        if isinstance(node, list):
            return [replace(one) for one in node]
        return PLACEHOLDER.sub(lambda hit: value_of(hit[1]), node) if isinstance(node, str) else node

    def value_of(name: str) -> str:
        if not values.get(name):
            raise TwilioError(21656, detail=f"The content variable {name} has no value")
        return values[name]

    fields: dict[str, Any] = replace(content.types[content.kind])
    for path, text, limit in lengths(content.kind, fields):
        if len(text) > limit:
            raise TwilioError(21658, detail=f"{content.kind}: {path} is longer than {limit} characters")
    return fields


def shown(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """How a phone shows it: text, buttons or items."""
    view: dict[str, Any] = {"type": kind.partition("/")[2], "text": fields.get("body") or ""}
    if kind == "twilio/quick-reply":
        view["buttons"] = [{"title": one["title"], "id": one.get("id") or one["title"]} for one in fields["actions"]]
    if kind == "twilio/list-picker":
        view["button"] = fields["button"]
        view["items"] = [
            {"title": one["item"], "id": one["id"], "description": one.get("description") or ""}
            for one in fields["items"]
        ]
    if kind == "twilio/location":
        view["location"] = {name: fields.get(name) for name in ("latitude", "longitude", "label", "address")}
    if kind == "twilio/call-to-action":
        view["links"] = [{"title": one["title"], "url": one.get("url") or ""} for one in fields["actions"]]
    return view


def policy_error(content: Content, window_open: bool) -> int | None:
    """The code by which WhatsApp refuses this template now, if it does."""
    approved = content.approval == "approved"
    if not window_open:
        return None if approved and content.kind not in NEVER_FIRST else 63016
    if approved:
        return None
    if content.kind not in FREE_IN_SESSION:
        return 63013
    too_many = content.kind == "twilio/quick-reply" and len(content.types[content.kind]["actions"]) > IN_SESSION_BUTTONS
    return 63021 if too_many else None
