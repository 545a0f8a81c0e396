"""Things that happen at random times."""

from typing import Annotated, Any, NamedTuple

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import NEVER, SHORTEST, Cell, Part, WorldAccess, amount
from onboardee.device.simulation.world.terms import HOUR, DurationOrRef, Ref, Span


class PulseBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """Something that happens at random times: somebody walks by, a button is used."""

    property: Ref
    per_hour: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    """How often on average; the times in between are exponentially distributed."""
    hold: Span = 1.0
    """How long it lasts."""
    silent: DurationOrRef = 0.0
    """Nothing happens so long afterwards; a property named here holds seconds (silenttime)."""
    active: Any = True
    rest: Any = False

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
    hold: tuple[float, float]
    silent: Cell | float


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
        self.deadline = world.now + max(SHORTEST, world.dice.waiting(self._rhythm.mean))

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
            wait = world.dice.between(*self._rhythm.hold)
        else:
            silent = float(amount(self._rhythm.silent))
            wait = silent + world.dice.waiting(self._rhythm.mean)
        self.deadline = world.now + max(SHORTEST, wait)
