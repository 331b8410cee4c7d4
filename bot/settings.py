"""The environment as one frozen object; whatever is wrong in it is said at once, in plain sentences."""

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import StartError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "KAWAN_"
FILES_OPTIONS = {"endpoint", "region"}
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated into loopback, never bound here


def web_address(text: str) -> str:
    """Return an http(s) address without its closing slash, or refuse it."""
    if not text.startswith(("http://", "https://")) or text.endswith("://"):
        raise ValueError(text)
    return text.rstrip("/")


def database_address(secret: SecretStr) -> SecretStr:
    """Return a PostgreSQL address in SQLAlchemy's spelling for psycopg 3, or refuse it."""
    scheme, separator, rest = secret.get_secret_value().partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"} or not separator or not rest:
        raise ValueError(scheme)
    return SecretStr(f"postgresql+psycopg://{rest}")


def files_address(secret: SecretStr) -> SecretStr:
    """Return the address of an S3-compatible store, or refuse it; keys never belong into an address."""
    parts = urlsplit(secret.get_secret_value())
    asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    if parts.scheme != "s3" or not re.fullmatch(r"[a-z0-9][a-z0-9.-]+", parts.netloc) or set(asked) - FILES_OPTIONS:
        raise ValueError(parts.scheme)
    for endpoint in asked.get("endpoint", ()):
        web_address(endpoint)
    return secret


def token_of_bot(secret: SecretStr) -> SecretStr:
    """Return a bot's token, or refuse it."""
    return of_form(secret, r"[0-9]+:[A-Za-z0-9_-]+")


def shown_secret(secret: SecretStr) -> SecretStr:
    """Return a secret that Telegram can show with its updates, or refuse it."""
    return of_form(secret, r"[A-Za-z0-9_-]{8,256}")


def of_form(secret: SecretStr, form: str) -> SecretStr:
    """Return a secret of a form; the error does not repeat it."""
    if not re.fullmatch(form, secret.get_secret_value()):
        raise ValueError
    return secret


def mail_server(secret: SecretStr) -> SecretStr:
    """Return the address of a mail server as it is, or refuse it."""
    parts = urlsplit(secret.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.port == 0:
        raise ValueError(parts.scheme)
    return secret


def mail_sender(text: str) -> str:
    """Return a sender such as `Kawan <kawan@example.org>` as it is, or refuse it."""
    if not text.isprintable() or not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s.<>]+", parseaddr(text)[1]):
        raise ValueError(text)
    return text


WebAddress = Annotated[str, AfterValidator(web_address)]


