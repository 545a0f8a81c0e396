"""Temperatures between ambient, heater and cooler."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from onboardee.device.simulation.behaviour.cells import Cell, Signal
from onboardee.device.simulation.behaviour.conditions import Check, amount
from onboardee.device.simulation.behaviour.part import NEVER, SHORTEST, Part, Stage

IDLE, HEATING, COOLING = "idle", "heating", "cooling"


class Body(NamedTuple):
    """What has the temperature, and what acts on it. Rates are degrees a second."""

    ambient: Cell | float
    tau: float
    leaks: Sequence[tuple[Check, float]]
    target: Cell | float | None
    heating: float
    cooling: float
    hysteresis: float
    every: float


class Switches(NamedTuple):
    """What lets heater and cooler run."""

    enabled: Check | None
    heats: Check | None
    cools: Check | None


class ThermalPart(Part):
    """A temperature, by the exact solution of its equation between two events."""

    __slots__ = (
        "_asymptote",
        "_body",
        "_cell",
        "_display",
        "_mode",
        "_shown",
        "_since",
        "_switches",
        "_tau",
        "_temperature",
    )

    def __init__(
        self,
        cell: Cell,
        body: Body,
        switches: Switches,
        display: tuple[Cell, dict[str, Any]] | None,
    ) -> None:
        super().__init__()  # the gate turns off the power only, so it is no gate of the part
        self._cell = cell
        self._body = body
        self._switches = switches
        self._display = display
        self._temperature = float(cell.value)
        self._shown = cell.value
        self._mode = IDLE
        self._since = 0.0
        self._tau = body.tau
        self._asymptote = self._temperature
        """Where it would end with all as it is."""

    def inputs(self) -> Iterable[Signal]:
        """Return all that acts on it."""
        body = self._body
        checks = [*self._switches, *(check for check, _ in body.leaks)]
        found = [signal for check in checks if check is not None for signal in check.signals()]
        cells = (self._cell, body.ambient, body.target)
        return [*(cell for cell in cells if isinstance(cell, Cell)), *found]

    def resume(self, stage: Stage) -> None:
        """Begin at the property's value."""
        self._since = stage.now

    def changed(self, stage: Stage) -> None:
        """Go on under other circumstances."""
        self.tick(stage)

    def tick(self, stage: Stage) -> None:
        """Pass the time, decide about the power, and look ahead."""
        self._advance(stage)
        self._decide()
        stage.show(self._cell, self._temperature)
        self._shown = self._cell.value
        if self._display is not None:
            cell, words = self._display
            stage.show(cell, words[self._mode])
        self._schedule(stage)

    def _advance(self, stage: Stage) -> None:
        if self._cell.value != self._shown:  # somebody else has set it
            self._temperature = float(self._cell.value)
        passed, self._since = stage.now - self._since, stage.now
        before = self._temperature
        left = math.exp(-passed / self._tau)
        self._temperature = self._asymptote + (before - self._asymptote) * left
        if self._body.target is None or self._mode == IDLE:
            return
        # after a leap in time, power has not gone on beyond the moment at which it was turned off
        target = float(amount(self._body.target))
        if self._mode == HEATING:
            self._temperature = min(self._temperature, max(target, before))
        else:
            self._temperature = max(self._temperature, min(target, before))

    def _decide(self) -> None:
        body = self._body
        self._mode = self._next_mode()
        power = {IDLE: 0.0, HEATING: body.heating, COOLING: -body.cooling}[self._mode]
        open_leaks = [tau for check, tau in body.leaks if check.holds()]
        self._tau = open_leaks[0] if open_leaks else body.tau
        self._asymptote = float(amount(body.ambient)) + power * self._tau

    def _next_mode(self) -> str:
        body, switches = self._body, self._switches
        if body.target is None or not _allows(switches.enabled):
            return IDLE
        error = self._temperature - float(amount(body.target))
        may_heat = body.heating > 0 and _allows(switches.heats)
        may_cool = body.cooling > 0 and _allows(switches.cools)
        close = 1e-6
        if may_heat and error < (-close if self._mode == HEATING else close - body.hysteresis):
            return HEATING
        if may_cool and error > (close if self._mode == COOLING else body.hysteresis - close):
            return COOLING
        return IDLE

    def _schedule(self, stage: Stage) -> None:
        rises = self._asymptote > self._temperature
        step = self._cell.step if rises else -self._cell.step
        visible = max(self._body.every, self._time_to(self._temperature + step))
        crossings = [self._time_to(level) for level in self._levels()]
        self.deadline = stage.now + max(SHORTEST, min([visible, *crossings]))

    def _levels(self) -> list[float]:
        """Return the temperatures at which heater or cooler is switched."""
        if self._body.target is None:
            return []
        target, slack = float(amount(self._body.target)), self._body.hysteresis
        if self._mode != IDLE:
            return [target]
        levels = []
        if self._body.heating and _allows(self._switches.enabled):
            levels.append(target - slack)
        if self._body.cooling and _allows(self._switches.enabled):
            levels.append(target + slack)
        return levels

    def _time_to(self, level: float) -> float:
        """Return when a temperature is reached if all stays as it is."""
        distance = self._temperature - self._asymptote
        left = level - self._asymptote
        if distance == 0 or left == 0 or not 0 < left / distance < 1:
            return NEVER
        return self._tau * math.log(distance / left)


def _allows(check: Check | None) -> bool:
    return check is None or check.holds()
