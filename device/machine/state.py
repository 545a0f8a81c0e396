"""What all parts of one device look at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from onboardee.device.events import Event
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint
from onboardee.wire.wall_clock import WallClock

Report = Callable[[Event], None]
"""Takes an event that the present step tells."""


@dataclass(slots=True)
class DeviceState:
    """What is durable, where the device is reached, and the moment of the present step."""

    database: Database
    wall_clock: WallClock
    endpoints: tuple[Endpoint, ...] = ()
    now: float = 0.0
    """Seconds of the clock that the device's surroundings go by."""
    events: list[Event] = field(default_factory=list)
    """What the present step has to tell."""

    @property
    def wall_time(self) -> datetime:
        """The time of day."""
        return self.wall_clock()
