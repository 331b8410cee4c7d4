"""`python -m tests.emulators NAME …` runs one of the stand-ins by hand."""

import sys
from importlib import import_module

NAMES = ("telegram", "whatsapp")


def main(argv: list[str]) -> None:
    """Hands over to `tests/emulators/<name>/server.py`, which alone is imported."""
    if not argv or argv[0] not in NAMES:
        sys.exit(f"Say which one: python -m tests.emulators {{{','.join(NAMES)}}} [options]")
    import_module(f"tests.emulators.{argv[0]}.server").main(argv[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
