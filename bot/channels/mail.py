"""E-mail: letters, reminders and codes leave by SMTP, and nothing comes in. What a server answers decides what follows.

Until the letter is handed over, a lost connection means that nothing left; after it, nobody knows.
"""

import html
import ipaddress
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.channels import (
    Capabilities,
    Gone,
    Limit,
    Outbound,
    Place,
    Rejected,
    SendError,
    Throttled,
    Unknown,
    Unreachable,
)

NAME = "email"
PATIENCE = 30.0  # seconds for each answer of the server
WAIT = 60.0  # seconds, where a server wants to be left alone; it never says for how long
LONGEST_SUBJECT = 100
PORTS = {"smtp": 587, "smtps": 465}
LOOPBACK_NAMES = frozenset({"localhost"})
PLAIN = policy.SMTP.clone(cte_type="7bit")  # every server takes it, also one that never heard of 8BITMIME
GONE = re.compile(r"\b5\.1\.(?:1|6|10)\b|\b5\.2\.1\b")  # no such mailbox, moved, takes nothing, disabled (RFC 3463)
OTHER_STATUS = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
BUSY = frozenset({421, 452})
NO_MAILBOX = 550
FINAL = 500


ABLE = Capabilities(buttons=False, repeats=False, window=None, at_once=4)


@dataclass(frozen=True)
class Server:
    """Where letters are handed in. `secure`: TLS from the first byte; `starttls`: it has to begin before anything."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(repr=False, default=None)
    secure: bool = False
    starttls: bool = True

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """Read `smtp://user:pass@host:587` or `smtps://…`; only on this machine may it be without encryption."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            secure=parts.scheme == "smtps",
            starttls=parts.scheme == "smtp" and not _is_loopback(parts.hostname),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


def sender_of(text: str) -> Address:
    """Return the address in `Kawan <kawan@example.org>`, or raise ValueError."""
    name, spec = parseaddr(text)
    return Address(display_name=name, addr_spec=spec)


@dataclass
class MailChannel:
    """Sends letters. `unsubscribe` is where a reader ends them: an https or mailto address."""

    server: Server
    sender: Address
    unsubscribe: str
    patience: float = PATIENCE
    name: str = NAME
    capabilities: Capabilities = ABLE

    def limits(self, _address: str) -> Sequence[Limit]:
        """Return one gentle pace for the server: many hosts take thirty letters a minute or few more."""
        return (Limit("email", 30, 60.0),)

    async def send(self, message: Outbound, place: Place) -> str:
        """Hand one letter in and return its Message-ID, which is the same however often it is sent."""
        letter = self.letter(message)
        async with place():
            await self._hand_in(message.address, letter.as_bytes())
        return str(letter["Message-ID"])

    async def _hand_in(self, recipient: str, letter: bytes) -> None:
        client = aiosmtplib.SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.user,
            password=self.server.password,
            use_tls=self.server.secure,
            start_tls=self.server.starttls,
            timeout=self.patience,
        )
        try:
            await self._address(client, recipient)
            await _hand_over(client, letter)
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
            client.close()

    async def _address(self, client: aiosmtplib.SMTP, recipient: str) -> None:
        """Connect and name sender and recipient: whatever breaks until here, nothing has left."""
        try:
            await client.connect()
            await client.mail(self.sender.addr_spec)
            await client.rcpt(recipient)
        except aiosmtplib.SMTPAuthenticationError as problem:  # ours to mend; the letter is as good as before
            raise Unreachable(f"smtp-{problem.code}") from problem
        except aiosmtplib.SMTPRecipientRefused as problem:
            raise refusal(problem.code, problem.message, of_recipient=True) from problem
        except aiosmtplib.SMTPResponseException as problem:
            raise refusal(problem.code, problem.message) from problem
        except (aiosmtplib.SMTPException, OSError) as problem:
            raise Unreachable(type(problem).__name__) from problem

    async def find(self, _message: Outbound, _since: datetime) -> Sequence[str]:
        """Raise Unknown: a mail server tells nobody what became of a letter."""
        raise Unknown

    async def close(self) -> None:
        """Close nothing: each letter has a connection of its own."""

    def letter(self, message: Outbound) -> EmailMessage:
        """Return the letter: plain words with a simple page beside them, and the file; Rejected where it cannot be."""
        letter = EmailMessage(policy=PLAIN)
        letter["To"] = _recipient(message.address)
        letter["From"] = self.sender
        letter["Subject"] = subject_of(message)
        letter["Message-ID"] = f"<{message.token or message.id}@{self.sender.domain}>"
        letter["Date"] = format_datetime(datetime.now().astimezone())
        letter["Auto-Submitted"] = "auto-generated"
        letter["List-Unsubscribe"] = f"<{self.unsubscribe}>"
        letter.set_content(message.text)
        letter.add_alternative(page_of(message), subtype="html")
        if message.file:
            main, _, kind = message.file.media_type.partition("/")
            letter.add_attachment(message.file.content, main, kind or "octet-stream", filename=message.file.name)
        letter["Content-Language"] = message.language  # last: what was there is given to the first part
        return letter


def _recipient(address: str) -> Address:
    """Return the one reader; whatever else stands there is refused, since it could name others or be a header."""
    try:
        found = Address(addr_spec=address)
    except (ValueError, IndexError, HeaderParseError) as problem:
        raise Rejected("address") from problem
    if not found.username or not found.domain:
        raise Rejected("address")
    return found


async def _hand_over(client: aiosmtplib.SMTP, letter: bytes) -> None:
    """Hand the letter over; a connection that is lost now leaves us in doubt."""
    try:
        await client.data(letter)
    except aiosmtplib.SMTPResponseException as problem:
        raise refusal(problem.code, problem.message) from problem
    except (aiosmtplib.SMTPException, OSError) as problem:
        raise Unknown(type(problem).__name__) from problem


def refusal(code: int, said: str, *, of_recipient: bool = False) -> SendError:
    """Return what a server's answer means for the letter and its reader.

    A mere 550 is "no such mailbox" only of a recipient; of a letter it is a word about what is in it.
    """
    name = f"smtp-{code}"
    if code in BUSY:
        return Throttled(WAIT, name)
    if code < FINAL:
        return Unreachable(name)
    is_gone = GONE.search(said) or (code == NO_MAILBOX and of_recipient and not OTHER_STATUS.search(said))
    return Gone(name) if is_gone else Rejected(name)


def subject_of(message: Outbound) -> str:
    """Return the subject, else the first line; always one line, since a second one would be a header."""
    first = next((line for line in message.text.splitlines() if line.strip()), "Kawan")
    line = " ".join("".join(one if one.isprintable() else " " for one in message.subject or first).split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


def page_of(message: Outbound) -> str:
    """Return the words as a page without anything to load; the reader's program turns links into links."""
    paragraphs = (html.escape(one).replace("\n", "<br>\n") for one in re.split(r"\n\s*\n", message.text.strip()))
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs)
    language = html.escape(message.language, quote=True)
    style = "font: 16px/1.6 system-ui, sans-serif; max-width: 38rem; margin: 1rem auto; padding: 0 1rem"
    return (
        f'<!doctype html>\n<html lang="{language}" dir="auto">\n<head><meta charset="utf-8">'
        f"<title>{html.escape(subject_of(message))}</title></head>\n"
        f'<body style="{style}">\n{body}\n</body>\n</html>\n'
    )
