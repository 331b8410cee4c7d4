"""Plays every transcript against the whole running house, with the real model."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from db.people import Contact
from db.records import Application
from locales import Catalogues
from tests.running import House, Talk

FOLDER = Path(__file__).parent
TRANSCRIPTS = sorted(FOLDER.glob("*.yml"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_conversation_goes_as_written(path: Path, house: House, catalogues: Catalogues) -> None:
    """Every turn answers with the responses that the transcript names, in the language of the person."""
    script = yaml.safe_load(path.read_text(encoding="utf-8"))
    talk = house.talk(script["language"], script.get("time_zone", "Asia/Jakarta"))
    if script.get("secretariat"):
        grant(house, talk)
    for number, step in enumerate(script["steps"], 1):
        take(talk, step)
        missing = [key for key in step.get("bot", []) if key not in talk.keys]
        assert not missing, f"step {number} {step}: said {talk.keys}: {talk.text}"
        assert step.get("text", "") in talk.text, f"step {number}: {talk.text}"
    assert_spoken_in(talk, script["language"], catalogues)
    check_row(house, talk, script.get("application"))


def take(talk: Talk, step: dict[str, Any]) -> None:
    """One step: `me` is typed, `press` is a button by its payload's beginning or its number, `file` is handed in."""
    if "me" in step:
        talk.say(str(step["me"]))
    elif "file" in step:
        talk.send_file(step["file"], b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n")
    elif isinstance(step["press"], int):
        talk.press(step["press"])
    else:
        talk.press_payload(step["press"])


def assert_spoken_in(talk: Talk, language: str, catalogues: Catalogues) -> None:
    """Nothing fell back to English: what was said is marked with the person's language and differs from the English."""
    spoken = talk.all[1:]
    assert {message["lang"] for message in spoken} == {language}
    if language != "en":
        english = {source.text for source in catalogues["en"].sources.values()}
        assert not [message["text"] for message in spoken if message["text"] in english]


def check_row(house: House, talk: Talk, expected: dict[str, Any] | None) -> None:
    """The row in the database equals what was typed."""
    if expected is None:
        return
    with house.sessions() as session:
        query = select(Application).where(Application.contact_id == talk.contact_id)
        application = session.scalars(query.order_by(Application.id.desc())).first()
        assert application is not None
        found = {key: getattr(application, key) for key in expected if key not in {"municipality", "country"}}
        found |= {"municipality": application.municipality.name, "country": application.municipality.country}
        assert {key: plain(found[key]) for key in expected} == {key: plain(value) for key, value in expected.items()}


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def grant(house: House, talk: Talk) -> None:
    """What `kawan grant secretariat` does."""
    with house.sessions.begin() as session:
        session.get_one(Contact, talk.contact_id).is_secretariat = True
