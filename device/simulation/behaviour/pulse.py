"""Things that happen at random times: somebody walks by, a button is used.

The waiting times are exponentially distributed, those of events that know nothing of each other (a
Poisson process). While the entry rests no time passes for it; since such a process has no memory,
it simply draws a new waiting time when it goes on.
"""

from typing import Annotated, Any, NamedTuple

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import NEVER, SHORTEST, Cell, Part, WorldAccess, amount
from onboardee.device.simulation.world.terms import HOUR, DurationOrRef, Ref, Span


class PulseBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """Something that happens at random times: somebody walks by, a button is used."""

    property: Ref
    """The property that tells of it."""
    per_hour: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    """How often on average; the times in between are exponentially distributed."""
    hold: Span = 1.0
    """How long it lasts."""
    silent: DurationOrRef = 0.0
    """Nothing happens so long afterwards; a property named here holds seconds (silenttime)."""
    active: Any = True
    """Its value while it happens."""
    rest: Any = False
    """Its value otherwise."""

    def make(self, finder: Finder) -> Part:
        """Return a part that waits for the first time."""
        cell = finder.cell(self.property, "property")
        values = (
            finder.constant(cell, self.active, "active"),
            finder.constant(cell, self.rest, "rest"),
        )
        hold, silent = finder.span(self.hold, "hold"), finder.time_or_cell(self.silent, "silent")
        return PulsePart(cell, Rhythm(HOUR / self.per_hour, hold, silent), values)


class Rhythm(NamedTuple):
    """How often something happens, how long it lasts, and how long it is quiet then: seconds."""

    mean: float
    """The time between two events on average, without the silence."""
    hold: tuple[float, float]
    """The shortest and the longest time that an event lasts."""
    silent: Cell | float
    """The time after an event in which none begins."""


class PulsePart(Part):
    """Something happens at random times, lasts, and is followed by silence."""

    __slots__ = ("_cell", "_is_active", "_rhythm", "_values")

    def __init__(
        self,
        cell: Cell,
        rhythm: Rhythm,
        values: tuple[Any, Any],
    ) -> None:
        super().__init__()
        self._cell = cell
        self._rhythm = rhythm
        self._values = values
        """While it happens, and otherwise."""
        self._is_active = False

    def resume(self, world: WorldAccess) -> None:
        """Wait for the first."""
        self.deadline = world.now + max(SHORTEST, world.chance.waiting(self._rhythm.mean))

    def pause(self, world: WorldAccess) -> None:
        """End what happens."""
        self.deadline = NEVER
        if self._is_active:
            self._is_active = False
            world.show(self._cell, self._values[1])

    def tick(self, world: WorldAccess) -> None:
        """Begin or end."""
        self._is_active = not self._is_active
        world.show(self._cell, self._values[0 if self._is_active else 1])
        if self._is_active:
            wait = world.chance.between(*self._rhythm.hold)
        else:
            silent = float(amount(self._rhythm.silent))
            wait = silent + world.chance.waiting(self._rhythm.mean)
        self.deadline = world.now + max(SHORTEST, wait)
