"""What people do to a device: press its button, open its door."""

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
from onboardee.device.simulation.world.terms import Action, Assignments, Name, Span


class InputBehaviour(Action, Behaviour, frozen=True, kw_only=True):
    """Something that people can do to the device: press its button, open its door.

    Used by `Device.press(name)`, by schedules and by machines.
    """

    name: Name
    hold: Span | None = None
    """After this time, `release` is set."""
    release: Assignments = msgspec.field(default_factory=dict)

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
    """Something that people do to a device."""

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
            self.deadline = world.now + max(SHORTEST, world.dice.between(*self._hold))
        world.perform(self._action)

    def tick(self, world: WorldAccess) -> None:
        """Let go."""
        self.deadline = NEVER
        world.perform(self._release)
