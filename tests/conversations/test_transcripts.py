"""Plays every transcript against the whole running house, with the real model."""

from typing import Any

import pytest

from locales import Catalogues
from tests.conversations.acceptance import Walk
from tests.conversations.playing import play, transcripts
from tests.running import House


@pytest.mark.parametrize("script", list(transcripts()))
def test_a_conversation_goes_as_written(script: dict[str, Any], house: House, catalogues: Catalogues) -> None:
    """Every turn answers with the responses that the transcript names; a request that was sent goes on to the end."""
    talk = house.talk(script["language"], script["time_zone"])
    play(house, talk, script, catalogues)
    if "application" in script:
        Walk(house, talk, script, catalogues).to_acceptance()
