"""From the list `behaviour` of a profile to parts that run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from onboardee.device.simulation.behaviour import model
from onboardee.device.simulation.behaviour.cells import Cell
from onboardee.device.simulation.behaviour.errors import BehaviourError
from onboardee.device.simulation.behaviour.faults import FaultPart
from onboardee.device.simulation.behaviour.finding import Finder, Specs
from onboardee.device.simulation.behaviour.machine import MachinePart
from onboardee.device.simulation.behaviour.making_rules import (
    make_code,
    make_couple,
    make_exclusive,
    make_fault,
    make_follow,
    make_guard,
    make_input,
    make_schedule,
    make_states,
)
from onboardee.device.simulation.behaviour.making_values import (
    make_battery,
    make_clock,
    make_counter,
    make_daily,
    make_drift,
    make_pulse,
    make_thermal,
    make_travel,
)
from onboardee.device.simulation.behaviour.notices import INTERVAL, Notices
from onboardee.device.simulation.behaviour.part import Part
from onboardee.device.simulation.behaviour.terms import seconds
from onboardee.device.simulation.behaviour.timing import InputPart
from onboardee.device.simulation.values import Values


@dataclass(frozen=True, slots=True)
class Built:
    """The parts of a device, and by which names they are called."""

    parts: Sequence[Part]
    cells: Mapping[str, Cell]
    inputs: Mapping[str, InputPart]
    machines: Sequence[MachinePart]
    faults: Mapping[str, FaultPart]
    presses: frozenset[str]
    """All inputs, also those that only machines wait for."""
    notices: Notices


def build(
    entries: Sequence[model.Behaviour],
    specs: Specs,
    values: Mapping[str, Values],
    *,
    runs_code: bool = True,
) -> Built:
    """Make the parts. Raises `BehaviourError` with the path of what is wrong.

    Without `runs_code` no program is executed, only looked for.
    """
    presses = _presses(entries)
    finder = Finder(specs, values, _fault_names(entries), presses)
    parts: list[Part] = []
    for place, entry in enumerate(entries):
        if isinstance(entry, model.Notify) or (isinstance(entry, model.Code) and not runs_code):
            continue
        try:
            part = _MAKERS[type(entry)](entry, finder)
        except BehaviourError as error:
            raise BehaviourError(f"behaviour[{place}].{error}") from error
        part.order = len(parts)
        parts.append(part)
    for part in parts:
        if isinstance(part, FaultPart):
            _hold_travels(part)
    for part in parts:
        gate = () if part.gate is None else part.gate.signals()
        for signal in dict.fromkeys((*part.inputs(), *gate)):
            signal.listeners += (part,)
    return Built(
        parts,
        finder.cells,
        {part.name: part for part in parts if isinstance(part, InputPart)},
        [part for part in parts if isinstance(part, MachinePart)],
        {part.name: part for part in parts if isinstance(part, FaultPart)},
        presses,
        _notices(entries, specs),
    )


def _notices(entries: Sequence[model.Behaviour], specs: Specs) -> Notices:
    """Return how often observers are told. Raises `BehaviourError`."""
    common, intervals = INTERVAL, dict[str, float]()
    for place, entry in enumerate(entries):
        if not isinstance(entry, model.Notify):
            continue
        interval = seconds(entry.interval)
        if not entry.resources:
            common = interval
        for href in entry.resources:
            if href not in specs:
                raise BehaviourError(f"behaviour[{place}].resources: {href} does not exist")
            intervals[href] = interval
    return Notices(common, intervals)


def _fault_names(entries: Sequence[model.Behaviour]) -> list[str]:
    names = [entry.name for entry in entries if isinstance(entry, model.Fault)]
    return _unique(names, "fault")


def _presses(entries: Sequence[model.Behaviour]) -> frozenset[str]:
    inputs = _unique([entry.name for entry in entries if isinstance(entry, model.Input)], "input")
    awaited = (
        way.press
        for entry in entries
        if isinstance(entry, model.States)
        for state in entry.states.values()
        for way in state.next
    )
    return frozenset((*inputs, *(name for name in awaited if name is not None)))


def _unique(names: list[str], what: str) -> list[str]:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise BehaviourError(f"behaviour: two entries are the {what} {twice}")
    return names


def _hold_travels(fault: FaultPart) -> None:
    """Let what travels stay where it is while the fault is on, if that is its effect."""
    for cell in fault.cells if fault.stops else ():
        if cell.travel is not None:
            cell.travel.stopped_by(fault.flag)


_MAKERS: Final[Mapping[type, Callable[[Any, Finder], Part]]] = {
    model.Travel: make_travel,
    model.Drift: make_drift,
    model.Daily: make_daily,
    model.Schedule: make_schedule,
    model.Counter: make_counter,
    model.Clock: make_clock,
    model.Battery: make_battery,
    model.Couple: make_couple,
    model.Follow: make_follow,
    model.Exclusive: make_exclusive,
    model.Guard: make_guard,
    model.States: make_states,
    model.Pulse: make_pulse,
    model.Thermal: make_thermal,
    model.Fault: make_fault,
    model.Input: make_input,
    model.Code: make_code,
}
