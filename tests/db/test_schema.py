"""The migrations lead to the tables that the code knows, and pledges of before keep what they said."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, make_url, text

from db.engine import open_engine
from db.migrate import config
from db.tables import Base

PLEDGES = (
    "INSERT INTO pledge (reference, action, hazard, people_min, year) VALUES "
    "('AAAAAAAA', '400 mangroves', 'flood: coastal flood', 1200, 2028), ('BBBBBBBB', 'shade trees', NULL, NULL, NULL)"
)


@pytest.fixture
def another(engine: Engine) -> Iterator[Engine]:
    """An empty database beside the tests' one."""
    name = "kawan_schema"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        other = open_engine(make_url(engine.url).set(database=name).render_as_string(hide_password=False))
        yield other
        other.dispose()
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_the_migrations_make_just_the_tables_of_the_code(another: Engine) -> None:
    command.upgrade(config(url_of(another)), "head")
    with another.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_pledges_of_before_keep_what_they_said_there_and_back(another: Engine) -> None:
    command.upgrade(config(url_of(another)), "0006")
    with another.begin() as connection:
        connection.execute(text(PLEDGES))
        before = connection.execute(text("SELECT * FROM pledge ORDER BY id")).mappings().all()
    command.upgrade(config(url_of(another)), "0007")
    with another.connect() as connection:
        rows = connection.execute(text("SELECT hazards, end_year, state, is_public FROM pledge ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [
            (["flood: coastal flood"], 2028, "recorded", False),
            ([], None, "recorded", False),
        ]
    command.downgrade(config(url_of(another)), "0006")
    with another.connect() as connection:
        after = connection.execute(text("SELECT * FROM pledge ORDER BY id")).mappings().all()
    assert [dict(row) for row in after] == [dict(row) for row in before]
