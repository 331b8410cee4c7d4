"""Files are fetched only from where the channels keep them, whatever address a message names.

Every hop is checked anew: its host is on a list, its addresses are public, and the connection goes to the address that
was checked. An address may hold the bot's token, so none is logged or repeated in an error.
"""

import asyncio
import base64
import functools
import ipaddress
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

import httpx

# Twilio keeps media at api.twilio.com and sends on to mms.twiliocdn.com, or, where an account does not demand
# credentials for media, to its folder at s3-external-1.amazonaws.com (support.twilio.com, article 223183748).
HOSTS = {"api.telegram.org", "api.twilio.com"}
HOSTS_UNDER = (".twilio.com", ".twiliocdn.com")
FOLDERS = {"s3-external-1.amazonaws.com": "/media.twiliocdn.com/"}  # the rest of that host is anybody's
# Not on the internet, though not every Python knows it: protocol assignments with Oracle's metadata, the relays of
# 6to4, and Azure's metadata. The other clouds' are link-local or private.
INSIDE = tuple(ipaddress.ip_network(one) for one in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32"))
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))  # NAT64, RFC 6052, 8215
HOPS = 5
SECONDS = 30.0
STEP = httpx.Timeout(10.0).as_dict()  # for connecting, and between two pieces
ONWARD = {301, 302, 303, 307, 308}
LATER = {404, 408, 425, 429}  # a provider's copy may come a moment after its message
HTTPS = 443

Origin = tuple[str, str, int]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

for chatty in ("httpx", "httpcore"):  # one logs every address it calls, the other every answer's headers
    logging.getLogger(chatty).setLevel(logging.WARNING)


class Reason(StrEnum):
    """Why a file will not be fetched, in words without anything of its address."""

    TOO_LARGE = "too large"
    FOREIGN = "foreign host"
    DENIED = "denied"
    ENDLESS = "too many redirects"


class MediaRefused(Exception):
    """The file will not be fetched, however often it is tried."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)


class MediaAway(Exception):
    """The file could not be fetched now; again later may work."""


@dataclass(frozen=True)
class Fetcher:
    """What one channel may fetch: so many bytes, and from the operator's `own` addresses even inside of the house.

    `own` are the addresses of APIs as they are configured, such as an emulator's `http://127.0.0.1:9099/bot`.
    """

    limit: int
    own: Collection[str] = ()
    seconds: float = SECONDS
    verify: ssl.SSLContext | None = field(default=None, repr=False)

    async def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
    ) -> bytes:
        """Return the file's bytes; MediaRefused or MediaAway when there are none to have.

        Headers and credentials go to the host of `url` only, and to it only until it has sent us elsewhere.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(url, _credentials(headers, auth))
        except MediaRefused as refused:
            problem: Exception = MediaRefused(refused.reason)
        except httpx.InvalidURL:
            problem = MediaRefused(Reason.FOREIGN)
        except (httpx.HTTPError, httpx.StreamError, OSError, MediaAway):  # a TimeoutError is an OSError
            problem = MediaAway()
        raise problem  # out here: what a library raised may hold the address, and with it the token

    async def _follow(self, url: str, credentials: Mapping[str, str]) -> bytes:
        hop = httpx.URL(url)
        home = _origin(hop)
        for _ in range(HOPS + 1):
            if _origin(hop) != home:
                credentials = {}
            addresses = await self._check(hop)
            async with self._get(hop, addresses, credentials) as answer:
                if answer.status_code not in ONWARD:
                    return await self._body(answer)
                hop = hop.join(answer.headers.get("location", ""))
        raise MediaRefused(Reason.ENDLESS)

    async def _check(self, hop: httpx.URL) -> list[str]:
        """Return the addresses of a hop's host, each of which may be connected to."""
        is_ours = not _is_listed(hop) and _origin(hop) in {_origin(httpx.URL(one)) for one in self.own}
        if hop.userinfo or not (is_ours or _is_listed(hop)):
            raise MediaRefused(Reason.FOREIGN)
        _, host, port = _origin(hop)
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not is_ours and not all(is_public(address) for address in addresses):
            raise MediaRefused(Reason.FOREIGN)
        return addresses

    @asynccontextmanager
    async def _get(
        self, hop: httpx.URL, addresses: list[str], credentials: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """Ask the checked addresses themselves: the name is not resolved again, but the certificate must be its own."""
        headers = {"Host": hop.netloc.decode(), "Accept-Encoding": "identity", **credentials}
        extensions = {"timeout": STEP, "sni_hostname": _origin(hop)[1]}
        verify = self.verify or trusted()
        # The transport without its client: no cookies, no redirects, no proxies, nothing unpacked, nothing logged.
        async with httpx.AsyncHTTPTransport(verify=verify, trust_env=False) as transport:
            for address in addresses:
                request = httpx.Request("GET", hop.copy_with(host=address), headers=headers, extensions=extensions)
                try:
                    answer = await transport.handle_async_request(request)
                    break
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            else:
                raise MediaAway
            try:
                yield answer
            finally:
                await answer.aclose()

    async def _body(self, answer: httpx.Response) -> bytes:
        if answer.status_code in LATER or answer.is_server_error:
            raise MediaAway
        if answer.status_code != HTTPStatus.OK or answer.headers.get("content-encoding", "identity") != "identity":
            raise MediaRefused(Reason.DENIED)
        told = answer.headers.get("content-length", "")
        if told.isdecimal() and int(told) > self.limit:
            raise MediaRefused(Reason.TOO_LARGE)
        content = bytearray()
        async for piece in answer.aiter_raw():
            content += piece
            if len(content) > self.limit:
                raise MediaRefused(Reason.TOO_LARGE)
        return bytes(content)


def is_public(address: str) -> bool:
    """Tell whether an address is on the internet, and no cloud's metadata."""
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if any(found in network for network in TRANSLATED):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    return (
        found.is_global
        and not found.is_multicast
        and not found.is_reserved
        and not any(found in network for network in INSIDE)
    )


@functools.cache
def trusted() -> ssl.SSLContext:
    """Return the certificates of the web; reading them takes a moment, so it is done once."""
    return httpx.create_ssl_context(trust_env=False)


def _origin(url: httpx.URL) -> Origin:
    return url.scheme, url.raw_host.decode().lower(), url.port or {"http": 80, "https": HTTPS}.get(url.scheme, 0)


def _is_listed(hop: httpx.URL) -> bool:
    scheme, host, port = _origin(hop)
    if (scheme, port) != ("https", HTTPS):
        return False
    return host in HOSTS or host.endswith(HOSTS_UNDER) or (host in FOLDERS and hop.path.startswith(FOLDERS[host]))


def _credentials(headers: Mapping[str, str] | None, auth: tuple[str, str] | None) -> Mapping[str, str]:
    found = dict(headers or {})
    if auth:
        found["Authorization"] = f"Basic {base64.b64encode(':'.join(auth).encode()).decode()}"
    return found
