"""A small store that speaks S3 on loopback: enough of it for a real client to put, get, list and delete."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

KEY = "kawan-tests"


@dataclass
class S3:
    """What the store holds, by bucket and key, and what was asked of it."""

    url: str = ""
    broken: bool = False
    held: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def listing(self, prefix: str) -> bytes:
        found = "".join(
            f"<Contents><Key>{escape(path.partition('/')[2])}</Key><LastModified>{put:%Y-%m-%dT%H:%M:%S.000Z}"
            f'</LastModified><ETag>"x"</ETag><Size>{len(content)}</Size></Contents>'
            for path, (content, put) in sorted(self.held.items())
            if path.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()


@contextmanager
def s3() -> Iterator[S3]:
    """Serve an empty store for as long as the block runs."""
    store = S3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            pass

        def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def delete_all(self, bucket: str, keys: list[str]) -> None:
            for key in keys:
                store.held.pop(f"{bucket}/{key}", None)
            done = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
            self.answer(200, f"<DeleteResult>{done}</DeleteResult>".encode())

        def do_it(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            path, query = unquote(parts.path).lstrip("/"), parse_qs(parts.query, keep_blank_values=True)
            store.asked.append(f"{self.command} {path}")
            if store.broken:
                self.answer(503)
            elif f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
                self.answer(403)
            elif self.command == "PUT":
                store.held[path] = body, datetime.now(UTC)
                self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')  # noqa: S324 - what S3 does
            elif "delete" in query:
                self.delete_all(path, [unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", body.decode())])
            elif self.command == "DELETE":
                store.held.pop(path, None)
                self.answer(204)
            elif "list-type" in query:
                self.answer(200, store.listing(f"{path}/{query.get('prefix', [''])[0]}"))
            elif path in store.held:
                content, put = store.held[path]
                self.answer(200, content, ETag='"x"', Last_Modified=f"{put:%a, %d %b %Y %H:%M:%S GMT}")
            else:
                self.answer(404)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_it  # noqa: N815 - names of the library

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        store.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield store
        server.shutdown()
        thread.join()
