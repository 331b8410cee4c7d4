"""Inert modules: every name in them can be imported, subclassed and put into annotations, and nothing can be called.

Rasa 3.6 imports libraries at module level for components, channels and stores that Kawan does not configure.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

LIBRARIES = ("tensorflow", "keras", "matplotlib", "boto3", "botocore", "aiogram", "twilio", "webexteamssdk")
ADVICE = {
    "tensorflow": "remove the component that needs it from config.yml (DIETClassifier, TEDPolicy, ResponseSelector, "
    "UnexpecTEDIntentPolicy, ConveRTFeaturizer, LanguageModelFeaturizer)",
    "keras": "remove the component that needs it from config.yml (DIETClassifier, TEDPolicy, UnexpecTEDIntentPolicy, "
    "ResponseSelector)",
    "matplotlib": "read the evaluation's JSON files instead of its pictures",
    **dict.fromkeys(("aiogram", "twilio", "webexteamssdk"), "use Kawan's own channels, bot/channels/"),
}


class MissingLibraryError(RuntimeError):
    """Something needs a library that is not part of this environment."""

    def __init__(self, user: type) -> None:
        missing = next(base for base in user.__mro__ if base.__module__ in LIBRARIES)
        advice = ADVICE.get(missing.__module__, "remove what needs it from endpoints.yml")
        needed = f"{missing.__module__}.{missing.__qualname__}"
        super().__init__(
            f"{user.__name__} needs {needed}, but {missing.__module__} is not installed here, "
            f"a stand-in takes its place: {advice}, or install the real one as nlu/stand_ins/README.md says."
        )


class _Name(type):
    """The class of every name: grows attributes on demand, refuses to be called."""

    def __getattr__(cls, name: str) -> Any:
        return _name(f"{cls.__module__}.{cls.__qualname__}", name)

    def __call__(cls, *_: object, **__: object) -> Any:
        raise MissingLibraryError(cls)


def _name(parent: str, name: str) -> Any:
    """A class, and one that may stand in an `except` clause, since Rasa names some of these there."""
    if name.startswith("_"):
        raise AttributeError(name)
    library, _, path = f"{parent}.{name}".partition(".")
    return _Name(name, (Exception,), {"__module__": library, "__qualname__": path})


def named_in(module: str) -> Callable[[str], Any]:
    """A `__getattr__` for a module of which every public name exists."""
    return lambda name: _name(module, name)


class _Submodules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds any submodule of the stand-ins; none of them has a file."""

    def find_spec(self, fullname: str, _: object, __: object = None) -> importlib.machinery.ModuleSpec | None:
        library, dot, _ = fullname.partition(".")
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True) if dot and library in LIBRARIES else None

    def exec_module(self, module: ModuleType) -> None:
        module.__getattr__ = named_in(module.__name__)  # type: ignore[method-assign]


sys.meta_path.append(_Submodules())
