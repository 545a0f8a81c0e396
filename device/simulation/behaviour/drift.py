"""Numbers that wander around a mean: a temperature in a room, the humidity.

It is an Ornstein-Uhlenbeck process at whole steps: each goes a part of the way back to the mean and
adds normal noise, such that the spread in the long run is `sigma`. Several steps together follow
the same law with another part and another noise, so that a long pause is one draw.

    x' = mean + (x - mean) * (1 - pull)^n + normal(sigma * sqrt(1 - (1 - pull)^2n)), for n steps
"""

import math
from typing import Annotated

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Part, WorldAccess, amount
from onboardee.device.simulation.world.terms import (
    BehaviourError,
    Duration,
    NotNegative,
    NumberOrRef,
    Ref,
)


class DriftBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A number that wanders around a mean: a random walk that is pulled back.

    Rounded to the property's step and kept in its range, or in `range` if that is narrower.
    """

    property: Ref
    """A number; it begins at its initial value."""
    mean: NumberOrRef | None = None
    """The initial value, if left out."""
    sigma: NotNegative
    """The standard deviation in the long run, in units of the property."""
    pull: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    """The part of the way back to the mean at each step; 1 is noise without memory."""
    every: Duration = 30.0
    """The time between two steps."""
    range: tuple[float, float] | None = None
    """Lowest and highest value, where the property's own limits are wider."""

    def make(self, finder: Finder) -> Part:
        """Begin at the property's value."""
        cell = finder.numeric(self.property, "property")
        mean = cell.value if self.mean is None else finder.operand(self.mean, "mean")
        if self.range is not None and self.range[0] > self.range[1]:
            raise BehaviourError("range: it is [lowest, highest]")
        return DriftPart(self, cell, mean, finder.interval(self.every, "every"))


class DriftPart(Part):
    """A mean-reverting random walk; a long time is one step of the same law."""

    __slots__ = ("_cell", "_drawn", "_every", "_kind", "_mean", "_shown", "_x")

    def __init__(self, kind: DriftBehaviour, cell: Cell, mean: Cell | float, every: float) -> None:
        super().__init__()
        self._kind = kind
        self._cell = cell
        self._mean = mean
        self._every = every
        self._x = float(cell.value)
        """The value, not rounded."""
        self._shown = cell.value
        self._drawn = 0.0
        """When the last step was taken."""

    def resume(self, world: WorldAccess) -> None:
        """Begin to wander from the present value."""
        self._x = float(self._cell.value)
        self._shown = self._cell.value
        self._drawn = world.now
        self.deadline = world.now + self._every

    def tick(self, world: WorldAccess) -> None:
        """Go the steps that are due: together they are one normal draw."""
        # Somebody has set it, and it wanders on from there.
        if self._cell.value != self._shown:
            self._x = float(self._cell.value)
        # Late by several steps: one draw has the law of all of them.
        steps = max(1.0, (world.now - self._drawn) // self._every)
        left = (1 - self._kind.pull) ** steps
        mean = float(amount(self._mean))
        spread = self._kind.sigma * math.sqrt(1 - left * left)
        self._x = mean + (self._x - mean) * left + world.chance.normal(spread)
        if self._kind.range is not None:
            low, high = self._kind.range
            self._x = min(max(self._x, low), high)
        world.show(self._cell, self._x)
        self._shown = self._cell.value
        self._drawn = world.now
        self.deadline = world.now + self._every
