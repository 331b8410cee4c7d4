"""`/_/`: people, faults, options and what happened, for tests and for the page. Nothing of Twilio's."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.emulators.whatsapp import inbound
from tests.emulators.whatsapp.faults import Fault
from tests.emulators.whatsapp.state import Person
from tests.emulators.whatsapp.world import World


def routes(world: World) -> list[Route]:
    table: list[tuple[str, str, Callable[[World, Request], Awaitable[Any]]]] = [
        ("/_/state", "GET", show_state),
        ("/_/stats", "GET", show_stats),
        ("/_/options", "POST", change_options),
        ("/_/reset", "POST", reset),
        ("/_/people", "GET", list_people),
        ("/_/people", "POST", add_person),
        ("/_/people/{address}/messages", "GET", list_messages),
        ("/_/people/{address}/say", "POST", say),
        ("/_/people/{address}/press", "POST", press),
        ("/_/people/{address}/file", "POST", send_file),
        ("/_/people/{address}/location", "POST", send_location),
        ("/_/people/{address}/raw", "POST", send_raw),
        ("/_/people/{address}/change", "POST", change_person),
        ("/_/faults", "POST", add_fault),
        ("/_/faults", "DELETE", clear_faults),
        ("/_/fault-rates", "POST", set_fault_rates),
        ("/_/contents", "GET", list_contents),
        ("/_/contents/{sid}/approval", "POST", decide),
    ]
    return [Route(path, plain(world, handler), methods=[method]) for path, method, handler in table]


def plain(
    world: World, handler: Callable[[World, Request], Awaitable[Any]]
) -> Callable[[Request], Awaitable[Response]]:
    """The handler's value as JSON; what it was asked wrongly as 400 with a sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handler(world, request))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return endpoint


def person_of(world: World, request: Request) -> Person:
    return world.state.people[request.path_params["address"]]


async def show_state(world: World, request: Request) -> Any:
    return {
        "options": asdict(world.options), "contract": world.contract is not None,
        "people": [one.view() for one in world.state.people.values()],
        "faults": [asdict(one) for one in world.faults.queue],
    }  # fmt: skip


async def show_stats(world: World, request: Request) -> Any:
    return world.state.stats()


async def change_options(world: World, request: Request) -> Any:
    world.options = world.options.with_changes(await request.json())
    return asdict(world.options)


async def reset(world: World, request: Request) -> Any:
    await world.reset()
    return {}


async def list_people(world: World, request: Request) -> Any:
    return [one.view() for one in world.state.people.values()]


async def add_person(world: World, request: Request) -> Any:
    """A number, or only an external id for somebody who hides the number behind a username."""
    given = await request.json()
    phone, external = given.pop("phone", "") or "", given.pop("external_user_id", "") or ""
    if external and not external.startswith("whatsapp:"):
        external = f"whatsapp:{external}"
    address = f"whatsapp:{phone}" if phone else external
    if not address:
        raise ValueError("a person needs a phone number or an external id")
    world.state.people[address] = Person(address, external_user_id=external, **given)
    return world.state.people[address].view()


async def list_messages(world: World, request: Request) -> Any:
    return [one.view() for one in world.state.of(request.path_params["address"])]


async def answered(world: World, request: Request, sending: Any) -> Any:
    """Waits until the application has answered, unless `?wait=0`."""
    if request.query_params.get("wait") != "0":
        return await sending
    world.start(sending)
    await asyncio.sleep(0)
    return {}


async def say(world: World, request: Request) -> Any:
    given = await request.json()
    extra = {"Forwarded": "true"} if given.get("forwarded") else {}
    extra |= {"FrequentlyForwarded": "true"} if given.get("frequently_forwarded") else {}
    return await answered(world, request, inbound.send(world, person_of(world, request), given["text"], extra=extra))


async def press(world: World, request: Request) -> Any:
    given = await request.json()
    person = person_of(world, request)
    message = world.state.messages[given["sid"]]
    text, kind, extra = inbound.choice(world, message, given["choice"])
    return await answered(world, request, inbound.send(world, person, text, kind, extra))


async def send_file(world: World, request: Request) -> Any:
    async with request.form() as form:
        upload: Any = form["file"]
        kind = str(form.get("content_type") or upload.content_type or "application/octet-stream")
        file = (upload.filename or "file", await upload.read(), kind)
        text = str(form.get("text") or "")
    sending = inbound.send(world, person_of(world, request), text, inbound.media_kind(kind), files=[file])
    return await answered(world, request, sending)


async def send_location(world: World, request: Request) -> Any:
    given = await request.json()
    extra = {name.capitalize(): str(value) for name, value in given.items() if value not in {None, ""}}
    sending = inbound.send(world, person_of(world, request), "", "location", extra)
    return await answered(world, request, sending)


async def send_raw(world: World, request: Request) -> Any:
    """Any form at all, signed and posted as it is."""
    form = {name: str(value) for name, value in (await request.json()).items()}
    return {"message": {}, "delivery": await world.webhooks.inbound(form)}


async def change_person(world: World, request: Request) -> Any:
    """`window_age` in hours since the last message, or any field of the person."""
    given, person = await request.json(), person_of(world, request)
    if "window_age" in given:
        hours = given.pop("window_age")
        person.last_inbound = None if hours is None else time.time() - hours * 3600
    for name, value in given.items():
        if name not in {"name", "external_user_id", "on_whatsapp", "opted_out"}:
            raise ValueError(f"cannot be changed: {name}")
        setattr(person, name, value)
    return person.view()


async def add_fault(world: World, request: Request) -> Any:
    world.faults.add(Fault.read(await request.json()))
    return {}


async def set_fault_rates(world: World, request: Request) -> Any:
    given = await request.json()
    world.faults.set_rates(given["rates"], given.get("seed", 1))
    return {}


async def clear_faults(world: World, request: Request) -> Any:
    world.faults.clear()
    return {}


async def list_contents(world: World, request: Request) -> Any:
    return [asdict(one) | {"created": one.created.isoformat()} for one in world.state.contents.values()]


async def decide(world: World, request: Request) -> Any:
    given = await request.json()
    content = world.state.contents[request.path_params["sid"]]
    content.approval, content.rejection_reason = given["status"], given.get("reason", "")
    return {}
