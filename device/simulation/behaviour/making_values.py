"""Makes the parts that are about one value each: travel, drift, counter and so on."""

from typing import Final

from onboardee.device.simulation.behaviour import model
from onboardee.device.simulation.behaviour.cells import Cell, number
from onboardee.device.simulation.behaviour.counting import (
    MOST,
    BatteryPart,
    Bounds,
    CounterPart,
    Usage,
)
from onboardee.device.simulation.behaviour.errors import BehaviourError
from onboardee.device.simulation.behaviour.finding import Finder, since_midnight
from onboardee.device.simulation.behaviour.heating import (
    COOLING,
    HEATING,
    IDLE,
    Body,
    Switches,
    ThermalPart,
)
from onboardee.device.simulation.behaviour.keeping_time import ClockPart
from onboardee.device.simulation.behaviour.part import Part
from onboardee.device.simulation.behaviour.sampling import DailyPart, DriftPart
from onboardee.device.simulation.behaviour.timing import PulsePart, Rhythm
from onboardee.device.simulation.behaviour.travelling import Pace, TravelPart
from onboardee.device.simulation.values import ValueType

HOUR: Final = 3600.0


def make_travel(entry: model.Travel, finder: Finder) -> Part:
    """Make a value that takes its time."""
    cell = finder.cell(entry.property, "property")
    if cell.travel is not None:
        raise BehaviourError(f"property: {cell} travels already")
    low, high = cell.spec.minimum, cell.spec.maximum
    is_number = cell.spec.type.value in {"integer", "number"}
    if is_number and entry.time is not None and (low is None or high is None or low >= high):
        raise BehaviourError(f"time: {cell} has no minimum and maximum; give speed or ramp instead")
    if not is_number and entry.speed is not None:
        raise BehaviourError(f"speed: {cell} is no number")
    pace = Pace(
        time=None if entry.time is None else finder.span(entry.time, "time"),
        speed=entry.speed,
        ramp=None if entry.ramp is None else finder.time_or_cell(entry.ramp, "ramp"),
        delay=finder.span(entry.delay, "delay"),
        every=finder.interval(entry.every, "every"),
        extent=(high or 0.0) - (low or 0.0) or 1.0,
    )
    cell.travel = TravelPart(cell, pace, finder.gate(entry))
    return cell.travel


def make_drift(entry: model.Drift, finder: Finder) -> Part:
    """Make a value that wanders."""
    cell = finder.numeric(entry.property, "property")
    mean = cell.value if entry.mean is None else finder.operand(entry.mean, "mean")
    if entry.range is not None and entry.range[0] > entry.range[1]:
        raise BehaviourError("range: it is [lowest, highest]")
    every = finder.interval(entry.every, "every")
    return DriftPart(entry, cell, mean, every, finder.gate(entry))


def make_daily(entry: model.Daily, finder: Finder) -> Part:
    """Make a value that follows the time of day."""
    cell = finder.numeric(entry.property, "property")
    points = entry.points or ((entry.peak, 0.0),)
    curve = [(since_midnight(at).total_seconds(), level) for at, level in points]
    every = finder.interval(entry.every, "every")
    return DailyPart(entry, cell, curve, every, finder.gate(entry))


