"""The training sentences have no faults, and the linter finds those it is there for."""

from __future__ import annotations

from nlu.lint import ROOT, Sentence, faults, sentences


def test_the_training_sentences_have_no_faults() -> None:
    assert list(faults(list(sentences(ROOT / "nlu" / "training")))) == []


def test_each_kind_of_fault_is_found() -> None:
    found = "\n".join(
        faults(
            [
                Sentence("en", "greet", "hello there"),
                Sentence("en", "greet", "Hello, there!"),
                Sentence("en", "goodbye", "hello there"),
                Sentence("en", "greet", "สวัสดีค่ะ"),
                Sentence("lo", "greet", "สวัสดีค่ะ"),
                Sentence("en", "log_pledge", "we promise to plant four hundred trees this year"),
                Sentence("en", "report_progress", "we promised to plant four hundred trees this year"),
            ]
        )
    )
    for fault in (
        "twice",
        "also under goodbye",
        "en greet: not in its script",
        "lo greet: not in its script",
        "nearly",
    ):
        assert fault in found
    assert "only 1 sentences" in found
