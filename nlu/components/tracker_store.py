"""Rasa's memory of conversations, bounded on both sides: whatever matters is in our own database."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


class BoundedTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Keeps the last events of the last conversations and forgets the rest.

    Rules look at one turn only, so an old conversation that comes back is served like a new one.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        conversations: int = 2000,
        events: int = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._conversations = int(conversations)
        self._events = int(events)
        self._kept: OrderedDict[str, str] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the end of this conversation; forget the one that has been silent longest if there are too many."""
        self._kept[tracker.sender_id] = self._end_of(tracker)
        self._kept.move_to_end(tracker.sender_id)
        while len(self._kept) > self._conversations:
            self._kept.popitem(last=False)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as far as it is kept."""
        kept = self._kept.get(sender_id)
        return None if kept is None else self.deserialise_tracker(sender_id, kept)

    async def keys(self) -> Iterable[str]:
        """The senders of all kept conversations, the longest silent first."""
        return list(self._kept)

    def _end_of(self, tracker: DialogueStateTracker) -> str:
        """The last events as JSON, cut before a user's turn so that what is left begins with Rasa listening."""
        events = [event.as_dict() for event in tracker.events][-self._events :]
        listening = (
            number
            for number, event in enumerate(events)
            if event["event"] == "action" and event["name"] == "action_listen"
        )
        return json.dumps({"name": tracker.sender_id, "events": events[next(listening, 0) :]})
