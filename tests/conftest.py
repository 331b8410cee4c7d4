"""What the tests share: a real PostgreSQL, sessions that are rolled back, and the whole house running once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.postgres import Postgres
from covenant import journeys, places
from db.engine import Sessions, open_engine, open_sessions
from db.migrate import upgrade
from locales import Catalogues, load_catalogues
from tests.running import House, run_house

journeys.known()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL with the newest schema and the gazetteer, for as long as the tests run."""
    with Postgres(tmp_path_factory.mktemp("data")).running() as url:
        upgrade(url)
        engine = open_engine(url)
        with open_sessions(engine).begin() as session:
            places.load(session)
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sessions(engine: Engine) -> Sessions:
    """Sessions that really commit: for what needs several of them at the same time."""
    return open_sessions(engine)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back after the test, whatever it commits."""
    with engine.connect() as connection, connection.begin() as whole:
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        whole.rollback()


@pytest.fixture(scope="session")
def catalogues() -> Catalogues:
    return load_catalogues()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything as `make run` starts it, on a free port and with data of its own."""
    with run_house(Path(tmp_path_factory.mktemp("house"))) as house:
        yield house
