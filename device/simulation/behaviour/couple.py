"""While one thing is so, others are: constants that follow from a condition.

To keep a property means to listen to it: whoever else sets it wakes this part, which sets it back.
With `once` it does not listen, so that the others win afterwards.
"""

from collections.abc import Iterable

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    Check,
    Part,
    Settings,
    Signal,
    WorldAccess,
)
from onboardee.device.simulation.world.terms import Assignments, Span, When, conditions, span


class CoupleBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """While one thing is so, others are: switch off, no power; measurement high, alarm.

    While `when` holds the properties of `set` are kept at these values, and while it does not,
    those of `otherwise`. Both are free where nothing is said. With `once` they are set at the
    moment at which the condition begins (or ends) to hold, and may change afterwards.
    """

    when: When
    """The condition."""
    set: Assignments = msgspec.field(default_factory=dict)
    """What holds with it."""
    otherwise: Assignments = msgspec.field(default_factory=dict)
    """What holds without it."""
    after: Span = 0.0
    """The condition has to hold so long first; `otherwise` does not wait."""
    once: bool = False
    """Set at the change only, and free afterwards."""

    def __post_init__(self) -> None:
        if not self.set and not self.otherwise:
            raise ValueError("couple has set, otherwise or both")

    def make(self, finder: Finder) -> Part:
        """Return the part with both sides."""
        when = finder.must(self.when, "when")
        sides = finder.settings(self.set, "set"), finder.settings(self.otherwise, "otherwise")
        return CouplePart(when, sides, finder.span(self.after, "after"), once=self.once)

    def keeps(self) -> Iterable[tuple[str, str]]:
        """Return what is set, after what the condition is about."""
        if self.once or span(self.after)[1] > 0:
            return
        for condition in conditions(self.when):
            for source in condition.refs():
                for target in (*self.set, *self.otherwise):
                    yield source, target


class CouplePart(Part):
    """Keeps properties at constants while a condition holds, or sets them once as it begins to."""

    __slots__ = ("_after", "_is_on", "_once", "_otherwise", "_set", "_when")

    def __init__(
        self,
        when: Check,
        settings: tuple[Settings, Settings],
        after: tuple[float, float],
        *,
        once: bool,
    ) -> None:
        super().__init__()
        self._when = when
        self._set, self._otherwise = settings
        self._after = after
        self._once = once
        self._is_on: bool | None = None
        """Which side was applied last; None while it waits."""

    def inputs(self) -> Iterable[Signal]:
        """Return what the condition is about and, to keep it, what is set."""
        kept = () if self._once else (cell for cell, _ in (*self._set, *self._otherwise))
        return (*self._when.signals(), *kept)

    def resume(self, world: WorldAccess) -> None:
        """Begin with what is so: that is no moment at which anything begins."""
        if self._once:
            self._is_on = self._when.holds()

    def pause(self, world: WorldAccess) -> None:
        """Let go."""
        self._is_on = None
        self.deadline = NEVER

    def changed(self, world: WorldAccess) -> None:
        """Apply the side that counts now."""
        if not self._when.holds():
            self.deadline = NEVER
            self._apply(world, is_on=False)
        elif self._is_on:
            self._apply(world, is_on=True)
        elif self.deadline == NEVER:
            delay = world.chance.between(*self._after)
            if delay == 0:
                self._apply(world, is_on=True)
            else:
                self.deadline = world.now + delay

    def tick(self, world: WorldAccess) -> None:
        """Apply what has been so for long enough."""
        self.deadline = NEVER
        self._apply(world, is_on=True)

    def _apply(self, world: WorldAccess, *, is_on: bool) -> None:
        """Let the properties of one side go to their values."""
        if self._once and self._is_on == is_on:
            return
        self._is_on = is_on
        for cell, value in self._set if is_on else self._otherwise:
            world.aim(cell, value)
