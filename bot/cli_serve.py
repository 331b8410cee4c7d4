"""`kawan web` and `kawan worker`: the two processes of ours that people's messages go through."""

import asyncio
import logging

import uvicorn

from bot.app import Wiring
from bot.errors import StartError
from bot.postgres import find_database_url
from bot.settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def wire(settings: Settings) -> Wiring:
    """Return the wiring of one process; StartError when nobody says where Rasa is."""
    if settings.rasa_url is None:
        message = "KAWAN_RASA_URL must say where Rasa is; `kawan up` runs Rasa and all the rest by itself."
        raise StartError(message)
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    return Wiring(settings, find_database_url(settings), settings.rasa_url)


def web(settings: Settings) -> None:
    """Serve the page and Rasa's endpoints until a signal comes. Requests are not logged: their paths hold tokens."""
    app = wire(settings).web()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=3,
        server_header=False,
    )


def worker(settings: Settings) -> None:
    """Answer and send until a signal comes."""
    asyncio.run(wire(settings).worker().run())
