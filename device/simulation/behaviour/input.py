"""What people do to a device: press its button, open its door.

`onboardee ctl press`, schedules and machines with states use inputs by their names. What follows
counts as a person's doing, not as the device's own, until it is released.
"""

from collections.abc import Iterable

import msgspec

from onboardee.device.simulation.world.declaration import Behaviour, Called
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    SHORTEST,
    Part,
    PreparedAction,
    WorldAccess,
)
from onboardee.device.simulation.world.terms import Assignments, Name, Span, WorldAction


class InputBehaviour(WorldAction, Behaviour, frozen=True, kw_only=True):
    """Something that people can do to the device: press its button, open its door.

    Used by `Device.press(name)`, by schedules and by machines.
    """

    name: Name
    """By which it is pressed."""
    hold: Span | None = None
    """After this time, `release` is set."""
    release: Assignments = msgspec.field(default_factory=dict)
    """Properties and the values that they get when it is let go."""

    def make(self, finder: Finder) -> Part:
        """Enter the part under its name."""
        action = finder.action(self, "input")
        hold = None if self.hold is None else finder.span(self.hold, "hold")
        release = PreparedAction(finder.settings(self.release, "release"))
        part = InputPart(action, hold, release)
        finder.register.inputs[self.name] = part
        return part

    def called(self) -> Iterable[Called]:
        """Return its name."""
        return (("input", self.name),)


class InputPart(Part):
    """An input: it acts when it is pressed, and is due when it is let go."""

    __slots__ = ("_action", "_hold", "_release")

    def __init__(
        self,
        action: PreparedAction,
        hold: tuple[float, float] | None,
        release: PreparedAction,
    ) -> None:
        super().__init__()
        self._action = action
        self._hold = hold
        self._release = release

    def press(self, world: WorldAccess) -> None:
        """Do it, and remember to let go."""
        self.is_by_itself = world.is_by_itself
        if self._hold is not None:
            self.deadline = world.now + max(SHORTEST, world.chance.between(*self._hold))
        world.perform(self._action)

    def tick(self, world: WorldAccess) -> None:
        """Let go."""
        self.deadline = NEVER
        world.perform(self._release)
