"""Makes the parts that are about dependence and events: couple, guard, states, fault and others."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from onboardee.device.simulation.behaviour import model
from onboardee.device.simulation.behaviour.actions import Deed
from onboardee.device.simulation.behaviour.cells import Cell
from onboardee.device.simulation.behaviour.code import CodePart, make_program
from onboardee.device.simulation.behaviour.coupling import (
    CouplePart,
    ExclusivePart,
    FollowPart,
    Member,
)
from onboardee.device.simulation.behaviour.errors import BehaviourError
from onboardee.device.simulation.behaviour.faults import FaultPart
from onboardee.device.simulation.behaviour.finding import Finder, since_midnight
from onboardee.device.simulation.behaviour.guards import GuardPart
from onboardee.device.simulation.behaviour.machine import MachinePart, Situation, Way
from onboardee.device.simulation.behaviour.part import Part
from onboardee.device.simulation.behaviour.rules import MachineState
from onboardee.device.simulation.behaviour.timing import InputPart, Line, SchedulePart


def make_schedule(entry: model.Schedule, finder: Finder) -> Part:
    """Make a schedule."""
    lines = []
    for place, line in enumerate(entry.lines):
        where = f"lines[{place}]"
        lines.append(
            Line(
                at=None if line.at is None else since_midnight(line.at),
                every=None if line.every is None else finder.span(line.every, f"{where}.every"),
                after=None if line.after is None else finder.span(line.after, f"{where}.after"),
                deed=finder.deed(line, where),
            )
        )
    return SchedulePart(lines, finder.gate(entry))


def make_couple(entry: model.Couple, finder: Finder) -> Part:
    """Make a coupling."""
    when = finder.must(entry.when, "when")
    sides = finder.settings(entry.set, "set"), finder.settings(entry.otherwise, "otherwise")
    after = finder.span(entry.after, "after")
    return CouplePart(when, sides, after, finder.gate(entry), once=entry.once)


def make_follow(entry: model.Follow, finder: Finder) -> Part:
    """Make a property made from another."""
    source = finder.cell(entry.source, "source")
    target = finder.cell(entry.target, "target")
    for value in entry.table.values():
        finder.constant(target, value, "table")
    if entry.default is not UNSET:
        finder.constant(target, entry.default, "default")
    if entry.table:
        return FollowPart(entry, source, target, finder.gate(entry))
    if entry.curve or source.is_number:
        finder.numeric(entry.source, "source")
        finder.numeric(entry.target, "target")
    elif type(source.value) is not type(target.value):
        raise BehaviourError(f"target: {target} is of another type than {source}; give a table")
    elif set(source.spec.choices or target.spec.choices) - set(target.spec.choices):
        raise BehaviourError(f"target: {source} has values that {target} has not; give a table")
    elif target.spec.choices and not source.spec.choices:
        raise BehaviourError(f"target: {source} may have values that {target} has not")
    return FollowPart(entry, source, target, finder.gate(entry))


def make_exclusive(entry: model.Exclusive, finder: Finder) -> Part:
    """Make one of several."""
    if entry.list is None:
        members = [Member(finder.boolean(ref, "members")) for ref in entry.members]
        return ExclusivePart(members, None, finder.gate(entry))
    cell = finder.cell(entry.list, "list")
    elements = cell.value if isinstance(cell.value, tuple) else ()
    for element in elements:
        if not isinstance(element, Mapping) or entry.part not in element:
            raise BehaviourError(f"part: the elements of {cell} have no {entry.part}")
    if not elements:
        raise BehaviourError(f"list: {cell} is no array with elements")
    members = [Member(cell, place) for place in range(len(elements))]
    return ExclusivePart(members, entry.part, finder.gate(entry))


def make_guard(entry: model.Guard, finder: Finder) -> Part:
    """Make a guard."""
    cell = finder.cell(entry.property, "property")
    values = [finder.constant(cell, value, "to") for value in entry.to]
    when = finder.must(entry.when, "when")
    guard = GuardPart(values, when, entry.code, entry.reason, finder.gate(entry))
    cell.guards += (guard,)
    return guard


def make_states(entry: model.States, finder: Finder) -> Part:
    """Make a machine."""
    cell = None if entry.property is None else finder.cell(entry.property, "property")
    if entry.initial not in entry.states:
        raise BehaviourError(f"initial: there is no state {entry.initial}")
    states = {
        name: _situation(name, state, entry, cell, finder) for name, state in entry.states.items()
    }
    machine = MachinePart(cell, states, entry.initial, finder.gate(entry))
    if cell is not None:
        if cell.machine is not None or cell.travel is not None:
            raise BehaviourError(f"property: {cell} travels, or shows another machine already")
        cell.machine = machine
    return machine


def _situation(
    name: str, state: MachineState, entry: model.States, cell: Cell | None, finder: Finder
) -> Situation:
    where = f"states.{name}"
    shown: Any = name if state.shown is None else state.shown
    if cell is not None:
        shown = finder.constant(cell, shown, f"{where}.shown")
    ways = []
    for place, way in enumerate(state.next):
        here = f"{where}.next[{place}]"
        if way.to not in entry.states:
            raise BehaviourError(f"{here}.to: there is no state {way.to}")
        after = None if way.after is None else finder.span(way.after, f"{here}.after")
        ways.append(Way(way.to, after, finder.check(way.when, f"{here}.when"), way.press))
    return Situation(shown, finder.deed(state, where), ways, state.writable)


def make_fault(entry: model.Fault, finder: Finder) -> Part:
    """Make a fault."""
    cells = [finder.cell(ref, "properties") for ref in entry.properties]
    deeds = (
        Deed(set=finder.settings(entry.set, "set")),
        Deed(set=finder.settings(entry.clear, "clear")),
    )
    lasts = None if entry.lasts is None else finder.span(entry.lasts, "lasts")
    reach = finder.flag(entry.name, "name"), cells
    fault = FaultPart(entry, reach, lasts, deeds, finder.gate(entry))
    for cell in cells:
        cell.faults += (fault,)
    return fault


def make_input(entry: model.Input, finder: Finder) -> Part:
    """Make an input."""
    deed = finder.deed(entry, "input")
    hold = None if entry.hold is None else finder.span(entry.hold, "hold")
    return InputPart(entry.name, deed, hold, Deed(set=finder.settings(entry.release, "release")))


def make_code(entry: model.Code, finder: Finder) -> Part:
    """Make a program."""
    program = make_program(entry)
    cells = {ref: finder.cell(ref, "uses") for ref in program.uses}
    return CodePart(program, cells, finder.gate(entry))
