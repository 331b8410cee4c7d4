"""What can be set about the emulator, at its start and (for the most part) while it runs."""

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

FIXED = {"account_sid", "auth_token", "api_key", "api_secret", "from_address", "media_base", "require_contract"}


@dataclass(frozen=True)
class Options:
    """Secrets are made up. Times are seconds."""

    account_sid: str = "AC" + "1a" * 16
    auth_token: str = "2b" * 16
    api_key: str = "SK" + "3c" * 16
    api_secret: str = "4d" * 16
    from_address: str = "whatsapp:+6281100000000"

    webhook: str = "http://127.0.0.1:8000/webhooks/whatsapp"  # where inbound messages go; may end in #rc=3&rp=all
    public_url: str = ""  # the URL the signature covers, if it is not `webhook`
    sha256_key: str = ""  # secret of a shared key: then webhooks are signed with HMAC_SHA256 instead
    connect_timeout: float = 5
    read_timeout: float = 15
    media_base: str = ""  # what MediaUrl0 begins with; the emulator itself unless set
    storage_host: str = "localhost"  # another host name than ours shows whether credentials travel along

    late_window_error: bool = True  # False: 63016 at once, as HTTP 400
    per_second: int = 80  # messages a second and sender
    fetch_media: bool = True  # fetch MediaUrl as Twilio does, to see its type and size
    one_line_variables: bool = True  # 21656 for line breaks in variables, as its page says; unsure inside the window
    approve_after: float | None = None  # templates are approved by themselves

    sent_after: float = 0.02
    delivered_after: float = 0.02
    read_after: float = 0.02
    never_read: bool = False
    out_of_order: bool = False
    duplicate_callbacks: bool = False
    drop_callbacks: bool = False

    check_answers: bool = False  # hold our own answers to the documents too: for our own tests, since it takes time
    require_contract: bool = False  # refuse to start without Twilio's published documents

    def with_changes(self, changes: dict[str, Any]) -> "Options":
        """The same with what may change while running; anything else is a ValueError."""
        unknown = set(changes) - ({one.name for one in fields(self)} - FIXED)
        if unknown:
            raise ValueError(f"cannot be set while running: {', '.join(sorted(unknown))}")
        return replace(self, **changes)

    def reach(self, url: str) -> str:
        """Where a URL under the public one really answers: as a proxy would, with path and query unchanged."""
        public, inner, asked = urlsplit(self.public_url), urlsplit(self.webhook), urlsplit(url)
        if self.public_url and asked.netloc == public.netloc:
            return urlunsplit((inner.scheme, inner.netloc, asked.path, asked.query, ""))
        return urlunsplit((asked.scheme, asked.netloc, asked.path, asked.query, ""))
