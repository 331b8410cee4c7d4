"""Serves a trained model over Rasa's REST channel: `python -m nlu.serve --model FILE.tar.gz --port 5005`.

The environment says where the actions and the words are; `endpoints.yml` names the variables.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # started as a file, not as a module
    sys.path.insert(0, str(ROOT))

from nlu import environment, quiet_logs  # noqa: E402 - the path above comes first

logger = logging.getLogger("nlu.serve")
VARIABLE = re.compile(r"\$\{(\w+)\}")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="nlu.serve", description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml")
    parser.add_argument("--credentials", type=Path, default=ROOT / "nlu" / "credentials.yml")
    return parser.parse_args(given)


def missing(options: argparse.Namespace) -> str | None:
    """What keeps the server from starting, as one sentence."""
    needed = sorted(set(VARIABLE.findall(options.endpoints.read_text(encoding="utf-8"))))
    unset = [name for name in needed if not os.environ.get(name)]
    if unset:
        return f"{' and '.join(unset)} must be set, because {options.endpoints.name} names them."
    if not options.model.is_file():
        return f"There is no model at {options.model}; train one with nlu.train."
    return None if _is_free(options.host, options.port) else f"port {options.port} is taken."


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def serve(options: argparse.Namespace) -> bool:
    """Run until a signal stops it; whether it ever could answer."""
    from rasa.core import run
    from rasa.core.utils import AvailableEndpoints

    from nlu import response_checks

    ready: list[bool] = []

    async def stop_without_model(app: Any, _: object) -> None:
        # Rasa would go on and answer nothing to everybody.
        ready.append(app.ctx.agent.is_ready())
        if not ready[0]:
            app.stop()

    response_checks.compile_once()
    run.serve_application(
        model_path=str(options.model),
        interface=options.host,
        port=options.port,
        credentials=str(options.credentials),
        endpoints=AvailableEndpoints.read_endpoints(str(options.endpoints)),
        enable_api=False,
        server_listeners=[(stop_without_model, "after_server_start")],
    )
    return ready == [True]


def main(given: list[str] | None = None) -> int:
    """Serve as the command line says."""
    options = arguments(given)
    environment.prepare()
    quiet_logs.configure()
    reason = missing(options)
    if reason is None and not serve(options):
        reason = f"the model {options.model} cannot be read; train it again with nlu.train."
    if reason:
        logger.error("Rasa cannot start: %s", reason)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
