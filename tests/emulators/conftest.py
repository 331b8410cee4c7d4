"""The running emulators that the tests share."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.emulators.telegram import Telegram, run_telegram

FRESH: dict[str, Any] = {"deleteWebhook": {"drop_pending_updates": True}, "getUpdates": {"allowed_updates": []}}


@pytest.fixture(autouse=True)
def time_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it every `RetryAfter` warns that it will count differently one day."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture(scope="session")
def telegram_server() -> Iterator[Telegram]:
    with run_telegram(webhook_waits=(0.05, 0.1), webhook_timeout=0.5) as running:
        yield running


@pytest.fixture
def telegram(telegram_server: Telegram) -> Iterator[Telegram]:
    """One emulator for all tests, without limits, troubles, waiting updates or counts of another test."""
    server = telegram_server
    server.mend()
    server.limit(enabled=False, per_second=30, per_chat=1, per_group=20)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        for call in ("deleteWebhook", "getUpdates"):
            client.post(f"/bot{server.token}/{call}", json=FRESH[call]).raise_for_status()
    server.forget_stats()
    yield server
    assert server.stats["own_mistakes"] == []
