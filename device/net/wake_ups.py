"""Calls from other threads, for which the event loop is woken once and not for each.

A thread that has stored the changes of forty devices has forty calls for the loop. To wake the loop
is a system call, and while a thread is in one the loop takes Python's lock from it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias

Call: TypeAlias = Callable[[], None]
"""It raises nothing."""


class WakeUps:
    """Calls for one event loop, made in its thread in their order."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Final = loop
        self._calls: Final[deque[Call]] = deque()

    def add(self, call: Call) -> Call:
        """Take a call, from any thread; return what wakes the loop for all that were taken."""
        self._calls.append(call)
        return self.wake

    def wake(self) -> None:
        """Have what was taken made soon, from any thread; a loop that was closed makes nothing."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._make)

    def _make(self) -> None:
        # those that come meanwhile have their own wake-up
        for _ in range(len(self._calls)):
            self._calls.popleft()()
