"""The only wiring place: from settings to engine, channels, Rasa client, clock and web application."""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, TimeoutError  # noqa: A004 - the pool's, when all connections are taken
from starlette.exceptions import HTTPException

from actions.door import Door
from bot import nlg
from bot.channels import Channel, telegram_updates, whatsapp_forms
from bot.channels.mail import MailChannel, Server, sender_of
from bot.channels.telegram import TelegramChannel, open_bot
from bot.channels.telegram_door import TelegramDoor
from bot.channels.web import WebChannel, WebDoor
from bot.channels.whatsapp import WhatsAppChannel
from bot.channels.whatsapp_door import WhatsAppDoor
from bot.channels.whatsapp_media import TwilioMedia
from bot.clock import Clock
from bot.contents import Contents
from bot.conversation import Turns
from bot.handouts import Handouts
from bot.health import Health, metrics
from bot.public_tally import PublicTally
from bot.rasa import Rasa
from bot.rates import own_rates
from bot.retrieval import Retrieval, Source
from bot.settings import Settings
from bot.store import StoreAway, open_store
from bot.wording import Wording
from bot.worker import Worker
from covenant import journeys
from covenant.papers import blanks
from covenant.turn import Doors
from db.engine import Sessions, driver_url, open_engine, open_sessions
from locales import Catalogues, load_catalogues

PAGE = Path(__file__).parent / "channels" / "page"
TOKEN_HEADER = "X-Kawan-Internal"  # noqa: S105 - a header's name
DOOR_CALLS = 4  # calls to Telegram at the same time that only acknowledge
LONGEST_NUMBER = 12  # digits of a length that is worth reading
LARGEST_BODY = 12 * 1024 * 1024
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Static(StaticFiles):
    """The page's files; the browser asks each time whether they changed, so old and new never mix."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer as Starlette does, to be checked again before use."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Wiring:
    """Everything that the web process and the worker are made of."""

    def __init__(self, settings: Settings, database_url: str, rasa_url: str) -> None:
        """Open what the settings name; nothing is connected before it is used."""
        journeys.known()
        own_rates(settings)
        blanks.use_own(settings.data_dir)
        self.settings = settings
        self.url = driver_url(database_url)
        self.engine: Engine = open_engine(database_url)
        self.sessions: Sessions = open_sessions(self.engine)
        self.catalogues: Catalogues = load_catalogues()
        self.rasa = Rasa(rasa_url)
        self.telegram = self._telegram_door()
        self.door = Door(self.sessions, self.catalogues, doors=doors_of(settings), telegram_name=self._bot_name)
        self.store = open_store(settings)
        self.handouts = Handouts(self.sessions, settings.secret_key, settings.public_url, self._bytes_of)

    def worker(self) -> Worker:
        """Return the worker with every channel that is switched on."""
        turns = Turns(self.sessions, self.catalogues, self.rasa, self.door)
        clock = Clock(self.sessions, self.settings.secret_key, self.store)
        wording = Wording(self.catalogues, self.handouts.attach)
        telegram = self.telegram
        sources: dict[str, Source] = {telegram_updates.NAME: telegram} if telegram else {}
        if self.settings.twilio:
            sources[whatsapp_forms.NAME] = TwilioMedia(self.settings.twilio)
        retrieval = Retrieval(self.sessions, self.store, sources)
        return Worker(self.engine, self.url, turns, wording, self._channels(), clock, telegram, retrieval)

    def _channels(self) -> tuple[Channel, ...]:
        channels: list[Channel] = [WebChannel()]
        if self.settings.telegram:
            channels.append(TelegramChannel(open_bot(self.settings.telegram)))
        if self.settings.twilio:
            contents = Contents(self.sessions)
            link = self.handouts.link
            channels.append(WhatsAppChannel(self.settings.twilio, self.settings.public_url, contents, link))
        if self.settings.smtp_url and self.settings.mail_from:
            server, sender = Server.from_url(self.settings.smtp_url), sender_of(self.settings.mail_from)
            channels.append(MailChannel(server, sender, self.settings.public_url))
        return tuple(channels)

    def _telegram_door(self) -> TelegramDoor | None:
        telegram = self.settings.telegram
        if telegram is None:
            return None
        secret, bot = self.settings.secret_key, open_bot(telegram, DOOR_CALLS)
        return TelegramDoor(self.sessions, self.catalogues, secret, telegram, self.settings.public_url, bot)

    def _bot_name(self) -> str:
        return self.telegram.me.username if self.telegram else ""

    def _bytes_of(self, public_id: str) -> bytes:
        return b"".join(self.store.open(public_id))

    def web(self) -> FastAPI:
        """Return the web application: the page, Rasa's two endpoints, health and figures."""
        door = WebDoor(
            sessions=self.sessions,
            catalogues=self.catalogues,
            secret=self.settings.secret_key,
            url=self.url,
            store=self.store,
            secure=self.settings.public_url.startswith("https://"),
        )
        telegram = self.telegram
        app = FastAPI(
            title="Kawan", lifespan=_lifespan(door, telegram), docs_url=None, redoc_url=None, openapi_url=None
        )
        app.middleware("http")(_guard)
        app.add_exception_handler(HTTPException, _refused)
        app.add_exception_handler(RequestValidationError, _not_understood)
        for away in (OperationalError, TimeoutError, StoreAway):
            app.add_exception_handler(away, _away)
        app.include_router(door.router())
        app.include_router(self.handouts.router())
        app.include_router(PublicTally(self.sessions).router())
        if telegram:
            app.include_router(telegram.router())
        if self.settings.twilio:
            whatsapp = WhatsAppDoor(
                self.sessions, self.settings.secret_key, self.settings.twilio, self.settings.public_url
            )
            app.include_router(whatsapp.router())
        self._add_internal(app)
        self._add_health(app)
        app.mount("/static", Static(directory=PAGE))
        app.get("/")(_page)
        return app

    def _add_internal(self, app: FastAPI) -> None:
        executor = self.door.executor()

        @app.post("/internal/actions")
        async def actions(request: Request) -> dict[str, Any]:
            self._check_token(request)
            # Rasa leaves the domain out (endpoints.yml); the executor wants to be told that there is none.
            result = await executor.run({"domain": {}, **await request.json()})
            if result is None:
                raise HTTPException(404)
            return {"events": result.events, "responses": result.responses}

        @app.post("/internal/nlg")
        async def words(request: Request) -> dict[str, Any]:
            self._check_token(request)
            return await asyncio.to_thread(nlg.words, self.sessions, self.catalogues, await request.json())

    def _check_token(self, request: Request) -> None:
        given = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.settings.internal_token.encode()):
            raise HTTPException(403)

    def _add_health(self, app: FastAPI) -> None:
        health = Health(self.engine, self.rasa)

        @app.get("/healthz")
        def healthz() -> JSONResponse:
            trouble = health.trouble()
            body = {"status": "not ready", "reason": trouble} if trouble else {"status": "ok"}
            return JSONResponse(body, 503 if trouble else 200)

        @app.get("/metrics")
        def figures() -> Response:
            with self.sessions() as session:
                return Response(metrics(session), media_type="text/plain; version=0.0.4")


