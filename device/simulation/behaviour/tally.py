"""Numbers that change each time something happens.

It has no rate and no time of its own, which tells it from `counter`: nothing happens until the
condition begins to hold.
"""

from collections.abc import Iterable

from onboardee.device.simulation.world.conditions import RisingEdge
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Part, Signal, WorldAccess, amount
from onboardee.device.simulation.world.terms import NumberOrRef, Ref, When


class TallyBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A number that changes each time something happens: doors opened, cups made, ink used.

    What is smaller than the property's step adds up until it is seen; beyond the property's limits
    nothing is counted. Whoever sets the property, an input or the maker's service, starts it over.
    """

    property: Ref
    """The number."""
    when: When
    """It counts each time that this begins to hold; what holds at the start has not begun."""
    by: NumberOrRef = 1.0
    """How much each time brings; below zero it counts down."""

    def make(self, finder: Finder) -> Part:
        """Return a part that listens to the condition."""
        cell = finder.numeric(self.property, "property")
        by = finder.operand(self.by, "by")
        return TallyPart(cell, finder.edge(self.when, "when"), by)


class TallyPart(Part):
    """Counts what happens. It is never due: a number that rests costs no time."""

    __slots__ = ("_by", "_cell", "_edge", "_unseen")

    def __init__(self, cell: Cell, edge: RisingEdge, by: Cell | float) -> None:
        super().__init__()
        self._cell = cell
        self._edge = edge
        self._by = by
        self._unseen = 0.0
        """The part of what was counted that is smaller than the property's step."""

    def inputs(self) -> Iterable[Signal]:
        """Return what the condition is about."""
        return self._edge.signals()

    def resume(self, world: WorldAccess) -> None:
        """Take what holds already for no event."""
        self._edge.is_passed()

    def changed(self, world: WorldAccess) -> None:
        """Count if the condition has begun to hold."""
        if not self._edge.is_passed():
            return
        wanted = self._cell.value + self._unseen + amount(self._by)
        world.show(self._cell, wanted)
        unseen = wanted - self._cell.value
        self._unseen = unseen if abs(unseen) < self._cell.step else 0.0
