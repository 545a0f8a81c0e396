"""Numbers that grow or fall with time: energy from power, elapsed and remaining time.

An `Accumulator` with the rate of a property, or a fixed one. The condition `only_while` is the
part's own here, not its gate: a counter that rests must still hear that it is to start over.
"""

from collections.abc import Iterable

from onboardee.device.simulation.world.accumulator import Accumulator, CountBounds, bounds_of
from onboardee.device.simulation.world.conditions import RisingEdge
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Check, Part, Signal, WorldAccess
from onboardee.device.simulation.world.quantities import number
from onboardee.device.simulation.world.terms import BehaviourError, Duration, Ref, When


class CounterBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A number that grows or falls with time: energy from power, elapsed and remaining time.

    The value grows by `rate`, or by the property `source` times `scale`, each `per`. A text
    property shows it as an ISO 8601 duration (`PT1H5M`), the number being seconds then.
    """

    property: Ref
    """A number, or a duration as text."""
    source: Ref | None = None
    """The property whose value is the rate: the power of which this is the energy."""
    scale: float = 1.0
    """By what the source is multiplied: 0.001 makes kWh of W."""
    rate: float | None = None
    """What is added each `per`; below zero it counts down."""
    per: Duration = 3600.0
    """The time that the rate is about; an hour if left out."""
    start: float | Duration | None = None
    """Where it begins, and what `reset_when` goes back to; the initial value if left out."""
    low: float | None = None
    """Where it stops when it counts down."""
    high: float | None = None
    """Where it stops; by default at the property's limits, and a duration at zero."""
    reset_when: When | None = None
    """Start over each time this becomes true."""
    every: Duration = 10.0
    """It is shown at most so often, and only where rounding to the step changes what is seen."""

    def __post_init__(self) -> None:
        if (self.source is None) == (self.rate is None):
            raise ValueError("a counter has one of source and rate")

    def make(self, finder: Finder) -> Part:
        """Return the part with its rate a second."""
        cell = finder.cell(self.property, "property")
        try:
            number(cell.value)
        except ValueError as error:
            raise BehaviourError(f"property: {cell}: {error}") from error
        per = finder.time(self.per, "per")
        if per == 0:
            raise BehaviourError("per: a rate needs a time that is longer than 0")
        every = finder.interval(self.every, "every")
        bounds = bounds_of(cell, self.low, self.high, every)
        if self.start is not None:
            bounds = bounds._replace(start=float(finder.time(self.start, "start")))
        source = None if self.source is None else finder.numeric(self.source, "source")
        rate = (self.scale if self.rate is None else self.rate) / per
        # Its own condition, not its gate: see the header.
        runs = finder.check(self.only_while, "only_while")
        reset = None if self.reset_when is None else finder.edge(self.reset_when, "reset_when")
        return CounterPart(cell, bounds, (source, rate), runs, reset)

    def gate(self, finder: Finder) -> None:
        """Return none: the part has the condition itself, as it may start over while it rests."""


class CounterPart(Accumulator):
    """A counter; its slope is the rate a second."""

    __slots__ = ("_rate", "_reset", "_runs", "_source")

    def __init__(
        self,
        cell: Cell,
        bounds: CountBounds,
        flow: tuple[Cell | None, float],
        runs: Check | None,
        reset: RisingEdge | None,
    ) -> None:
        super().__init__(cell, bounds)
        self._runs = runs
        self._source, self._rate = flow
        """The rate is that of a second, or of a second and a unit of the source."""
        self._reset = reset

    def inputs(self) -> Iterable[Signal]:
        """Return the source, what lets it run or resets it, and its own property."""
        found: list[Signal] = [self._cell]
        if self._source is not None:
            found.append(self._source)
        checks = [check for check in (self._runs, self._reset) if check is not None]
        return [*found, *(signal for check in checks for signal in check.signals())]

    def slope(self) -> float:
        """Return the rate, times the source; nothing while it rests."""
        if self._runs is not None and not self._runs.holds():
            return 0.0
        return self._rate if self._source is None else self._rate * number(self._source.value)

    def _happened(self, world: WorldAccess) -> None:
        """Start over if the condition for it has begun to hold."""
        if self._reset is not None and self._reset.is_passed():
            self._value = self._bounds.start
