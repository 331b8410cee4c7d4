"""The emulator as a web server on loopback: the Bot API, the control API and the page on one port."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.emulators import IDLE
from tests.emulators.telegram import api, control
from tests.emulators.telegram.world import TOKEN, WAITS, Options, World

HERE = Path(__file__).parent
HOST = "127.0.0.1"
PORT = 8081


class Hangable:
    """Lets a handler close its connection without an answer, by `scope["hang_up"]()`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # `send` is a method of uvicorn's request, the only way to its connection.
            scope["hang_up"] = send.__self__.transport.abort  # type: ignore[attr-defined]
        try:
            await self.app(scope, receive, send)
        except asyncio.CancelledError:  # the server stops while somebody polls
            scope["hang_up"]()


def _page(name: str) -> Route:
    async def endpoint(_: Request) -> Response:
        return FileResponse(HERE / name, headers={"Cache-Control": "no-store"})

    return Route("/" if name == "page.html" else f"/{name}", endpoint)


def build(options: Options) -> ASGIApp:
    """The application with a new, empty world."""
    world = World(options)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await world.close()

    routes = [
        *map(_page, ("page.html", "page.css", "page.js")),
        *control.ROUTES,
        Route("/bot{token}/{method}", api.answer, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path:path}", api.download),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.world = world
    return Hangable(app)


def configure(options: Options, port: int = PORT) -> uvicorn.Config:
    """How it is served: quietly, and ending within a second even while somebody polls."""
    return uvicorn.Config(
        build(options), host=HOST, port=port, http="h11", ws="none", loop="asyncio", proxy_headers=False,
        log_level="error", access_log=False, timeout_graceful_shutdown=1, timeout_keep_alive=IDLE, backlog=1024,
    )  # fmt: skip


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same ids")
    parser.add_argument("--limits", action=argparse.BooleanOptionalAction, default=True, help="sending limits")
    parser.add_argument("--privacy", action=argparse.BooleanOptionalAction, default=True, help="deaf in groups")
    parser.add_argument("--webhook-waits", type=float, nargs="+", default=WAITS, help="seconds before each retry")
    parser.add_argument("--webhook-timeout", type=float, default=10.0)
    parser.add_argument("--webhook-attempts", type=int, default=0, help="then an update is given up; 0 never")
    return parser


def main(argv: list[str]) -> None:
    """Runs it by hand until Ctrl-C, after saying how to start Kawan with it."""
    given = vars(_arguments().parse_args(argv))
    port = given.pop("port")
    options = Options(**{**given, "webhook_waits": tuple(given["webhook_waits"])})
    address = f"http://{HOST}:{port}"
    print(f"A phone to chat with the bot: {address}/\n\nStart Kawan with:", flush=True)
    print(f"export KAWAN_TELEGRAM_API_URL={address}\nexport KAWAN_TELEGRAM_TOKEN={options.token}", flush=True)
    uvicorn.Server(configure(options, port)).run()
