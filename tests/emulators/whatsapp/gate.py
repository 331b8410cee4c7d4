"""What every API request passes first: the credentials, the contract, and the form our answer has to keep."""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.emulators.whatsapp.errors import TwilioError
from tests.emulators.whatsapp.world import World

Handler = Callable[[World, Request, Any], Awaitable[Response]]


def check_credentials(world: World, request: Request) -> None:
    """Account SID with its token, or an API key with its secret; 20003 for anything else."""
    kind, _, coded = request.headers.get("authorization", "").partition(" ")
    options = world.options
    pairs = ((options.account_sid, options.auth_token), (options.api_key, options.api_secret))
    try:
        given = base64.b64decode(coded, validate=True) if kind.lower() == "basic" else b""
    except ValueError:
        given = b""
    if not any(hmac.compare_digest(given, f"{user}:{secret}".encode()) for user, secret in pairs):
        raise TwilioError(20003, 401)


async def read_body(request: Request) -> Any:
    """Pairs of a form, parsed JSON, or None."""
    raw = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            return json.loads(raw)
        except ValueError:
            raise TwilioError(20001, detail="The body is not JSON") from None
    form = await request.form()
    return [(name, str(value)) for name, value in form.multi_items()]


def check_account(world: World, request: Request) -> None:
    """Nobody's account but ours."""
    if request.path_params.get("account") not in {None, world.options.account_sid}:
        raise TwilioError(20404, 404)


def check_contract(world: World, request: Request, body: Any) -> None:
    """A request that Twilio's documents do not know is recorded and refused, with what is wrong in words."""
    is_file = "/Media/" in request.url.path and not request.url.path.endswith(".json")  # described in prose only
    if world.contract is None or is_file:
        return
    errors = world.contract.request_errors(
        request.method, request.url.path, request.query_params.multi_items(),
        request.headers.get("content-type", ""), body,
    )  # fmt: skip
    if errors:
        world.state.contract_violations += errors
        raise TwilioError(20001, detail=f"Against the contract: {'; '.join(errors)}")


def gated(world: World, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler behind the gate; whatever it refuses becomes Twilio's JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            check_credentials(world, request)
            body = await read_body(request)
            check_contract(world, request, body)
            check_account(world, request)
            response = await handler(world, request, body)
        except TwilioError as refused:
            return refused.response()
        if world.contract and world.options.check_answers and isinstance(response, JSONResponse):
            answer = json.loads(bytes(response.body))
            errors = world.contract.response_errors(request.method, request.url.path, response.status_code, answer)
            world.state.own_violations += errors
        return response

    return endpoint


def paged(request: Request, rows: list[Any]) -> tuple[list[Any], int, int, str | None]:
    """This page's rows, the page, its size, and the query of the next one."""
    query = dict(request.query_params)
    page, size = int(query.get("Page", 0)), int(query.get("PageSize", 50))
    cut = rows[page * size : (page + 1) * size]
    if (page + 1) * size >= len(rows):
        return cut, page, size, None
    query |= {"Page": str(page + 1), "PageSize": str(size), "PageToken": f"PA{page + 1}"}
    return cut, page, size, str(request.url.replace_query_params(**query).query)
