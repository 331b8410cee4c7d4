"""TCP ports of this machine: which are free, which are taken, who answers."""

import json
import random
import socket
import urllib.error
import urllib.request
from contextlib import closing
from http import HTTPStatus

# Below Linux's ephemeral range (32768 and up): no outgoing connection can sit on our port after a restart.
RANGE = range(20000, 32000)
ATTEMPTS = 200
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the machine is not for loopback


def refusal(host: str, port: int) -> OSError | None:
    """Return what this machine says to somebody who wants to listen there; None when it allows it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as problem:
        return problem
    return None


def is_free(host: str, port: int) -> bool:
    """Tell whether this machine would let us listen there now."""
    return refusal(host, port) is None


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    for port in random.sample(RANGE, ATTEMPTS):
        if is_free("127.0.0.1", port):
            return port
    message = f"no free port among {ATTEMPTS} tried"
    raise OSError(message)


def http_trouble(url: str, timeout: float = 2) -> str:
    """Return why a GET of `url` does not answer 200, in a few words; empty when it does."""
    try:
        with DIRECT.open(url, timeout=timeout) as answer:
            return "" if answer.status == HTTPStatus.OK else f"answers {answer.status}"
    except urllib.error.HTTPError as answer:
        with answer:
            return reason_in(answer.read(1000)) or f"answers {answer.code}"
    except (OSError, ValueError):
        return "does not answer yet"


def reason_in(body: bytes) -> str:
    """Return the reason that /healthz gives, empty when the body is something else."""
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    return str(content.get("reason", "")) if isinstance(content, dict) else ""
