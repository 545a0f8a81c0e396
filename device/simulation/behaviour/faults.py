"""Things that break."""

from collections.abc import Sequence
from typing import Final

from onboardee.device.simulation.behaviour.actions import Deed
from onboardee.device.simulation.behaviour.cells import Cell, Flag
from onboardee.device.simulation.behaviour.conditions import Check
from onboardee.device.simulation.behaviour.errors import UpdateRefusedError, code_of
from onboardee.device.simulation.behaviour.part import NEVER, Part, Stage
from onboardee.device.simulation.behaviour.rules import Fault

_SOON: Final = 0.02
"""The part of a way on which nothing gets stuck, at its begin and at its end."""


class FaultPart(Part):
    """A fault, on or off."""

    __slots__ = (
        "_kind",
        "_lasts",
        "_on_clear",
        "_on_set",
        "cells",
        "flag",
        "is_looming",
        "name",
        "stops",
    )

    def __init__(
        self,
        kind: Fault,
        reach: tuple[Flag, Sequence[Cell]],
        lasts: tuple[float, float] | None,
        deeds: tuple[Deed, Deed],
        gate: Check | None,
    ) -> None:
        super().__init__(gate)
        self._kind = kind
        self.name = kind.name
        self.flag, self.cells = reach
        self.stops = kind.effect == "stop"
        self._lasts = lasts
        self._on_set, self._on_clear = deeds
        self.is_looming = False
        """It will catch what begins to move now."""

    def switch(self, stage: Stage, *, is_on: bool) -> None:
        """Let it come, or go."""
        if self.flag.is_on == is_on:
            return
        stage.raise_flag(self.flag, is_on=is_on)
        lasts = self._lasts if is_on else None
        self.deadline = NEVER if lasts is None else stage.now + stage.dice.between(*lasts)
        stage.perform(self._on_set if is_on else self._on_clear)

    def admit(self, stage: Stage, cell: Cell) -> bool:
        """Tell whether what a client wants of a property happens. Raises `UpdateRefusedError`."""
        self.is_looming = False
        if not self.flag.is_on and self.is_running and self._happens(stage):
            if self.stops and cell.travel is not None:
                self.is_looming = True
                return True
            self.switch(stage, is_on=True)
        if not self.flag.is_on:
            return True
        if self._kind.effect == "refuse":
            sentence = f"the fault {self._kind.name} is on"
            raise UpdateRefusedError(code_of(self._kind.code), sentence)
        return False

    def _happens(self, stage: Stage) -> bool:
        return self._kind.chance > 0 and stage.dice.fraction() < self._kind.chance

    def strike_within(self, stage: Stage, seconds: float) -> None:
        """Come on at some moment of the next seconds, the length of a way."""
        self.is_looming = False
        if seconds <= 0:
            return
        share = stage.dice.between(_SOON, 1 - _SOON)
        self.deadline = stage.now + share * seconds

    def pause(self, stage: Stage) -> None:
        """Rest: what is broken stays so, and still goes away by itself."""

    def tick(self, stage: Stage) -> None:
        """Go away, or catch what is on its way, if it still is."""
        moves = any(cell.travel is not None and cell.travel.is_moving for cell in self.cells)
        if not self.flag.is_on and not moves:
            self.deadline = NEVER
            return
        self.switch(stage, is_on=not self.flag.is_on)
