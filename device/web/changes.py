"""What each step changed in a device's database: the last changes, with what they came of.

A layer around each device sees whether its database is another one after a step. It keeps both, as
values that share all that is the same, and compares them when somebody asks for the first time: a
device pays a comparison of two references for a step, and a tool nothing. How databases differ is
what `onboardee svr diff` says (`svrdb.difference`), without secrets.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from onboardee.device.machine.layer import AnyDevice, Happening, Layer
from onboardee.device.machine.step import Step
from onboardee.svrdb import Database, differences
from onboardee.wire.path import Path

MOST: Final = 1024
"""Changes that are remembered, of all devices of the process; the oldest goes first."""
STORED: Final = "feed.stored"
"""What streams are told when something was stored."""


@dataclass(frozen=True)
class Change:
    """One change of one device."""

    number: int
    """1 for the first one in this process."""
    device: str
    at: datetime
    cause: str
    """What it came of, in words: `POST /oic/sec/cred`, `a reset`."""
    before: Database
    after: Database

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it, with what differs; secrets are hidden."""
        return {
            "number": self.number,
            "at": self.at.isoformat(timespec="milliseconds"),
            "cause": self.cause,
            "differences": self._differences,
        }

    @cached_property
    def _differences(self) -> list[dict[str, Any]]:
        # a page asks for all changes whenever there is one more
        return [each.shown() for each in differences(self.before, self.after)]


class Changes:
    """Remembers the last changes of all devices."""

    def __init__(self, tell: Callable[[Change], None]) -> None:
        """Tell of each change."""
        self._tell = tell
        self._number = 0
        self._last: deque[Change] = deque(maxlen=MOST)

    def note(self, device: AnyDevice, before: Database) -> None:
        """Remember that a device has another database than `before`."""
        self._number += 1
        change = Change(
            self._number,
            device.bus.device,
            device.wall_time,
            device.cause,
            before,
            device.database,
        )
        self._last.append(change)
        self._tell(change)

    def of(self, device: str) -> list[Change]:
        """Return the changes of a device, the oldest first."""
        return [each for each in self._last if each.device == device]


class Remembering(Layer):
    """A device whose changes are noted."""

    def __init__(self, inner: AnyDevice, note: Callable[[AnyDevice, Database], None]) -> None:
        """`note` takes the device, after each change, and what it kept before."""
        super().__init__(inner)
        self._note = note

    def receive(self, datagram: bytes, path: Path, now: float) -> Step:
        """Take a datagram, as `happen` does, with nothing made for it: this is what is often."""
        before = self.inner.database
        step = self.inner.receive(datagram, path, now)
        if self.inner.database is not before:
            self._note(self.inner, before)
        return step

    def happen(self, what: Happening, now: float) -> Step:
        """Let it happen, and see whether something else is kept then."""
        before = self.inner.database
        step = super().happen(what, now)
        if self.inner.database is not before:
            self._note(self.inner, before)
        return step
