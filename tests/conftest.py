"""What the tests share: a real PostgreSQL, sessions that are rolled back, and the whole house running once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot import ports
from bot.postgres import Postgres
from covenant import journeys, places
from db.engine import Sessions, open_engine, open_sessions
from db.migrate import upgrade
from locales import Catalogues, load_catalogues
from tests.emulators.telegram.client import Telegram
from tests.emulators.telegram.running import spawn_telegram
from tests.emulators.whatsapp.client import WhatsApp
from tests.emulators.whatsapp.running import need_contract, run_whatsapp_process
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


@pytest.fixture(scope="session")
def telegram_outside() -> Iterator[Telegram]:
    """A Telegram in a process of its own, as the real one is."""
    with spawn_telegram() as telegram:
        yield telegram


@pytest.fixture(scope="session")
def telegram_house(telegram_outside: Telegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything, with a bot on that Telegram."""
    folder, telegram = Path(tmp_path_factory.mktemp("telegram")), telegram_outside
    with run_house(folder, telegram_api_url=telegram.url, telegram_token=telegram.token) as house:
        yield house


@pytest.fixture(scope="session")
def whatsapp_outside() -> Iterator[WhatsApp]:
    """A Twilio in a process of its own, held to its published contract."""
    need_contract()
    with run_whatsapp_process(ports.free_port()) as whatsapp:
        whatsapp.options(storage_host="127.0.0.1")
        yield whatsapp


@pytest.fixture(scope="session")
def whatsapp_house(whatsapp_outside: WhatsApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything, with a number at that Twilio."""
    folder, port = Path(tmp_path_factory.mktemp("whatsapp")), ports.free_port()
    whatsapp_outside.options(webhook=f"http://127.0.0.1:{port}/webhooks/whatsapp")
    settings = {name.removeprefix("KAWAN_").lower(): value for name, value in whatsapp_outside.environment().items()}
    with run_house(folder, port, **settings) as house:
        yield house
