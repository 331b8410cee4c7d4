"""Reads training sentences and notes the language of each: that of the folder its file lies in."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

LANGUAGE = "language"
LONGEST_CODE = 3  # letters of a language's code; other folders say nothing about the language


class LanguageFolders(RasaFileImporter):
    """Rasa's own importer, with the language of each sentence; named in `config.yml`."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:  # noqa: ARG002
        """All sentences, each with its language where the folder tells it; whatever language is asked for."""
        return self._sentences

    @cached_property
    def _sentences(self) -> TrainingData:
        # Rasa asks twice, and reading takes seconds. All at once: each merge copies everything before it.
        return TrainingData().merge(*(read(Path(path)) for path in sorted(self._nlu_files)))


class Sentence(Message):
    """A training sentence that is cheap to copy and to compare.

    Rasa copies and compares all of them at each of a dozen merges, word for word: that took a fifth of a training.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Sentence:
        """A copy that may be given other properties and features; what is in the properties is never changed."""
        return Sentence(dict(self.data), features=list(self.features))

    def __hash__(self) -> int:
        """By text and intent."""
        return hash((self.get(TEXT), self.get(INTENT)))

    def __eq__(self, other: object) -> bool:
        """Whether everything that was written of both is the same."""
        return isinstance(other, Sentence) and other.data == self.data


def read(path: Path) -> TrainingData:
    """The sentences of one file."""
    data = load_data(str(path))
    data.training_examples = [Sentence(message.data) for message in data.training_examples]
    code = path.parent.name
    if len(code) <= LONGEST_CODE:
        for sentence in data.training_examples:
            sentence.set(LANGUAGE, code)
    return data
