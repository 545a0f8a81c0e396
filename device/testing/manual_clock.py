"""A clock that stands still until a test moves it.

It stands in for the event loop's clock where hosted devices set their alarms
(`device/net/turns.py`). A test that says `advance(60)` gets a minute of the device's life at once,
each alarm in its order, and no test waits for real time.
"""

import heapq
from collections.abc import Callable
from itertools import count


class ManualAlarm:
    """A call that was asked for."""

    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self._when = when
        self.callback: Callable[[], object] | None = callback
        """None: it was called off, or has been called."""

    def when(self) -> float:
        """Return when it is due."""
        return self._when

    def cancel(self) -> None:
        """Call it off."""
        self.callback = None


class ManualClock:
    """Time for hosted devices, in seconds from zero.

    >>> clock, rung = ManualClock(), []
    >>> alarm = clock.call_at(5.0, lambda: rung.append(clock.time()))
    >>> clock.step(60.0), clock.step(60.0), rung, clock.time()
    (True, False, [5.0], 60.0)
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._alarms: list[tuple[float, int, ManualAlarm]] = []
        """A heap; the number keeps alarms of one moment in the order in which they were set."""
        self._serial = count()

    def time(self) -> float:
        """Return the present time."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], object], /) -> ManualAlarm:
        """Call back once `step` has reached that time."""
        alarm = ManualAlarm(when, callback)
        heapq.heappush(self._alarms, (when, next(self._serial), alarm))
        return alarm

    def step(self, until: float) -> bool:
        """Go to the next alarm and ring it; without one before `until`, go there: false."""
        while self._alarms and self._alarms[0][0] <= until:
            when, _, alarm = heapq.heappop(self._alarms)
            if alarm.callback is not None:
                self._now = max(self._now, when)
                alarm.callback()
                return True
        self._now = max(self._now, until)
        return False
