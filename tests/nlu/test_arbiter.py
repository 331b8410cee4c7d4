"""The order of the house at a form's turn, case by case (the half that is decided beside the classifier)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import yaml
from house import ROOT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.turn_arbiter import (
    COMMANDS,
    OUTRANKING,
    Guess,
    Reading,
    Thresholds,
    TurnArbiter,
    Verdict,
    decide,
)

NONE = Reading()
EMAIL = Reading(field="email", kind="email")
COUNT = Reading(field="people", kind="count")
PLACE = Reading(field="municipality", kind="place")
HAZARD = Reading(field="hazard", kind="hazard")
YES_NO = Reading(field="public", kind="yes_no")
NAME = Reading(field="signatory_name", kind="text", free_text=True)
ACTION = Reading(field="what", kind="text", free_text=True)


def certain(reading: Reading, value: Any) -> Reading:
    return Reading(reading.field, reading.kind, value, certain=True, free_text=reading.free_text)


def command(reading: Reading, word: str) -> Reading:
    return Reading(reading.field, reading.kind, free_text=reading.free_text, command=word)


# text, reading, classifier's best intent, its confidence, how far ahead of the second, the verdict's intent, its value
CASES = [
    # No question is open: the classifier decides, where it is sure enough.
    ("halo", NONE, "greet", 0.90, 0.80, "greet", None),
    ("kami mau gabung", NONE, "join_covenant", 0.41, 0.20, "join_covenant", None),
    ("kami mau gabung", NONE, "join_covenant", 0.40, 0.20, "join_covenant", None),
    ("hmm", NONE, "help", 0.39, 0.20, "nlu_fallback", None),
    ("daftar", NONE, "log_pledge", 0.45, 0.05, "nlu_fallback", None),
    ("daftar", NONE, "log_pledge", 0.45, 0.11, "log_pledge", None),
    ("", NONE, None, 0.0, 1.0, "nlu_fallback", None),
    ("Kota Bogor", NONE, "inform", 0.80, 0.70, "inform", None),
    ("siapa juara", NONE, "out_of_scope", 0.70, 0.60, "out_of_scope", None),
    ("ya", NONE, "affirm", 0.90, 0.80, "affirm", None),
    ("tidak", NONE, "deny", 0.90, 0.80, "deny", None),
    # Emergency and opt-out outrank everything, when the classifier is sure.
    ("we are trapped", NONE, "emergency", 0.95, 0.90, "emergency", None),
    ("we are trapped", EMAIL, "emergency", 0.65, 0.50, "emergency", None),
    ("we are trapped", NAME, "emergency", 0.65, 0.50, "emergency", None),
    ("we are trapped", ACTION, "emergency", 0.61, 0.50, "emergency", None),
    ("we are trapped", YES_NO, "emergency", 0.95, 0.90, "emergency", None),
    ("help", command(EMAIL, "help"), "emergency", 0.62, 0.50, "emergency", None),
    ("stop", command(EMAIL, "cancel"), "opt_out", 0.80, 0.70, "opt_out", None),
    ("berhenti kirim pesan", NAME, "opt_out", 0.90, 0.80, "opt_out", None),
    ("berhenti kirim pesan", EMAIL, "opt_out", 0.60, 0.30, "opt_out", None),
    ("banjir", certain(HAZARD, "flood"), "emergency", 0.70, 0.60, "inform", "flood"),
    ("banjir besar, tolong", HAZARD, "emergency", 0.80, 0.70, "emergency", None),
    ("banjir", HAZARD, "emergency", 0.50, 0.30, "inform", "banjir"),
    ("stop", certain(PLACE, "Stop, NL"), "opt_out", 0.70, 0.60, "inform", "Stop, NL"),
    # Exact command words win over whatever the classifier thinks.
    ("kembali", command(EMAIL, "go_back"), "inform", 0.90, 0.80, "go_back", None),
    ("ganti", command(EMAIL, "correct"), "change_language", 0.90, 0.80, "correct", None),
    ("lewati", command(COUNT, "skip"), "deny", 0.70, 0.60, "skip", None),
    ("batal", command(NAME, "cancel"), "deny", 0.50, 0.30, "cancel", None),
    ("bantuan", command(NAME, "help"), "get_tips", 0.80, 0.70, "help", None),
    ("ulangi", command(ACTION, "repeat"), "inform", 0.60, 0.50, "repeat", None),
    ("help", command(NONE, "help"), "talk_to_human", 0.50, 0.10, "help", None),
    ("help", command(NONE, "help"), None, 0.0, 1.0, "help", None),
    ("x", command(EMAIL, "delete_my_data"), "inform", 0.50, 0.40, "inform", "x"),
    ("tidak ada", Reading("website", "url", "none", certain=True, command="skip"), "deny", 0.80, 0.70, "skip", None),
    # A value the parser is certain of wins over the classifier.
    (
        "mayor@bogor.go.id",
        certain(EMAIL, "mayor@bogor.go.id"),
        "out_of_scope",
        0.90,
        0.80,
        "inform",
        "mayor@bogor.go.id",
    ),
    ("25 ribu", certain(COUNT, 25000), "ask_question", 0.90, 0.80, "inform", 25000),
    ("0", certain(COUNT, 0), "deny", 0.70, 0.60, "inform", 0),
    ("100-200", certain(COUNT, {"min": 100, "max": 200}), "inform", 0.50, 0.40, "inform", {"min": 100, "max": 200}),
    ("Hai", certain(PLACE, "Hai, TZ"), "greet", 0.97, 0.96, "inform", "Hai, TZ"),
    ("Bantul", certain(PLACE, "Bantul, ID"), "help", 0.85, 0.80, "inform", "Bantul, ID"),
    ("ya", certain(YES_NO, "yes"), "affirm", 0.95, 0.90, "inform", "yes"),
    ("tidak", certain(YES_NO, "no"), "deny", 0.95, 0.90, "inform", "no"),
    ("2573", certain(Reading("year", "year"), 2030), "inform", 0.90, 0.80, "inform", 2030),
    ("x", Reading("email", "email", None, certain=True), "inform", 0.30, 0.10, "inform", "x"),
    # Another wish in the middle of a form.
    ("berapa biayanya?", EMAIL, "ask_question", 0.75, 0.60, "ask_question", None),
    ("berapa biayanya?", EMAIL, "ask_question", 0.60, 0.40, "ask_question", None),
    ("berapa biayanya?", EMAIL, "ask_question", 0.59, 0.40, "inform", "berapa biayanya?"),
    ("kapan tenggatnya", COUNT, "ask_deadlines", 0.80, 0.70, "ask_deadlines", None),
    ("saya mau bicara dengan orang", PLACE, "talk_to_human", 0.90, 0.80, "talk_to_human", None),
    ("kembali ke sebelumnya", EMAIL, "go_back", 0.85, 0.80, "go_back", None),
    ("nanti saja", COUNT, "skip", 0.70, 0.50, "skip", None),
    ("hello again", EMAIL, "greet", 0.75, 0.60, "greet", None),
    ("ganti bahasa", YES_NO, "change_language", 0.90, 0.80, "change_language", None),
    ("hapus data saya", HAZARD, "delete_my_data", 0.62, 0.50, "delete_my_data", None),
    # A free-text field takes more convincing.
    ("berapa biayanya?", ACTION, "ask_question", 0.75, 0.60, "inform", "berapa biayanya?"),
    ("berapa biayanya?", ACTION, "ask_question", 0.80, 0.70, "ask_question", None),
    ("kami akan menanam bakau", ACTION, "log_pledge", 0.78, 0.70, "inform", "kami akan menanam bakau"),
    ("Salamat Cruz", NAME, "thank", 0.85, 0.70, "inform", "Salamat Cruz"),
    ("terima kasih banyak ya", NAME, "thank", 0.91, 0.80, "thank", None),
    ("Selamat Pagi", NAME, "greet", 0.89, 0.80, "inform", "Selamat Pagi"),
    ("Cancel Torres", NAME, "cancel", 0.75, 0.60, "inform", "Cancel Torres"),
    ("batalkan saja semuanya", NAME, "cancel", 0.92, 0.90, "cancel", None),
    ("tidak ada", ACTION, "deny", 0.95, 0.90, "inform", "tidak ada"),
    ("ya", NAME, "affirm", 0.95, 0.90, "inform", "ya"),
    # Yes and no are answers to a question of that kind, and to no other.
    ("betul begitu", YES_NO, "affirm", 0.45, 0.20, "affirm", None),
    ("jangan dulu", YES_NO, "deny", 0.40, 0.20, "deny", None),
    ("mungkin", YES_NO, "affirm", 0.39, 0.20, "inform", "mungkin"),
    ("ya", EMAIL, "affirm", 0.97, 0.96, "inform", "ya"),
    ("tidak ada", COUNT, "deny", 0.97, 0.96, "inform", "tidak ada"),
    # Whatever else comes is an answer that the action explains.
    ("siapa juara", EMAIL, "out_of_scope", 0.95, 0.90, "inform", "siapa juara"),
    ("bogor.go.id", EMAIL, "inform", 0.90, 0.80, "inform", "bogor.go.id"),
    ("asdf", COUNT, None, 0.0, 1.0, "inform", "asdf"),
    ("", EMAIL, None, 0.0, 1.0, "inform", ""),
    ("Bogor?", Reading("municipality", "place", "Bogor, ID"), "ask_question", 0.30, 0.10, "inform", "Bogor, ID"),
]


@pytest.mark.parametrize(("text", "reading", "intent", "confidence", "lead", "expected", "value"), CASES)
def test_the_order_of_the_house(  # noqa: PLR0917 - a table has columns
    text: str, reading: Reading, intent: str | None, confidence: float, lead: float, expected: str, value: Any
) -> None:
    verdict = decide(text, reading, Guess(intent, confidence, lead), Thresholds())
    assert (verdict.intent, verdict.value) == (expected, value)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("intent", sorted(OUTRANKING))
@pytest.mark.parametrize("reading", [NONE, EMAIL, NAME, YES_NO, command(NAME, "skip"), certain(COUNT, 3)])
def test_nothing_stands_in_the_way_of_a_sure_alarm(intent: str, reading: Reading) -> None:
    assert decide("x", reading, Guess(intent, 0.99), Thresholds()) == Verdict(intent, 0.99)


@pytest.mark.parametrize("word", sorted(COMMANDS))
def test_every_command_is_an_intent_of_the_domain(word: str) -> None:
    domain = yaml.safe_load((ROOT / "nlu/domain/intents.yml").read_text())
    assert word in {name for intent in domain["intents"] for name in ([intent] if isinstance(intent, str) else intent)}


def test_the_thresholds_of_config_yml_are_all_set_and_in_order() -> None:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text())["pipeline"]
    settings = {key: value for key, value in pipeline[-1].items() if key != "name"}
    assert set(settings) == {field.name for field in fields(Thresholds)}
    assert Thresholds(**settings) == Thresholds()
    assert settings["understanding"] <= settings["interrupting"] <= settings["interrupting_free_text"]
    assert settings["outranking"] <= settings["outranking_certain"]


@pytest.mark.parametrize(
    "metadata", [None, {}, {"reading": None}, {"reading": "x"}, {"lang": "en"}, "x", {"reading": {"new": 1}}]
)
def test_a_message_without_a_reading_is_read_without_one(metadata: Any) -> None:
    assert Reading.of(metadata) == Reading()


def test_a_reading_is_taken_from_the_metadata() -> None:
    metadata = {
        "reading": {
            "field": "email",
            "kind": "email",
            "value": "a@b.id",
            "certain": True,
            "free_text": False,
            "command": None,
        }
    }
    assert Reading.of(metadata) == certain(EMAIL, "a@b.id")


def test_the_component_sets_intent_and_value_and_keeps_the_ranking() -> None:
    ranking = [{"name": "greet", "confidence": 0.7}, {"name": "inform", "confidence": 0.2}]
    message = Message(
        {"text": " a@b.id ", "metadata": {"reading": {"field": "email", "value": "a@b.id", "certain": True}}}
    )
    message.set("intent_ranking", ranking)
    TurnArbiter(TurnArbiter.get_default_config()).process([message])
    assert message.get("intent") == {"name": "inform", "confidence": 1.0}
    assert message.get("intent_ranking") == ranking
    assert [(entity["entity"], entity["value"]) for entity in message.get("entities")] == [("value", "a@b.id")]


def test_a_payload_is_left_to_rasa() -> None:
    message = Message({"text": "/affirm", "metadata": {"reading": {"field": "name", "free_text": True}}})
    TurnArbiter(TurnArbiter.get_default_config()).process([message])
    assert message.get("intent") == {"name": "nlu_fallback", "confidence": 0.0}
    assert message.get("entities") is None
