"""Twilio's published OpenAPI documents, and whether a request or an answer keeps to them.

A request is held more strictly than the documents ask: a field they do not name is a violation, since it is a
misspelling far more often than news.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

FOLDER = Path(__file__).parents[2] / "contracts"
DOCUMENTS = FOLDER / "node_modules/@twilio/cli-core/src/services/twilio-api"
NAMES = ("twilio_api_v2010.json", "twilio_content_v1.json", "twilio_content_v2.json")
HOW = "npm ci --ignore-scripts --prefix tests/contracts"
METHODS = {"get", "post", "put", "delete"}
FORMATS = FormatChecker(formats=())


@FORMATS.checks("phone-number")
def is_address(value: object) -> bool:
    """A number, or a channel's address; the rest is for the rules of sending, which have codes of their own."""
    return isinstance(value, str) and bool(re.fullmatch(r"(\w+:)?\S{2,}", value))


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"https?://[^\s/_]+(/\S*)?", value))


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    """ISO 8601; a date alone as well, which Twilio's own libraries send for `DateSent`."""
    return isinstance(value, str) and datetime.fromisoformat(value) is not None


def is_present() -> bool:
    return all((DOCUMENTS / name).is_file() for name in NAMES)


@dataclass(frozen=True)
class Operation:
    method: str
    path: re.Pattern[str]
    spec: dict[str, Any]
    document: dict[str, Any]


@cache
def load() -> "Contract":
    """The contract as installed by npm; FileNotFoundError says how to install it."""
    if not is_present():
        raise FileNotFoundError(f"Twilio's published documents are missing: {HOW}")
    operations = []
    for name in NAMES:
        document = close(json.loads((DOCUMENTS / name).read_text()))
        for path, item in document["paths"].items():
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", lambda _: r"([^/]+?)", re.escape(path)))
            names = re.findall(r"\{(\w+)\}", path)
            operations += [
                Operation(method, pattern, spec | {"names": names}, document)
                for method, spec in item.items()
                if method in METHODS
            ]
    return Contract(operations)


def close(node: Any) -> Any:
    """The same document, where an object takes only the properties it names."""
    if isinstance(node, list):
        return [close(one) for one in node]
    if not isinstance(node, dict):
        return node
    closed = {key: close(one) for key, one in node.items()}
    if node.get("type") == "object" and isinstance(node.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


@dataclass
class Contract:
    operations: list[Operation]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        for one in self.operations:
            hit = one.path.fullmatch(path) if one.method == method.lower() else None
            if hit:
                return one, dict(zip(one.spec["names"], hit.groups(), strict=True))
        return None

    def request_errors(
        self, method: str, path: str, query: list[tuple[str, str]], content_type: str, body: Any
    ) -> list[str]:
        """Everything about a request that the documents do not allow; `body` is pairs of a form, or parsed JSON."""
        found = self.find(method, path)
        if found is None:
            return [f"{method} {path}: no such operation"]
        operation, in_path = found
        errors = list(self._parameters(operation, in_path, query))
        errors += self._body(operation, content_type, body)
        return [f"{method} {path}: {error}" for error in errors]

    def _parameters(self, operation: Operation, in_path: dict[str, str], query: list[tuple[str, str]]) -> Iterable[str]:
        known = {(one["in"], one["name"]): one["schema"] for one in operation.spec.get("parameters", [])}
        for place, pairs in (("path", list(in_path.items())), ("query", query)):
            for name, value in pairs:
                schema = known.get((place, name))
                if schema is None:
                    yield f"unknown {place} parameter {name}"
                else:
                    yield from (f"{name}: {one}" for one in complaints(read(value, schema), schema, operation))

    def _body(self, operation: Operation, content_type: str, body: Any) -> Iterable[str]:
        allowed = operation.spec.get("requestBody", {}).get("content", {})
        if not allowed:
            return
        kind = content_type.partition(";")[0].strip()
        if kind not in allowed:
            yield f"content type {kind or 'missing'}, not {', '.join(allowed)}"
            return
        schema = close(resolve(allowed[kind]["schema"], operation.document))
        yield from complaints(
            read_form(body, schema, operation.document) if isinstance(body, list) else body, schema, operation
        )

    def response_errors(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """Everything about our own answer that the documents do not allow, formats apart: Twilio's own URIs are paths."""
        found = self.find(method, path)
        if found is None:
            return []
        answer = found[0].spec["responses"].get(str(status))
        if answer is None:
            return [f"{method} {path}: no answer {status} is foreseen"]
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        return [f"{method} {path}: {one}" for one in complaints(body, schema, found[0], None)] if schema else []


def complaints(
    value: Any, schema: dict[str, Any], operation: Operation, formats: FormatChecker | None = FORMATS
) -> Iterable[str]:
    resource = DRAFT4.create_resource(operation.document)
    rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:twilio#/'))
    validator = OAS30Validator(rooted, registry=registry(id(operation.document), resource), format_checker=formats)
    for error in validator.iter_errors(value):
        place = ".".join(str(one) for one in error.absolute_path)
        yield f"{place or 'body'}: {error.message[:200]}"


_registries: dict[int, Any] = {}


def registry(key: int, resource: Any) -> Any:
    """One registry a document, since building it walks the whole document."""
    return _registries.setdefault(key, Registry().with_resource("urn:twilio", resource))


def resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        node: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def read(value: str, schema: dict[str, Any]) -> Any:
    """A form's text as the type its schema names; left as text where it is none, for the validator to say."""
    kind = schema.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    try:
        return {"integer": int, "number": float}[kind](value)
    except (KeyError, ValueError):
        return value


def read_form(pairs: list[tuple[str, str]], schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A form as the object that its schema describes; a repeated field that is no list stays a list, and so an error."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        described = resolve(schema["properties"].get(name, {}), document)
        one = read(value, resolve(described.get("items", described), document))
        if described.get("type") == "array":
            fields.setdefault(name, []).append(one)
        else:
            fields[name] = [fields[name], one] if name in fields else one
    return fields