def _bounds(
    cell: Cell,
    limits: tuple[float | None, float | None],
    start: float | str | None,
    every: float,
    finder: Finder,
) -> Bounds:
    low, high = limits
    is_text = isinstance(cell.value, str)
    lowest = cell.spec.minimum if not is_text else 0.0
    beginning = number(cell.value) if start is None else finder.time(start, "start")
    return Bounds(
        start=beginning,
        low=low if low is not None else _or(lowest, -MOST),
        high=high if high is not None else _or(cell.spec.maximum, MOST),
        every=every,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def make_counter(entry: model.Counter, finder: Finder) -> Part:
    """Make a counter."""
    cell = finder.cell(entry.property, "property")
    try:
        number(cell.value)
    except ValueError as error:
        raise BehaviourError(f"property: {cell}: {error}") from error
    per = finder.time(entry.per, "per")
    if per == 0:
        raise BehaviourError("per: a rate needs a time that is longer than 0")
    start = entry.start
    every = finder.interval(entry.every, "every")
    bounds = _bounds(cell, (entry.low, entry.high), start, every, finder)
    if isinstance(start, float | int):
        bounds = bounds._replace(start=float(start))
    source = None if entry.source is None else finder.numeric(entry.source, "source")
    rate = (entry.scale if entry.rate is None else entry.rate) / per
    reset = finder.check(entry.reset_when, "reset_when")
    return CounterPart(cell, bounds, (source, rate), reset, finder.gate(entry))


def make_clock(entry: model.Clock, finder: Finder) -> Part:
    """Make a clock."""
    cell = finder.cell(entry.property, "property")
    if cell.spec.type is not ValueType.DATE_TIME or not isinstance(cell.value, str):
        raise BehaviourError(f"property: {cell} is no date-time")
    return ClockPart(cell, finder.interval(entry.every, "every"), finder.gate(entry))


def make_battery(entry: model.Battery, finder: Finder) -> Part:
    """Make a charge."""
    cell = finder.numeric(entry.property, "property")
    every = finder.interval(entry.every, "every")
    bounds = _bounds(cell, (None, None), None, every, finder)
    bounds = bounds._replace(low=max(0.0, bounds.low), high=min(100.0, bounds.high))
    costs = [(finder.cell(ref, "costs"), cost) for ref, cost in entry.costs.items()]
    if cell in [used for used, _ in costs]:
        raise BehaviourError("costs: a charge does not cost itself")
    return BatteryPart(
        cell,
        bounds,
        Usage(
            loss=entry.per_hour / HOUR,
            gain=entry.charge_per_hour / HOUR,
            costs=costs,
            charging=finder.check(entry.charging, "charging"),
            low=None if entry.low is None else finder.boolean(entry.low, "low"),
            threshold=finder.operand(entry.threshold, "threshold"),
        ),
        finder.gate(entry),
    )


def make_pulse(entry: model.Pulse, finder: Finder) -> Part:
    """Make something that happens at random."""
    cell = finder.cell(entry.property, "property")
    values = (
        finder.constant(cell, entry.active, "active"),
        finder.constant(cell, entry.rest, "rest"),
    )
    hold, silent = finder.span(entry.hold, "hold"), finder.time_or_cell(entry.silent, "silent")
    return PulsePart(cell, Rhythm(HOUR / entry.per_hour, hold, silent), values, finder.gate(entry))


def make_thermal(entry: model.Thermal, finder: Finder) -> Part:
    """Make a temperature."""
    cell = finder.numeric(entry.property, "property")
    leaks = [
        (finder.must(leak.when, f"leaks[{place}].when"), _tau(leak.tau, finder, "leaks"))
        for place, leak in enumerate(entry.leaks)
    ]
    body = Body(
        ambient=finder.operand(entry.ambient, "ambient"),
        tau=_tau(entry.tau, finder, "tau"),
        leaks=leaks,
        target=None if entry.target is None else finder.operand(entry.target, "target"),
        heating=entry.heating / HOUR,
        cooling=entry.cooling / HOUR,
        hysteresis=entry.hysteresis,
        every=finder.interval(entry.every, "every"),
    )
    switches = Switches(
        finder.gate(entry),
        finder.check(entry.heats_while, "heats_while"),
        finder.check(entry.cools_while, "cools_while"),
    )
    display = None
    if entry.shows is not None:
        shown = finder.cell(entry.shows, "shows")
        words = {word: word for word in (IDLE, HEATING, COOLING)} | dict(entry.words)
        used = _words_used(entry)
        checked = {word: finder.constant(shown, words[word], "shows") for word in used}
        display = (shown, checked)
    return ThermalPart(cell, body, switches, display)


def _words_used(entry: model.Thermal) -> list[str]:
    pairs = ((IDLE, 1.0), (HEATING, entry.heating), (COOLING, entry.cooling))
    return [word for word, power in pairs if power]


def _tau(value: float | str, finder: Finder, where: str) -> float:
    tau = finder.time(value, where)
    if tau < 1:
        raise BehaviourError(f"{where}: tau is at least a second")
    return tau