def doors_of(settings: Settings) -> Doors:
    """Return where people meet us, for the links of a code; the Telegram bot's name is known to Telegram only."""
    number = settings.twilio.whatsapp_from.removeprefix("whatsapp:") if settings.twilio else ""
    return Doors(whatsapp=number, page=settings.public_url, mail=settings.smtp_url is not None)


def _lifespan(door: WebDoor, telegram: TelegramDoor | None) -> Any:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        listener = asyncio.create_task(door.listen())
        yield
        listener.cancel()
        if telegram:
            await telegram.close()

    return lifespan


async def _guard(request: Request, call_next: Any) -> Response:
    """Refuse bodies that are too large and posts from other sites; put the safety headers on every answer."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > LONGEST_NUMBER or int(announced) > LARGEST_BODY):
        return JSONResponse({"error": "too large"}, 413)
    if request.method == "POST" and request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return JSONResponse({"error": "from another site"}, 403)
    response: Response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refused(_request: Request, problem: Exception) -> JSONResponse:
    """The page reads `error`, a sentence in the person's language where we have one."""
    refusal = problem if isinstance(problem, HTTPException) else HTTPException(500)
    body = refusal.detail if isinstance(refusal.detail, dict) else {"error": refusal.detail}
    return JSONResponse(body, refusal.status_code, refusal.headers)


def _not_understood(_request: Request, _problem: Exception) -> JSONResponse:
    """What came in is not repeated: it may hold what no answer can."""
    return JSONResponse({"error": ""}, 422)


def _away(_request: Request, _problem: Exception) -> JSONResponse:
    """Whoever asks while the database or the store of files is away is told to come back; nothing of it is logged."""
    return JSONResponse({"error": "try again"}, 503, {"Retry-After": "2"})


def _page() -> FileResponse:
    return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


for chatty in ("httpx", "apscheduler"):  # at INFO the one logs every address it calls, the other every tick
    logging.getLogger(chatty).setLevel(logging.WARNING)
