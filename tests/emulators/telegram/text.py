"""Texts as Telegram counts and reads them: UTF-16 units, HTML, and the entities it finds by itself."""

import re
from dataclasses import dataclass, field
from html import unescape

from tests.emulators.telegram.errors import ApiError, bad
from tests.emulators.telegram.state import Json

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100
NAMES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link", "span": "spoiler", "tg-emoji": "custom_emoji",
}  # fmt: skip
# Telegram knows these four names and every number; any other is left as it was written.
REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
TAG = re.compile(r"<(/?)([^\s<>/=\"']*)((?:\s+[^\s<>/=\"']+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>\"']+))?)*)\s*>")
ATTRIBUTE = re.compile(r"([^\s=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")
FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")),
    ("email", re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z0-9_]{4,32}\b")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
)


def units(text: str) -> int:
    """How long Telegram finds a text: an emoji counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class _Open:
    name: str
    attributes: dict[str, str]
    start: int  # in UTF-16 units of the plain text
    at: int  # in bytes of the source, for the complaint


@dataclass
class _Reader:
    """Reads HTML as the Bot API documents it; a mistake is its 400."""

    source: str
    plain: str = ""
    entities: list[Json] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def read(self) -> tuple[str, list[Json]]:
        position = 0
        while position < len(self.source):
            position = self._tag(position) if self.source[position] == "<" else self._words(position)
        if self.open:
            last = self.open[-1]
            raise self._broken(f'Can\'t find end tag corresponding to start tag "{last.name}"')
        return self.plain, sorted(self.entities, key=lambda entity: (entity["offset"], -entity["length"]))

    def _broken(self, why: str) -> ApiError:
        return bad(f"can't parse entities: {why}")

    def _bytes(self, position: int) -> int:
        return len(self.source[:position].encode())

    def _words(self, position: int) -> int:
        end = self.source.find("<", position)
        end = len(self.source) if end < 0 else end
        self.plain += REFERENCE.sub(lambda found: unescape(found[0]), self.source[position:end])
        return end

    def _tag(self, position: int) -> int:
        found = TAG.match(self.source, position)
        at = self._bytes(position)
        if not found:
            guess = re.match(r"</?([^\s<>/]*)", self.source[position:])
            name = guess[1].lower() if guess else ""
            known = name in NAMES
            raise self._broken(
                f'Unclosed start tag "{name}" at byte offset {at}' if known else self._unsupported(name, at)
            )
        closes, name, attributes = found[1], found[2].lower(), found[3]
        self._end(name, at) if closes else self._start(name, attributes, at)
        return found.end()

    def _unsupported(self, name: str, at: int) -> str:
        return f'Unsupported start tag "{name}" at byte offset {at}'

    def _start(self, name: str, source: str, at: int) -> None:
        values = {m[1].lower(): unescape(m[2] or m[3] or m[4] or "") for m in ATTRIBUTE.finditer(source)}
        if name not in NAMES:
            raise self._broken(self._unsupported(name, at))
        if name == "span" and values.get("class") != "tg-spoiler":
            raise self._broken(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
        self.open.append(_Open(name, values, units(self.plain), at))

    def _end(self, name: str, at: int) -> None:
        if not self.open:
            raise self._broken(f"Unexpected end tag at byte offset {at}")
        last = self.open.pop()
        if name not in {"", last.name}:
            raise self._broken(f'Unmatched end tag at byte offset {at}, expected "</{last.name}>", found "</{name}>"')
        length = units(self.plain) - last.start
        if length:
            self._add(last, length)

    def _add(self, tag: _Open, length: int) -> None:
        entity: Json = {"type": NAMES[tag.name], "offset": tag.start, "length": length}
        if tag.name == "a":
            inside = self.plain.encode("utf-16-le")[tag.start * 2 :].decode("utf-16-le")
            entity["url"] = tag.attributes.get("href") or inside
            if not re.match(r"(?:https?|tg|tel|mailto|ton)://?|(?:tel|mailto):|[\w-]+\.\w", entity["url"]):
                return  # Telegram drops a link that leads nowhere and keeps its words
        if tag.name == "tg-emoji":
            entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
        if tag.name == "blockquote" and "expandable" in tag.attributes:
            entity["type"] = "expandable_blockquote"
        self.entities.append(entity)


def found_entities(text: str, taken: list[Json]) -> list[Json]:
    """The links, addresses, mentions and commands that Telegram marks by itself, outside those that are there."""
    result: list[Json] = []
    for kind, pattern in FOUND:
        for match in pattern.finditer(text):
            new = {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
            blockers = [e for e in taken if e["type"] in {"code", "pre", "text_link"}] + result
            if not any(_overlap(new, other) for other in blockers):
                result.append(new)
    return sorted(taken + result, key=lambda entity: (entity["offset"], -entity["length"]))


def _overlap(one: Json, other: Json) -> bool:
    ends = one["offset"] + one["length"], other["offset"] + other["length"]
    return bool(one["offset"] < ends[1] and other["offset"] < ends[0])


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    cut = units(text) - units(text.lstrip())
    plain = text.strip()
    moved = [{**e, "offset": e["offset"] - cut} for e in entities if e["offset"] >= cut]
    fitting = [{**e, "length": min(e["length"], units(plain) - e["offset"])} for e in moved]
    return plain, [e for e in fitting if e["length"] > 0]


def parsed(source: str, parse_mode: str | None, given: list[Json] | None) -> tuple[str, list[Json]]:
    """The plain text and its entities, trimmed, as Telegram would deliver it."""
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise bad("strings must be encoded in UTF-8") from error
    if parse_mode and parse_mode.lower() != "html":
        raise bad(f"unsupported parse_mode: this emulator reads HTML, not {parse_mode}")
    text, entities = _Reader(source).read() if parse_mode else (source, list(given or []))
    text, entities = _trimmed(text, entities)
    return text, found_entities(text, entities)[:ENTITY_LIMIT]


def text_content(args: Json) -> Json:
    """`text` and `entities` of a message to send, within Telegram's limits."""
    text, entities = parsed(args.get("text") or "", args.get("parse_mode"), args.get("entities"))
    if not text:
        raise bad("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise bad("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def caption_content(args: Json) -> Json:
    """`caption` and `caption_entities` of a file to send, or nothing."""
    text, entities = parsed(args.get("caption") or "", args.get("parse_mode"), args.get("caption_entities"))
    if units(text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return {**({"caption": text} if text else {}), **({"caption_entities": entities} if entities else {})}
