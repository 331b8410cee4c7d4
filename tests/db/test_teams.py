"""Teams: who asks to belong is let in by the focal point or the secretariat, and several towns are kept apart."""

import runpy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from actions.door import Door
from bot import ports
from bot.cli import app
from bot.conversation import Turns
from bot.rasa import Rasa
from covenant import teams
from db import migrate
from db.engine import Sessions
from db.messages import Lane, Outbound
from db.people import Contact
from db.records import Draft, Membership, Municipality, TeamRole, Ticket, TicketState
from locales import Catalogues
from tests.db.test_invitations import Town, press
from tests.db.test_linking import DOORS, Phone, english

Kawan = Callable[..., Any]
NAME = "Ni Luh Sari"
BOGOR = 1648473  # in the gazetteer, so it can be named


@pytest.fixture
def turns(nobody_yet: Sessions, catalogues: Catalogues) -> Iterator[Turns]:
    """What answers, with a Rasa that is dead: nothing here may need it."""
    rasa = Rasa(f"http://127.0.0.1:{ports.free_port()}")
    yield Turns(nobody_yet, catalogues, rasa, Door(nobody_yet, catalogues, doors=DOORS))
    rasa.close()


@pytest.fixture
def kawan(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kawan:
    """Type a command; what it prints and how it ends comes back."""
    monkeypatch.setenv("KAWAN_DATABASE_URL", database_url)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
    return lambda *words: CliRunner().invoke(app, ["team", *(str(word) for word in words)])


def ask_to_join(turns: Turns, town: Town) -> Phone:
    """Somebody names a town that is with us already, and then themselves."""
    phone = Phone(turns).agree()
    with turns.sessions.begin() as session:
        session.execute(update(Municipality).where(Municipality.id == town.id).values(place_id=BOGOR))
    name_town(phone)
    press(phone, "team_name", NAME)
    return phone


def name_town(phone: Phone) -> None:
    """Let somebody begin to join and name the town."""
    with phone.turns.sessions.begin() as session:
        draft = Draft(contact_id=phone.contact, journey="join", field="municipality", values={}, candidates={})
        session.add(draft)
        session.flush()
        session.get_one(Contact, phone.contact).draft_id = draft.id
    press(phone, "municipality", BOGOR)


def number_of(turns: Turns, phone: Phone) -> int:
    with turns.sessions() as session:
        return session.scalars(select(Membership.id).where(Membership.contact_id == phone.contact)).one()


def ticket(turns: Turns) -> Ticket:
    with turns.sessions() as session:
        return session.scalars(select(Ticket).where(Ticket.kind == "join_team")).one()


# --- asking to belong -----------------------------------------------------------------------------------------------


def test_the_focal_point_is_told_who_asks_and_nothing_is_theirs_before_the_yes(turns: Turns) -> None:
    town = Town(turns)
    phone = ask_to_join(turns, town)
    row = town.focal.rows()[-1].content["says"][0]
    assert row["response"] == "utter_team_request"
    assert row["args"]["name"] == NAME
    assert phone.contact not in town.roles()
    assert "I asked the focal point" in phone.heard()[-1]
    assert ticket(turns).state == TicketState.OPEN


def test_without_a_focal_point_the_secretariat_alone_is_asked(turns: Turns) -> None:
    town = Town(turns)
    with turns.sessions.begin() as session:
        session.execute(update(Membership).values(role=TeamRole.OFFICER))
    phone = ask_to_join(turns, town)
    assert "I asked the secretariat" in phone.heard()[-1]
    assert not town.focal.rows()


@pytest.mark.parametrize("approved", [True, False])
def test_the_focal_points_answer_decides_once_and_the_asker_is_told(turns: Turns, approved: bool) -> None:
    town = Town(turns)
    phone = ask_to_join(turns, town)
    yes, no = (one["payload"] for one in town.focal.rows()[-1].content["says"][0]["choices"])
    tapped, other = (yes, no) if approved else (no, yes)
    assert NAME in town.focal.ask(payload=tapped)
    assert (town.roles().get(phone.contact) == TeamRole.OFFICER) is approved
    assert phone.heard()[-1] == ("utter_invitation_done" if approved else "utter_team_refused")
    assert ticket(turns).state == TicketState.CLOSED
    expected = "joined_as_officer" if approved else "refused"
    assert town.events()[-1] == (expected, phone.contact, town.focal.contact)
    before = town.roles()
    for again in (tapped, other):
        assert town.focal.ask(payload=again) == english(turns, "utter_team_request_over")
    assert town.roles() == before


def test_nobody_but_the_towns_own_focal_point_decides(turns: Turns) -> None:
    town, elsewhere = Town(turns), Town(turns, "Bangli")
    phone, officer = ask_to_join(turns, town), town.member()
    yes = town.focal.rows()[-1].content["says"][0]["choices"][0]["payload"]
    for one in (phone, officer, elsewhere.focal, Phone(turns).agree()):
        assert one.ask(payload=yes) == english(turns, "utter_team_request_over")
    assert phone.contact not in town.roles()


def test_a_request_that_is_refused_can_be_made_again(turns: Turns) -> None:
    town = Town(turns)
    phone = ask_to_join(turns, town)
    town.focal.ask(payload=f'/team_request{{"id": {number_of(turns, phone)}, "do": "no"}}')
    name_town(phone)
    press(phone, "team_name", NAME)
    assert number_of(turns, phone)
    assert [one.content["says"][0]["response"] for one in unasked(town.focal)] == ["utter_team_request"] * 2


def test_who_asks_again_while_it_waits_is_told_so_and_fills_in_no_request_for_that_town(turns: Turns) -> None:
    town = Town(turns)
    phone = ask_to_join(turns, town)
    name_town(phone)
    assert ticket(turns).reference in phone.heard()[-1]
    assert len(unasked(town.focal)) == 1
    with turns.sessions() as session:
        assert session.get_one(Contact, phone.contact).draft_id is None


def unasked(phone: Phone) -> list[Outbound]:
    """What somebody was told that was no answer."""
    return [row for row in phone.rows() if row.lane == Lane.REMINDER]


@pytest.mark.parametrize("approved", [True, False])
def test_the_secretariat_decides_on_the_command_line(turns: Turns, kawan: Kawan, approved: bool) -> None:
    town = Town(turns)
    phone = ask_to_join(turns, town)
    number = number_of(turns, phone)
    listed = kawan("list").output
    assert f"{number}  " in listed
    assert NAME in listed
    answer = kawan("approve" if approved else "refuse", number)
    assert answer.exit_code == 0
    assert (phone.contact in town.roles()) is approved
    assert phone.heard()[-1] == ("utter_invitation_done" if approved else "utter_team_refused")
    assert town.events()[-1][2] is None
    assert kawan("list").output == "0 waiting.\n"
    again = kawan("approve", number)
    assert again.exit_code == 1
    assert "kawan team list" in again.output


# --- who is silent --------------------------------------------------------------------------------------------------


def test_towns_whose_focal_point_fell_silent_are_listed_the_longest_first(turns: Turns, kawan: Kawan) -> None:
    quiet, quieter, lively, orphan = (Town(turns, name) for name in ("Bangli", "Kupang", "Gianyar", "Ende"))
    for town, days in ((quiet, 61), (quieter, 200), (lively, 59)):
        with turns.sessions.begin() as session:
            mine = update(Contact).where(Contact.id == town.focal.contact)
            session.execute(mine.values(seen_at=datetime.now(UTC) - timedelta(days=days)))
    with turns.sessions.begin() as session:
        session.execute(update(Membership).where(Membership.municipality_id == orphan.id).values(role="officer"))
    lines = kawan("silent", "--days", 60).output.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["Ende", "Kupang", "Bangli"]
    assert lines[-1] == "3 silent for 60 days or more."


# --- roles and several towns ----------------------------------------------------------------------------------------


def test_a_town_has_one_focal_point(turns: Turns) -> None:
    town, phone = Town(turns), Phone(turns).agree()
    with pytest.raises(IntegrityError), turns.sessions.begin() as session:
        session.add(Membership(municipality_id=town.id, contact_id=phone.contact, role=TeamRole.FOCAL))


def test_the_second_who_sends_a_towns_request_is_an_officer(turns: Turns) -> None:
    town, phone = Town(turns), Phone(turns).agree()
    with turns.sessions.begin() as session:
        municipality = session.get_one(Municipality, town.id)
        teams.enter(session, session.get_one(Contact, phone.contact), municipality, datetime.now(UTC))
    assert town.roles()[phone.contact] == TeamRole.OFFICER


def test_of_several_towns_the_one_last_chosen_is_talked_about(turns: Turns) -> None:
    first, second, foreign = Town(turns, "Bangli"), Town(turns, "Kupang"), Town(turns, "Ende")
    with turns.sessions.begin() as session:
        session.add(Membership(municipality_id=second.id, contact_id=first.focal.contact))
    assert "Bangli" in first.focal.ask(payload=f'/choose_town{{"town": "{first.public_id}"}}')
    assert "/choose_town" in first.focal.buttons()
    first.focal.ask(payload="/choose_town")
    assert len(first.focal.buttons()) == 2
    assert "Kupang" in first.focal.ask(payload=first.focal.buttons()[1])
    first.focal.ask(payload=f'/choose_town{{"town": "{foreign.public_id}"}}')
    with turns.sessions() as session:
        contact = session.get_one(Contact, first.focal.contact)
        assert teams.municipality_of(session, contact).id == second.id  # type: ignore[union-attr]


def test_whoever_has_one_town_is_not_asked_which(turns: Turns) -> None:
    town = Town(turns)
    assert "Gianyar" in town.focal.ask(payload=f'/choose_town{{"town": "{town.public_id}"}}')
    assert "/choose_town" not in town.focal.buttons()


def test_when_the_database_is_migrated_the_first_member_of_each_town_is_its_focal_point(turns: Turns) -> None:
    (migration,) = (Path(migrate.__file__).parent / "migrations" / "versions").glob("*_change_of_staff.py")
    town = Town(turns)
    officer, waiting = town.member(), Phone(turns).agree()
    with turns.sessions.begin() as session:
        session.add(Membership(municipality_id=town.id, contact_id=waiting.contact, pending=True))
        session.execute(update(Membership).values(role="officer"))
        session.execute(runpy.run_path(str(migration))["FIRST"])
    assert town.roles() == {town.focal.contact: TeamRole.FOCAL, officer.contact: TeamRole.OFFICER}
