"""Twilio's own client with our time limit, pointed at another host where the settings name one."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bot.settings import TwilioSettings

WITHIN = 15.0  # seconds; the library's own default is to wait for ever


def elsewhere(url: str, api_url: str | None) -> str:
    """Return `url` with scheme and host of `api_url`; Twilio's own settings can only name hosts of Twilio."""
    if api_url is None:
        return url
    there, asked = urlsplit(api_url), urlsplit(url)
    return urlunsplit((there.scheme, there.netloc, asked.path, asked.query, ""))


class Blocking(TwilioHttpClient):
    """The client for the command line."""

    def __init__(self, api_url: str | None) -> None:
        """Remember where the API is."""
        super().__init__(timeout=WITHIN)
        self.api_url = api_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Ask as Twilio's client does, at the other host."""
        return super().request(method, elsewhere(url, self.api_url), *args, **kwargs)


class Waiting(AsyncTwilioHttpClient):
    """The client for the worker."""

    def __init__(self, api_url: str | None) -> None:
        """Remember where the API is."""
        super().__init__(timeout=WITHIN)
        self.api_url = api_url

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Ask as Twilio's client does, at the other host."""
        return await super().request(method, elsewhere(url, self.api_url), *args, **kwargs)


def open_client(twilio: TwilioSettings, *, waiting: bool = False) -> Client:
    """Return a client that sends with the API key, or with the auth token where there is none."""
    user, password = twilio.api_key or twilio.account_sid, twilio.api_secret or twilio.auth_token
    http: Any = Waiting(twilio.api_url) if waiting else Blocking(twilio.api_url)
    return Client(user, password, account_sid=twilio.account_sid, http_client=http)  # type: ignore[no-untyped-call]
