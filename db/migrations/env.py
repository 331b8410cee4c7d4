"""How Alembic runs a migration: on the URL that `db.migrate` gives, over our own metadata."""

from alembic import context
from sqlalchemy import pool
from sqlalchemy.engine import create_engine

from db.engine import driver_url
from db.tables import Base


def run() -> None:
    """Run the migrations on a connection of their own."""
    engine = create_engine(driver_url(context.config.attributes["url"]), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


run()
