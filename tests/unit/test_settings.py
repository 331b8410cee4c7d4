"""The environment becomes settings, or a list of sentences."""

import stat
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.settings import Settings, load_settings

NAMES = ("HOST", "PORT", "DATA_DIR", "DATABASE_URL", "PUBLIC_URL", "SECRET_KEY", "RASA_URL", "FILES_URL")
NAMES += ("TELEGRAM_TOKEN", "TELEGRAM_SECRET", "TELEGRAM_MODE", "TELEGRAM_API_URL", "TWILIO_ACCOUNT_SID")
NAMES += ("TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_WHATSAPP_FROM", "TWILIO_API_URL")
NAMES += ("SMTP_URL", "MAIL_FROM")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Leave nothing of ours in the environment but a data directory."""
    for name in NAMES:
        monkeypatch.delenv(f"KAWAN_{name}", raising=False)
    monkeypatch.setenv("KAWAN_DATA_DIR", str(tmp_path / "data"))
    return monkeypatch


def complaints(environment: pytest.MonkeyPatch, **values: str) -> list[str]:
    """Return the sentences that these variables cause."""
    for name, value in values.items():
        environment.setenv(f"KAWAN_{name}", value)
    with pytest.raises(StartError) as caught:
        load_settings()
    return str(caught.value).splitlines()


@pytest.mark.usefixtures("environment")
def test_with_nothing_set_kawan_listens_on_loopback_only() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url is None
    assert settings.rasa_url is None


def test_an_empty_variable_counts_as_unset(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAWAN_PORT", "")
    environment.setenv("KAWAN_DATABASE_URL", "")
    assert load_settings().port == 8000
    assert load_settings().database_url is None


def test_everything_wrong_is_said_at_once(environment: pytest.MonkeyPatch) -> None:
    said = complaints(
        environment, PORT="eighty", PUBLIC_URL="kawan.example", DATABASE_URL="mysql://x", SECRET_KEY="short"
    )
    assert said == [
        "KAWAN_PORT must be a whole number from 1 to 65535, not “eighty”.",
        (
            "KAWAN_DATABASE_URL must be the address of a PostgreSQL database, such as"
            " postgresql://name:password@host/database."
        ),
        "KAWAN_PUBLIC_URL must be an address that starts with http:// or https://, not “kawan.example”.",
        "KAWAN_SECRET_KEY must be at least 32 characters that nobody can guess.",
    ]


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "FILES_URL", "SMTP_URL"])
def test_a_wrong_secret_is_not_repeated(environment: pytest.MonkeyPatch, name: str) -> None:
    assert "hunter2" not in complaints(environment, **{name: "hunter2"})[0]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_a_database_address_works(environment: pytest.MonkeyPatch, scheme: str) -> None:
    environment.setenv("KAWAN_DATABASE_URL", f"{scheme}://a:b@db.example/kawan")
    assert load_settings().database_url == "postgresql+psycopg://a:b@db.example/kawan"


@pytest.mark.parametrize(
    "url", ["s3://town", "s3://town/a/b?region=ap-southeast-1", "s3://town.files?endpoint=http://127.0.0.1:9000"]
)
def test_files_may_lie_in_a_store_that_speaks_s3(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("KAWAN_FILES_URL", url)
    assert load_settings().files_url == url
    assert url not in repr(load_settings())


@pytest.mark.parametrize(
    "url",
    [
        "/var/files",
        "https://town.s3.amazonaws.com",
        "s3://",
        "s3://key:hunter2@town",
        "s3://town?access_key=hunter2",
        "s3://town?endpoint=127.0.0.1:9000",
        "s3://town?region",
        "s3://[",
    ],
)
def test_any_other_store_is_one_sentence_that_repeats_no_key(environment: pytest.MonkeyPatch, url: str) -> None:
    assert complaints(environment, FILES_URL=url) == [
        "KAWAN_FILES_URL must be the address of an S3 store without keys, such as s3://bucket/folder?region=ap-southeast-1."
    ]


@pytest.mark.usefixtures("environment")
def test_a_secret_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_a_data_directory_that_cannot_be_made_is_one_sentence(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    [said] = complaints(environment, DATA_DIR=str(tmp_path / "file" / "data"))
    assert said.startswith(f"Kawan cannot write to {tmp_path / 'file' / 'data'}: ")
    assert "KAWAN_DATA_DIR" in said


def test_the_mail_server_and_the_sender_come_together(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAWAN_SMTP_URL", "smtp://kawan:p%40ss@mail.example:587")
    environment.setenv("KAWAN_MAIL_FROM", "Kawan <kawan@example.org>")
    settings = load_settings()
    assert settings.smtp_url == "smtp://kawan:p%40ss@mail.example:587"
    assert settings.mail_from == "Kawan <kawan@example.org>"
    assert "p%40ss" not in repr(settings)


@pytest.mark.parametrize(("name", "value"), [("SMTP_URL", "smtp://mail.example"), ("MAIL_FROM", "kawan@example.org")])
def test_of_mail_one_without_the_other_is_one_sentence(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    said = complaints(environment, **{name: value})
    assert said == ["KAWAN_SMTP_URL and KAWAN_MAIL_FROM belong together."]


@pytest.mark.parametrize(
    "value", ["mail.example", "http://mail.example", "smtp://", "smtp://host:port", "smtps://:465"]
)
def test_what_is_no_mail_server_is_one_sentence_without_the_secret(environment: pytest.MonkeyPatch, value: str) -> None:
    assert complaints(environment, SMTP_URL=value, MAIL_FROM="a@b.org") == [
        "KAWAN_SMTP_URL must be the address of a mail server, such as smtp://name:password@host:587."
    ]


@pytest.mark.parametrize("value", ["Kawan", "kawan@localhost", "a@b.org\nBcc: c@d.org", "a b@c.org", "<>"])
def test_a_sender_is_one_address(environment: pytest.MonkeyPatch, value: str) -> None:
    (said,) = complaints(environment, SMTP_URL="smtps://mail.example", MAIL_FROM=value)[:1]
    assert said.startswith("KAWAN_MAIL_FROM must be a sender such as Kawan <kawan@example.org>, not “")


def test_secrets_do_not_show_when_settings_are_printed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAWAN_SECRET_KEY", "s" * 40)
    environment.setenv("KAWAN_DATABASE_URL", "postgresql://a:hunter2@db/kawan")
    shown = repr(load_settings())
    assert "s" * 40 not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("host", "own"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("192.0.2.7", "http://192.0.2.7:8000")],
)
def test_our_own_programs_reach_us_by_an_address_that_can_be_dialled(tmp_path: Path, host: str, own: str) -> None:
    settings = Settings(host=host, port=8000, data_dir=tmp_path, public_url="http://k", secret_key="x")
    assert settings.own_url == own
    assert settings.actions_url == f"{own}/internal/actions"


def test_the_internal_token_follows_from_the_secret_key_without_showing_it(tmp_path: Path) -> None:
    one, other = (
        Settings(host="h", port=1, data_dir=tmp_path, public_url="http://k", secret_key=key)
        for key in ("a" * 32, "b" * 32)
    )
    assert one.internal_token != other.internal_token
    assert one.secret_key not in one.internal_token


ACCOUNT = "AC" + "0" * 32


def test_without_a_token_telegram_is_off_and_with_one_it_is_asked_for_updates(environment: pytest.MonkeyPatch) -> None:
    assert load_settings().telegram is None
    environment.setenv("KAWAN_TELEGRAM_TOKEN", "1234567:TEST-token_1")
    telegram = load_settings().telegram
    assert telegram is not None
    assert (telegram.bot_id, telegram.mode, telegram.api_url) == ("1234567", "polling", "https://api.telegram.org")
    assert len(telegram.secret) >= 32
    assert "TEST-token_1" not in repr(load_settings())


def test_a_public_https_address_lets_telegram_bring_its_updates(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAWAN_TELEGRAM_TOKEN", "1234567:TEST")
    environment.setenv("KAWAN_PUBLIC_URL", "https://kawan.example")
    telegram = load_settings().telegram
    assert telegram is not None
    assert telegram.mode == "webhook"


def test_the_derived_secret_is_the_same_in_every_process_and_another_for_another_bot(
    environment: pytest.MonkeyPatch,
) -> None:
    secrets = []
    for token in ("1:A", "1:A", "2:A"):
        environment.setenv("KAWAN_TELEGRAM_TOKEN", token)
        telegram = load_settings().telegram
        assert telegram is not None
        secrets.append(telegram.secret)
    assert secrets[0] == secrets[1] != secrets[2]


def test_half_a_whatsapp_is_refused_with_what_is_missing(environment: pytest.MonkeyPatch) -> None:
    assert complaints(environment, TWILIO_ACCOUNT_SID=ACCOUNT) == [
        "WhatsApp also needs KAWAN_TWILIO_AUTH_TOKEN, KAWAN_TWILIO_WHATSAPP_FROM."
    ]


def test_an_api_key_needs_its_secret(environment: pytest.MonkeyPatch) -> None:
    assert complaints(environment, TWILIO_API_KEY="SK" + "0" * 32) == [
        "KAWAN_TWILIO_API_KEY and KAWAN_TWILIO_API_SECRET belong together."
    ]


def test_a_whole_whatsapp_takes_its_number_with_or_without_the_prefix(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAWAN_TWILIO_ACCOUNT_SID", ACCOUNT)
    environment.setenv("KAWAN_TWILIO_AUTH_TOKEN", "a-token-of-twilio")
    for number in ("+14155238886", "whatsapp:+14155238886"):
        environment.setenv("KAWAN_TWILIO_WHATSAPP_FROM", number)
        twilio = load_settings().twilio
        assert twilio is not None
        assert twilio.whatsapp_from == "whatsapp:+14155238886"
        assert "a-token-of-twilio" not in repr(twilio)


def test_wrong_tokens_and_secrets_are_named_and_not_repeated(environment: pytest.MonkeyPatch) -> None:
    said = complaints(environment, TELEGRAM_TOKEN="no token", TELEGRAM_SECRET="short", TWILIO_ACCOUNT_SID="AC1")
    assert said == [
        "KAWAN_TELEGRAM_TOKEN must be the token that BotFather gave, such as 123456:ABC-DEF.",
        "KAWAN_TELEGRAM_SECRET must be 8 to 256 of the characters A-Z a-z 0-9 _ -.",
        "KAWAN_TWILIO_ACCOUNT_SID must be the account's SID: AC and 32 characters, not “AC1”.",
    ]
