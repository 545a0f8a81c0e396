"""Numbers that follow the time of day: daylight, the temperature outside, a tariff.

The value is a function of the time of day and has no memory, so it is right after any pause, and on
a clock that was set. Noise is drawn anew each time that it is shown.
"""

import bisect
import math
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Part, WorldAccess
from onboardee.device.simulation.world.terms import (
    Duration,
    NotNegative,
    Ref,
    TimeOfDay,
    since_midnight,
)

DAY: Final = 86400.0
"""In seconds."""


class DailyBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A number that follows the time of day, by points or as a wave, with noise on top.

    `points: [["06:00", 0], ["13:00", 800]]` are joined by straight lines, around midnight too.
    `mean`, `amplitude` and `peak` make a sine wave instead.
    """

    property: Ref
    """A number."""
    points: Annotated[tuple[tuple[TimeOfDay, float], ...], msgspec.Meta(max_length=96)] = ()
    """Times of day in their order, each with the value then."""
    mean: float | None = None
    """The middle of the wave."""
    amplitude: float = 0.0
    """How far the wave goes from its middle."""
    peak: TimeOfDay = "14:00"
    """When the wave is highest."""
    noise: NotNegative = 0.0
    """Standard deviation, in units of the property."""
    every: Duration = 300.0
    """How often the value is shown."""

    def __post_init__(self) -> None:
        if bool(self.points) == (self.mean is not None):
            raise ValueError("daily has either points or mean, amplitude and peak")
        times = [moment for moment, _ in self.points]
        if times != sorted(set(times)):
            raise ValueError("the points of daily are in the order of their times, each once")

    def make(self, finder: Finder) -> Part:
        """Make a curve over the seconds of a day; a wave is a curve of one point, its peak."""
        cell = finder.numeric(self.property, "property")
        points = self.points or ((self.peak, 0.0),)
        curve = [(since_midnight(at).total_seconds(), level) for at, level in points]
        return DailyPart(self, cell, curve, finder.interval(self.every, "every"))


class DailyPart(Part):
    """A curve over the time of day."""

    __slots__ = ("_cell", "_every", "_kind", "_levels", "_times")

    def __init__(
        self,
        kind: DailyBehaviour,
        cell: Cell,
        points: Sequence[tuple[float, float]],
        every: float,
    ) -> None:
        super().__init__()
        self._kind = kind
        self._cell = cell
        self._every = every
        self._times = [time for time, _ in points]
        self._levels = [level for _, level in points]

    def resume(self, world: WorldAccess) -> None:
        """Show the value of this time of day."""
        self.tick(world)

    def tick(self, world: WorldAccess) -> None:
        """Show the value of this time of day."""
        wall = world.wall_time
        time = wall.hour * 3600.0 + wall.minute * 60 + wall.second + wall.microsecond / 1e6
        level = self._level(time) + world.chance.normal(self._kind.noise)
        world.show(self._cell, level)
        self.deadline = world.now + self._every

    def _level(self, time: float) -> float:
        """Return the value of the curve at a time, in seconds since midnight, without noise."""
        times, levels = self._times, self._levels
        if self._kind.mean is not None:
            return self._kind.mean + self._kind.amplitude * math.cos(
                math.tau * (time - times[0]) / DAY
            )
        after = bisect.bisect_right(times, time) % len(times)
        before = after - 1
        length = (times[after] - times[before]) % DAY or DAY
        part = ((time - times[before]) % DAY) / length
        return levels[before] + part * (levels[after] - levels[before])
