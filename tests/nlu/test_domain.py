"""The domain and the rules: every intent has exactly one action and one rule."""

from __future__ import annotations

import yaml
from house import ROOT

DOMAIN = yaml.safe_load((ROOT / "nlu/domain/intents.yml").read_text())
RULES = yaml.safe_load((ROOT / "nlu/rules/rules.yml").read_text())["rules"]
INTERNAL = {"probe", "nlu_fallback"}


def intents() -> list[str]:
    return [name for each in DOMAIN["intents"] for name in ([each] if isinstance(each, str) else each)]


def test_there_are_the_39_intents_of_the_specification() -> None:
    assert len(set(intents()) - INTERNAL) == 39


def test_every_intent_has_one_rule_to_its_own_action() -> None:
    pairs = [tuple(value for step in rule["steps"] for value in step.values()) for rule in RULES]
    expected = {(intent, f"action_{intent}") for intent in intents() if intent != "nlu_fallback"}
    assert sorted(pairs) == sorted(expected | {("nlu_fallback", "action_unclear")})


def test_every_action_of_the_rules_is_in_the_domain_and_no_other() -> None:
    assert sorted(DOMAIN["actions"]) == sorted(
        step["action"] for rule in RULES for step in rule["steps"] if "action" in step
    )


def test_no_intent_turns_its_entities_into_features() -> None:
    """Rules look at the intent alone; entities must not change which rule fits."""
    assert all(
        each == "nlu_fallback" or next(iter(each.values())) == {"use_entities": []} for each in DOMAIN["intents"]
    )


def test_every_training_sentence_is_of_an_intent_of_the_domain() -> None:
    used = {
        entry["intent"]
        for path in sorted((ROOT / "nlu/training").glob("*/*.yml"))
        for entry in yaml.safe_load(path.read_text())["nlu"]
        if "intent" in entry
    }
    assert used <= set(intents()) - INTERNAL
