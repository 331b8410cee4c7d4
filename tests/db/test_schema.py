"""The migrations lead to the tables that the code knows, and pledges of before keep what they said."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from db.tables import Base
from tests.db.conftest import migrate

PLEDGES = (
    "INSERT INTO pledge (reference, action, hazard, people_min, year) VALUES "
    "('AAAAAAAA', '400 mangroves', 'flood: coastal flood', 1200, 2028), ('BBBBBBBB', 'shade trees', NULL, NULL, NULL)"
)


def test_the_migrations_make_just_the_tables_of_the_code(another: Engine) -> None:
    migrate(another, "head")
    with another.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_pledges_of_before_keep_what_they_said_there_and_back(another: Engine) -> None:
    migrate(another, "0006")
    with another.begin() as connection:
        connection.execute(text(PLEDGES))
        before = connection.execute(text("SELECT * FROM pledge ORDER BY id")).mappings().all()
    migrate(another, "0007")
    with another.connect() as connection:
        rows = connection.execute(text("SELECT hazards, end_year, state, is_public FROM pledge ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [
            (["flood: coastal flood"], 2028, "recorded", False),
            ([], None, "recorded", False),
        ]
    migrate(another, "0006", back=True)
    with another.connect() as connection:
        after = connection.execute(text("SELECT * FROM pledge ORDER BY id")).mappings().all()
    assert [dict(row) for row in after] == [dict(row) for row in before]
