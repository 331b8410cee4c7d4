"""The made-up region of `kawan demo`: complete, plainly invented, there once, and never among real people's data."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from bot import demo
from bot.errors import StartError
from bot.region import MARK, Region
from bot.settings import load_settings
from bot.store import Folder
from covenant import privacy, progress, reminders
from covenant.hours import next_working
from covenant.teams import team
from db.base import Base
from db.messages import File, Inbound, Lane, Outbound
from db.milestones import Reminder, ReminderState
from db.people import Address, AddressState, Contact, Role
from db.place import Place
from db.pledges import Pledge
from db.records import (
    Application,
    ApplicationState,
    Broadcast,
    BroadcastState,
    Draft,
    DraftState,
    Municipality,
    Ticket,
)
from locales import LANGUAGES, Catalogues
from tests.db.conftest import GAZETTEER
from tests.people import SECRET

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def files_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def filled(engine: Engine, catalogues: Catalogues, files_dir: Path) -> Iterator[Session]:
    """A session in which the region was made up; nothing of it is ever committed."""
    with Session(engine, expire_on_commit=False) as session:
        assert Region(session, catalogues, Folder(files_dir), SECRET, NOW).fill()
        yield session
        session.rollback()


@pytest.fixture
def region(filled: Session) -> Iterator[Session]:
    """The same session, as it was after the filling."""
    with filled.begin_nested() as attempt:
        yield filled
        attempt.rollback()


def count(session: Session, table: type[Base], *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def test_there_are_towns_at_every_stage_in_eleven_countries(region: Session) -> None:
    states = dict(region.execute(select(Application.state, func.count()).group_by(Application.state)).all())
    assert states == {
        ApplicationState.SUBMITTED: 10,
        ApplicationState.LETTER_RECEIVED: 7,
        ApplicationState.ACCEPTED: 15,
    }
    drafted = select(Draft.values["municipality"]["country"].astext).where(
        Draft.journey == "join", Draft.state == DraftState.OPEN
    )
    countries = {*region.scalars(drafted), *region.scalars(select(Municipality.country))}
    assert len(list(region.scalars(drafted))) == 8
    assert countries == set(reminders.TIME_ZONES)


def test_every_town_is_a_place_of_the_gazetteer(region: Session) -> None:
    towns = region.scalars(select(Municipality)).all()
    places = [region.get_one(Place, town.place_id) for town in towns]
    assert [(place.english, place.country) for place in places] == [(town.name, town.country) for town in towns]


def test_accepted_towns_have_milestones_ahead_and_no_flood_of_old_reminders(region: Session) -> None:
    committed = region.scalars(select(Municipality).where(Municipality.committed_on.is_not(None))).all()
    assert len(committed) == 15
    assert all(progress.next_step(region, town) for town in committed)
    assert count(region, Reminder, Reminder.state == ReminderState.SETTLED) > 0
    assert reminders.queue_due(region, NOW) == 0
    working = next_working(NOW + timedelta(days=200), "ID", ZoneInfo("Asia/Jakarta"))
    assert reminders.queue_due(region, working) > 0


def test_a_hundred_and_twenty_people_speak_every_language_in_every_role(region: Session) -> None:
    assert count(region, Contact) == 120
    languages = dict(region.execute(select(Contact.language, func.count()).group_by(Contact.language)).all())
    assert set(languages) == set(LANGUAGES)
    assert min(languages.values()) >= 5
    assert set(region.scalars(select(Contact.role).distinct())) == set(Role)
    assert count(region, Contact, Contact.is_secretariat) == 1
    assert count(region, Address, Address.state == AddressState.OPTED_OUT) > 0


def test_pledges_have_everything_and_belong_to_towns_and_to_groups(region: Session) -> None:
    pledges = region.scalars(select(Pledge)).all()
    assert len(pledges) > 50
    assert all(one.hazards and one.people_min and one.end_year and one.end_year >= 2028 for one in pledges)
    assert 20 < len([one for one in pledges if one.municipality_id]) < len(pledges)
    assert len({one.hazards[0] for one in pledges}) >= 4


def test_a_broadcast_in_every_invented_language_is_queued_for_everybody_who_said_yes(region: Session) -> None:
    broadcast = region.scalars(select(Broadcast)).one()
    assert broadcast.state == BroadcastState.QUEUED
    assert {"en", "id", "tet"} <= set(broadcast.texts) <= set(LANGUAGES)
    assert 80 < count(region, Outbound, Outbound.lane == Lane.BROADCAST) < 120


def test_questions_wait_for_a_person_and_colleagues_for_a_yes(region: Session) -> None:
    kinds = set(region.scalars(select(Ticket.kind).distinct()))
    assert kinds == {"ask_question", "give_feedback", "join_team", "share_knowledge"}
    for town in region.scalars(select(Municipality)):
        assert len(team(region, town)) == 1


def test_nobody_and_nothing_can_be_taken_for_real(region: Session) -> None:
    addresses = region.scalars(select(Address.external_id)).all()
    assert all(address.startswith(MARK) for address in addresses)
    emails = region.scalars(select(Application.focal_email)).all()
    assert all(email.endswith("@example.org") for email in emails)
    assert count(region, Inbound) == 0, "nobody ever wrote"
    letters = region.scalars(select(File)).all()
    assert len(letters) == 7 + 15


def test_filled_a_second_time_it_stays_as_it_is(region: Session, catalogues: Catalogues, files_dir: Path) -> None:
    before = [count(region, table) for table in (*privacy.OWN, *privacy.SHARED)]
    assert not Region(region, catalogues, Folder(files_dir), SECRET, NOW).fill()
    assert [count(region, table) for table in (*privacy.OWN, *privacy.SHARED)] == before


def test_it_is_the_same_region_every_time(region: Session, catalogues: Catalogues, files_dir: Path) -> None:
    first = told(region)
    names = [name for name in Base.metadata.tables if not name.startswith(GAZETTEER)]
    region.execute(text(f"TRUNCATE {', '.join(names)} CASCADE"))
    region.expunge_all()
    assert Region(region, catalogues, Folder(files_dir), SECRET, NOW).fill()
    assert told(region) == first != []


def told(session: Session) -> list[tuple[object, ...]]:
    columns = (Municipality.name, Municipality.committed_on, Application.focal_name, Application.focal_phone)
    query = select(*columns).join(Application, Application.municipality_id == Municipality.id)
    return [tuple(row) for row in session.execute(query.order_by(Application.id))]


@pytest.mark.parametrize(
    "where",
    [
        {"data_dir": Path("/somewhere/var")},
        {"database_url": "postgresql://real/people"},
        {"files_url": "s3://real-files"},
    ],
)
def test_among_real_peoples_data_nothing_is_made_up(where: dict[str, object]) -> None:
    settings = replace(load_settings(), data_dir=Path("/somewhere/demo"), database_url=None)
    with pytest.raises(StartError, match="never among real people's"):
        demo.invent(replace(settings, **where))


def test_the_demonstration_moves_into_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in ("the first time", "and again"):
        monkeypatch.setenv("KAWAN_DATABASE_URL", "postgresql://real/people")
        monkeypatch.setenv("KAWAN_FILES_URL", "s3://real-files")
        monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path))
        settings = demo.move_in(load_settings())
        assert settings.data_dir == tmp_path / "demo"
        assert settings.database_url is None
        assert settings.files_url is None, "what is swept there would be real people's"
        assert not {"KAWAN_DATABASE_URL", "KAWAN_FILES_URL"} & set(demo.region_spec().env)
        assert settings.models_dir.resolve() == tmp_path / "models"
