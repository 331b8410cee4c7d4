"""`kawan emulate`: a channel's provider on this machine, with a page that stands for a phone."""

import importlib
import sys
from collections.abc import Sequence

from bot.errors import StartError
from bot.settings import ROOT

EMULATORS = ("telegram", "whatsapp")


def emulate(name: str, arguments: Sequence[str]) -> None:
    """Run an emulator until Ctrl-C; they live beside the tests, so only a checkout of the project has them."""
    if name not in EMULATORS:
        message = f"There is no emulator called “{name}”; there are: {', '.join(EMULATORS)}."
        raise StartError(message)
    sys.path.insert(0, str(ROOT))
    try:
        server = importlib.import_module(f"tests.emulators.{name}.server")
    except ImportError:
        message = "The emulators need a checkout of the project with its development packages: run `make setup` there."
        raise StartError(message) from None
    server.main(list(arguments))
