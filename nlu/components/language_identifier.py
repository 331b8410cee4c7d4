"""Notes which language a message is in, as an entity of its own: what the letters say, and what the person chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import language_model
from nlu.components.catalogue_texts import samples
from nlu.components.language_model import LanguageModel
from nlu.components.payload import is_payload
from nlu.components.spelling import unmarked
from nlu.importer import LANGUAGE

ENTITY = "language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(GraphComponent):
    """Sets `language` on every text, for the components behind it, and tells the application as an entity.

    The entity's confidence is that of the letters alone; the language the person chose (`lang` in the metadata) only
    decides what the message is read as, because most messages are in it.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`chosen` is how many times likelier the chosen language is before anything is read."""
        return {"chosen": 20.0}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: LanguageModel | None = None,
    ) -> None:
        self._chosen = float(config["chosen"])
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
    ) -> LanguageIdentifier:
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
    ) -> LanguageIdentifier:
        """A trained one."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, LanguageModel.read(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the training sentences, and from the catalogues: some languages have nothing else."""
        given = ((each.get(TEXT), each.get(LANGUAGE)) for each in training_data.training_examples)
        told = learnt_from(((text, language) for text, language in given if text and language), samples())
        self._model = language_model.learn([text for text, _ in told], [language for _, language in told])
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The folders have told the languages already."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Note the language of every text that is not a payload."""
        for message in messages:
            text = message.get(TEXT) or ""
            if self._model and text.strip() and not is_payload(text):
                self._note(message, self._model.likely(text))
        return messages

    def _note(self, message: Message, likely: dict[str, float]) -> None:
        heard = max(likely, key=lambda code: likely[code])
        given = message.get("metadata")
        chosen = given.get("lang") if isinstance(given, dict) else None
        message.set(LANGUAGE, language_of(likely, chosen, self._chosen))
        found = {"entity": ENTITY, "value": heard, "start": 0, "end": len(message.get(TEXT)), "extractor": "letters"}
        sure = {"confidence_entity": round(likely[heard], 4)}
        message.set(ENTITIES, [*(message.get(ENTITIES) or []), {**found, **sure}], add_to_output=True)


def language_of(likely: Mapping[str, float], chosen: str | None, times: float) -> str:
    """The language a message is read in: the likeliest, the chosen one so many times likelier before."""
    return max(likely, key=lambda code: likely[code] * (times if code == chosen else 1))


def learnt_from(told: Iterable[tuple[str, str]], known: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Texts with their languages: sentences, samples of the catalogues, and both without their marks.

    Vietnamese is typed without its marks as often as with them.
    """
    marked = [*told, *((text, language) for language, texts in known.items() for text in texts)]
    return [*marked, *((unmarked(text), language) for text, language in marked if unmarked(text) != text)]
