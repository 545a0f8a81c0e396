"""How often observers hear of what changes by itself.

The one kind without a part: it only tells the world's `Notices` how long to gather changes. A
client's own change is always told at once.
"""

from typing import Annotated

import msgspec

from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.terms import Duration


class NotifyBehaviour(Behaviour, frozen=True, kw_only=True):
    """How often observers hear of what changes by itself; the last value always reaches them."""

    interval: Duration
    """The shortest time between two notifications; 0.2 s where nothing is said."""
    resources: Annotated[tuple[str, ...], msgspec.Meta(max_length=64)] = ()
    """Paths; all resources, if left out."""

    def make(self, finder: Finder) -> None:
        """Enter the interval; nothing has to run for it."""
        interval = finder.time(self.interval, "interval")
        register = finder.register
        # Resources without a line of their own.
        if not self.resources:
            register.interval = interval
        for href in self.resources:
            register.intervals[finder.resource(href, "resources")] = interval
