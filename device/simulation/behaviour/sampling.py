"""Values that are drawn anew from time to time: drift and the course of a day."""

import bisect
import math
from collections.abc import Sequence

from onboardee.device.simulation.behaviour.cells import Cell
from onboardee.device.simulation.behaviour.conditions import Check, amount
from onboardee.device.simulation.behaviour.part import Part, Stage
from onboardee.device.simulation.behaviour.values import Daily, Drift

DAY = 86400.0


class DriftPart(Part):
    """A mean-reverting random walk; a long time is one step of the same law."""

    __slots__ = ("_cell", "_drawn", "_every", "_kind", "_mean", "_shown", "_x")

    def __init__(
        self, kind: Drift, cell: Cell, mean: Cell | float, every: float, gate: Check | None
    ) -> None:
        super().__init__(gate)
        self._kind = kind
        self._cell = cell
        self._mean = mean
        self._every = every
        self._x = float(cell.value)
        self._shown = cell.value
        self._drawn = 0.0

    def resume(self, stage: Stage) -> None:
        """Begin to wander from the present value."""
        self._x = float(self._cell.value)
        self._shown = self._cell.value
        self._drawn = stage.now
        self.deadline = stage.now + self._every

    def tick(self, stage: Stage) -> None:
        """Go the steps that are due: together they are one normal draw."""
        if self._cell.value != self._shown:
            self._x = float(self._cell.value)
        steps = max(1.0, (stage.now - self._drawn) // self._every)
        left = (1 - self._kind.pull) ** steps
        mean = float(amount(self._mean))
        spread = self._kind.sigma * math.sqrt(1 - left * left)
        self._x = mean + (self._x - mean) * left + stage.dice.normal(spread)
        if self._kind.range is not None:
            low, high = self._kind.range
            self._x = min(max(self._x, low), high)
        stage.show(self._cell, self._x)
        self._shown = self._cell.value
        self._drawn = stage.now
        self.deadline = stage.now + self._every


class DailyPart(Part):
    """A curve over the time of day."""

    __slots__ = ("_cell", "_every", "_kind", "_levels", "_times")

    def __init__(
        self,
        kind: Daily,
        cell: Cell,
        points: Sequence[tuple[float, float]],
        every: float,
        gate: Check | None,
    ) -> None:
        super().__init__(gate)
        self._kind = kind
        self._cell = cell
        self._every = every
        self._times = [time for time, _ in points]
        self._levels = [level for _, level in points]

    def resume(self, stage: Stage) -> None:
        """Show the value of this time of day."""
        self.tick(stage)

    def tick(self, stage: Stage) -> None:
        """Show the value of this time of day."""
        wall = stage.wall_time
        time = wall.hour * 3600.0 + wall.minute * 60 + wall.second + wall.microsecond / 1e6
        level = self._level(time) + stage.dice.normal(self._kind.noise)
        stage.show(self._cell, level)
        self.deadline = stage.now + self._every

    def _level(self, time: float) -> float:
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
