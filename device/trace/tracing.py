"""Stands around a device and makes a trace of what crosses its border.

Each step becomes items in the order in which they belong: what came in, taken apart; what the
device says of it (events); what goes out, taken apart. A change of the database is told when the
disk has said that it is durable.

What came in is taken apart after the device has had it, as it may hold records that are protected
with keys that the device derives from the message before them in the same datagram.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from onboardee.device.events import AccessGranted
from onboardee.device.machine.layer import (
    AnyDevice,
    Happening,
    Layer,
    Received,
    Stored,
)
from onboardee.device.machine.step import Step
from onboardee.device.trace import items
from onboardee.device.trace.decoding import Decoder, Numbers
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Item, Way, of_event
from onboardee.svrdb import differences
from onboardee.svrdb.model import Database
from onboardee.wire.path import Path

Sink: TypeAlias = Callable[[Item], None]
"""Takes one item after the other."""


class Tracer(Layer):
    """A device whose conversation is told, item by item, to everybody who wants it."""

    def __init__(self, inner: AnyDevice, secrets: Secrets) -> None:
        """Stand around a device that tells `secrets` of its sessions (`Surroundings.keylog`)."""
        super().__init__(inner)
        self._sinks: list[Sink] = []
        self._numbers = Numbers()
        self._decoder: Final = Decoder(secrets, self._numbers)
        self._before: Database | None = None

    def follow(self, sink: Sink) -> None:
        """Have every item from now on."""
        self._sinks.append(sink)
        self.bus.wants_grants = True

    def happen(self, what: Happening, now: float) -> Step:
        """Tell what comes, let it happen, and tell what came of it."""
        if not self._sinks:
            return super().happen(what, now)
        if not isinstance(what, Stored):
            self._before = self.inner.database
        try:
            step = super().happen(what, now)
        finally:
            self._tell(self._arriving(what, now))
        self._tell(self._came_of(what, step, now))
        step.events = [each for each in step.events if not isinstance(each, AccessGranted)]
        return step

    def _arriving(self, what: Happening, now: float) -> Iterator[Item]:
        if isinstance(what, Received):
            yield from self._decoder.read(what.datagram, ends_of(what.path), Way.IN, now)
        elif not isinstance(what, Stored):
            yield items.Done(number=self._numbers.next(), at=now, what=what.name)

    def _came_of(self, what: Happening, step: Step, now: float) -> Iterator[Item]:
        if isinstance(what, Stored):
            yield from self._became(what, now)
        for event in step.events:
            yield of_event(event, number=self._numbers.next(), at=now)
        for leaving in step.send:
            ends = ends_of(leaving.path)
            yield from self._decoder.read(leaving.datagram, ends, Way.OUT, now)

    def _became(self, what: Stored, now: float) -> Iterator[Item]:
        before, self._before = self._before, self.inner.database
        number = self._numbers.next()
        if what.failure is not None:
            yield items.NotStored(number=number, at=now, reason=str(what.failure))
        elif before is not None:
            found = tuple(each.shown() for each in differences(before, self.inner.database))
            yield items.Changed(number=number, at=now, differences=found)

    def _tell(self, found: Iterator[Item]) -> None:
        for item in found:
            for sink in self._sinks:
                sink(item)


def ends_of(path: Path) -> items.Ends:
    """Return who talks to whom along a path."""
    return items.Ends(
        peer=(path.peer_host, path.peer_port),
        local=(path.local_host, path.local_port),
        secured=path.secured,
        multicast=path.multicast,
    )
