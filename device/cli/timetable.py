"""When the devices of a process come and go: one task and one queue of times for all of them.

A device that just runs is in no queue: only those that start later, or restart, have an entry.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count

Action = Callable[[], Awaitable[float | None]]
"""Something to do; returns in how many seconds it is to be done again, or `None`."""


class Timetable:
    """Does things at their times, one after the other."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Action]] = []
        self._order = count()
        self._changed = asyncio.Event()

    def put(self, seconds: float, action: Action) -> None:
        """Do something in so many seconds."""
        at = asyncio.get_running_loop().time() + seconds
        heapq.heappush(self._entries, (at, next(self._order), action))
        self._changed.set()

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            if not self._entries:
                await self._changed.wait()
                continue
            wait = self._entries[0][0] - loop.time()
            if wait > 0:
                await self._at_most(wait)
                continue
            _, _, action = heapq.heappop(self._entries)
            again = await action()
            if again is not None:
                self.put(again, action)

    async def _at_most(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
