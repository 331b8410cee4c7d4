"""A tokenizer by ICU's word boundaries: finds words in Thai, Lao, Khmer and Burmese, where nobody writes spaces."""

from __future__ import annotations

from typing import Any

from icu import BreakIterator, Locale
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.payload import is_payload

ASTRAL = 0xFFFF


def words(text: str, limit: int = 2000) -> list[tuple[str, int, int]]:
    """Each word of the first `limit` characters with its start and end, counted in Python's characters."""
    text = text[:limit]
    index = _character_index(text)
    # Its dictionaries are chosen by the script of each stretch; the locale changes nothing for words.
    breaks = BreakIterator.createWordInstance(Locale.getRoot())
    breaks.setText(text)
    ends = [index[end] for end in breaks]
    spans = zip([0, *ends], ends, strict=False)
    return [(text[start:end], start, end) for start, end in spans if _is_word(text[start:end])]


def _character_index(text: str) -> list[int]:
    """The character at each UTF-16 unit: ICU counts these, and an emoji is two of them."""
    index = [number for number, character in enumerate(text) for _ in range(1 + (ord(character) > ASTRAL))]
    return [*index, len(text)]


def _is_word(piece: str) -> bool:
    """Whether a segment carries meaning: white space and single punctuation marks do not, a question mark does."""
    return bool(piece.strip()) and (piece == "?" or any(c.isalnum() or ord(c) > ASTRAL for c in piece))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class IcuTokenizer(Tokenizer):
    """Cuts the text of a message into words; leaves payloads whole."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's own keys, and how many characters of a text are read."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
            "max_characters": 2000,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> IcuTokenizer:
        """As Rasa's graph asks for it."""
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The words of one attribute of a message."""
        text = message.get(attribute)
        if attribute == TEXT and is_payload(text):
            return [Token(text, 0)]
        return [Token(word, start, end) for word, start, end in words(text, self._config["max_characters"])]
