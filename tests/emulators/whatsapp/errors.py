"""What Twilio says no with: its error codes, and the HTTP answer that carries one."""

from typing import Any

from starlette.responses import JSONResponse

# Code: its message. From the pages twilio.com/docs/api/errors/<code>; those marked "unsure" are our choice of code.
MESSAGES = {
    20001: "Bad request",  # unsure: what the Content API answers to a template it cannot make
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    21211: "Invalid 'To' Phone Number",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21619: "A text message body or media urls must be specified.",
    21620: "Invalid media URL(s)",
    21623: "Number of media files exceeds allowed limit",
    21654: "ContentSid Required",
    21655: "The ContentSid is Invalid",
    21656: "The Content Variables parameter is invalid",
    21658: "Parameter exceeded character limit",
    21910: "Invalid From and To pair. From and To should be of the same channel",
    63005: "Channel did not accept given content",
    63007: "Twilio could not find a Channel with the specified From address",
    63013: "Channel policy violation",  # unsure for a type that needs approval even in session
    63015: "Channel Sandbox can only send messages to phone numbers that have joined the Sandbox",
    63016: "Failed to send freeform message because you are outside the allowed window",
    63018: "Rate limit exceeded for Channel",
    63019: "Media failed to download",
    63021: "Channel invalid content error",
    63024: "Invalid message recipient",
    63049: "Meta chose not to deliver this WhatsApp marketing message",
}


class TwilioError(Exception):
    """An answer that is not 2xx: `code` is Twilio's, `status` HTTP's."""

    def __init__(self, code: int, status: int = 400, detail: str = "") -> None:
        super().__init__(detail or MESSAGES.get(code, "Error"))
        self.code, self.status = code, status

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status)
