"""How time passes in a world: what is due happens, at its moment and in its order.

Time passes by events: after a long sleep of the process the moments in between are gone through in
order, up to a bound, and the rest is one leap, which the parts compute exactly (`accumulator`,
`thermal`) or by the same law (`drift`). Where somebody has the world's time skip ahead, the bound
is a larger one, and the moments are gone through in slices, so that others have their turn.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.build import Built
from onboardee.device.simulation.world.chance import Chance
from onboardee.device.simulation.world.pace import Pace
from onboardee.device.simulation.world.parts import NEVER, SHORTEST
from onboardee.device.simulation.world.settling import MAX_ROUNDS, Settling
from onboardee.wire.wall_clock import WallClock

MAX_EVENTS: Final = 1000
"""Moments that are gone through one by one after a long sleep; the rest of it is one leap."""
MAX_SKIPPED: Final = 100_000
"""The same, where somebody has the world's time skip ahead; it is done in slices."""
SLICE: Final = 100
"""Moments of such a time that are gone through in one call, so that others have their turn."""


class Passing(Settling):
    """A world whose time goes on: it does what is due, and then lets everything settle."""

    __slots__ = ("_moments_left", "_skipped_to")

    def __init__(  # noqa: PLR0913 - what a world gets from its surroundings, by keyword
        self,
        built: Built,
        values: Mapping[str, Values],
        *,
        chance: Chance,
        wall_clock: WallClock,
        report: Callable[[str], None],
        pace: Pace,
    ) -> None:
        super().__init__(
            built, values, chance=chance, wall_clock=wall_clock, report=report, pace=pace
        )
        self._skipped_to = -math.inf
        """Up to here somebody had the world's time skip: what is due before is gone through."""
        self._moments_left = 0
        """So many of those moments, before the rest becomes a leap."""

    def tick(self, now: float) -> list[str]:
        """Let happen what is due; return the paths of the resources to tell of."""
        self._pass_time(now)
        return self._take_notices(now)

    def next_deadline(self) -> float | None:
        """Return when `tick` is to be called, None if nothing will happen by itself."""
        return None if self.due_at == NEVER else self.due_at

    def change_pace(
        self, now: float, *, speed: float | None = None, is_paused: bool | None = None
    ) -> list[str]:
        """Let the world's time go at another speed, stand still, or go on.

        `speed` is in seconds of the world in one of the device. Raises `ValueError` for a speed
        that is none.
        """
        self._pass_time(now)
        self.pace.change(now, speed=speed, is_paused=is_paused)
        return self._take_notices(now)

    def skip(self, seconds: float, now: float) -> list[str]:
        """Let the world's time go ahead at once: what is due meanwhile happens in order.

        Where that is much, a part of it happens in this call and the rest in further ticks, which
        are due at once; `is_skipping` tells. Raises `ValueError` for a time that is none.
        """
        self._pass_time(now)
        self.pace.skip(now, seconds)
        self._skipped_to, self._moments_left = self.pace.at(now), MAX_SKIPPED
        self._pass_time(now)
        return self._take_notices(now)

    @property
    def is_skipping(self) -> bool:
        """Whether something is still to happen of a time that was skipped."""
        return self._due <= self._skipped_to

    def _begin_time(self, now: float) -> None:
        """Let the world's time begin at a time of the device's clock, with nothing to skip."""
        self.pace.begin(now)
        self._called_at = now
        self.now, self._skipped_to = self.pace.at(now), -math.inf

    def date(self, now: float) -> datetime:
        """Return the world's time of day at a time of the device's clock."""
        return self._date(now, self.pace.at(now))

    def _take_notices(self, now: float) -> list[str]:
        """Return the resources whose notices are due; what is left is due later."""
        taken = self._built.notices.take(now)
        self._plan()
        return taken

    def _pass_time(self, now: float) -> None:
        """Go through the moments up to `now` at which something is due, in their order.

        What is due at one moment happens together, and then everything settles.
        """
        self._called_at = now
        end = self.pace.at(now)
        for count in range(MAX_EVENTS + MAX_ROUNDS + 1):
            if self._due > end:
                break
            # Beyond the bound all that is left is due now.
            leaps = count >= MAX_EVENTS
            if self.is_skipping:
                if count >= SLICE:
                    return  # the rest is for the next call
                self._moments_left -= 1
                leaps = self._moments_left < 0
            self.now = max(self.now, end if leaps else self._due)
            due = [part for part in self._built.parts if part.deadline <= self.now]
            # If a person's input is among what is due, people want to read of it.
            with self._caused(by_itself=all(part.is_by_itself for part in due)):
                self._tick_parts(earliest=end + SHORTEST if leaps else self.now)
        self.now = max(self.now, end)

    def _tick_parts(self, earliest: float) -> None:
        """Let parts do what is due; what they do next comes no sooner than `earliest`."""
        for part in self._built.parts:
            if part.deadline <= self.now:
                part.tick(self)
                part.deadline = max(part.deadline, earliest)
        self._settle()
