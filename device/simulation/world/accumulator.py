"""A number that grows or falls with time: what counters and batteries have in common."""

from contextlib import suppress
from typing import Any, Final, NamedTuple

from onboardee.device.simulation.world.parts import NEVER, Cell, Part, WorldAccess
from onboardee.device.simulation.world.quantities import duration_text, number

MOST: Final = 1e15
"""Nothing counts beyond this, nor faster: sums stay numbers whatever clients write."""


class Bounds(NamedTuple):
    """Where counting begins and ends, and how often it is shown."""

    start: float
    low: float
    high: float
    every: float


def bounds_of(cell: Cell, low: float | None, high: float | None, every: float) -> Bounds:
    """Return bounds that begin at a property's value; without limits, its own hold.

    Raises `ValueError` unless the value is a number or a duration, which is not below zero.
    """
    lowest = 0.0 if isinstance(cell.value, str) else cell.spec.minimum
    limits = (low, lowest, -MOST), (high, cell.spec.maximum, MOST)
    low, high = (next(limit for limit in each if limit is not None) for each in limits)
    return Bounds(number(cell.value), low, high, every)


class Accumulator(Part):
    """Grows by a slope that is constant between two changes of its inputs."""

    __slots__ = ("_bounds", "_cell", "_shown", "_since", "_slope", "_value")

    def __init__(self, cell: Cell, bounds: Bounds) -> None:
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
        if self._cell.value != self._shown:  # somebody else has set it
            with suppress(ValueError):  # a text that a client wrote need not be a duration
                self._put(number(self._cell.value))
                self._since = world.now
            self._shown = self._cell.value
        self._put(self._value + self._slope * (world.now - self._since))
        self._since = world.now

    def _put(self, value: float) -> None:
        self._value = min(max(value, self._bounds.low), self._bounds.high)

    def _show(self, world: WorldAccess) -> None:
        is_text = isinstance(self._cell.value, str)
        world.show(self._cell, duration_text(self._value) if is_text else self._value)
        self._shown = self._cell.value

    def _schedule(self, world: WorldAccess) -> None:
        end = self._bounds.high if self._slope > 0 else self._bounds.low
        if self._slope == 0 or self._value == end:
            self.deadline = NEVER
            return
        step = 1.0 if isinstance(self._cell.value, str) else self._cell.step
        visible = max(self._bounds.every, step / abs(self._slope))
        self.deadline = world.now + min(visible, (end - self._value) / self._slope)
