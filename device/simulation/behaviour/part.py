"""What every piece of running behaviour is to the world it lives in."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from onboardee.device.simulation.behaviour.cells import Cell, Flag, Signal
from onboardee.device.simulation.behaviour.chance import Dice

if TYPE_CHECKING:
    from onboardee.device.simulation.behaviour.actions import Deed
    from onboardee.device.simulation.behaviour.conditions import Check

NEVER: Final = math.inf
SHORTEST: Final = 0.05
"""Seconds: nothing repeats more often than this."""


class Stage(Protocol):
    """What a part may do to the world."""

    @property
    def now(self) -> float:
        """The present moment."""

    @property
    def dice(self) -> Dice:
        """Where chance comes from."""

    @property
    def wall_time(self) -> datetime:
        """The time of day at `now`."""

    @property
    def is_by_itself(self) -> bool:
        """Whether what happens now is the device's own doing, not a client's nor a person's."""

    def show(self, cell: Cell, value: Any) -> None:
        """Let a property have a value, rounded and limited as it has to be."""

    def aim(self, cell: Cell, value: Any) -> None:
        """Let a property go to a value: at once, or at the pace at which it travels."""

    def raise_flag(self, flag: Flag, *, is_on: bool) -> None:
        """Let a fault be on or off."""

    def perform(self, deed: "Deed") -> None:
        """Do all that an action says."""

    def report(self, sentence: str) -> None:
        """Tell the log of something that is wrong with the profile."""


class Part:
    """One entry of the list `behaviour`, running.

    The world calls `changed` when one of `inputs` has changed and once at the start, and `tick`
    when `deadline` has passed, possibly long ago. While the gate (`only_while`) is closed it calls
    neither; `resume` and `pause` tell of it.
    """

    __slots__ = ("deadline", "gate", "is_by_itself", "is_running", "order")

    def __init__(self, gate: "Check | None" = None) -> None:
        self.gate = gate
        self.deadline = NEVER
        self.is_by_itself = True
        """Whether what it does at its next deadline is the device's own doing."""
        self.order = 0
        self.is_running = False

    def inputs(self) -> Iterable[Signal]:
        """Return what it listens to, its gate aside."""
        return ()

    def resume(self, stage: Stage) -> None:
        """Begin or go on."""

    def pause(self, stage: Stage) -> None:
        """Rest."""
        self.deadline = NEVER

    def changed(self, stage: Stage) -> None:
        """Follow a change of one of the inputs."""

    def tick(self, stage: Stage) -> None:
        """Do what is due, and choose the next deadline."""
        self.deadline = NEVER
