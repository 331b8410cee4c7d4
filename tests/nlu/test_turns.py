"""Whole turns: a model trained and served as on a fresh machine, asked over REST."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from house import ROOT, Neighbours, Server, run_module

READING = {"field": "population", "kind": "count", "value": None, "certain": False, "free_text": False, "command": None}


def test_a_text_becomes_the_action_of_its_intent(server: Server) -> None:
    assert server.heard("good morning")["action"] == "action_greet"
    assert server.heard("เมืองของเราอยากเข้าร่วม")["action"] == "action_join_covenant"


def test_the_answer_is_what_the_words_endpoint_said(server: Server) -> None:
    (reply,) = server.say("hello", sender="contact-7")
    assert reply["recipient_id"] == "contact-7"
    assert reply["text"] == "utter_action_greet"
    assert reply["buttons"] == [{"title": "Yes", "payload": "/affirm"}]


def test_a_button_is_its_intent_whatever_the_open_question(server: Server) -> None:
    heard = server.heard("/skip", reading={**READING, "free_text": True})
    assert (heard["action"], heard["intent"]) == ("action_skip", {"name": "skip", "confidence": 1.0})


def test_a_button_carries_json(server: Server) -> None:
    heard = server.heard('/change_language{"language":"th"}')
    assert heard["action"] == "action_change_language"
    assert [(entity["entity"], entity["value"]) for entity in heard["entities"]] == [("language", "th")]


def test_every_entity_a_button_may_carry_arrives(server: Server) -> None:
    named = yaml.safe_load((ROOT / "nlu/domain/entities.yml").read_text())["entities"]
    assert {"value", "field", "language"} <= set(named)
    carried = {name: f"{name} of mine" for name in named}
    heard = server.heard(f"/inform{json.dumps(carried)}")
    assert {entity["entity"]: entity["value"] for entity in heard["entities"]} == carried


@pytest.mark.parametrize("value", ["mayor@bogor.go.id", 25000, {"min": 100, "max": 200}, ["flood", "heat"]])
def test_a_certain_value_reaches_the_action_as_it_was_read(server: Server, value: object) -> None:
    heard = server.heard("hello", reading={**READING, "value": value, "certain": True})
    assert heard["action"] == "action_inform"
    assert [entity["value"] for entity in heard["entities"] if entity["entity"] == "value"] == [value]


def test_metadata_reaches_the_action(server: Server) -> None:
    assert server.heard("hello", turn="41")["metadata"]["turn"] == "41"


def test_the_ranking_stays_for_offering_meanings(server: Server) -> None:
    ranking = server.heard("zzzz qqqq")["intent_ranking"]
    assert len(ranking) == 4
    assert ranking == sorted(ranking, key=lambda each: -each["confidence"])


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("/start", "action_greet"),
        ("/START tahun-2030", "action_greet"),
        ("/stop@kawan_bot", "action_opt_out"),
        ("/nonsense", "action_unclear"),
    ],
)
def test_commands_of_chat_clients_are_understood(server: Server, text: str, action: str) -> None:
    assert server.heard(text)["action"] == action


ODD = {
    "empty": "",
    "blanks": "   ",
    "slash": "/",
    "brace": "/{",
    "emoji": "😀",
    "marks": "?" * 5000,
    "long": "ก" * 20000,
}


@pytest.mark.parametrize("text", [*ODD.values(), "\u0000", "/ inform {"], ids=[*ODD, "null", "broken payload"])
def test_any_text_gets_an_answer(server: Server, text: str) -> None:
    assert server.heard(text)["action"].startswith("action_")


def test_the_probe_is_answered(server: Server) -> None:
    assert server.heard("/probe")["action"] == "action_probe"


def test_a_long_conversation_stays_small(server: Server, neighbours: Neighbours) -> None:
    for _ in range(20):
        server.say("/affirm", sender="talkative")
    assert len(neighbours.asked[-1]["tracker"]["events"]) <= 40


@pytest.mark.parametrize("broken", ["down", "/actions", "/nlg"])
def test_a_failing_neighbour_is_an_empty_answer(server: Server, neighbours: Neighbours, broken: str) -> None:
    neighbours.broken = broken
    try:
        assert server.say("hello") == []
    finally:
        neighbours.broken = None
    assert server.say("hello") != []


def test_nothing_a_person_wrote_is_in_the_log(server: Server, neighbours: Neighbours) -> None:
    secret = "RATNADEWI"
    texts = [
        secret,
        f"/{secret}",
        f"/{secret}{{",
        f'/inform{{"nothing":"{secret}"}}',
        f"/inform{{{secret}}}",
        f"/inform {secret}",
    ]
    for broken in (None, "down", "/actions", "/nlg"):
        neighbours.broken = broken
        for text in texts:
            server.say(text, sender="someone", reading={**READING, "value": secret, "certain": True}, name=secret)
    neighbours.broken = None
    assert "Rasa server is up and running" in server.log()
    assert secret.casefold() not in server.log().casefold()


def test_a_server_stops_promptly(home: Path, model: Path, neighbours: Neighbours) -> None:
    with Server(home, model, neighbours) as running:
        running.say("hello")
        assert running.stop() < 3
        assert "Traceback" not in running.log()


def test_nothing_is_written_into_the_home_folder(server: Server, home: Path) -> None:
    server.say("hello")
    assert list(home.iterdir()) == []


def test_a_server_without_its_neighbours_addresses_says_which_are_missing(home: Path, model: Path) -> None:
    done = run_module(home, "nlu.serve", "--model", str(model), KAWAN_NLG_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "KAWAN_ACTIONS_URL and KAWAN_INTERNAL_TOKEN must be set" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_without_a_model_says_so(home: Path, neighbours: Neighbours) -> None:
    done = run_module(home, "nlu.serve", "--model", "no.tar.gz", **neighbours.variables())
    assert done.returncode == 1
    assert "There is no model at no.tar.gz" in done.stderr


def test_a_broken_model_or_a_taken_port_is_one_sentence(
    home: Path, model: Path, neighbours: Neighbours, server: Server, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"not a model")
    done = run_module(
        home, "nlu.serve", "--model", str(broken), "--port", str(server.port + 1), **neighbours.variables()
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "Rasa cannot start: " in done.stderr
    done = run_module(home, "nlu.serve", "--model", str(model), "--port", str(server.port), **neighbours.variables())
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert f"port {server.port} is taken" in done.stderr
