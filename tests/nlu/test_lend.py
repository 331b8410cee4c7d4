"""Sentences that borrow their vector: the list fits today's sentences, and training goes by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from house import ROOT

from nlu.components import e5_featurizer, lent_vectors
from nlu.components.lent_vectors import embedded, lenders
from nlu.components.typed_text import typed
from nlu.importer import LANGUAGE
from nlu.lend import LEAST, lines, loans
from nlu.lint import Sentence, sentences


def test_the_list_is_of_todays_sentences() -> None:
    """A red one wants `python -m nlu.lend`: a sentence was changed, moved to another intent or taken away."""
    given = list(sentences(ROOT / "nlu" / "training"))
    intents = {(sentence.language, typed(sentence.text), sentence.intent) for sentence in given}
    of = {(language, text): intent for language, text, intent in intents}
    stale = [
        (language, borrower)
        for (language, borrower), lender in lenders().items()
        if (language, borrower) not in of or of[language, borrower] != of.get((language, lender))
    ]
    assert stale == []
    assert not [lender for (language, _), lender in lenders().items() if (language, lender) in lenders()]
    assert len(lenders()) > len(given) / 6  # enough that a cold training ends in six minutes


@pytest.mark.parametrize(("more", "borrow"), [(0, False), (1, True)])
def test_the_later_of_two_alike_borrows_where_an_intent_has_enough(more: int, *, borrow: bool) -> None:
    number = LEAST + more
    given = [Sentence("en", "greet", f"hello {each}") for each in range(number)]
    vectors = np.eye(number, dtype=np.float32)
    vectors[3] = vectors[1] + 0.3 * vectors[2]
    assert list(loans(given, vectors)) == ([(given[3], given[1])] if borrow else [])


def test_nobody_borrows_from_another_intent_or_language() -> None:
    kinds = [("en", "greet"), ("en", "goodbye"), ("id", "greet")]
    given = [Sentence(*kind, f"{each}") for each in range(LEAST + 1) for kind in kinds]
    vectors = np.repeat(np.eye(LEAST + 1, dtype=np.float32), len(kinds), axis=0)
    assert list(loans(given, vectors)) == []


def test_the_list_is_sorted_and_says_each_loan_once() -> None:
    given = [Sentence("en", "greet", f"hello {max(each, 2)}") for each in range(LEAST + 3)]
    vectors = np.eye(LEAST + 3, dtype=np.float32)
    vectors[:3] = vectors[2]
    vectors[5] = vectors[4] + 0.3 * vectors[2]
    vectors[9] = vectors[8] + 0.3 * vectors[2]
    assert lines(given, vectors) == ["en\thello 5\thello 4", "en\thello 9\thello 8"]


def test_training_embeds_the_lender_and_nothing_that_borrows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rasa.shared.nlu.training_data.message import Message

    listed = tmp_path / "lent.tsv"
    listed.write_text("en\thello all\thello\n", encoding="utf-8")
    monkeypatch.setattr(lent_vectors, "lenders", lambda: lenders(listed))
    told = [Message({"text": "hello all", LANGUAGE: code}) for code in ("en", "id", None)]
    assert e5_featurizer._texts(told) == ["hello", "hello all", "hello all"]
    assert embedded("en", "hello") == "hello"
