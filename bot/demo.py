"""`kawan demo`: all of Kawan with data of its own, in which a made-up region waits to be looked at."""

import os
from datetime import UTC, datetime

from bot import house
from bot.errors import StartError
from bot.process import Spec
from bot.settings import Settings, load_settings, private_dir

FOLDER = "demo"
NOT_OURS = (
    "KAWAN_DATABASE_URL",
    "KAWAN_RASA_URL",
    "KAWAN_FILES_URL",
)  # nothing invented may come near anybody's real data


def run(settings: Settings, say: house.Say) -> None:
    """Start everything on the demonstration's own data; the region is made up the first time."""
    house.run(move_in(settings), say, more=(region_spec(),), greet=welcome)


def move_in(settings: Settings) -> Settings:
    """Give this process and its children their own data folder; the trained model is shared, for it knows nobody."""
    folder = private_dir(settings.data_dir / FOLDER)
    models = folder / "models"
    if not models.exists():
        settings.models_dir.mkdir(parents=True, exist_ok=True)
        models.unlink(missing_ok=True)
        models.symlink_to(settings.models_dir, target_is_directory=True)
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ["KAWAN_DATA_DIR"] = str(folder)
    return load_settings()


def region_spec() -> Spec:
    """Return the step that makes the region up once the tables are there."""
    doing = "making up a region to look at, unless it is there"
    return Spec(
        name="region", command=house.kawan("invent"), env=dict(os.environ), after=("migrate",), once=True, doing=doing
    )


def welcome(settings: Settings, say: house.Say, seconds: float) -> None:
    """Say where to look, and what to do there as each kind of user."""
    house.welcome(settings, say, seconds)
    own = f"KAWAN_DATA_DIR={settings.data_dir} .venv/bin/kawan"
    for line in (
        "Everybody and everything in this region is made up; only the names of the places are real.",
        f"As an officer or a community leader: open {settings.own_url}/ and answer the first questions.",
        f"In another language, as somebody new: open {settings.own_url}/?start=km in a private window.",
        "As the secretariat: answer the first questions, choose “Ask a person” in the page's menu, and give the",
        f"  reference you get to: {own} grant secretariat REFERENCE",
        "  Then write “what waits for review”, “statistics” or “send a broadcast” in the page.",
        f"What waits for a person: {own} tickets",
    ):
        say(line)


def invent(settings: Settings) -> bool:
    """Make the region up in the demonstration's database; False when it is there already, refused anywhere else."""
    from bot.cli_staff import session_of
    from bot.region import Region
    from bot.store import open_store
    from covenant import journeys
    from locales import load_catalogues

    if settings.database_url or settings.files_url or settings.data_dir.name != FOLDER:
        message = "A region is made up only in the data of `kawan demo`, never among real people's."
        raise StartError(message)
    journeys.known()
    with session_of(settings) as session:
        store = open_store(settings)
        return Region(session, load_catalogues(), store, settings.secret_key, datetime.now(UTC)).fill()
