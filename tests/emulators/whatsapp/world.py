"""Everything of one running emulator: its options, memory, faults, contract, and the tasks in flight."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from tests.emulators.whatsapp import contract
from tests.emulators.whatsapp.faults import Faults
from tests.emulators.whatsapp.options import Options
from tests.emulators.whatsapp.state import State
from tests.emulators.whatsapp.webhooks import Webhooks


class World:
    """One emulator. `port` is known once it listens."""

    def __init__(self, options: Options, port: int) -> None:
        self.options, self.port, self._first_options = options, port, options
        self.state, self.faults = State(), Faults()
        self.webhooks = Webhooks(lambda: self.options, lambda: self.state)
        self.contract = contract.load() if options.require_contract or contract.is_present() else None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def media_base(self) -> str:
        return self.options.media_base or self.url

    @property
    def storage_base(self) -> str:
        return f"http://{self.options.storage_host}:{self.port}"

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Runs on beside the answer; a failure shows in the log."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reset(self) -> None:
        """As at the start: nobody, nothing said, nothing in flight, the first options."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.state, self.options = State(), self._first_options
        self.faults.clear()

    async def close(self) -> None:
        await self.reset()
        await self.webhooks.close()
