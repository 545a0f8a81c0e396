"""How fast the world's time goes, and how far it is ahead of the device's clock.

Two times are kept apart. The device's clock is what its host goes by: time-outs, retransmissions
and intervals between notifications are on it, as a peer waits at the other end of them. The world's
time is what behaviour lives in: doors that move, programs that run, clocks that show the date.
Where nobody asks for anything else both are one number; people who wait for a washer let the
world's time go faster, stand still, or skip ahead.

`Pace` is the one place that leads from one to the other. Between two changes the way is a straight
line, so nothing is counted and an idle device is not woken:

    world = world0 + (device - device0) * speed
"""

import math
from typing import Final

FASTEST: Final = 3600.0
"""An hour in a second. Beyond it a process would do nothing but keep up."""
FARTHEST: Final = 366 * 86400.0
"""Seconds that can be skipped at once: a year."""


class Pace:
    """Leads from the device's clock to the world's time and back; both are in seconds.

    >>> pace = Pace(60)
    >>> pace.begin(100.0)
    >>> pace.at(101.0), pace.when(220.0), pace.when(40.0)
    (160.0, 102.0, 100.0)
    """

    __slots__ = ("_device", "_is_begun", "_speed", "_world", "is_paused")

    def __init__(self, speed: float = 1.0) -> None:
        """Take how many seconds of the world pass in one of the device; 0 is paused at 1.

        Raises `ValueError` for a speed that is none.
        """
        self.is_paused = speed == 0
        self._speed = _checked(speed or 1.0)
        self._device = self._world = 0.0
        self._is_begun = False

    @property
    def speed(self) -> float:
        """Seconds of the world in one of the device, once it is not paused."""
        return self._speed

    @property
    def rate(self) -> float:
        """The same, as it is now: 0 while paused."""
        return 0.0 if self.is_paused else self._speed

    def begin(self, now: float) -> None:
        """Let both times be the same at this moment; later calls change nothing."""
        if not self._is_begun:
            self._is_begun = True
            self._device = self._world = now

    def at(self, now: float) -> float:
        """Return the world's time at a time of the device's clock."""
        rate = self.rate
        if rate == 1 and self._device == self._world:
            return now  # exactly: a sum of differences would be rounded
        return self._world + (now - self._device) * rate

    def when(self, moment: float) -> float:
        """Return when `at` reaches a moment of the world; infinity for never.

        What has passed when the pace changed last was reached then.
        """
        rate = self.rate
        if moment <= self._world:
            return self._device
        if rate == 0:
            return math.inf
        if rate == 1 and self._device == self._world:
            return moment
        now = self._device + (moment - self._world) / rate
        # rounded down it would wake a device in vain, over and over
        more = math.ulp(now)
        while self.at(now) < moment:
            now += more
            more *= 2
        return now

    def change(self, now: float, *, speed: float | None, is_paused: bool | None) -> None:
        """Go on at another speed, or stand still, or go on; None leaves it as it is.

        Raises `ValueError` for a speed that is none.
        """
        wanted = self._speed if speed is None else _checked(speed)
        self._world, self._device = self.at(now), now
        self._speed = wanted
        self.is_paused = self.is_paused if is_paused is None else is_paused

    def skip(self, now: float, seconds: float) -> None:
        """Go ahead at once. Raises `ValueError` for a time that is none."""
        if not 0 < seconds <= FARTHEST:
            raise ValueError(f"{seconds} s cannot be skipped: more than 0 s and at most 366 d can")
        self._world, self._device = self.at(now) + seconds, now


def _checked(speed: float) -> float:
    if not 1 / FASTEST <= speed <= FASTEST:
        known = "the slowest is 1/3600, the fastest 3600, and to stand still is a pause"
        raise ValueError(f"{speed} is no speed: {known}")
    return float(speed)
