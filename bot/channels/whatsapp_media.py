"""Fetches the files that people send over WhatsApp; Twilio keeps no copy once we have one."""

import logging
import re

import aiohttp
from twilio.base.exceptions import TwilioException

from bot.channels import Media
from bot.channels.receiving import MEGABYTE
from bot.channels.twilio_client import open_client
from bot.fetching import Fetcher
from bot.settings import TwilioSettings

log = logging.getLogger(__name__)

LARGEST_FILE = 16 * MEGABYTE  # Twilio's guidance on WhatsApp media
HOME = "https://api.twilio.com"
PATH = re.compile(r"/2010-04-01/Accounts/\w+/Messages/(\w+)/Media/(\w+)")


class TwilioMedia:
    """The media of one account."""

    def __init__(self, twilio: TwilioSettings) -> None:
        """Remember whose media they are."""
        self.twilio = twilio

    async def fetch(self, media: Media) -> bytes:
        """Return a file's bytes."""
        home = self.twilio.api_url or HOME
        fetcher = Fetcher(LARGEST_FILE, own=(home,))
        return await fetcher.fetch(home + media.ref, auth=(self.twilio.account_sid, self.twilio.auth_token))

    async def forget(self, media: Media) -> None:
        """Delete Twilio's copy."""
        found = PATH.fullmatch(media.ref)
        if found is None:
            return
        client = open_client(self.twilio, waiting=True)
        try:
            await client.messages(found[1]).media(found[2]).delete_async()
        except (TwilioException, aiohttp.ClientError, TimeoutError, ValueError) as problem:
            log.info("whatsapp: a file was not deleted at Twilio (%s)", type(problem).__name__)
        finally:
            await client.http_client.close()  # type: ignore[attr-defined]
