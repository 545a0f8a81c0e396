"""Work for many devices, in slices between which the loop serves everybody else.

A search by multicast reaches each of a thousand devices at once, and a moment later all of their
answers are due. The loop would do all of that in one turn, and nobody's datagram be read meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Protocol, TypeAlias

SLICE: Final = 0.003
"""Seconds after which others have their turn; one device's answer takes a fraction of it."""

Pieces: TypeAlias = Iterator[None]
"""Work in pieces, each done by asking for the next."""


class Alarm(Protocol):
    """A call that a clock has been asked for."""

    def when(self) -> float:
        """Return when it is due."""

    def cancel(self) -> None:
        """Call it off."""


class Clock(Protocol):
    """What devices need of time. An event loop is such a clock, and a test may have its own."""

    def time(self) -> float:
        """Return the present time in seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> Alarm:
        """Call back at a time."""


class Turns:
    """A loop's clock for devices: what is due takes turns, and so does other work in pieces."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Pieces] = deque()
        self._is_scheduled = False

    def time(self) -> float:
        """Return the loop's time."""
        return self._loop.time()

    def call_at(self, when: float, callback: Callable[[], object], /) -> "QueuedAlarm":
        """Call back when a time has come, in a slice with others that are due."""
        alarm = QueuedAlarm(when, callback)
        alarm.timer = self._loop.call_at(when, self.do, alarm.ring())
        return alarm

    def do(self, work: Pieces) -> None:
        """Do work of many pieces, in as many slices as it takes, alternately with what is due."""
        self._waiting.append(work)
        self._schedule()

    def do_now(self, work: Pieces) -> None:
        """Do work of many pieces for a slice at once, and the rest like other work."""
        until = self._loop.time() + SLICE
        for _ in work:
            if self._loop.time() >= until:
                self.do(work)
                return

    @property
    def waiting(self) -> int:
        """Return how many pieces of work wait for their next turn."""
        return len(self._waiting)

    def stop(self) -> None:
        """Forget what was not done."""
        self._waiting.clear()

    def _schedule(self) -> None:
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        """Do pieces of work, one of each who waits in turn, until the slice is over."""
        self._is_scheduled = False
        until = self._loop.time() + SLICE
        try:
            while self._waiting:
                self._do_piece(self._waiting.popleft())
                if self._loop.time() >= until:
                    break
        finally:
            self._schedule()

    def _do_piece(self, work: Pieces) -> None:
        with suppress(StopIteration):
            next(work)
            self._waiting.append(work)


class QueuedAlarm:
    """A call that waits for its time, or for its turn."""

    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self._when = when
        self._callback = callback
        self._is_cancelled = False
        self.timer: asyncio.TimerHandle | None = None

    def when(self) -> float:
        """Return when it is due."""
        return self._when

    def cancel(self) -> None:
        """Call it off, also while it waits for its turn."""
        self._is_cancelled = True
        if self.timer is not None:
            self.timer.cancel()

    def ring(self) -> Pieces:
        """Call back, unless it was called off."""
        if not self._is_cancelled:
            self._callback()
        yield from ()
