"""The Bot API's door: token, body, contract, faults, limits, and then the method itself."""

import asyncio
import json
import time
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.emulators.telegram import contract, profile, sending
from tests.emulators.telegram.contract import Call, Upload, Violation
from tests.emulators.telegram.errors import ApiError, bad
from tests.emulators.telegram.faults import BAD_GATEWAY, Fault
from tests.emulators.telegram.files import UPLOAD_LIMIT
from tests.emulators.telegram.limits import COUNTED
from tests.emulators.telegram.state import Chat, Json
from tests.emulators.telegram.world import World


async def _get_updates(world: World, args: Json) -> list[Json]:
    world.webhooks.refuse_poll()
    return await world.updates.poll(args)


METHODS: dict[str, Any] = {
    **sending.METHODS,
    **profile.METHODS,
    "getUpdates": _get_updates,
    "setWebhook": lambda world, args: world.webhooks.set(args),
    "deleteWebhook": lambda world, args: world.webhooks.delete(args),
    "getWebhookInfo": lambda world, _: world.webhooks.info(),
}
NAMES = {name.lower(): name for name in METHODS}


async def answer(request: Request) -> Response:
    """Everything below `/bot<token>/`."""
    arrived = time.monotonic()
    world: World = request.app.state.world
    try:
        _check_token(world, request)
        method = _method(request.path_params["method"])
        world.stats.calls[method] += 1
        return await _call(world, method, request, arrived)
    except ApiError as error:
        return refusal(error)


def _method(name: str) -> str:
    """Method names are the same in any case."""
    if name.lower() not in NAMES:
        raise ApiError(404, "Not Found: method not found")
    return NAMES[name.lower()]


def _check_token(world: World, request: Request) -> None:
    if request.path_params["token"] != world.society.token:
        raise ApiError(401, "Unauthorized")


def refusal(error: ApiError) -> Response:
    """An ApiError as Telegram sends it."""
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    return JSONResponse({**body, **({"parameters": error.parameters} if error.parameters else {})}, error.code)


async def _call(world: World, method: str, request: Request, arrived: float) -> Response:
    args = await _arguments(world, method, request)
    fault = world.faults.pick(method, args.get("chat_id"))
    try:
        if fault and not fault.takes_effect:
            return await trouble(fault, request)
        result = await _run(world, method, args, arrived)
    except ApiError as error:
        world.stats.refused.append({"method": method, "chat_id": args.get("chat_id"), "error": str(error)})
        raise
    if fault:
        return await trouble(fault, request)
    return JSONResponse({"ok": True, "result": result})


async def _arguments(world: World, method: str, request: Request) -> Json:
    try:
        return contract.read(method, await _read(request))
    except Violation as problem:
        world.stats.contract_violations.append({"method": method, "problem": str(problem)})
        raise bad(f"the published contract does not allow it: {problem}") from problem


async def _read(request: Request) -> Call:
    kind = request.headers.get("content-type", "").split(";")[0]
    query = dict(request.query_params)
    if kind == "application/json":
        return Call({**query, **_json(await request.body())}, {}, from_form=False)
    if int(request.headers.get("content-length") or 0) > UPLOAD_LIMIT + 1_000_000:
        raise ApiError(413, "Request Entity Too Large")
    async with request.form() as form:
        texts = {key: value for key, value in form.items() if isinstance(value, str)}
        files = {key: value for key, value in form.items() if isinstance(value, UploadFile)}
        uploads = {key: Upload(file.filename or key, await file.read()) for key, file in files.items()}
    return Call(query | texts, uploads, from_form=True)


def _json(body: bytes) -> Json:
    try:
        values = json.loads(body or b"{}")
    except ValueError as error:
        raise bad("can't parse the request body as JSON") from error
    if not isinstance(values, dict):
        raise bad("the request body must be a JSON object")
    return values


async def _run(world: World, method: str, args: Json, arrived: float) -> Any:
    chat = _target(world, method, args)
    if chat:
        world.limits.admit(chat, arrived)
    result = METHODS[method](world, args)
    if asyncio.iscoroutine(result):
        result = await result
    if chat:
        world.limits.count(chat, arrived)
        world.stats.accepted.append({"at": world.now(), "method": method, "chat_id": chat.id})
    if method != "getUpdates":  # each update was held to the contract when it came up; raw ones are meant to be wrong
        world.check_result(method, result)
    return result


def _target(world: World, method: str, args: Json) -> Chat | None:
    if method not in COUNTED or args.get("chat_id") is None:
        return None
    return world.society.chat(args["chat_id"])


async def trouble(fault: Fault, request: Request) -> Response:
    """What the caller gets of a fault: an error, a gateway's page, a long silence, or nothing at all."""
    if fault.error:
        raise fault.error
    if fault.kind == "bad_gateway":
        return HTMLResponse(BAD_GATEWAY, 502)
    if fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
    request.scope["hang_up"]()
    await asyncio.sleep(0)  # the connection closes in the next round of the loop; then nobody hears the answer
    return Response(status_code=500)


async def download(request: Request) -> Response:
    """`/file/bot<token>/<file_path>`: the bytes, always as an unnamed octet stream."""
    world: World = request.app.state.world
    try:
        _check_token(world, request)
        data = _bytes(world, request.path_params["path"])
        fault = world.faults.pick("download", None)
        return await trouble(fault, request) if fault else Response(data, media_type="application/octet-stream")
    except ApiError as error:
        return refusal(error)


def _bytes(world: World, path: str) -> bytes:
    if path not in world.files.by_path:
        raise ApiError(404, "Not Found")
    return world.files.by_path[path].data
