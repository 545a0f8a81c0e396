"""Timing what is stored, from a layer around a device that sees what each step wants stored.

The device itself does not know how long the disk takes: it says what is to be stored and goes on
when it is told. So the time is taken here, by the clock of the steps, and it is what a tool waits
for.
"""

from prometheus_client import Histogram

from onboardee.device.machine.layer import AnyDevice, Happening, Layer, Stored
from onboardee.device.machine.step import Step


class TimedCommits(Layer):
    """A device whose changes are timed, from the step that wants one until it can go on."""

    def __init__(self, inner: AnyDevice, seconds: Histogram) -> None:
        super().__init__(inner)
        self._seconds = seconds
        self._began: float | None = None

    def happen(self, what: Happening, now: float) -> Step:
        """Let something happen, and keep the time if it is about the disk."""
        if isinstance(what, Stored) and self._began is not None:
            if what.failure is None:
                self._seconds.observe(now - self._began)
            self._began = None
        step = super().happen(what, now)
        if step.store is not None:
            self._began = now
        return step
