"""Stands around a device and makes a trace of what crosses its border.

Each step becomes items in the order in which they belong: what came in, taken apart; what the
device says of it (events); what goes out, taken apart. A change of the database is told when the
disk has said that it is durable.

What came in is taken apart after the device has had it, as it may hold records that are protected
with keys that the device derives from the message before them in the same datagram.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from onboardee.device.events import AccessGranted, Event
from onboardee.device.machine.layer import (
    AnyDevice,
    Happening,
    Layer,
    Received,
    Stored,
    Ticked,
)
from onboardee.device.machine.step import Step
from onboardee.device.trace import items
from onboardee.device.trace.decoding import Decoder, Numbers
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.items import Item, Way, of_event
from onboardee.svrdb import differences
from onboardee.svrdb.model import Database
from onboardee.wire.path import Outgoing, Path

Sink: TypeAlias = Callable[[Item], None]
"""Takes one item after the other."""
Later: TypeAlias = Callable[[Callable[[], None]], object]
"""Calls back soon, after what is going on now."""
_LATE: Final = 256
"""Steps that may wait to be told; then telling comes first."""


class Tracer(Layer):
    """A device whose conversation is told, item by item, to everybody who wants it."""

    def __init__(self, inner: AnyDevice, secrets: Secrets, later: Later | None = None) -> None:
        """Stand around a device that tells `secrets` of its sessions (`Surroundings.keylog`).

        With `later` a step is told after it was acted upon: nobody waits for an answer while it is
        taken apart. Without, the trace is complete whenever a call returns.
        """
        super().__init__(inner)
        self._sinks: list[Sink] = []
        self._numbers = Numbers()
        self._decoder: Final = Decoder(secrets, self._numbers)
        self._before: Database | None = None
        self._later = later
        self._untold: deque[_Seen] = deque()

    def follow(self, sink: Sink) -> None:
        """Have every item from now on, of sessions that are open already, too."""
        if not self._sinks:
            for session in self.inner.sessions:
                if isinstance(session.address, Path):
                    self._decoder.join(session, ends_of(session.address))
        self._sinks.append(sink)
        self.bus.wants_grants = True

    def unfollow(self, sink: Sink) -> None:
        """Have no more of them; the device does nothing for a trace that nobody has."""
        self._sinks.remove(sink)
        if not self._sinks:
            self._untold.clear()
            self.bus.wants_grants = False

    def receive(self, datagram: bytes, path: Path, now: float) -> Step:
        """Take a datagram; while nobody listens nothing is made of it."""
        if not self._sinks:
            return self.inner.receive(datagram, path, now)
        return super().receive(datagram, path, now)

    def happen(self, what: Happening, now: float) -> Step:
        """Let it happen, and tell what came and what came of it."""
        if not self._sinks:
            return super().happen(what, now)
        if not isinstance(what, Stored):
            self._before = self.inner.database
        seen = _Seen(what, now)
        try:
            step = super().happen(what, now)
            seen.events, seen.send = step.events, [*step.send]
        finally:
            if isinstance(what, Stored):
                seen.before, seen.after = self._before, self.inner.database
                self._before = seen.after
            self._untold.append(seen)
            self._tell_in_time(what)
        step.events = [each for each in step.events if not isinstance(each, AccessGranted)]
        return step

    def _tell_in_time(self, what: Happening) -> None:
        """Tell now, or as soon as those who wait have their answer."""
        # a peer waits for what these bring; all else is told where it happens, as the log is
        is_awaited = isinstance(what, Received | Ticked | Stored)
        if self._later is None or not is_awaited or len(self._untold) > _LATE:
            self._tell_all()
        elif len(self._untold) == 1:
            self._later(self._tell_all)

    def _tell_all(self) -> None:
        """Take apart what waits, in the order in which it happened, and hand it to all."""
        while self._untold:
            seen = self._untold.popleft()
            for item in (*self._arriving(seen.what, seen.now), *self._came_of(seen)):
                for sink in self._sinks:
                    sink(item)

    def _arriving(self, what: Happening, now: float) -> Iterator[Item]:
        """Yield what came; a write that ended is told by what became of it."""
        if isinstance(what, Received):
            yield from self._decoder.read(what.datagram, ends_of(what.path), Way.IN, now)
        elif not isinstance(what, Stored):
            yield items.Done(number=self._numbers.next(), at=now, what=what.name)

    def _came_of(self, seen: "_Seen") -> Iterator[Item]:
        """Yield what became of the disk, then the events of the step, then what leaves."""
        if isinstance(seen.what, Stored):
            yield from self._became(seen, seen.what)
        for event in seen.events:
            yield of_event(event, number=self._numbers.next(), at=seen.now)
        for leaving in seen.send:
            ends = ends_of(leaving.path)
            yield from self._decoder.read(leaving.datagram, ends, Way.OUT, seen.now)

    def _became(self, seen: "_Seen", what: Stored) -> Iterator[Item]:
        """Yield the change that is durable now, or why it is not."""
        number = self._numbers.next()
        if what.failure is not None:
            yield items.NotStored(number=number, at=seen.now, reason=str(what.failure))
        elif seen.before is not None and seen.after is not None:
            found = tuple(each.shown() for each in differences(seen.before, seen.after))
            yield items.Changed(number=number, at=seen.now, differences=found)


@dataclass(slots=True)
class _Seen:
    """One thing that happened, with what came of it, as it was then."""

    what: Happening
    now: float
    events: Sequence[Event] = ()
    send: Sequence[Outgoing] = ()
    before: Database | None = None
    """What was durable before a change."""
    after: Database | None = None


def ends_of(path: Path) -> items.Ends:
    """Return who talks to whom along a path."""
    return items.Ends(
        peer=(path.peer_host, path.peer_port),
        local=(path.local_host, path.local_port),
        secured=path.secured,
        multicast=path.multicast,
    )
