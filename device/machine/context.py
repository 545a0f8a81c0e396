"""What all parts of one device look at, and what the present step has to tell.

A step collects here what is to be told when it has ended: events for people and programs, errors in
the program, and which resources changed for those who observe them.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from onboardee.device.events import Event
from onboardee.device.machine.step import ProgramFault
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint
from onboardee.wire.wall_clock import WallClock

Report = Callable[[Event], None]
"""Takes an event that the present step tells."""


@dataclass(slots=True)
class DeviceContext:
    """What is durable, where the device is reached, and the moment of the present step."""

    database: Database
    wall_clock: WallClock
    endpoints: tuple[Endpoint, ...] = ()
    now: float = 0.0
    """Seconds of the clock that the device's surroundings go by."""
    events: list[Event] = field(default_factory=list)
    """What the present step has to tell."""
    faults: list[ProgramFault] = field(default_factory=list)
    """Errors in the program that the present step met."""

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self.wall_clock()


class Announcements:
    """Which resources changed, until the end of the step, when their observers are told.

    However often one changes in a step, its observers hear of it once (RFC 7641 1.3). The order is
    that of the changes, and does not depend on hashes.
    """

    def __init__(self, batches: Mapping[str, Iterable[Hashable]]) -> None:
        """Take which batches show which resource: they change with it."""
        self._batches = batches
        self.changed: dict[Hashable, None] = {}
        """The keys of the resources that changed."""
        self.end_observations = False
        """All observations are to end before anything else is sent."""

    def add(self, hrefs: Iterable[str]) -> None:
        """Note that these resources changed."""
        for href in hrefs:
            self.changed[href] = None
            self.changed.update(dict.fromkeys(self._batches.get(href, ())))

    def take(self) -> list[Hashable]:
        """Return and forget the keys of the resources that changed."""
        changed = list(self.changed)
        self.changed.clear()
        return changed

    def take_end(self) -> bool:
        """Tell, once, that all observations are to end; what has changed before is forgotten."""
        is_ending, self.end_observations = self.end_observations, False
        if is_ending:
            self.changed.clear()
        return is_ending
