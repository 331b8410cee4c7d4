"""What keeps Kawan from starting, told in words a person can act on."""


class StartError(Exception):
    """Kawan cannot start; the message is the whole explanation, shown without a traceback."""
