"""Reads training sentences and notes the language of each: that of the folder its file lies in."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.loading import load_data
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


def read(path: Path) -> TrainingData:
    """The sentences of one file."""
    data = load_data(str(path))
    code = path.parent.name
    if len(code) <= LONGEST_CODE:
        for message in data.training_examples:
            message.set(LANGUAGE, code)
    return data
