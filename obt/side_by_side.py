"""Pieces of work that take turns in one thread, on a network whose time is not the world's.

What an event loop does for `AsyncioTransport` is done here for `MemoryTransport`, with two
differences: nothing waits for the clock on the wall, and the order is always the same. When all
pieces wait, the network's time runs on until the first of them can go on.
"""

from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from onboardee.obt.mailbox import Mailbox
from onboardee.obt.transport import Work

Wait = Callable[[Callable[[], bool], float], object]
"""Lets time pass until a condition holds, or until a time of the network's clock."""


@dataclass(frozen=True, slots=True, eq=False)
class Pause:
    """What a piece of work waits for, and until when at most: to be awaited."""

    mailbox: Mailbox[Any]
    """What brings what is waited for."""
    deadline: float
    """A time of the network's clock, after which the wait is over."""

    def __await__(self) -> Generator["Pause", None, None]:
        """Hand over the turn."""
        yield self


class SideBySide:
    """Several pieces of work, whose waits are all `Pause`s."""

    def __init__(self, wait: Wait) -> None:
        self._wait = wait
        self._paused: dict[Pause, Coroutine[Any, Any, None]] = {}
        self._error: BaseException | None = None

    def carry_out(self, works: Sequence[Work], *, at_once: int) -> None:
        """Bring all to their end; after an exception the others are given up, and it is raised."""
        left = deque(works)
        while self._paused or (left and self._error is None):
            while left and self._error is None and len(self._paused) < at_once:
                self._go_on(_coroutine(left.popleft()))
            for pause in self._due():
                coroutine = self._paused.pop(pause, None)
                if coroutine is not None:
                    self._go_on(coroutine)
        if self._error is not None:
            raise self._error

    def _go_on(
        self, coroutine: Coroutine[Any, Any, None], ending: CancelledError | None = None
    ) -> None:
        """Let a piece of work come to its next pause, or to its end."""
        try:
            pause = coroutine.send(None) if ending is None else coroutine.throw(ending)
        except (StopIteration, CancelledError):
            return
        except BaseException as error:  # noqa: BLE001 - raised once all have ended
            self._give_up(error)
        else:
            self._paused[pause] = coroutine

    def _give_up(self, error: BaseException) -> None:
        """End the other pieces, which may still wait for what they have to clear up."""
        if self._error is None:
            self._error = error
            paused, self._paused = self._paused, {}
            for coroutine in paused.values():
                self._go_on(coroutine, CancelledError())

    def _due(self) -> list[Pause]:
        """Let time pass until some can go on: what they wait for is there, or never comes."""
        if not self._paused:
            return []
        soonest = min(self._paused, key=lambda pause: pause.deadline)
        self._wait(lambda: any(each.mailbox.is_ready for each in self._paused), soonest.deadline)
        return [each for each in self._paused if each.mailbox.is_ready] or [soonest]


async def _coroutine(work: Work) -> None:
    await work()
