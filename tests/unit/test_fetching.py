"""Fetching a file: only from where files are kept, never more than allowed, and without a word about its address."""

import asyncio
import logging
import socket
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.fetching import Fetcher, MediaAway, MediaRefused, Reason, is_public

TOKEN = "123456:AAH-secret-token"
PEM = Path(__file__).with_name("loopback.pem")  # made for these tests; its names are those of two real hosts
Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes, *headers: str) -> bytes:
    lines = ("HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def onward(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def status(code: int, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {code} Word", "Content-Length: 0", "Connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@dataclass
class Site:
    """A server on loopback: what it says to each path, and what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(request)
            answer = self.answers.get(request.split()[1].decode(), status(410))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def site(answers: dict[str, Answer] | None = None, *, tls: bool = False) -> AsyncIterator[Site]:
    found = Site(answers or {})
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(PEM)
        context.sni_callback = lambda _socket, name, _context: found.names.append(name)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=context)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the resolver says: each name's addresses, used up one after the other, the last one again and again."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: object, **more: object) -> list[tuple[object, ...]]:
        if host not in known:
            return real(host, port, *args, **more)  # type: ignore[arg-type]
        address = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in address.split()]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


async def refusal(fetcher: Fetcher, url: str, **more: object) -> Reason:
    with pytest.raises(MediaRefused) as caught:
        await fetcher.fetch(url, **more)
    return caught.value.reason


def stopped(url: str) -> str:
    """Where the fetching of an address was about to connect: whatever is not loopback is stopped in these tests."""
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(Fetcher(limit=10).fetch(url))
    [attempt] = caught.value.exceptions
    return str(attempt)


def test_a_file_of_a_configured_host_comes_whole() -> None:
    async def run() -> None:
        async with site({f"/file/bot{TOKEN}/a.jpg?x=%2F1": ok(b"picture" * 1000)}) as api:
            fetcher = Fetcher(limit=7000, own=[f"{api.url}/bot"])
            assert await fetcher.fetch(f"{api.url}/file/bot{TOKEN}/a.jpg?x=%2F1") == b"picture" * 1000

    asyncio.run(run())


# --- where to -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://api.telegram.org/file",
        "https://api.telegram.org:8443/file",
        "https://api.telegram.org.evil.example/file",
        "https://eviltwilio.com/file",
        "https://evil.example/api.telegram.org",
        "https://user:word@api.telegram.org/file",
        "https://s3-external-1.amazonaws.com/somebody/else",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../else",
        "https://127.0.0.1/file",
        "https://[::1]/file",
        "https://2130706433/file",
        "file:///etc/passwd",
        "ftp://api.telegram.org/file",
        "//api.telegram.org/file",
        "https://",
        "https://api.telegram.org:99999/file",
        "no address",
        "",
    ],
)
def test_an_address_off_the_list_is_refused_unasked(url: str, names: dict[str, list[str]]) -> None:
    names.update(
        {"evil.example": ["8.8.8.8"], "api.telegram.org.evil.example": ["8.8.8.8"], "eviltwilio.com": ["8.8.8.8"]}
    )
    assert asyncio.run(refusal(Fetcher(limit=10), url)) == Reason.FOREIGN


@pytest.mark.parametrize(
    "host",
    ["api.telegram.org", "api.twilio.com", "mcs.us1.twilio.com", "mms.twiliocdn.com", "media.twiliocdn.com"],
)
def test_the_hosts_of_the_channels_are_gone_to_at_the_address_that_was_checked(
    host: str, names: dict[str, list[str]]
) -> None:
    names[host] = ["8.8.8.8", "127.0.0.1"]  # a second question would be answered with our own machine
    assert "8.8.8.8" in stopped(f"https://{host}/file")


def test_the_old_folder_of_twilio_is_gone_to(names: dict[str, list[str]]) -> None:
    names["s3-external-1.amazonaws.com"] = ["8.8.8.8"]
    assert "8.8.8.8" in stopped("https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC1/a")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.100.100.200", "8.8.8.8 127.0.0.1"]
)
def test_a_known_name_that_leads_inside_is_refused(address: str, names: dict[str, list[str]]) -> None:
    names["api.telegram.org"] = [address]
    for own in ((), ("https://api.telegram.org",)):  # also when the operator wrote down the usual address
        assert asyncio.run(refusal(Fetcher(limit=10, own=own), "https://api.telegram.org/file")) == Reason.FOREIGN


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.192",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1%eth0",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_inside_or_of_no_machine_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["149.154.167.220", "8.8.8.8", "2001:67c:4e8:f004::9", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_a_configured_host_is_that_host_and_port_only() -> None:
    async def run() -> None:
        async with site({"/a": ok(b"1")}) as api, site({"/a": ok(b"2")}) as other:
            fetcher = Fetcher(limit=10, own=[api.url])
            assert await fetcher.fetch(f"{api.url}/a") == b"1"
            assert await refusal(fetcher, f"{other.url}/a") == Reason.FOREIGN
            assert await refusal(fetcher, f"http://localhost:{api.port}/a") == Reason.FOREIGN
            assert not other.asked

    asyncio.run(run())


# --- being sent on --------------------------------------------------------------------------------------------------


def test_being_sent_inside_of_the_house_is_refused(names: dict[str, list[str]]) -> None:
    names.update({"mms.twiliocdn.com": ["127.0.0.1"], "inside.example": ["127.0.0.1"]})

    async def run() -> None:
        async with site() as api, site({"/secret": ok(b"secret")}) as other:
            fetcher = Fetcher(limit=100, own=[api.url])
            for to in (
                f"{other.url}/secret",
                f"//127.0.0.1:{other.port}/secret",
                "http://169.254.169.254/latest/meta-data/",
                f"http://inside.example:{other.port}/secret",
                "https://mms.twiliocdn.com/secret",
                "file:///etc/passwd",
                "http://[::1]:1/",
                "https://a.example:no/",
            ):
                api.answers["/a"] = onward(to)
                assert await refusal(fetcher, f"{api.url}/a") == Reason.FOREIGN, to
            assert not other.asked

    asyncio.run(run())


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_being_sent_on_is_followed_five_times(code: int) -> None:
    async def run() -> None:
        async with site({f"/{step}": onward(f"/{step + 1}", code) for step in range(10)} | {"/9": ok(b"there")}) as api:
            fetcher = Fetcher(limit=10, own=[api.url])
            assert await fetcher.fetch(f"{api.url}/4") == b"there"
            assert await refusal(fetcher, f"{api.url}/3") == Reason.ENDLESS

    asyncio.run(run())


def test_credentials_go_to_nobody_else_and_not_back_on_somebodys_word() -> None:
    async def run() -> None:
        async with site() as api, site() as cdn:
            api.answers = {"/media": onward(f"{cdn.url}/copy"), "/back": ok(b"back"), "/here": onward("/back")}
            cdn.answers = {"/copy": onward(f"{api.url}/back")}
            fetcher = Fetcher(limit=10, own=[api.url, cdn.url])
            more = {"auth": ("AC1", "word"), "headers": {"X-Kawan": "secret"}}
            assert await fetcher.fetch(f"{api.url}/media", **more) == b"back"
            first, last = api.asked
            assert b64decode(first.split(b"Authorization: Basic ")[1].split()[0]) == b"AC1:word"
            assert b"X-Kawan: secret" in first
            for request in (*cdn.asked, last):
                assert b"authorization" not in request.lower()
                assert b"secret" not in request
            await fetcher.fetch(f"{api.url}/here", **more)
            assert b"Authorization" in api.asked[-1], "the same host may ask again"

    asyncio.run(run())


# --- how much and how long ------------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    sent = 0

    async def pour(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 200_000_000:
            writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            await writer.drain()
            sent += 0x10000

    async def run() -> None:
        async with site({"/said": ok(bytes(101)), "/lied": pour, "/fits": ok(bytes(100))}) as api:
            fetcher = Fetcher(limit=100, own=[api.url])
            assert await refusal(fetcher, f"{api.url}/said") == Reason.TOO_LARGE
            assert await refusal(fetcher, f"{api.url}/lied") == Reason.TOO_LARGE
            assert await fetcher.fetch(f"{api.url}/fits") == bytes(100)

    asyncio.run(run())
    assert sent < 50_000_000, "what the buffers between us hold, and no more"


def test_a_file_that_drips_is_given_up_after_the_time_for_all_of_it() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def run() -> float:
        async with site({"/a": drip}) as api:
            began = asyncio.get_running_loop().time()
            with pytest.raises(MediaAway):
                await Fetcher(limit=1000, own=[api.url], seconds=0.4).fetch(f"{api.url}/a")
            return asyncio.get_running_loop().time() - began

    assert 0.3 < asyncio.run(run()) < 2


@pytest.mark.parametrize(
    "answer",
    [status(404), status(429), status(500), status(503), b"", b"nonsense\r\n\r\n", ok(b"123").replace(b": 3", b": 9")],
)
def test_what_may_work_later_is_told_apart(answer: bytes) -> None:
    async def run() -> None:
        async with site({"/a": answer}) as api:
            with pytest.raises(MediaAway):
                await Fetcher(limit=10, own=[api.url]).fetch(f"{api.url}/a")

    asyncio.run(run())


@pytest.mark.parametrize(
    "answer", [status(401), status(403), status(410), status(204), ok(b"\x1f\x8b", "Content-Encoding: gzip")]
)
def test_what_will_never_work_is_refused(answer: bytes) -> None:
    async def run() -> None:
        async with site({"/a": answer}) as api:
            assert await refusal(Fetcher(limit=10, own=[api.url]), f"{api.url}/a") == Reason.DENIED

    asyncio.run(run())


def test_nobody_there_is_away() -> None:
    async def run() -> None:
        async with site() as api:
            pass
        with pytest.raises(MediaAway):
            await Fetcher(limit=10, own=[api.url]).fetch(f"{api.url}/a")

    asyncio.run(run())


# --- whom we talk to ------------------------------------------------------------------------------------------------


def test_the_certificate_must_be_the_names_though_we_go_to_the_address(names: dict[str, list[str]]) -> None:
    names.update({"api.telegram.org": ["127.0.0.1"], "other.example": ["127.0.0.1"]})

    async def run() -> None:
        async with site({"/a": ok(b"1")}, tls=True) as api:
            own = [f"https://{name}:{api.port}" for name in ("api.telegram.org", "other.example")]
            fetcher = Fetcher(limit=10, own=own, verify=ssl.create_default_context(cafile=str(PEM)))
            assert await fetcher.fetch(f"{own[0]}/a") == b"1"
            assert f"Host: api.telegram.org:{api.port}".encode() in api.asked[0]
            with pytest.raises(MediaAway):
                await fetcher.fetch(f"{own[1]}/a")
            with pytest.raises(MediaAway):
                await Fetcher(limit=10, own=own).fetch(f"{own[0]}/a")
            assert api.names == ["api.telegram.org", "other.example", "api.telegram.org"]
            assert len(api.asked) == 1

    asyncio.run(run())


def test_a_second_address_is_tried_when_the_first_does_not_answer(names: dict[str, list[str]]) -> None:
    names["api.example"] = ["::1 127.0.0.1"]

    async def run() -> None:
        async with site({"/a": ok(b"1")}) as api:
            own = f"http://api.example:{api.port}"
            assert await Fetcher(limit=10, own=[own]).fetch(f"{own}/a") == b"1"

    asyncio.run(run())


# --- not a word -----------------------------------------------------------------------------------------------------


def told(problem: BaseException | None) -> str:
    """Everything that an error carries along, and what it followed from."""
    return (
        "" if problem is None else f"{problem!r} {vars(problem)} {told(problem.__context__)} {told(problem.__cause__)}"
    )


def test_the_token_is_in_no_log_and_in_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = f"/file/bot{TOKEN}/a"

    async def run() -> list[BaseException | bytes]:
        async with site() as api:
            fetcher = Fetcher(limit=100, own=[api.url], seconds=2)
            answers = (
                ok(b"words of a person"), ok(bytes(200)), status(500), status(403), b"", onward(f"http://evil.example/{TOKEN}"),
                onward(f"/{TOKEN}"), onward(f"https://a.example:no/{TOKEN}"), onward(f"http://[{TOKEN}/"),
            )  # fmt: skip
            problems: list[BaseException | bytes] = []
            for answer in answers:
                api.answers[secret] = answer
                problems += await asyncio.gather(fetcher.fetch(api.url + secret), return_exceptions=True)
            gone = f"http://127.0.0.1:{api.port}{secret}"
        return problems + await asyncio.gather(fetcher.fetch(gone), return_exceptions=True)

    first, *problems = asyncio.run(run())
    assert first == b"words of a person"
    assert {type(one) for one in problems} == {MediaAway, MediaRefused}
    for one in problems:
        assert one.__context__ is None, "what a library raised knows the request"
        assert "secret-token" not in told(one)
        assert "evil" not in told(one)
    assert "secret-token" not in caplog.text
    assert "words of a person" not in caplog.text
    assert TOKEN not in repr(Fetcher(limit=1))
