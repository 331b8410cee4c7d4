"""The English sentences: Rasa's responses under `nlu/domain/` and the texts of `covenant/data/`, each with its key."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
DOMAIN = ROOT / "nlu" / "domain"
DATA = ROOT / "covenant" / "data"
BUTTON = "button"  # the key that all button titles share, so that "Yes" is translated once

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover - PyYAML without its C part
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


@dataclass(frozen=True)
class Source:
    """One English message: its key, text, plural text with the argument that decides, and button (title, payload)s."""

    key: str
    text: str
    plural: str | None = None
    by: str | None = None
    note: str | None = None
    buttons: tuple[tuple[str, str], ...] = ()


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def response_sources(folder: Path = DOMAIN) -> Iterator[Source]:
    """Yield each response of Rasa's domain files; its metadata may give a plural, its argument, a translator's note."""
    for path in sorted(folder.glob("*.yml")):
        responses = (read_yaml(path) or {}).get("responses") or {}
        for key, variants in responses.items():
            yield _response(key, variants[0])


def _response(key: str, variant: dict[str, Any]) -> Source:
    metadata = variant.get("metadata") or {}
    return Source(
        key=key,
        text=variant.get("text", "").strip(),
        plural=metadata.get("plural"),
        by=metadata.get("by"),
        note=metadata.get("note"),
        buttons=tuple((button["title"], button["payload"]) for button in variant.get("buttons") or ()),
    )


def data_sources(folder: Path = DATA) -> Iterator[Source]:
    """Yield each text of a data file: any mapping with `key` and `text`, anywhere inside it."""
    for path in sorted(folder.glob("*.yml")):
        yield from _texts(read_yaml(path))


def _texts(node: Any) -> Iterator[Source]:
    if isinstance(node, dict):
        if isinstance(node.get("key"), str) and isinstance(node.get("text"), str):
            yield Source(node["key"], node["text"].strip(), note=node.get("note"))
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _texts(child)


def all_sources() -> dict[str, Source]:
    """Return every English message by its key; a key used twice is an error."""
    sources: dict[str, Source] = {}
    for source in (*response_sources(), *data_sources()):
        if source.key in sources:
            message = f"The key {source.key} is used twice."
            raise ValueError(message)
        sources[source.key] = source
    return sources
