"""The engine and sessions: plain, synchronous, given as first argument to whoever needs them."""

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

Sessions = sessionmaker[Session]

POOL_SIZE = 8


def driver_url(url: str) -> str:
    """Return `url` with the driver we ship, whichever way an operator wrote the PostgreSQL scheme."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


def open_engine(url: str, pool_size: int = POOL_SIZE) -> Engine:
    """Return an engine on `url`; connections are checked before use, so a restarted server is no error."""
    return create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,  # an error's text may reach a log, and the parameters are what people wrote
    )


def open_sessions(engine: Engine) -> Sessions:
    """Return the session factory of `engine`."""
    return sessionmaker(engine, expire_on_commit=False)


def notify(session: Session, channel: str, payload: str) -> None:
    """Wake whoever listens on `channel`, at the commit of this transaction."""
    session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})
