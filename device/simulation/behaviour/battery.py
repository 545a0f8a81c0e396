"""Charges that fall with time and use.

A charge is an `Accumulator` whose slope is the gain while it is charged and the loss otherwise; use
costs a part at once, each time that a property changes. The property `low` follows from what is
shown, so that charge and warning never contradict each other.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from onboardee.device.simulation.world.accumulator import Accumulator, CountBounds, bounds_of
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Check, Part, Signal, WorldAccess, amount
from onboardee.device.simulation.world.terms import (
    HOUR,
    BehaviourError,
    Duration,
    NotNegative,
    NumberOrRef,
    Ref,
    When,
)


class BatteryBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A charge in percent that falls with time and use, and rises while it is charged."""

    property: Ref
    """The charge in percent; it stays between 0 and 100."""
    per_hour: NotNegative = 0.0
    """Percent lost each hour."""
    costs: dict[Ref, NotNegative] = msgspec.field(default_factory=dict)
    """Percent lost each time that one of these properties changes."""
    charging: When | None = None
    """It is charged while this holds."""
    charge_per_hour: NotNegative = 50.0
    """Percent gained each hour while it is charged."""
    low: Ref | None = None
    """A boolean that is true while the charge is at or below `threshold`."""
    threshold: NumberOrRef = 20.0
    """Percent, or the property that holds it."""
    every: Duration = 60.0
    """How often it is shown at most."""

    def make(self, finder: Finder) -> Part:
        """Return the part, within 0 and 100 percent."""
        cell = finder.numeric(self.property, "property")
        bounds = bounds_of(cell, None, None, finder.interval(self.every, "every"))
        # The property may permit more than a charge can be.
        bounds = bounds._replace(low=max(0.0, bounds.low), high=min(100.0, bounds.high))
        costs = [(finder.cell(ref, "costs"), cost) for ref, cost in self.costs.items()]
        if cell in [used for used, _ in costs]:
            raise BehaviourError("costs: a charge does not cost itself")
        usage = Usage(
            loss=self.per_hour / HOUR,
            gain=self.charge_per_hour / HOUR,
            costs=costs,
            charging=finder.check(self.charging, "charging"),
            low=None if self.low is None else finder.boolean(self.low, "low"),
            threshold=finder.operand(self.threshold, "threshold"),
        )
        return BatteryPart(cell, bounds, usage)


class Usage(NamedTuple):
    """What empties and fills a battery, and when it counts as low."""

    loss: float
    """Percent a second."""
    gain: float
    """Percent a second while it is charged."""
    costs: Sequence[tuple[Cell, float]]
    """Properties with the percent that each change of them costs."""
    charging: Check | None
    """None: it is never charged."""
    low: Cell | None
    """The property that warns, if there is one."""
    threshold: Cell | float
    """Percent, or the property that holds it."""


class BatteryPart(Accumulator):
    """A charge; it listens to what uses it and to what charges it."""

    __slots__ = ("_seen", "_usage")

    def __init__(
        self,
        cell: Cell,
        bounds: CountBounds,
        usage: Usage,
    ) -> None:
        super().__init__(cell, bounds)
        self._usage = usage
        self._seen = [used.value for used, _ in usage.costs]

    def inputs(self) -> Iterable[Signal]:
        """Return what uses it, what charges it, the threshold, and its own property."""
        found: list[Signal] = [self._cell, *(used for used, _ in self._usage.costs)]
        if isinstance(self._usage.threshold, Cell):
            found.append(self._usage.threshold)
        return found if self._usage.charging is None else [*found, *self._usage.charging.signals()]

    def slope(self) -> float:
        """Return the gain or the loss of a second."""
        is_charging = self._usage.charging is not None and self._usage.charging.holds()
        return self._usage.gain if is_charging else -self._usage.loss

    def _happened(self, world: WorldAccess) -> None:
        """Take the cost of each use that has happened since."""
        for place, (used, cost) in enumerate(self._usage.costs):
            if used.value != self._seen[place]:
                self._seen[place] = used.value
                self._put(self._value - cost)

    def _show(self, world: WorldAccess) -> None:
        """Show the charge, then whether it is low."""
        super()._show(world)
        if self._usage.low is not None:
            world.show(self._usage.low, self._cell.value <= amount(self._usage.threshold))
