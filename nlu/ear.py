"""The pipeline of `config.yml` without Rasa's graph: what the report trains many times. A test holds both together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nlu.components import blend, language_centres, language_model
from nlu.components.blend import Blend
from nlu.components.catalogue_texts import samples
from nlu.components.e5_featurizer import E5Featurizer
from nlu.components.embedding import Embedder, Vectors
from nlu.components.icu_tokenizer import words
from nlu.components.language_centres import Centres
from nlu.components.language_identifier import LanguageIdentifier, language_of, learnt_from
from nlu.components.language_model import LanguageModel
from nlu.components.spelling import Spelling
from nlu.components.typed_text import typed

Ranking = list[tuple[str, float]]
Settings = Mapping[str, Mapping[str, Any]]
MOST = 3  # intents of a ranking


@dataclass(frozen=True)
class Example:
    """A sentence, its language and its intent."""

    lang: str
    text: str
    intent: str


@dataclass(frozen=True)
class Ear:
    """Everything that was learnt from the examples."""

    languages: LanguageModel
    spelling: Spelling
    centres: Centres
    blend: Blend
    embed: Callable[[Sequence[str]], Vectors]
    scale: float
    chosen: float

    def without(self, lang: str) -> Ear:
        """The same ear, knowing nothing of a language: not even where it lies."""
        return replace(
            self, centres=Centres({code: centre for code, centre in self.centres.of.items() if code != lang})
        )

    def rankings(self, asked: Sequence[tuple[str, str]]) -> list[Ranking]:
        """The likeliest intents of each text, given the language its sender chose."""
        read = [self.read(text, lang) for text, lang in asked]
        vectors = self.embed([text for text, _ in read])
        return [self._ranking(text, lang, vector) for (text, lang), vector in zip(read, vectors, strict=True)]

    def read(self, text: str, chosen: str) -> tuple[str, str]:
        """The text as it was meant, and the language it is read in."""
        plain = typed(text)
        lang = language_of(self.languages.likely(plain), chosen, self.chosen)
        return self.spelling.restored(plain, lang), lang

    def centred(self, vector: Vectors, lang: str) -> Vectors:
        """A sentence vector as the classifier takes it."""
        return (vector - self.centres(lang)) * np.float32(self.scale)

    def _ranking(self, text: str, lang: str, vector: Vectors) -> Ranking:
        return self.blend.ranking([word for word, _, _ in words(text)], self.centred(vector, lang), MOST)


def learn(examples: Sequence[Example], settings: Settings) -> Ear:
    """Train everything; of a language without examples, what its catalogue says is known."""
    texts, langs = [typed(each.text) for each in examples], [each.lang for each in examples]
    known = samples()
    featurizer = {**E5Featurizer.get_default_config(), **settings["E5Featurizer"]}
    embed = _embedder(int(featurizer["max_characters"])).vectors
    vectors = embed(texts)
    centres = language_centres.learn(vectors, langs, known, embed)
    scale = float(featurizer["scale"])
    centred = (vectors - np.stack([centres(lang) for lang in langs])) * scale
    told = learnt_from(((text, lang) for text, lang in zip(texts, langs, strict=True) if lang), known)
    return Ear(
        language_model.learn(*zip(*told, strict=True)),
        Spelling.learn(zip(texts, langs, strict=True), known),
        centres,
        blend.fit(
            [[word for word, _, _ in words(text)] for text in texts],
            centred,
            [each.intent for each in examples],
            {**blend.DEFAULTS, **settings["BlendedIntentClassifier"]},
        ),
        embed,
        scale,
        float({**LanguageIdentifier.get_default_config(), **settings["LanguageIdentifier"]}["chosen"]),
    )


@cache
def _embedder(longest: int) -> Embedder:
    return Embedder(longest, remembered=0)


def pipeline(config: Path) -> dict[str, dict[str, Any]]:
    """The settings of each component in `config.yml`, by class name."""
    from rasa.shared.utils.io import read_yaml_file

    return {step["name"].rpartition(".")[2]: dict(step) for step in read_yaml_file(config)["pipeline"]}
