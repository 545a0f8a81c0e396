"""What all parts of one device look at, and what the present step has to tell.

A step collects here what is to be told when it has ended: events for people and programs, errors in
the program, and which resources changed for those who observe them.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from onboardee.device.access.target import RES
from onboardee.device.events import Event
from onboardee.device.machine.step import ProgramFault
from onboardee.device.resources.base import batch_key
from onboardee.device.resources.tags import Changes
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
    cause: str = ""
    """What the last change of `database` came of, for people: `POST /oic/sec/cred`."""
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
    that of the changes, and does not depend on hashes. Whatever changes may be shown in the batch
    of `/oic/res`.
    """

    def __init__(self, batches: Mapping[str, Iterable[Hashable]], changes: Changes) -> None:
        """Take which batches show which resource: they change with it; and who keeps the order."""
        self._batches = batches
        self._changes = changes
        self.changed: dict[Hashable, None] = {}
        """The keys of the resources that changed."""
        self.ending: frozenset[Hashable] | None = None
        """Observations are to end before anything else is sent, but for those of these keys."""

    def add(self, hrefs: Iterable[str]) -> None:
        """Note that these resources changed, all at once."""
        hrefs = tuple(hrefs)
        self._changes.note(hrefs)
        for href in hrefs:
            self.changed[href] = None
            self.changed.update(dict.fromkeys(self._batches.get(href, ())))
            self.changed[batch_key(RES)] = None

    def take(self) -> list[Hashable]:
        """Return and forget the keys of the resources that changed."""
        changed = list(self.changed)
        self.changed.clear()
        return changed

    def end_observations(self, spared: frozenset[Hashable] = frozenset()) -> None:
        """Have all observations end, but for those of some keys."""
        self.ending = spared if self.ending is None else self.ending & spared

    def take_end(self) -> frozenset[Hashable] | None:
        """Return, once, whose observations are not to end; None: all go on.

        What has changed before is nothing that those who are left out are to hear.
        """
        spared, self.ending = self.ending, None
        if spared is not None:
            self.changed = {key: None for key in self.changed if key in spared}
        return spared
