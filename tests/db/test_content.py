"""Templates at the provider: made once, handed in once, looked after; the real client over real HTTP."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from twilio.rest import Client

from bot import template_sync
from bot.channels.twilio_client import open_client
from bot.content import EVERY_LANGUAGE, IN_SESSION, ContentApi, ensure_in_session, in_session
from bot.errors import StartError
from covenant import template_rules
from covenant.templates import family, form
from db.engine import Sessions
from db.messages import Template
from locales import Catalogues
from tests.db.content_server import Contents, content_server

HANDED_IN = len(family().templates)  # in English at least; other languages follow with their translations


@pytest.fixture
def provider() -> Iterator[Contents]:
    with content_server() as contents:
        yield contents


@pytest.fixture
def client(provider: Contents) -> Iterator[Client]:
    client = open_client(provider.settings)
    yield client
    client.http_client.session.close()


def sync(sessions: Sessions, client: Client, catalogues: Catalogues) -> list[template_sync.State]:
    return template_sync.sync(sessions, ContentApi(client), catalogues)


def rows(sessions: Sessions) -> dict[tuple[str, str], Template]:
    with sessions() as session:
        return {(row.name, row.language): row for row in session.scalars(select(Template))}


def test_every_template_is_made_and_handed_in_once(
    nobody_yet: Sessions, client: Client, provider: Contents, catalogues: Catalogues
) -> None:
    states = sync(nobody_yet, client, catalogues)
    there = len(provider.made)
    assert there >= HANDED_IN
    assert {state.state for state in states} <= {"received", template_sync.NOT_HANDED_IN}
    assert len(rows(nobody_yet)) == there == len(provider.approvals)
    sync(nobody_yet, client, catalogues)
    assert (provider.calls["create"], provider.calls["submit"]) == (there, there)


def test_what_goes_over_the_wire_is_what_whatsapp_is_to_see(
    nobody_yet: Sessions, client: Client, provider: Contents, catalogues: Catalogues
) -> None:
    sync(nobody_yet, client, catalogues)
    wanted = form(catalogues, family().named("reminder"), "en")
    assert wanted
    made = next(one for one in provider.made if one["friendly_name"] == wanted.friendly_name)
    assert made["language"] == "en"
    assert made["variables"] == dict(zip("123", wanted.samples, strict=True))
    shown = made["types"]["twilio/quick-reply"]
    assert shown["body"] == wanted.body
    assert [(one["title"], one["id"]) for one in shown["actions"]] == list(wanted.buttons)
    assert (
        provider.approvals[made["sid"]] | {"name": wanted.friendly_name, "category": "UTILITY"}
        == provider.approvals[made["sid"]]
    )


def test_what_whatsapp_says_is_read_each_time(
    nobody_yet: Sessions, client: Client, provider: Contents, catalogues: Catalogues
) -> None:
    sync(nobody_yet, client, catalogues)
    provider.decide("kawan_reminder_en", "approved")
    provider.decide("kawan_notice_en", "rejected", "TAG_CONTENT_MISMATCH")
    provider.decide("kawan_knock_en", "approved", category="MARKETING")
    states = {(one.name, one.language): one for one in sync(nobody_yet, client, catalogues)}
    assert states["reminder", "en"].state == "approved"
    assert (states["notice", "en"].state, states["notice", "en"].reason) == ("rejected", "TAG_CONTENT_MISMATCH")
    assert states["knock", "en"].reason == "WhatsApp counts it as MARKETING"
    kept = rows(nobody_yet)
    assert (kept["notice", "en"].approval, kept["notice", "en"].reason) == ("rejected", "TAG_CONTENT_MISMATCH")
    assert provider.calls["submit"] == len(provider.made), "a refused one is not handed in again"
    with nobody_yet() as session:
        assert {one.state for one in template_sync.listing(session)} >= {"approved", "rejected"}


def test_what_was_made_before_a_crash_is_found_by_its_name(
    nobody_yet: Sessions, client: Client, provider: Contents, catalogues: Catalogues
) -> None:
    provider.refuse["submit"] = 503
    with pytest.raises(StartError, match="20001"):
        sync(nobody_yet, client, catalogues)
    assert len(provider.made) == 1
    assert not rows(nobody_yet)
    provider.refuse.clear()
    sync(nobody_yet, client, catalogues)
    names = [one["friendly_name"] for one in provider.made]
    assert len(names) == len(set(names)) == len(provider.approvals)


def test_a_changed_text_is_made_and_handed_in_anew(
    nobody_yet: Sessions, client: Client, provider: Contents, catalogues: Catalogues
) -> None:
    sync(nobody_yet, client, catalogues)
    before = rows(nobody_yet)["accepted", "en"]
    with nobody_yet.begin() as session:
        session.get_one(Template, ("accepted", "en")).digest = "of an older text"
    provider.made[:] = [one for one in provider.made if not one["friendly_name"].startswith("kawan_accepted_en")]
    provider.made.append({"friendly_name": "kawan_accepted_en_00000000", "sid": before.sid})
    sync(nobody_yet, client, catalogues)
    after = rows(nobody_yet)["accepted", "en"]
    assert after.digest == before.digest
    assert [one["friendly_name"] for one in provider.made].count(form_name(catalogues)) == 1


def form_name(catalogues: Catalogues) -> str:
    found = form(catalogues, family().named("accepted"), "en")
    assert found
    return found.friendly_name


def test_what_breaks_a_rule_is_not_handed_in_and_says_why(
    nobody_yet: Sessions, client: Client, provider: Contents, catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_rules, "CATEGORIES", frozenset({"UTILITY"}))
    states = {(one.name, one.language): one for one in sync(nobody_yet, client, catalogues)}
    assert states["notice", "en"].state == template_sync.NOT_HANDED_IN
    assert "MARKETING" in states["notice", "en"].reason
    assert not [one for one in provider.made if "notice" in one["friendly_name"]]


def test_an_answer_that_never_comes_is_one_sentence(nobody_yet: Sessions, catalogues: Catalogues) -> None:
    with content_server() as contents:
        settings = contents.settings
    away = open_client(settings)
    with pytest.raises(StartError, match="cannot be reached"):
        sync(nobody_yet, away, catalogues)
    away.http_client.session.close()


# --- within a conversation ------------------------------------------------------------------------------------------


def test_contents_with_buttons_are_made_once(nobody_yet: Sessions, client: Client, provider: Contents) -> None:
    for _ in range(2):
        with nobody_yet.begin() as session:
            sids = ensure_in_session(client, session)
    assert set(sids) == {f"kawan_buttons_{n}" for n in (1, 2, 3)} | {f"kawan_list_{n}" for n in range(4, 11)}
    assert provider.calls["create"] == len(sids) == len(set(sids.values()))
    assert not provider.approvals
    kept = rows(nobody_yet)
    assert all(kept[name, EVERY_LANGUAGE].approval == IN_SESSION for name in sids)
    assert all(kept[name, EVERY_LANGUAGE].sid == sid for name, sid in sids.items())


def test_contents_that_are_there_already_are_taken_up(nobody_yet: Sessions, client: Client, provider: Contents) -> None:
    with nobody_yet() as session:
        first = ensure_in_session(client, session)
        session.rollback()
    with nobody_yet.begin() as session:
        assert ensure_in_session(client, session) == first
    assert provider.calls["create"] == len(first)


@pytest.mark.parametrize("count", range(1, 11))
def test_a_message_with_buttons_fills_every_variable(
    nobody_yet: Sessions, client: Client, provider: Contents, count: int
) -> None:
    with nobody_yet.begin() as session:
        sids = ensure_in_session(client, session)
    buttons = [{"title": f"Title {n}", "payload": f"/p{n}"} for n in range(count)]
    name, variables = in_session("What would you like?", buttons, "Choose")
    content = next(one for one in provider.made if one["sid"] == sids[name])
    shown = next(value for value in content["types"].values() if value)

    def filled(text: str) -> str:
        return variables[text.strip("{}")]

    assert filled(shown["body"]) == "What would you like?"
    if "button" in shown:
        assert filled(shown["button"]) == "Choose"
    titles = [filled(one.get("title") or one["item"]) for one in shown.get("actions") or shown["items"]]
    payloads = [filled(one["id"]) for one in shown.get("actions") or shown["items"]]
    assert [{"title": title, "payload": payload} for title, payload in zip(titles, payloads, strict=True)] == buttons
    assert set(content["variables"]) == set(variables)


@pytest.mark.parametrize("count", [0, 11])
def test_no_content_shows_no_button_or_more_than_ten(count: int) -> None:
    with pytest.raises(ValueError, match=str(count)):
        in_session("Text", [{"title": "a", "payload": "/b"}] * count, "Choose")
