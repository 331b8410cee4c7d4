"""What the database's tests share: tables without anybody in them, another database, the web application served."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import pytest
import uvicorn
from alembic import command
from fastapi import FastAPI
from sqlalchemy import Engine, make_url, text

from bot.ports import free_port
from db.engine import Sessions, open_engine
from db.migrate import config
from db.tables import Base
from tests.people import until

GAZETTEER = ("place",)


@pytest.fixture
def nobody_yet(sessions: Sessions) -> Iterator[Sessions]:
    """Sessions that really commit, on tables that are empty before and after; only the gazetteer stays."""
    forget_everybody(sessions)
    yield sessions
    forget_everybody(sessions)


def forget_everybody(sessions: Sessions) -> None:
    names = [name for name in Base.metadata.tables if not name.startswith(GAZETTEER)]
    with sessions.begin() as session:
        session.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))


@pytest.fixture
def another(engine: Engine) -> Iterator[Engine]:
    """An empty database beside the tests' one; `migrate` brings it to a schema."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS kawan_another"))
        connection.execute(text("CREATE DATABASE kawan_another"))
        url = make_url(engine.url).set(database="kawan_another")
        other = open_engine(url.render_as_string(hide_password=False))
        yield other
        other.dispose()
        connection.execute(text("DROP DATABASE kawan_another WITH (FORCE)"))


def migrate(engine: Engine, revision: str, *, back: bool = False) -> None:
    """Bring a database to a schema, forwards or back."""
    move = command.downgrade if back else command.upgrade
    move(config(engine.url.render_as_string(hide_password=False)), revision)


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the application, which answers on a port of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_config=None))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        yield client
    server.should_exit = True
    thread.join()
