"""The classifier of intents, as a component of Rasa's graph."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import blend
from nlu.components.blend import Blend
from nlu.components.e5_featurizer import E5Featurizer
from nlu.components.embedding import DIMENSION, Vectors

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class BlendedIntentClassifier(IntentClassifier, GraphComponent):
    """Ranks the intents of a message."""

    @classmethod
    def required_components(cls) -> list[type]:
        """The sentence vector."""
        return [E5Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Those of the linear half (`C`: inverse of the regularisation), of the network, of the vote between them."""
        return {**blend.DEFAULTS, "ranking_length": 10}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Blend | None = None
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> BlendedIntentClassifier:
        """An untrained one."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> BlendedIntentClassifier:
        """A trained one."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Blend.read(folder, config))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the weights."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        intents = [str(example.get(INTENT)) for example in examples]
        if len(set(intents)) < 2:  # noqa: PLR2004 - one class cannot be told from anything
            msg = "There must be training sentences for at least two intents."
            raise InvalidConfigException(msg)
        self._model = self._fit(examples, intents)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Rank the intents of every message that has a sentence vector."""
        for message in messages:
            ranking = self._ranking(message)
            if ranking:
                message.set(INTENT, ranking[0], add_to_output=True)
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        vector = sentence_vector(message)
        if vector is None or self._model is None:
            return []
        ranking = self._model.ranking(_words(message), vector, int(self._config["ranking_length"]))
        return [{"name": intent, "confidence": confidence} for intent, confidence in ranking]

    def _fit(self, examples: list[Message], intents: list[str]) -> Blend:
        started = time.monotonic()
        vectors = np.stack([_vector_or_zero(each) for each in examples])
        model = blend.fit([_words(example) for example in examples], vectors, intents, self._config)
        logger.info(
            "Fitted %d intents on %d sentences in %.0f s.", len(model.intents), len(intents), time.monotonic() - started
        )
        return model


def sentence_vector(message: Message) -> Vectors | None:
    """The vector the featurizer gave this message, if it gave one."""
    features = message.get_dense_features(TEXT)[1]
    return None if features is None else np.asarray(features.features[0], dtype=np.float32)


def _vector_or_zero(message: Message) -> Vectors:
    vector = sentence_vector(message)
    return np.zeros(DIMENSION, dtype=np.float32) if vector is None else vector


def _words(message: Message) -> list[str]:
    return [token.text for token in message.get(TOKENS_NAMES[TEXT], [])]
