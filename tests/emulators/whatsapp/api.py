"""api.twilio.com: the account, messages and their files."""

import asyncio
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.emulators.whatsapp import sending
from tests.emulators.whatsapp.errors import TwilioError
from tests.emulators.whatsapp.faults import Fault
from tests.emulators.whatsapp.gate import gated, paged
from tests.emulators.whatsapp.state import Media, Message
from tests.emulators.whatsapp.world import World

LISTS = {"MediaUrl", "PersistentAction"}


def routes(world: World) -> list[Route]:
    base = "/2010-04-01/Accounts/{account}"
    table = [
        (f"{base}.json", "GET", fetch_account),
        (f"{base}/Messages.json", "POST", create),
        (f"{base}/Messages.json", "GET", listing),
        (f"{base}/Messages/{{sid}}/Media.json", "GET", list_media),
        (f"{base}/Messages/{{sid}}/Media/{{media}}.json", "GET", fetch_media),
        (f"{base}/Messages/{{sid}}/Media/{{media}}.json", "DELETE", delete_media),
        (f"{base}/Messages/{{sid}}/Media/{{media}}", "GET", media_content),
        (f"{base}/Messages/{{sid}}/Media/{{media}}", "DELETE", delete_media),
        (f"{base}/Messages/{{sid}}.json", "GET", fetch),
        (f"{base}/Messages/{{sid}}.json", "DELETE", delete),
    ]
    found = [Route(path, gated(world, handler), methods=[method]) for path, method, handler in table]
    return [*found, Route("/_storage/{media}", storage(world))]


def resource(world: World, message: Message) -> dict[str, Any]:
    """A message as the API shows it."""
    options = world.options
    uri = f"/2010-04-01/Accounts/{options.account_sid}/Messages/{message.sid}"
    ours, theirs = options.from_address, message.person
    return {
        "sid": message.sid, "account_sid": options.account_sid, "api_version": "2010-04-01", "body": message.body,
        "status": message.status, "direction": "inbound" if message.inbound else "outbound-api",
        "from": theirs if message.inbound else ours, "to": ours if message.inbound else theirs,
        "date_created": format_datetime(message.created), "date_updated": rfc(message.updated or message.created),
        "date_sent": rfc(message.sent), "error_code": message.error_code, "error_message": None, "price": None,
        "price_unit": "USD", "messaging_service_sid": None, "num_media": str(len(message.media)),
        "num_segments": "1", "uri": f"{uri}.json", "subresource_uris": {"media": f"{uri}/Media.json"},
    }  # fmt: skip


