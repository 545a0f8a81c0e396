"""Counters and batteries: numbers that grow or fall with time."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from onboardee.device.simulation.behaviour.cells import Cell, Signal, duration_text, number
from onboardee.device.simulation.behaviour.conditions import Check, amount
from onboardee.device.simulation.behaviour.part import NEVER, Part, Stage

MOST: Final = 1e15
"""Nothing counts beyond this, nor faster: sums stay numbers whatever clients write."""


class Bounds(NamedTuple):
    """Where counting begins and ends, and how often it is shown."""

    start: float
    low: float
    high: float
    every: float


class Accumulator(Part):
    """Grows by a slope that is constant between two changes of its inputs."""

    __slots__ = ("_bounds", "_cell", "_shown", "_since", "_slope", "_value")

    def __init__(self, cell: Cell, bounds: Bounds, gate: Check | None) -> None:
        super().__init__(gate)
        self._cell = cell
        self._bounds = bounds
        self._value = bounds.start
        self._shown: Any = cell.value
        self._since = self._slope = 0.0

    def resume(self, stage: Stage) -> None:
        """Go on from here."""
        self._since = stage.now
        self._slope = 0.0

    def pause(self, stage: Stage) -> None:
        """Rest, after what was gained up to now."""
        self._advance(stage)
        self._show(stage)
        self.deadline = NEVER

    def changed(self, stage: Stage) -> None:
        """Count at the old slope up to now, and at the new one from here."""
        self._advance(stage)
        self._happened(stage)
        self._slope = min(max(self.slope(), -MOST), MOST)
        self._show(stage)
        self._schedule(stage)

    def tick(self, stage: Stage) -> None:
        """Count and show."""
        self._advance(stage)
        self._show(stage)
        self._schedule(stage)

    def slope(self) -> float:
        """Return how much a second brings."""
        raise NotImplementedError

    def _happened(self, stage: Stage) -> None:
        """Take account of what is no matter of time."""

    def _advance(self, stage: Stage) -> None:
        if self._cell.value != self._shown:  # somebody else has set it
            with suppress(ValueError):  # a text that a client wrote need not be a duration
                self._put(number(self._cell.value))
                self._since = stage.now
            self._shown = self._cell.value
        self._put(self._value + self._slope * (stage.now - self._since))
        self._since = stage.now

    def _put(self, value: float) -> None:
        self._value = min(max(value, self._bounds.low), self._bounds.high)

    def _show(self, stage: Stage) -> None:
        is_text = isinstance(self._cell.value, str)
        stage.show(self._cell, duration_text(self._value) if is_text else self._value)
        self._shown = self._cell.value

    def _schedule(self, stage: Stage) -> None:
        end = self._bounds.high if self._slope > 0 else self._bounds.low
        if self._slope == 0 or self._value == end:
            self.deadline = NEVER
            return
        step = 1.0 if isinstance(self._cell.value, str) else self._cell.step
        visible = max(self._bounds.every, step / abs(self._slope))
        self.deadline = stage.now + min(visible, (end - self._value) / self._slope)


class CounterPart(Accumulator):
    """A counter."""

    __slots__ = ("_rate", "_reset", "_runs", "_source", "_was_reset")

    def __init__(
        self,
        cell: Cell,
        bounds: Bounds,
        flow: tuple[Cell | None, float],
        reset: Check | None,
        gate: Check | None,
    ) -> None:
        super().__init__(cell, bounds, None)  # it may start over also while it rests
        self._runs = gate
        self._source, self._rate = flow
        """The rate is that of a second, or of a second and a unit of the source."""
        self._reset = reset
        self._was_reset = False

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

    def _happened(self, stage: Stage) -> None:
        if self._reset is None:
            return
        resets = self._reset.holds()
        if resets and not self._was_reset:
            self._value = self._bounds.start
        self._was_reset = resets


class Usage(NamedTuple):
    """What empties and fills a battery, and when it counts as low."""

    loss: float
    """Percent a second."""
    gain: float
    costs: Sequence[tuple[Cell, float]]
    charging: Check | None
    low: Cell | None
    threshold: Cell | float


class BatteryPart(Accumulator):
    """A charge."""

    __slots__ = ("_seen", "_usage")

    def __init__(
        self,
        cell: Cell,
        bounds: Bounds,
        usage: Usage,
        gate: Check | None,
    ) -> None:
        super().__init__(cell, bounds, gate)
        self._usage = usage
        self._seen = [used.value for used, _ in usage.costs]

    def inputs(self) -> Iterable[Signal]:
        """Return what uses it, what charges it, the threshold, and its own property."""
        found: list[Signal] = [self._cell, *(used for used, _ in self._usage.costs)]
        if isinstance(self._usage.threshold, Cell):
            found.append(self._usage.threshold)
        return found if self._usage.charging is None else [*found, *self._usage.charging.signals()]

    def slope(self) -> float:
        """Return the gain or the loss of a second."""
        is_charging = self._usage.charging is not None and self._usage.charging.holds()
        return self._usage.gain if is_charging else -self._usage.loss

    def _happened(self, stage: Stage) -> None:
        for place, (used, cost) in enumerate(self._usage.costs):
            if used.value != self._seen[place]:
                self._seen[place] = used.value
                self._put(self._value - cost)

    def _show(self, stage: Stage) -> None:
        super()._show(stage)
        if self._usage.low is not None:
            stage.show(self._usage.low, self._cell.value <= amount(self._usage.threshold))
