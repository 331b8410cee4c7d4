"""Puts back what was left out of a message, as a component of Rasa's graph."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.catalogue_texts import samples
from nlu.components.payload import is_payload
from nlu.components.spelling import Spelling
from nlu.importer import LANGUAGE


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SpellingRestorer(GraphComponent):
    """Changes the text of a message before it is cut into words; training sentences are spelt well already."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, spelling: Spelling | None = None) -> None:
        self._storage = model_storage
        self._resource = resource
        self._spelling = spelling

    @classmethod
    def create(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> SpellingRestorer:
        """An untrained one."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,  # noqa: ARG003
    ) -> SpellingRestorer:
        """A trained one; at serving time it is warm."""
        with model_storage.read_from(resource) as folder:
            spelling = Spelling.read(folder)
        if execution_context.model_id:
            spelling.warm()
        return cls(model_storage, resource, spelling)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the training sentences and of the catalogues."""
        told = [(str(each.get(TEXT) or ""), str(each.get(LANGUAGE))) for each in training_data.training_examples]
        self._spelling = Spelling.learn(told, samples())
        with self._storage.write_to(self._resource) as folder:
            self._spelling.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing is missing there."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Change the text in place."""
        for message in messages:
            text = message.get(TEXT)
            if self._spelling and text and not is_payload(text):
                message.set(TEXT, self._spelling.restored(text, message.get(LANGUAGE)))
        return messages
