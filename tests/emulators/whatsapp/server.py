"""The emulator as a program: `python -m tests.emulators whatsapp --port 8082`."""

import argparse
import contextlib
import mimetypes
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.emulators import IDLE
from tests.emulators.whatsapp import api, content_api, contract, control
from tests.emulators.whatsapp.options import Options
from tests.emulators.whatsapp.state import Person
from tests.emulators.whatsapp.world import World

PAGE = Path(__file__).parent / "page"
PAGES = {"/": "index.html", "/page.css": "page.css", "/page.js": "page.js"}


async def page(request: Request) -> Response:
    file = PAGE / PAGES[request.url.path]
    kind = mimetypes.guess_type(file.name)[0]
    return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": "no-store"})


class HangingUp:
    """Gives the routes a way to close the connection without an answer, which ASGI itself has none for."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        cycle = getattr(send, "__self__", None)  # of uvicorn: one request and its connection
        if scope["type"] == "http" and cycle is not None:
            scope["hang_up"] = cycle.transport.abort
        await self._app(scope, receive, send)


def make_app(world: World) -> HangingUp:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await world.close()

    pages = [Route(path, page) for path in PAGES]
    return HangingUp(
        Starlette(
            routes=[*api.routes(world), *content_api.routes(world), *control.routes(world), *pages], lifespan=lifespan
        )
    )


def bind(port: int | None) -> socket.socket:
    """A listening socket on loopback, on a free port unless one is named."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("127.0.0.1", port or 0))
    return found


def make_server(world: World) -> uvicorn.Server:
    config = uvicorn.Config(
        make_app(world), http="h11", ws="none", log_level="warning", timeout_graceful_shutdown=1,
        timeout_keep_alive=IDLE,
    )  # fmt: skip
    return uvicorn.Server(config)


def read_arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators whatsapp", description=__doc__)
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--webhook", default=Options.webhook, help="where inbound messages are posted")
    parser.add_argument("--public-url", default="", help="the URL that signatures cover, if Kawan is told another one")
    parser.add_argument("--from", dest="sender", default=Options.from_address, help="our own sender")
    parser.add_argument("--require-contract", action="store_true", help="refuse to run without Twilio's documents")
    return parser.parse_args(argv)


def environment(world: World) -> dict[str, str]:
    """What Kawan is started with."""
    options = world.options
    return {
        "KAWAN_TWILIO_API_URL": world.url,
        "KAWAN_TWILIO_ACCOUNT_SID": options.account_sid,
        "KAWAN_TWILIO_AUTH_TOKEN": options.auth_token,
        "KAWAN_TWILIO_WHATSAPP_FROM": options.from_address,
    }


def main(argv: list[str]) -> None:
    """Runs until it is stopped; says what to start Kawan with."""
    given = read_arguments(argv)
    listening = bind(given.port)
    options = Options(
        webhook=given.webhook, public_url=given.public_url, from_address=given.sender, approve_after=3,
        sent_after=0.3, delivered_after=0.5, read_after=1, require_contract=given.require_contract,
    )  # fmt: skip
    world = World(options, listening.getsockname()[1])
    for name, phone in (("Sari", "+6281234567890"), ("Dao", "+66812345678"), ("Jun", "+639171234567")):
        world.state.people[f"whatsapp:{phone}"] = Person(f"whatsapp:{phone}", name)
    print(f"A phone to chat by hand: {world.url}/")
    print(f"Inbound messages go to {options.webhook}")
    if world.contract is None:
        print(f"Requests are not held to Twilio's published documents, which are not installed: {contract.HOW}")
    print(
        "Start Kawan with:\n", *(f"  export {name}={value}\n" for name, value in environment(world).items()), flush=True
    )
    make_server(world).run(sockets=[listening])
