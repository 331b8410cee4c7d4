"""Twilio's Content API in small, on loopback: real HTTP for the real client. It forgets nothing and counts every call."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.settings import TwilioSettings

ONE = re.compile(r"/v1/Content/(HX\w+)/ApprovalRequests(/whatsapp)?")
PAGE = 5  # small, so that the client has to turn pages


@dataclass
class Contents:
    """What is at the provider: contents in the order in which they were made, and what WhatsApp says about them."""

    made: list[dict[str, Any]] = field(default_factory=list)
    approvals: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    refuse: dict[str, int] = field(default_factory=dict)  # kind of call to the status it is refused with
    url: str = ""

    @property
    def settings(self) -> TwilioSettings:
        return TwilioSettings("AC" + "0" * 32, "t" * 32, "whatsapp:+14155238886", api_url=self.url)

    def decide(self, name: str, status: str, reason: str = "", category: str | None = None) -> None:
        """Let WhatsApp say something about every template whose name begins so."""
        for approval in self.approvals.values():
            if approval["name"].startswith(name):
                approval |= {"status": status, "rejection_reason": reason}
                approval["category"] = category or approval["category"]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[str, int, Any]:
        one = ONE.fullmatch(path)
        if one:
            return self._approve(one[1], body) if method == "POST" else self._approval(one[1])
        if path == "/v1/Content":
            return self._make(body) if method == "POST" else self._list(int(query.get("Page", ["0"])[0]))
        return "unknown", 404, {"code": 20404, "message": "no such thing", "status": 404}

    def _make(self, body: Any) -> tuple[str, int, Any]:
        content = {**body, "sid": f"HX{len(self.made):032x}"}
        if self.refuse.get("create") is None:
            self.made.append(content)
        return "create", 201, content

    def _list(self, page: int) -> tuple[str, int, Any]:
        shown = self.made[page * PAGE : (page + 1) * PAGE]
        more = f"{self.url}/v1/Content?Page={page + 1}" if (page + 1) * PAGE < len(self.made) else None
        return "list", 200, {"contents": shown, "meta": {"key": "contents", "next_page_url": more}}

    def _approve(self, sid: str, body: Any) -> tuple[str, int, Any]:
        approval = {**body, "status": "received", "rejection_reason": ""}
        if self.refuse.get("submit") is None:
            self.approvals[sid] = approval
        return "submit", 201, approval

    def _approval(self, sid: str) -> tuple[str, int, Any]:
        whatsapp = self.approvals.get(sid, {"status": "unsubmitted", "rejection_reason": ""})
        return "approval", 200, {"sid": sid, "whatsapp": whatsapp}


@contextmanager
def content_server() -> Iterator[Contents]:
    """Serve it for as long as the block runs."""
    contents = Contents()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            where = urlsplit(self.path)
            kind, status, answer = contents.answer(self.command, where.path, parse_qs(where.query), body)
            contents.calls[kind] += 1
            if kind in contents.refuse:
                status = contents.refuse[kind]
                answer = {"code": 20001, "message": "not today", "status": status}
            told = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    contents.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield contents
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
