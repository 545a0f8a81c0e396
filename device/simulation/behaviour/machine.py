"""Machines with states."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from onboardee.device.simulation.behaviour.actions import Deed
from onboardee.device.simulation.behaviour.cells import Cell, Signal
from onboardee.device.simulation.behaviour.conditions import Check
from onboardee.device.simulation.behaviour.errors import UpdateRefusedError
from onboardee.device.simulation.behaviour.part import NEVER, SHORTEST, Part, Stage
from onboardee.wire.coap import Code

MAX_STEPS: Final = 16
"""States that are passed in one moment; a circle without waiting goes on a little later."""


class Way(NamedTuple):
    """A transition, ready to be tried."""

    to: str
    after: tuple[float, float] | None
    when: Check | None
    press: str | None


class Situation(NamedTuple):
    """A state, ready to be entered."""

    shown: Any
    deed: Deed
    ways: Sequence[Way]
    is_writable: bool


class MachinePart(Part):
    """A machine, in one of its states."""

    __slots__ = ("_cell", "_due", "_initial", "_rests", "_states", "name")

    def __init__(
        self,
        cell: Cell | None,
        states: Mapping[str, Situation],
        initial: str,
        gate: Check | None,
    ) -> None:
        super().__init__(gate)
        self._cell = cell
        self._states = states
        self._initial = initial
        self._due: list[float] = []
        """For each way out, when its time is over."""
        self._rests: float | None = None
        self.name = ""
        """The present state."""

    def inputs(self) -> Iterable[Signal]:
        """Return what the conditions are about, and the property."""
        checks = (way.when for state in self._states.values() for way in state.ways)
        found = [signal for check in checks if check is not None for signal in check.signals()]
        return found if self._cell is None else [self._cell, *found]

    def resume(self, stage: Stage) -> None:
        """Begin, or go on as if no time had passed."""
        if not self.name:
            self._enter(stage, self._initial)
        elif self._rests is not None:
            slept = stage.now - self._rests
            self._due = [due + slept for due in self._due]

    def pause(self, stage: Stage) -> None:
        """Stand still."""
        self._rests = stage.now
        self.deadline = NEVER

    def changed(self, stage: Stage) -> None:
        """Follow the property if somebody else set it, and leave the state if that is possible."""
        if self._cell is not None and self._cell.value != self._states[self.name].shown:
            name = self._named(self._cell.value)
            if name is not None:
                self._enter(stage, name)
        self.tick(stage)

    def tick(self, stage: Stage) -> None:
        """Leave the state as long as there is a way."""
        for _ in range(MAX_STEPS):
            way = self._open_way(stage.now, None)
            if way is None:
                waiting = (due for due in self._due if due > stage.now)
                self.deadline = min(waiting, default=NEVER)
                return
            self._enter(stage, way)
        self.deadline = stage.now + SHORTEST

    def press(self, stage: Stage, name: str) -> None:
        """Take the way that waits for an input."""
        way = self._open_way(stage.now, name) if self.is_running else None
        if way is not None:
            self._enter(stage, way)
            self.tick(stage)

    def admit(self, value: Any) -> None:
        """Raise `UpdateRefusedError` unless a client may bring about the state shown like this."""
        name = self._named(value)
        if name is None or not self._states[name].is_writable:
            raise UpdateRefusedError(Code.FORBIDDEN, f"{value} cannot be brought about by writing")

    def request(self, stage: Stage, value: Any) -> None:
        """Go to the state that a client asked for."""
        name = self._named(value)
        if name is not None and self.name:
            self._enter(stage, name)
            self.tick(stage)

    def _named(self, value: Any) -> str | None:
        names = (name for name, state in self._states.items() if state.shown == value)
        return next(names, None)

    def _open_way(self, now: float, pressed: str | None) -> str | None:
        """Return where the first way that is open leads."""
        for way, due in zip(self._states[self.name].ways, self._due, strict=True):
            if way.press != pressed or (way.after is not None and now < due):
                continue
            if way.when is None or way.when.holds():
                return way.to
        return None

    def _enter(self, stage: Stage, name: str) -> None:
        state = self._states[name]
        self.name = name
        self._due = [
            NEVER if way.after is None else stage.now + stage.dice.between(*way.after)
            for way in state.ways
        ]
        if self._cell is not None:
            stage.show(self._cell, state.shown)
        stage.perform(state.deed)
