"""content.twilio.com: templates and their approval by WhatsApp."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.emulators.whatsapp import templates
from tests.emulators.whatsapp.errors import TwilioError
from tests.emulators.whatsapp.gate import gated, paged
from tests.emulators.whatsapp.state import Content
from tests.emulators.whatsapp.world import World

HOST = "https://content.twilio.com"
CATEGORIES = {"UTILITY", "MARKETING", "AUTHENTICATION"}


def routes(world: World) -> list[Route]:
    table = [
        ("/v1/Content", "POST", create),
        ("/v1/Content", "GET", listing),
        ("/v2/Content", "GET", listing),
        ("/v1/ContentAndApprovals", "GET", listing_with_approvals),
        ("/v2/ContentAndApprovals", "GET", listing_with_approvals),
        ("/v1/Content/{sid}", "GET", fetch),
        ("/v1/Content/{sid}", "DELETE", delete),
        ("/v1/Content/{sid}/ApprovalRequests/whatsapp", "POST", ask_approval),
        ("/v1/Content/{sid}/ApprovalRequests", "GET", fetch_approval),
    ]
    return [Route(path, gated(world, handler), methods=[method]) for path, method, handler in table]


def resource(world: World, content: Content) -> dict[str, Any]:
    url, day = f"{HOST}/v1/Content/{content.sid}", iso(content.created)
    return {
        "sid": content.sid, "account_sid": world.options.account_sid, "friendly_name": content.friendly_name,
        "language": content.language, "variables": content.variables, "types": content.types, "url": url,
        "date_created": day, "date_updated": day, "links": {
            "approval_create": f"{url}/ApprovalRequests/whatsapp", "approval_fetch": f"{url}/ApprovalRequests",
        },
    }  # fmt: skip


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def approval(content: Content) -> dict[str, Any]:
    return {
        "name": content.name, "category": content.category, "content_type": content.kind, "status": content.approval,
        "rejection_reason": content.rejection_reason, "allow_category_change": True,
    }  # fmt: skip


def content_of(world: World, request: Request) -> Content:
    content = world.state.contents.get(request.path_params["sid"])
    if content is None:
        raise TwilioError(20404, 404)
    return content


async def create(world: World, request: Request, body: dict[str, Any]) -> Response:
    types = {kind: fields for kind, fields in (body.get("types") or {}).items() if fields}
    templates.check_new(types)
    content = Content(body["language"], types, body.get("friendly_name") or "", body.get("variables") or {})
    world.state.contents[content.sid] = content
    return JSONResponse(resource(world, content), 201)


async def fetch(world: World, request: Request, body: Any) -> Response:
    return JSONResponse(resource(world, content_of(world, request)))


async def delete(world: World, request: Request, body: Any) -> Response:
    del world.state.contents[content_of(world, request).sid]
    return Response(status_code=204)


async def ask_approval(world: World, request: Request, body: dict[str, Any]) -> Response:
    """Submits the template; somebody, or `approve_after`, decides later."""
    content = content_of(world, request)
    if not re.fullmatch(r"[a-z0-9_]{1,512}", body["name"]) or body["category"] not in CATEGORIES:
        raise TwilioError(20001, detail="name takes a-z, 0-9 and _; category is UTILITY, MARKETING or AUTHENTICATION")
    content.name, content.category, content.approval = body["name"], body["category"], "received"
    if world.options.approve_after is not None:
        world.start(approve_later(content, world.options.approve_after))
    return JSONResponse(approval(content), 201)


async def approve_later(content: Content, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if content.approval in {"received", "pending"}:
        content.approval = "approved"


async def fetch_approval(world: World, request: Request, body: Any) -> Response:
    content = content_of(world, request)
    url = f"{HOST}/v1/Content/{content.sid}/ApprovalRequests"
    whatsapp = approval(content) | {"type": "whatsapp"}
    return JSONResponse(
        {"sid": content.sid, "account_sid": world.options.account_sid, "whatsapp": whatsapp, "url": url}
    )


async def listing(world: World, request: Request, body: Any) -> Response:
    return listed(request, [resource(world, one) for one in world.state.contents.values()])


async def listing_with_approvals(world: World, request: Request, body: Any) -> Response:
    rows = []
    for one in world.state.contents.values():
        row = resource(world, one) | {"approval_requests": approval(one)}
        rows.append({key: value for key, value in row.items() if key not in {"url", "links"}})
    return listed(request, rows)


def listed(request: Request, rows: list[dict[str, Any]]) -> Response:
    cut, page, size, following = paged(request, rows)
    url = HOST + request.url.path
    meta = {
        "page": page, "page_size": size, "key": "contents", "url": f"{url}?PageSize={size}&Page={page}",
        "first_page_url": f"{url}?PageSize={size}&Page=0", "previous_page_url": None,
        "next_page_url": f"{url}?{following}" if following else None,
    }  # fmt: skip
    return JSONResponse({"contents": cut, "meta": meta})
