"""Rasa's memory of conversations: bounded, and good enough for the next turn."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.tracker_store import check_if_tracker_store_async
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components.tracker_store import BoundedTrackerStore


@pytest.fixture
def store() -> BoundedTrackerStore:
    return BoundedTrackerStore(Domain.empty(), conversations=3, events=10)


def talk(sender: str, turns: int) -> DialogueStateTracker:
    tracker = DialogueStateTracker(sender, [])
    tracker.update_with_events(
        [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")], Domain.empty()
    )
    for turn in range(turns):
        events = [UserUttered(f"text {turn}"), ActionExecuted("action_help"), ActionExecuted("action_listen")]
        tracker.update_with_events(events, Domain.empty())
    return tracker


def test_only_the_last_conversations_are_kept(store: BoundedTrackerStore) -> None:
    for sender in ("a", "b", "c", "a", "d"):
        asyncio.run(store.save(talk(sender, 1)))
    assert asyncio.run(store.keys()) == ["c", "a", "d"]
    assert asyncio.run(store.retrieve("b")) is None


def test_only_the_last_events_are_kept_and_the_end_is_whole(store: BoundedTrackerStore) -> None:
    asyncio.run(store.save(talk("a", 50)))
    kept = asyncio.run(store.retrieve("a"))
    assert len(kept.events) <= 10
    assert kept.latest_message.text == "text 49"
    assert kept.latest_action_name == "action_listen"


def test_what_is_left_begins_with_rasa_listening(store: BoundedTrackerStore) -> None:
    asyncio.run(store.save(talk("a", 50)))
    assert asyncio.run(store.retrieve("a")).events[0] == ActionExecuted("action_listen")


def test_a_short_conversation_is_kept_as_it_is(store: BoundedTrackerStore) -> None:
    asyncio.run(store.save(talk("a", 1)))
    assert asyncio.run(store.retrieve("a")).latest_message.text == "text 0"


def test_a_kept_conversation_is_a_copy(store: BoundedTrackerStore) -> None:
    """A turn that fails half-way must not leave half its events behind."""
    tracker = talk("a", 1)
    asyncio.run(store.save(tracker))
    tracker.update(UserUttered("never saved"))
    assert asyncio.run(store.retrieve("a")).latest_message.text == "text 0"


def test_rasa_takes_it_for_an_asynchronous_store(store: BoundedTrackerStore) -> None:
    assert check_if_tracker_store_async(store)
