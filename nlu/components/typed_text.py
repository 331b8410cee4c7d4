"""The first step of the pipeline: what keyboards did to a text is undone, Zawgyi and invisible signs among it."""

from __future__ import annotations

import unicodedata
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from locales.writing import in_unicode
from nlu.components.payload import is_payload

ASIDE = {"Cf", "Cs", "Co", "Cn"}


def typed(text: str) -> str:
    """The text in composed Unicode without invisible signs: zero-width spaces come with what is pasted."""
    composed = unicodedata.normalize("NFC", in_unicode(text))
    if composed.isascii():
        return composed
    return "".join(letter for letter in composed if unicodedata.category(letter) not in ASIDE)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class TypedText(GraphComponent):
    """Puts every text that is not a payload into the form the other components were trained on."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> TypedText:
        """As Rasa's graph asks for it."""
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for what is learnt from."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Change the text in place."""
        for message in messages:
            text = message.get(TEXT)
            if text and not is_payload(text):
                message.set(TEXT, typed(text))
        return messages
