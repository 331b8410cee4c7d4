"""E-mail, against a real SMTP server on loopback: what arrives, and what each of the server's answers means."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Attached, Gone, Outbound, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.channels.mail import MailChannel, Server, page_of, refusal, sender_of, subject_of
from bot.ports import free_port

TOKEN = "0123456789abcdef0123456789abcdef"
PDF = b"%PDF-1.7\n\x00\xff"
READER = "dewi@bogor.go.id"
LETTER = Outbound(1, READER, "Your code is KAWAN-7QX4-MP2R\n\nWrite it & <be> done.", language="id", token=TOKEN)


class Postman:
    """Takes letters as the tests tell it to, and keeps what arrived."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.senders: list[str] = []
        self.to_recipient = self.to_letter = self.to_sender = "250 OK"
        self.hangs_up = False

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802 - the library's name
        envelope.mail_from = address
        self.senders.append(address)
        return self.to_sender

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802 - the library's name
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        if self.hangs_up:
            server.transport.abort()
        self.arrived.append(message)
        return self.to_letter


def serving(postman: Postman, **options: Any) -> Iterator[Controller]:
    controller = Controller(postman, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **options)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def channel(postman: Postman) -> Iterator[MailChannel]:
    for controller in serving(postman):
        yield mail(controller.port)


def mail(port: int, **more: Any) -> MailChannel:
    server = Server.from_url(f"smtp://127.0.0.1:{port}")
    return MailChannel(server, sender_of("Kawan <kawan@example.org>"), "https://kawan.example/", patience=5.0, **more)


def send(channel: MailChannel, letter: Outbound = LETTER) -> str:
    return asyncio.run(channel.send(letter, nullcontext))


def fail(channel: MailChannel, letter: Outbound = LETTER) -> SendError:
    with pytest.raises(SendError) as caught:
        send(channel, letter)
    return caught.value


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    return str(part.get_content())


# --- what arrives ---------------------------------------------------------------------------------------------------


def test_a_letter_arrives_as_plain_words_and_as_a_page(channel: MailChannel, postman: Postman) -> None:
    send(channel)
    (arrived,) = postman.arrived
    assert (postman.senders, postman.recipients) == (["kawan@example.org"], [READER])
    assert (arrived["To"], arrived["From"]) == (READER, "Kawan <kawan@example.org>")
    assert arrived["Subject"] == "Your code is KAWAN-7QX4-MP2R"
    assert body(arrived, "plain").replace("\r\n", "\n") == LETTER.text + "\n"
    page = body(arrived, "html")
    assert '<html lang="id" dir="auto">' in page
    assert "<p>Write it &amp; &lt;be&gt; done.</p>" in page


def test_a_letter_says_that_a_machine_sent_it_and_how_to_end_it(channel: MailChannel, postman: Postman) -> None:
    send(channel)
    (arrived,) = postman.arrived
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["List-Unsubscribe"] == "<https://kawan.example/>"
    assert arrived["Content-Language"] == "id"


def test_a_letter_that_is_sent_again_has_the_same_id(channel: MailChannel, postman: Postman) -> None:
    assert send(channel) == send(channel) == f"<{TOKEN}@example.org>"
    assert [one["Message-ID"] for one in postman.arrived] == [f"<{TOKEN}@example.org>"] * 2


@pytest.mark.parametrize("words", ["จดหมายของเมืองน่าน", "លិខិតរបស់ក្រុង", "Thư của thành phố Đà Nẵng", "မြို့တော်", "🏝️ halo"])
def test_every_script_arrives_whole_in_subject_words_and_file_name(postman: Postman, words: str) -> None:
    for controller in serving(postman):
        file = Attached(f"{words}.pdf", "application/pdf", PDF)
        send(mail(controller.port), replace(LETTER, text=f"{words}\n\n{words}", subject=words * 2, file=file))
    (arrived,) = postman.arrived
    assert arrived["Subject"] == words * 2
    assert arrived.as_bytes().isascii(), "every server takes it"
    assert words in body(arrived, "plain")
    assert words in body(arrived, "html")
    (part,) = arrived.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (
        f"{words}.pdf",
        "application/pdf",
        PDF,
    )


def test_lines_with_a_dot_alone_and_very_long_ones_arrive_as_they_were(channel: MailChannel, postman: Postman) -> None:
    words = f"one\n.\n..two\n{'long ' * 400}\nend"
    send(channel, replace(LETTER, text=words))
    assert body(postman.arrived[0], "plain").replace("\r\n", "\n") == words + "\n"


# --- what must not get in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028"])
def test_no_words_become_a_header(channel: MailChannel, postman: Postman, end: str) -> None:
    evil = f"Hello{end}Bcc: all@example.org{end}{end}<script>alert(1)</script>"
    send(channel, replace(LETTER, subject=evil, text=evil))
    (arrived,) = postman.arrived
    assert arrived["Bcc"] is None
    assert postman.recipients == [READER]
    assert "<script" not in body(arrived, "html")


@pytest.mark.parametrize(
    "address",
    ["", "a@b.c\nBcc: d@e.f", "a@b.c\r\nRCPT TO:<d@e.f>", "a@b.c, d@e.f", "Name <a@b.c>", "no address", "a@b c"],
)
def test_what_is_no_single_address_is_refused_before_anything_leaves(
    channel: MailChannel, postman: Postman, address: str
) -> None:
    assert isinstance(fail(channel, replace(LETTER, address=address)), Rejected)
    assert not postman.senders


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_subject_is_one_printable_line_whatever_is_said(subject: str, text: str) -> None:
    line = subject_of(replace(LETTER, subject=subject, text=text))
    assert line.isprintable()
    assert len(line) <= 100


