"""A number that grows or falls with time: what counters and batteries have in common.

The value is a straight line between two events: it is computed from the slope and the time that has
passed when somebody needs it, and never stepped. So an hour costs as much as a second, and a
process that slept catches up exactly. What is shown is rounded to the property's step; what is kept
is not, or rates smaller than a step would never be seen.

    value(t) = value(t0) + slope * (t - t0), within the bounds
"""

from contextlib import suppress
from typing import Any, Final, NamedTuple

from onboardee.device.simulation.world.parts import NEVER, Cell, Part, WorldAccess
from onboardee.device.simulation.world.quantities import duration_text, number

MOST: Final = 1e15
"""Nothing counts beyond this, nor faster: sums stay numbers whatever clients write."""


class CountBounds(NamedTuple):
    """Where counting begins and ends, and how often it is shown.

    Numbers are in the property's unit, in seconds where the property is a duration.
    """

    start: float
    """The value before anything was counted."""
    low: float
    """It does not fall below this."""
    high: float
    """It does not grow beyond this."""
    every: float
    """Seconds between two values that are shown while it grows."""


def bounds_of(cell: Cell, low: float | None, high: float | None, every: float) -> CountBounds:
    """Return bounds that begin at a property's value; without limits, its own hold.

    Raises `ValueError` unless the value is a number or a duration, which is not below zero.
    """
    lowest = 0.0 if isinstance(cell.value, str) else cell.spec.minimum
    limits = (low, lowest, -MOST), (high, cell.spec.maximum, MOST)
    low, high = (next(limit for limit in each if limit is not None) for each in limits)
    return CountBounds(number(cell.value), low, high, every)


class Accumulator(Part):
    """Grows by a slope that is constant between two changes of its inputs.

    A kind derives from it and says in `slope` what a second brings, and in `_happened` what changes
    the value at once.
    """

    __slots__ = ("_bounds", "_cell", "_shown", "_since", "_slope", "_value")

    def __init__(self, cell: Cell, bounds: CountBounds) -> None:
        super().__init__()
        self._cell = cell
        self._bounds = bounds
        self._value = bounds.start
        self._shown: Any = cell.value
        self._since = self._slope = 0.0

    def resume(self, world: WorldAccess) -> None:
        """Go on from here."""
        self._since = world.now
        self._slope = 0.0

    def pause(self, world: WorldAccess) -> None:
        """Rest, after what was gained up to now."""
        self._advance(world)
        self._show(world)
        self.deadline = NEVER

    def changed(self, world: WorldAccess) -> None:
        """Count at the old slope up to now, and at the new one from here."""
        self._advance(world)
        self._happened(world)
        self._slope = min(max(self.slope(), -MOST), MOST)
        self._show(world)
        self._schedule(world)

    def tick(self, world: WorldAccess) -> None:
        """Count and show."""
        self._advance(world)
        self._show(world)
        self._schedule(world)

    def slope(self) -> float:
        """Return how much a second brings."""
        raise NotImplementedError

    def _happened(self, world: WorldAccess) -> None:
        """Take account of what is no matter of time."""

    def _advance(self, world: WorldAccess) -> None:
        """Bring the value to the present moment, by the slope that held since it was last computed.

        If the property is not what was shown last, a client or another part has set it, and
        counting goes on from there.
        """
        if self._cell.value != self._shown:  # somebody else has set it
            with suppress(ValueError):  # a text that a client wrote need not be a duration
                self._put(number(self._cell.value))
                self._since = world.now
            self._shown = self._cell.value
        self._put(self._value + self._slope * (world.now - self._since))
        self._since = world.now

    def _put(self, value: float) -> None:
        """Keep a value within the bounds."""
        self._value = min(max(value, self._bounds.low), self._bounds.high)

    def _show(self, world: WorldAccess) -> None:
        """Let the property have the value, as a number or as the text of a duration."""
        is_text = isinstance(self._cell.value, str)
        world.show(self._cell, duration_text(self._value) if is_text else self._value)
        self._shown = self._cell.value

    def _schedule(self, world: WorldAccess) -> None:
        """Wait until the next value that differs visibly, or until the bound is reached exactly."""
        end = self._bounds.high if self._slope > 0 else self._bounds.low
        if self._slope == 0 or self._value == end:
            self.deadline = NEVER
            return
        step = 1.0 if isinstance(self._cell.value, str) else self._cell.step
        visible = max(self._bounds.every, step / abs(self._slope))
        self.deadline = world.now + min(visible, (end - self._value) / self._slope)
