"""What Twilio's error codes mean for a sending, whether they come at once or with a receipt.

The codes are those of https://www.twilio.com/docs/api/errors, read in November 2026.
"""

from collections.abc import Callable

from bot.channels import Capabilities, Gone, OptedOut, Rejected, SendError, Throttled, Unreachable, WindowClosed

WINDOW = 24.0  # hours after a person's last message: https://www.twilio.com/docs/api/errors/63016
ABLE = Capabilities(repeats=False, window=WINDOW, at_once=40)
SOON, LATER, MUCH_LATER = 2.0, 60.0, 3600.0  # seconds

_MEANINGS: dict[str, Callable[[str], SendError]] = {
    "63016": WindowClosed,  # free text outside the window
    "63018": lambda code: Throttled(LATER, code),  # too fast, or the day's reach is used up
    "20429": lambda code: Throttled(SOON, code),  # too many calls at once
    "14107": lambda code: Throttled(SOON, code),  # too fast for this sender
    "63049": lambda code: Throttled(MUCH_LATER, code),  # Meta holds marketing back for this person for now
    "21610": OptedOut,  # the person said STOP to this number
    "63024": Gone,  # no WhatsApp there
    "63003": Gone,  # the channel does not find the address
    "21211": Gone,  # no valid number
    "21614": Gone,  # no mobile number
    "63015": Gone,  # has not joined the sandbox
}


def meaning(code: str, status: int = 400, *, late: bool = False) -> SendError:
    """Return what an error code means; one that we do not know is decided by the HTTP status."""
    if code in _MEANINGS:
        return _MEANINGS[code](code)
    if status == 429:  # noqa: PLR2004 - HTTP's "too many requests"
        return Throttled(SOON, code)
    if status in {401, 403} and not late:
        return Unreachable(code)  # our own credentials: the operator has to act, the message waits
    return Rejected(code)