@given(st.text(alphabet="<>&\"'ab\n ", max_size=80))
def test_the_page_has_no_marks_of_the_writer(text: str) -> None:
    page = page_of(replace(LETTER, text=text))
    inside = page.partition("<body")[2].partition(">")[2].partition("</body>")[0]
    for ours in ("<p>", "</p>", "<br>"):
        inside = inside.replace(ours, "")
    assert not set("<>\"'") & set(inside)


# --- what the server answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("550 5.1.1 no such user", Gone),
        ("550 No such user here", Gone),
        ("551 5.1.6 moved away", Gone),
        ("550 5.7.1 blocked by policy", Rejected),
        ("553 5.1.3 bad address", Rejected),
        ("552 5.2.2 mailbox full", Rejected),
        ("450 4.2.0 greylisted, come again", Unreachable),
        ("451 4.3.0 trouble of our own", Unreachable),
        ("452 4.5.3 too many recipients", Throttled),
        ("421 4.7.0 slow down", Throttled),
    ],
)
def test_the_answer_to_the_recipient_decides(
    channel: MailChannel, postman: Postman, answer: str, what: type[SendError]
) -> None:
    postman.to_recipient = answer
    problem = fail(channel)
    assert type(problem) is what
    assert problem.code == f"smtp-{answer[:3]}"
    assert not postman.arrived


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("550 5.1.1 no such user after all", Gone),
        ("550 this looks like spam", Rejected),
        ("554 5.7.1 refused", Rejected),
        ("451 4.3.0 try again", Unreachable),
        ("452 4.3.1 no room", Throttled),
    ],
)
def test_the_answer_to_the_letter_decides(
    channel: MailChannel, postman: Postman, answer: str, what: type[SendError]
) -> None:
    postman.to_letter = answer
    assert type(fail(channel)) is what


def test_a_sender_that_is_refused_says_nothing_about_the_reader(channel: MailChannel, postman: Postman) -> None:
    postman.to_sender = "550 you may not send"
    assert type(fail(channel)) is Rejected


def test_a_connection_that_is_lost_after_the_letter_leaves_us_in_doubt(channel: MailChannel, postman: Postman) -> None:
    postman.hangs_up = True
    assert type(fail(channel)) is Unknown


def test_a_server_that_says_nothing_after_the_letter_leaves_us_in_doubt(postman: Postman) -> None:
    go_on = threading.Event()

    class Sleeper(Postman):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
            await asyncio.to_thread(go_on.wait, 10)
            return "250 OK"

    for controller in serving(Sleeper()):
        assert type(fail(replace(mail(controller.port), patience=0.5))) is Unknown
        go_on.set()


def test_where_nobody_listens_nothing_left() -> None:
    assert type(fail(mail(free_port()))) is Unreachable


def test_a_letter_in_doubt_cannot_be_looked_up(channel: MailChannel) -> None:
    with pytest.raises(Unknown):
        asyncio.run(channel.find(LETTER, datetime.now(UTC)))


@given(st.integers(400, 599), st.text(max_size=40), st.booleans())
def test_any_answer_means_something(code: int, said: str, of_recipient: bool) -> None:
    problem = refusal(code, said, of_recipient=of_recipient)
    assert isinstance(problem, Throttled | Unreachable) is (code < 500)
    assert isinstance(problem, Gone | Rejected) is (code >= 500)


# --- who we are -----------------------------------------------------------------------------------------------------


def authenticated(right: str) -> Callable[..., AuthResult]:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == right.encode(), handled=False)

    return check


@pytest.mark.parametrize(("password", "gets_in"), [("p@ss:w/ord", True), ("wrong", False)])
def test_the_password_of_the_address_opens_the_server(postman: Postman, password: str, gets_in: bool) -> None:
    options = {"authenticator": authenticated("p@ss:w/ord"), "auth_require_tls": False}
    for controller in serving(postman, **options):
        channel = mail(controller.port)
        own = replace(channel, server=replace(channel.server, user="kawan", password=password))
        if gets_in:
            send(own)
        else:
            problem = fail(own)
            assert type(problem) is Unreachable, "ours to mend: no reader is gone for it"
            assert password not in str(problem)
    assert len(postman.arrived) == gets_in


def test_without_encryption_no_letter_leaves_for_another_machine(channel: MailChannel, postman: Postman) -> None:
    demanding = replace(channel, server=replace(channel.server, starttls=True, user="kawan", password="secret"))
    assert type(fail(demanding)) is Unreachable
    assert not postman.senders


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587)),
        ("smtp://a%40b:c%3Ad@mail.example:25", Server("mail.example", 25, "a@b", "c:d")),
        ("smtps://mail.example", Server("mail.example", 465, secure=True, starttls=False)),
        ("smtp://127.0.0.1:2525", Server("127.0.0.1", 2525, starttls=False)),
        ("smtp://[::1]:2525", Server("::1", 2525, starttls=False)),
        ("smtp://localhost", Server("localhost", 587, starttls=False)),
        ("smtp://10.0.0.1", Server("10.0.0.1", 587)),
    ],
)
def test_the_servers_address_says_everything(url: str, server: Server) -> None:
    assert Server.from_url(url) == server


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://host:port"])
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"|"):
        Server.from_url(url)


def test_the_password_does_not_show(channel: MailChannel) -> None:
    assert "secret" not in repr(replace(channel, server=replace(channel.server, password="secret")))
