"""The control API under `/_/`: tests and the page use it to be people, to make trouble and to look."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.emulators.telegram import people, profile, transcript
from tests.emulators.telegram.errors import ApiError, ControlError
from tests.emulators.telegram.faults import read_fault
from tests.emulators.telegram.state import Chat, Json
from tests.emulators.telegram.world import World

Handler = Callable[[World, Request, Json], Awaitable[Any]]
LONGEST = 60.0


def _route(path: str, handler: Handler, method: str = "GET") -> Route:
    async def endpoint(request: Request) -> Response:
        body = await request.json() if await request.body() else {}
        try:
            made = await handler(request.app.state.world, request, body)
        except (ControlError, ApiError) as error:
            return JSONResponse({"error": str(error)}, 422)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 422)
        return made if isinstance(made, Response) else JSONResponse(made)

    return Route(f"/_/{path}", endpoint, methods=[method])


async def _about(world: World, request: Request, _: Json) -> Json:
    chats = [{**world.society.as_chat(chat), "members": sorted(chat.members)} for chat in world.society.chats.values()]
    everybody = [transcript.about(world, person) for person in world.society.people.values()]
    return {
        "token": world.society.token, "bot": profile.get_me(world, {}), "people": everybody,
        "chats": chats, "hook": world.webhooks.info(),
        "calls": sum(world.stats.calls.values()),
    }  # fmt: skip


async def _add_person(world: World, _: Request, body: Json) -> Json:
    body = {"person_id": body.pop("id", None), **body}
    return transcript.about(world, world.society.add_person(**body))


async def _change_person(world: World, request: Request, body: Json) -> Json:
    person = world.society.person(request.path_params["id"])
    allowed = {"first_name", "last_name", "username", "language_code", "deactivated", "started"}
    if not body.keys() <= allowed:
        raise ControlError(f"Of a person {sorted(allowed)} can be changed; blocking is an act")
    for key, value in body.items():
        setattr(person, key, value)
    return transcript.about(world, person)


async def _add_group(world: World, _: Request, body: Json) -> Json:
    members = {world.society.person(member).id for member in body["members"]}
    chat = world.society.add_group(body.get("title", "Group"), members, body.get("type", "group"))
    return {"chat_id": chat.id}


async def _act(world: World, request: Request, body: Json) -> Json:
    return people.act(world, world.society.person(request.path_params["id"]), body)


def _chat(world: World, request: Request) -> Chat:
    return world.society.chat(int(request.path_params["id"]))


async def _transcript(world: World, request: Request, _: Json) -> Json:
    """At once, or as soon as the chat's version is above `after`, or there are `bot_messages` of the bot's."""
    chat, query = _chat(world, request), request.query_params
    after, wanted = int(query.get("after", -1)), int(query.get("bot_messages", 0))

    def happened() -> bool:
        return chat.version > after and sum(stored.by_bot for stored in chat.messages.values()) >= wanted

    await world.until(chat, happened, min(float(query.get("timeout", 0)), LONGEST))
    return transcript.see(world, chat)


async def _menu(world: World, request: Request, _: Json) -> Json:
    language = request.query_params.get("language_code", "")
    names = ("name", "description", "short_description")
    texts = [profile.METHODS[f"getMy{_camel(name)}"](world, {"language_code": language}) for name in names]
    commands = profile.menu(world, _chat(world, request).id, language)
    return {"commands": commands, **{key: value for text in texts for key, value in text.items()}}


def _camel(name: str) -> str:
    return name.title().replace("_", "")


async def _set_faults(world: World, _: Request, body: Json) -> Json:
    world.faults.set_rates(body.get("rates", {}), body.get("seed", 0), body.get("common"))
    return {"rates": world.faults.rates}


async def _next_faults(world: World, _: Request, body: Json) -> Json:
    world.faults.queue.extend(read_fault(fault) for fault in body["faults"])
    return {"queue": len(world.faults.queue)}


async def _clear_faults(world: World, _: Request, __: Json) -> Json:
    world.faults.clear()
    return {}


async def _set_limits(world: World, _: Request, body: Json) -> Json:
    allowed = ("enabled", "per_second", "per_chat", "per_group")
    if not body.keys() <= set(allowed):
        raise ControlError(f"Of the limits {allowed} can be changed")
    for key, value in body.items():
        setattr(world.limits, key, value)
    return {key: getattr(world.limits, key) for key in allowed}


async def _stats(world: World, _: Request, __: Json) -> Json:
    stats = world.stats
    return {
        "accepted": stats.accepted,
        "arrivals": [row["at"] for row in stats.accepted],
        "most_in_a_second": most_in_a_second([row["at"] for row in stats.accepted]),
        "throttled": dict(world.limits.throttled),
        "contract_violations": stats.contract_violations,
        "own_mistakes": stats.own_mistakes,
        "refused": stats.refused,
        "calls": dict(stats.calls),
        "faults": dict(world.faults.struck),
        "faults_waiting": len(world.faults.queue),
        "pending_updates": len(world.updates.pending),
        "deliveries": [asdict(delivery) for delivery in world.webhooks.deliveries],
        "failed_deliveries": sum(delivery.error is not None for delivery in world.webhooks.deliveries),
        "given_up": world.webhooks.given_up,
    }


def most_in_a_second(times: list[float]) -> int:
    """The fullest window of one second, wherever it begins."""
    start, most = 0, 0
    for end, at in enumerate(times):
        while times[start] <= at - 1.0:
            start += 1
        most = max(most, end - start + 1)
    return most


async def _clear_stats(world: World, _: Request, __: Json) -> Json:
    world.stats.clear()
    world.limits.clear()
    world.faults.struck.clear()
    world.webhooks.deliveries.clear()
    return {}


async def _push(world: World, _: Request, body: Json) -> Json:
    return world.updates.push_raw(body)


async def _updates(world: World, _: Request, __: Json) -> list[Json]:
    return world.updates.pending


async def _file(world: World, request: Request, _: Json) -> Response:
    file = world.files.find(request.path_params["file_id"])
    return Response(file.data, media_type=file.mime, headers={"X-Content-Type-Options": "nosniff"})


ROUTES = [
    _route("about", _about),
    _route("people", _add_person, "POST"),
    _route("people/{id:int}", _change_person, "PATCH"),
    _route("people/{id:int}/act", _act, "POST"),
    _route("groups", _add_group, "POST"),
    _route("chats/{id}/transcript", _transcript),
    _route("chats/{id}/menu", _menu),
    _route("faults", _set_faults, "PUT"),
    _route("faults", _clear_faults, "DELETE"),
    _route("faults/next", _next_faults, "POST"),
    _route("limits", _set_limits, "PUT"),
    _route("stats", _stats),
    _route("stats", _clear_stats, "DELETE"),
    _route("updates", _push, "POST"),
    _route("updates", _updates),
    _route("files/{file_id}", _file),
]
