"""The published contract, as aiogram's models state it: what comes in and what goes out is held to it."""

import json
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import aiogram.methods
from aiogram.client.default import Default
from aiogram.methods.base import Response, TelegramMethod
from aiogram.types import BufferedInputFile, InputFile, Update
from pydantic import BaseModel, ValidationError

from tests.emulators.telegram.state import Json

ATTACHED = "attach://"


@dataclass(frozen=True)
class Upload:
    """A file in a multipart body."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """A request as it came: values from JSON are typed already, those from a form are all texts."""

    values: Json
    uploads: dict[str, Upload]
    from_form: bool


class Violation(Exception):
    """A request or an answer that the contract does not allow; says why."""


@cache
def _models() -> dict[str, type[TelegramMethod[Any]]]:
    found = (getattr(aiogram.methods, name) for name in aiogram.methods.__all__)
    methods = (model for model in found if model is not TelegramMethod and issubclass(model, TelegramMethod))
    return {model.__api_method__: model for model in methods}


@cache
def _plain_types(annotation: Any) -> frozenset[Any]:
    """The types that an annotation allows, without None, aiogram's defaults and decoration."""
    if get_origin(annotation) is Annotated:
        return _plain_types(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return frozenset().union(*(_plain_types(part) for part in get_args(annotation)))
    return frozenset() if annotation in {type(None), Default} else frozenset({annotation})


def _decoded(annotation: Any, text: Any) -> Any:
    """A value from a form as JSON would have it."""
    allowed = _plain_types(annotation)
    if not isinstance(text, str):
        return text
    if int in allowed and re.fullmatch(r"-?\d+", text):
        return int(text)
    if str in allowed or InputFile in allowed:
        return text
    try:
        return json.loads(text.lower() if bool in allowed else text)
    except ValueError as error:
        raise Violation(f"{text[:40]!r} is not JSON") from error


def read(method: str, call: Call) -> Json:
    """The arguments of a call, checked against the contract; files stand in them as `Upload`.

    Raises Violation for an unknown parameter, at any depth, and for a wrong type.
    """
    model = _models()[method]
    known = model.model_fields
    direct = {key: upload for key, upload in call.uploads.items() if key in known}
    attached = {key: upload for key, upload in call.uploads.items() if key not in known}
    _refuse_strangers(call.values.keys() - known.keys(), method)
    values = {key: _value(known[key].annotation, value, call, key) for key, value in call.values.items()}
    values |= direct | _resolved(values, attached)
    checked = {key: _as_input(value) for key, value in values.items()}
    _validated(model, checked)
    return values


def _refuse_strangers(names: Any, method: str) -> None:
    if names:
        raise Violation(f"{method} has no parameter {', '.join(sorted(names))}")


def _value(annotation: Any, value: Any, call: Call, key: str) -> Any:
    # Telegram takes a serialized object inside JSON too.
    wants_object = isinstance(value, str) and not _plain_types(annotation) & {str, int, bool, InputFile}
    try:
        return _decoded(annotation, value) if call.from_form or wants_object else value
    except Violation as problem:
        raise Violation(f"{key}: {problem}") from problem


def _resolved(values: Json, attached: dict[str, Upload]) -> Json:
    """`attach://name` becomes the file of that name; one that nobody refers to has no place."""
    references = {
        key: value.removeprefix(ATTACHED)
        for key, value in values.items()
        if isinstance(value, str) and value.startswith(ATTACHED)
    }
    if lost := attached.keys() - set(references.values()):
        raise Violation(f"nothing refers to the file {', '.join(sorted(lost))}")
    if missing := [name for name in references.values() if name not in attached]:
        raise Violation(f"there is no file {', '.join(missing)} in the body")
    return {key: attached[name] for key, name in references.items()}


def _as_input(value: Any) -> Any:
    return BufferedInputFile(value.data, value.name) if isinstance(value, Upload) else value


def _validated(model: type[BaseModel], values: Any) -> None:
    try:
        made = model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Violation(f"{place}: {first['msg']}") from error
    strangers = list(_strangers(made))
    if strangers:
        raise Violation(f"unknown {', '.join(strangers)}")


def _strangers(value: Any, path: str = "") -> Iterator[str]:
    """Where, at any depth, something stands that the contract does not name."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strangers(item, f"{path}[{index}]")
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}".lstrip(".") for name in value.model_extra or {})
        for name in value.model_fields_set & type(value).model_fields.keys():
            yield from _strangers(getattr(value, name), f"{path}.{name}")


def check_update(update: Json) -> None:
    """Raises Violation when an update is not one that Telegram could send."""
    _validated(Update, update)


def check_result(method: str, result: Any) -> None:
    """Raises Violation when a result is not what that method returns."""
    returning = _models()[method].__returning__
    _validated(Response[returning], {"ok": True, "result": result})  # type: ignore[valid-type]
