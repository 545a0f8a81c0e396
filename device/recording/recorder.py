"""Writes down what happens to a device and what comes of it.

The recorder stands around the device with its faults: what it hears come in has passed no fault
yet, and what it hears leave has passed all of them. So a recording has what the network really saw,
and the faults are part of the device that lives again.

A device reads the time of day more than once in a step, and two readings differ. In a replay they
could not be the same again, so here the time of day stands still while a step lasts, goes with the
device's own clock, and is written down only where it jumped: by NTP, or by somebody who set it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import msgspec

from onboardee.device.machine.layer import AnyDevice, Happening, Layer
from onboardee.device.machine.step import Step
from onboardee.device.recording.format import Beginning, RecordedStep, entry_of
from onboardee.wire.wall_clock import WallClock, utc_now

Write: TypeAlias = Callable[[bytes], object]

_JUMP: Final = 0.5
"""Seconds by which the time of day may differ from the clock before that is written down."""


class RecordedClock:
    """The time of day of a device that is recorded: it stands still within a step.

    So that it can be the same again, it is read once a step and goes with the device's own clock;
    a jump is part of what happened.
    """

    def __init__(self, began: datetime, source: WallClock = utc_now) -> None:
        self.began: Final = began
        self._source = source
        self._offset = 0.0
        self._now = 0.0

    def __call__(self) -> datetime:
        """Return the time of day of this step."""
        return self.began + timedelta(seconds=self._now + self._offset)

    def look(self, now: float) -> float | None:
        """Begin a step; return the time of day if it jumped, in seconds after the beginning."""
        actual = (self._source() - self.began).total_seconds()
        self._now = now
        if abs(actual - now - self._offset) < _JUMP:
            return None
        self._offset = actual - now
        return actual

    def set(self, now: float, jumped_to: float | None) -> None:
        """Begin a step of a replay."""
        self._now = now
        if jumped_to is not None:
            self._offset = jumped_to - now


class Recorder(Layer):
    """A device whose life is written down as it goes on."""

    def __init__(
        self, inner: AnyDevice, beginning: Beginning, clock: RecordedClock, write: Write
    ) -> None:
        """Write the beginning. `clock` is the one that the device was made with."""
        super().__init__(inner)
        self._clock = clock
        self._write = write
        self._zero: float | None = None
        write(msgspec.json.encode(beginning) + b"\n")

    def happen(self, what: Happening, now: float) -> Step:
        """Let it happen, and write it down with what came of it.

        The device's clock begins at zero in a recording, whatever it is where it runs.
        """
        if self._zero is None:
            self._zero = now
        jumped = self._clock.look(now - self._zero)
        step = super().happen(what, now)
        self._keep(entry_of(what, now, step, jumped))
        return step

    def _keep(self, entry: RecordedStep) -> None:
        self._write(msgspec.json.encode(entry) + b"\n")