class Environment(BaseSettings):
    """The variables as they were written; each description completes the sentence "KAWAN_X must be …"."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", pattern=r"^\S+$", description="the address to listen on, such as 127.0.0.1")
    port: int = Field(default=8000, ge=1, le=65535, description="a whole number from 1 to 65535")
    data_dir: Path = Field(default=ROOT / "var", description="a folder")
    database_url: Annotated[SecretStr, AfterValidator(database_address)] | None = Field(
        default=None,
        description="the address of a PostgreSQL database, such as postgresql://name:password@host/database",
    )
    public_url: WebAddress | None = Field(default=None, description="an address that starts with http:// or https://")
    secret_key: SecretStr | None = Field(
        default=None, min_length=32, description="at least 32 characters that nobody can guess"
    )
    rasa_url: WebAddress | None = Field(default=None, description="an address that starts with http:// or https://")
    files_url: Annotated[SecretStr, AfterValidator(files_address)] | None = Field(
        default=None,
        description="the address of an S3 store without keys, such as s3://bucket/folder?region=ap-southeast-1",
    )
    telegram_token: Annotated[SecretStr, AfterValidator(token_of_bot)] | None = Field(
        default=None,
        description="the token that BotFather gave, such as 123456:ABC-DEF",
    )
    telegram_secret: Annotated[SecretStr, AfterValidator(shown_secret)] | None = Field(
        default=None,
        description="8 to 256 of the characters A-Z a-z 0-9 _ -",
    )
    telegram_mode: Literal["polling", "webhook"] | None = Field(default=None, description="polling or webhook")
    telegram_api_url: WebAddress = Field(
        default="https://api.telegram.org", description="an address that starts with http:// or https://"
    )
    twilio_account_sid: str | None = Field(
        default=None, pattern=r"^AC[0-9a-fA-F]{32}$", description="the account's SID: AC and 32 characters"
    )
    twilio_auth_token: SecretStr | None = Field(
        default=None, min_length=8, description="the account's auth token, which signs what Twilio sends"
    )
    twilio_api_key: str | None = Field(
        default=None, pattern=r"^SK[0-9a-fA-F]{32}$", description="the SID of an API key: SK and 32 characters"
    )
    twilio_api_secret: SecretStr | None = Field(default=None, min_length=8, description="the API key's secret")
    twilio_signing_key: SecretStr | None = Field(
        default=None, min_length=8, description="the shared key of signatures with SHA-256"
    )
    twilio_whatsapp_from: str | None = Field(
        default=None,
        pattern=r"^(whatsapp:)?\+\d{6,15}$",
        description="the number that people write to, such as whatsapp:+14155238886",
    )
    twilio_api_url: WebAddress | None = Field(
        default=None, description="an address that starts with http:// or https://"
    )
    smtp_url: Annotated[SecretStr, AfterValidator(mail_server)] | None = Field(
        default=None, description="the address of a mail server, such as smtp://name:password@host:587"
    )
    mail_from: Annotated[str, AfterValidator(mail_sender)] | None = Field(
        default=None, description="a sender such as Kawan <kawan@example.org>"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse half a WhatsApp: it would take messages and never answer."""
        given = {name: getattr(self, name) for name in TWILIO_NEEDS}
        missing = [f"{PREFIX}{name.upper()}" for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise PydanticCustomError("half", "WhatsApp also needs {missing}.", {"missing": ", ".join(missing)})
        if bool(self.twilio_api_key) != bool(self.twilio_api_secret):
            pair = {"one": API_KEY, "other": API_KEY.replace("KEY", "SECRET")}
            raise PydanticCustomError("half", "{one} and {other} belong together.", pair)
        if bool(self.smtp_url) != bool(self.mail_from):
            pair = {"one": f"{PREFIX}SMTP_URL", "other": f"{PREFIX}MAIL_FROM"}
            raise PydanticCustomError("half", "{one} and {other} belong together.", pair)
        return self


API_KEY = f"{PREFIX}TWILIO_API_KEY"
TWILIO_NEEDS = ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_from")


@dataclass(frozen=True)
class TelegramSettings:
    """The bot: its token, the secret that Telegram shows with every update, how updates come, where the API is."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    mode: str
    api_url: str

    @property
    def bot_id(self) -> str:
        """The bot's own id, which is no secret."""
        return self.token.partition(":")[0]


@dataclass(frozen=True)
class TwilioSettings:
    """The account: the auth token checks signatures, the API key sends; without a key, the token does both."""

    account_sid: str
    auth_token: str = field(repr=False)
    whatsapp_from: str
    api_key: str | None = None
    api_secret: str | None = field(repr=False, default=None)
    signing_key: str | None = field(repr=False, default=None)
    api_url: str | None = None


@dataclass(frozen=True)
class Settings:
    """Everything the operator decides; unset addresses of our own parts are None and found by `kawan up`."""

    host: str
    port: int
    data_dir: Path
    public_url: str
    secret_key: str = field(repr=False)
    database_url: str | None = field(repr=False, default=None)
    rasa_url: str | None = None
    files_url: str | None = field(repr=False, default=None)
    telegram: TelegramSettings | None = None
    twilio: TwilioSettings | None = None
    smtp_url: str | None = field(repr=False, default=None)
    mail_from: str | None = None

    @property
    def own_url(self) -> str:
        """Where a program on this machine reaches `kawan web`, without a closing slash."""
        return f"http://{in_url(EVERY_ADDRESS.get(self.host, self.host))}:{self.port}"

    @property
    def actions_url(self) -> str:
        """Where Rasa finds its actions."""
        return f"{self.own_url}/internal/actions"

    @property
    def nlg_url(self) -> str:
        """Where Rasa finds the words of an answer."""
        return f"{self.own_url}/internal/nlg"

    @property
    def internal_token(self) -> str:
        """What Rasa shows at the two internal addresses; every process derives the same one from the secret key."""
        return hmac.new(self.secret_key.encode(), b"internal", hashlib.sha256).hexdigest()[:40]

    @property
    def models_dir(self) -> Path:
        """Where trained models are kept."""
        return self.data_dir / "models"

    def private_dir(self, name: str) -> Path:
        """Return a folder of the data directory that only its owner may open, made when missing."""
        return private_dir(self.data_dir / name)


def load_settings() -> Settings:
    """Read the environment; raise one StartError that names everything wrong in it."""
    try:
        found = Environment()
    except ValidationError as problem:
        raise StartError("\n".join(explain(error) for error in problem.errors())) from None
    data_dir = found.data_dir.expanduser().absolute()
    own = f"http://{in_url(found.host)}:{found.port}"
    return Settings(
        host=found.host,
        port=found.port,
        data_dir=data_dir,
        public_url=found.public_url or own,
        secret_key=found.secret_key.get_secret_value() if found.secret_key else kept_secret(data_dir),
        database_url=found.database_url.get_secret_value() if found.database_url else None,
        rasa_url=found.rasa_url,
        files_url=found.files_url.get_secret_value() if found.files_url else None,
        telegram=telegram_of(found, data_dir),
        twilio=twilio_of(found),
        smtp_url=found.smtp_url.get_secret_value() if found.smtp_url else None,
        mail_from=found.mail_from,
    )


def telegram_of(found: Environment, data_dir: Path) -> TelegramSettings | None:
    """Return Telegram's settings; without a secret one is derived, without a mode a public https address decides."""
    if found.telegram_token is None:
        return None
    token = found.telegram_token.get_secret_value()
    own_key = found.secret_key.get_secret_value() if found.secret_key else kept_secret(data_dir)
    derived = hmac.new(own_key.encode(), f"telegram:{token}".encode(), hashlib.sha256).hexdigest()
    is_public = (found.public_url or "").startswith("https://")
    return TelegramSettings(
        token=token,
        secret=found.telegram_secret.get_secret_value() if found.telegram_secret else derived,
        mode=found.telegram_mode or ("webhook" if is_public else "polling"),
        api_url=found.telegram_api_url,
    )


def twilio_of(found: Environment) -> TwilioSettings | None:
    """Return Twilio's settings, or None when WhatsApp is not wanted."""
    if not (found.twilio_account_sid and found.twilio_auth_token and found.twilio_whatsapp_from):
        return None
    return TwilioSettings(
        account_sid=found.twilio_account_sid,
        auth_token=found.twilio_auth_token.get_secret_value(),
        whatsapp_from="whatsapp:" + found.twilio_whatsapp_from.removeprefix("whatsapp:"),
        api_key=found.twilio_api_key,
        api_secret=found.twilio_api_secret.get_secret_value() if found.twilio_api_secret else None,
        signing_key=found.twilio_signing_key.get_secret_value() if found.twilio_signing_key else None,
        api_url=found.twilio_api_url,
    )


def explain(error: ErrorDetails) -> str:
    """Return one sentence about one wrong variable; secrets are never repeated."""
    if error["type"] == "half":
        return error["msg"]
    name = str(error["loc"][0]).removeprefix(PREFIX.lower())
    described = Environment.model_fields[name]
    said = "" if "SecretStr" in str(described.annotation) else f", not “{error['input']}”"
    return f"{PREFIX}{name.upper()} must be {described.description}{said}."


def in_url(host: str) -> str:
    """Return a host as it is written inside an address."""
    return f"[{host}]" if ":" in host else host


def private_dir(path: Path) -> Path:
    """Make a folder that only its owner may open, or say in one sentence why it cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        message = f"Kawan cannot write to {path}: {problem.strerror}. KAWAN_DATA_DIR names another folder."
        raise StartError(message) from None
    return path


def kept_secret(data_dir: Path) -> str:
    """Return the secret key of this data directory, made on the first call and the same ever after."""
    path = private_dir(data_dir) / "secret_key"
    try:
        if not path.exists():
            write_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as problem:
        message = f"Kawan cannot keep its secret key in {path}: {problem.strerror}."
        raise StartError(message) from None


def write_once(path: Path, text: str) -> None:
    """Write a private file whole or not at all; of two processes at the same time the first one wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