def rfc(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None


async def create(world: World, request: Request, body: list[tuple[str, str]]) -> Response:
    """Takes a message, or refuses it; what a fault says comes first."""
    world.state.arrivals.append(time.time())
    form: dict[str, Any] = {}
    for name, value in body:
        if name in LISTS:
            form.setdefault(name, []).append(value)
        else:
            form[name] = value
    fault = world.faults.next(form.get("To", ""))
    if fault:
        await suffer(fault)
    sending.check_throughput(world, form.get("From", ""))
    message, code = sending.accept(world, form)
    late = fault.code if fault and fault.kind == "code" else None
    answer = JSONResponse(resource(world, message), 201)
    world.start(sending.carry(world, message, late or code))
    if fault and fault.kind == "drop":
        await hang_up(request)
    return answer


async def suffer(fault: Fault) -> None:
    """Waits, or refuses, as the fault wants."""
    if fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
    refused = sending.error_of(fault)
    if refused:
        raise refused


async def hang_up(request: Request) -> None:
    """Closes the connection without an answer, as a network does that fails after the request went through."""
    request.scope["hang_up"]()
    await asyncio.sleep(0.01)  # until the server has noticed, so that it does not answer 500


async def listing(world: World, request: Request, body: Any) -> Response:
    """Newest first; DateSent's bounds include their own moment (a day without time means the whole day)."""
    rows = [one for one in reversed(world.state.messages.values()) if matches(world, one, request)]
    cut, page, size, following = paged(request, rows)
    path = request.url.path
    return JSONResponse({
        "messages": [resource(world, one) for one in cut], "page": page, "page_size": size, "uri": path,
        "first_page_uri": f"{path}?PageSize={size}&Page=0", "previous_page_uri": None,
        "next_page_uri": f"{path}?{following}" if following else None, "start": page * size, "end": page * size + len(cut),
    })  # fmt: skip


def matches(world: World, message: Message, request: Request) -> bool:
    row, query = resource(world, message), request.query_params
    if query.get("To", row["to"]) != row["to"] or query.get("From", row["from"]) != row["from"]:
        return False
    sent = message.sent or message.created
    after, before, on = (query.get(name) for name in ("DateSent>", "DateSent<", "DateSent"))
    if on and sent.date() != moment(on).date():
        return False
    whole_second = sent.replace(microsecond=0)
    return not (after and whole_second < moment(after)) and not (before and whole_second > moment(before))


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def message_of(world: World, request: Request) -> Message:
    message = world.state.messages.get(request.path_params["sid"])
    if message is None:
        raise TwilioError(20404, 404)
    return message


async def fetch(world: World, request: Request, body: Any) -> Response:
    return JSONResponse(resource(world, message_of(world, request)))


async def delete(world: World, request: Request, body: Any) -> Response:
    del world.state.messages[message_of(world, request).sid]
    return Response(status_code=204)


def media_resource(world: World, media: Media) -> dict[str, Any]:
    account = world.options.account_sid
    return {
        "sid": media.sid, "account_sid": account, "parent_sid": media.message_sid, "content_type": media.content_type,
        "date_created": rfc(media.created), "date_updated": rfc(media.created),
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{media.message_sid}/Media/{media.sid}.json",
    }  # fmt: skip


def media_of(world: World, request: Request) -> Media:
    found = next((one for one in message_of(world, request).media if one.sid == request.path_params["media"]), None)
    if found is None:
        raise TwilioError(20404, 404)
    return found


async def list_media(world: World, request: Request, body: Any) -> Response:
    cut, page, size, following = paged(request, message_of(world, request).media)
    path = request.url.path
    return JSONResponse({
        "media_list": [media_resource(world, one) for one in cut], "page": page, "page_size": size, "uri": path,
        "first_page_uri": f"{path}?PageSize={size}&Page=0", "previous_page_uri": None,
        "next_page_uri": f"{path}?{following}" if following else None, "start": page * size, "end": page * size + len(cut),
    })  # fmt: skip


async def fetch_media(world: World, request: Request, body: Any) -> Response:
    return JSONResponse(media_resource(world, media_of(world, request)))


async def delete_media(world: World, request: Request, body: Any) -> Response:
    message_of(world, request).media.remove(media_of(world, request))
    return Response(status_code=204)


async def media_content(world: World, request: Request, body: Any) -> Response:
    """Sends to the storage, which is another host and wants no credentials."""
    return RedirectResponse(f"{world.storage_base}/_storage/{media_of(world, request).sid}", 307)


def storage(world: World) -> Any:
    async def endpoint(request: Request) -> Response:
        world.state.leaked_credentials += "authorization" in request.headers
        files = (one for message in world.state.messages.values() for one in message.media)
        found = next((one for one in files if one.sid == request.path_params["media"]), None)
        return Response(found.content, media_type=found.content_type) if found else Response(status_code=404)

    return endpoint


async def fetch_account(world: World, request: Request, body: Any) -> Response:
    """The account, by which a doctor sees that the credentials are right."""
    now = format_datetime(datetime.now(UTC))
    sid = world.options.account_sid
    return JSONResponse({
        "sid": sid, "friendly_name": "Emulator", "status": "active", "type": "Full", "auth_token": None,
        "owner_account_sid": sid, "date_created": now, "date_updated": now, "subresource_uris": {},
        "uri": f"/2010-04-01/Accounts/{sid}.json",
    })  # fmt: skip
