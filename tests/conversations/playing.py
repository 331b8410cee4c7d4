"""How a transcript is read, played on any channel, and held against what was said and what was recorded.

A file holds one conversation a document; `steps` are what a person does and which responses come. `language` at a step
is the language from there on. At a step `secretariat` it is the secretariat that acts: it verifies the pledge, or sends it
back with these words. `application` and `pledge` are the row that must be in the database at the end.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update

from covenant import pledge_deciding
from covenant.review import Actor
from db.messages import Conversation
from db.pledges import Pledge
from db.records import Application
from locales import Catalogues
from locales.render import PLACEHOLDER
from tests.phones import PhoneTalk
from tests.running import House, Talk

FOLDER = Path(__file__).parent
LETTER = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
VERIFIED = "verified"
SHORTEST = 12  # letters of English that must not be found in another language's message


def transcripts() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yml")):
        scripts = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        for number, script in enumerate(scripts, 1):
            yield pytest.param(script, id=f"{path.stem}-{number}" if len(scripts) > 1 else path.stem)


def play(house: House, talk: Talk | PhoneTalk, script: dict[str, Any], catalogues: Catalogues) -> None:
    """Take every step: each answers with the responses that the transcript names, in the language of the person."""
    language = script["language"]
    for number, step in enumerate(script["steps"], 1):
        heard = len(talk.all)
        if "secretariat" in step:
            decide(house, talk, step["secretariat"])
        else:
            take(talk, step)
        missing = [key for key in step["bot"] if key not in talk.keys]
        assert not missing, f"step {number} {step}: said {talk.keys}: {talk.text}"
        assert step.get("text", "") in talk.text, f"step {number} {step}: {talk.text}"
        language = step.get("language", language)
        for message in talk.all[heard:]:
            assert_spoken_in(message, language, catalogues)
    check_rows(house, talk, script)


def decide(house: House, talk: Talk | PhoneTalk, verdict: str) -> None:
    """Days later the secretariat decides on the person's last pledge, as `kawan pledges` does; they hear of it."""
    rest(house, talk)
    by = Actor(None, datetime.now(UTC))
    with house.sessions.begin() as session:
        pledge = session.get_one(Pledge, newest(house, talk, Pledge)["id"])
        if verdict == VERIFIED:
            pledge_deciding.verify(session, pledge, by)
        else:
            pledge_deciding.send_back(session, pledge, verdict, by)
    talk.listen()


def rest(house: House, talk: Talk | PhoneTalk) -> None:
    """Let days go by, after which nobody writes in a flood."""
    with house.sessions.begin() as session:
        mine = Conversation.contact_id == talk.contact_id
        session.execute(update(Conversation).where(mine).values(patience=None))


def take(talk: Talk | PhoneTalk, step: dict[str, Any]) -> None:
    """One step: `me` is typed, `press` is a button by its payload's beginning or its number, `file` is handed in."""
    if "me" in step:
        talk.say(str(step["me"]))
    elif "file" in step:
        talk.send_file(step["file"], LETTER)
    elif isinstance(step["press"], int):
        talk.press(step["press"])
    else:
        talk.press_payload(step["press"])


def assert_spoken_in(message: dict[str, Any], language: str, catalogues: Catalogues) -> None:
    """Nothing fell back to English: no part of an English sentence is in the text, no English title on a button."""
    assert message["lang"] == language
    if language == "en":
        return
    left = [part for part in english_parts(language, catalogues) if part in message["text"]]
    assert not left, f"English in {message['text']!r}: {left}"
    titles = {button["title"] for button in message["buttons"]} & english_titles(language, catalogues)
    assert not titles, f"English on a button: {titles}"


def english_parts(language: str, catalogues: Catalogues) -> set[str]:
    """What stands between the placeholders of the English sentences that are translated."""
    own = catalogues[language]
    sentences = (source.text for key, source in catalogues["en"].sources.items() if own.text(key) != source.text)
    parts = (
        part.strip() for text in sentences for part in re.split(rf"\n|{PLACEHOLDER.pattern.replace('(', '(?:')}", text)
    )
    return {part for part in parts if len(part) >= SHORTEST and " " in part}


def english_titles(language: str, catalogues: Catalogues) -> set[str]:
    """The titles of buttons that are something else in this language."""
    own = catalogues[language]
    return {title for kind, title in own.texts if kind == "button" and own.title(title) != title}


def check_rows(house: House, talk: Talk | PhoneTalk, script: dict[str, Any]) -> None:
    """The rows in the database equal what was typed."""
    if "application" in script:
        application = newest(house, talk, Application)
        assert shown(application, script["application"]) == script["application"]
    if "pledge" in script:
        assert shown(newest(house, talk, Pledge), script["pledge"]) == script["pledge"]


def newest(house: House, talk: Talk | PhoneTalk, table: Any) -> dict[str, Any]:
    """The last row of this person, with its municipality's columns for those of the same name that it lacks."""
    with house.sessions() as session:
        row = session.scalars(
            select(table).where(table.contact_id == talk.contact_id).order_by(table.id.desc()).limit(1)
        ).one()
        own = {column.key: getattr(row, column.key) for column in table.__table__.columns}
        place = row.municipality if table is Application else None
        return own | ({"municipality": place.name, "country": place.country} if place else {})


def shown(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The expected columns of a row, dates as YAML reads them."""
    return {key: row[key] if isinstance(row[key], date | int | list | None) else str(row[key]) for key in expected}
