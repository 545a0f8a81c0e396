"""Machines with states: a robot's day, a washer's programme.

A state is shown in a property, does something when it is entered, and is left by the first of its
transitions that is possible. Such a part is the handler of its property: a client's UPDATE is a
wish for the state that is shown so, which may be refused, and another entry that sets the property
moves the machine as well. While it rests no time passes for it: what it waits for moves on.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from onboardee.device.simulation.section import Section
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    SHORTEST,
    Cell,
    Check,
    Part,
    PreparedAction,
    Signal,
    WorldAccess,
)
from onboardee.device.simulation.world.refusal import refusal
from onboardee.device.simulation.world.terms import (
    BehaviourError,
    Name,
    Ref,
    Span,
    When,
    WorldAction,
)

MAX_STEPS: Final = 16
"""States that are passed in one moment; a cycle without waiting goes on a little later."""


class Transition(Section, frozen=True, kw_only=True):
    """A way out of a state: as soon as all that is given is the case."""

    to: Name
    """The state that it leads to."""
    after: Span | None = None
    """So long after the state was entered."""
    when: When | None = None
    """As long as this holds."""
    press: Name | None = None
    """At the moment at which this input is used."""

    def __post_init__(self) -> None:
        if self.after is None and self.when is None and self.press is None:
            raise ValueError("a transition has after, when or press")


class MachineState(WorldAction, frozen=True, kw_only=True):
    """A state: what it is shown as, what entering it does, and how it is left."""

    shown: str | int | float | bool | None = None
    """The value of the machine's property; the state's name, if left out."""
    next: Annotated[tuple[Transition, ...], msgspec.Meta(max_length=16)] = ()
    """The first that is possible is taken."""
    writable: bool = True
    """A client may bring it about by writing what it is shown as; if not, 4.03."""


class StatesBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A machine with states: a robot's day, a washer's programme."""

    property: Ref | None = None
    """Shows the state. A client that writes it asks for the state that is shown so."""
    initial: Name
    """The state at the start and after a reset."""
    states: Annotated[dict[Name, MachineState], msgspec.Meta(min_length=1, max_length=32)]
    """By name."""

    def make(self, finder: Finder) -> Part:
        """Enter the part as what handles the property, and as one that waits for inputs."""
        cell = None if self.property is None else finder.cell(self.property, "property")
        if self.initial not in self.states:
            raise BehaviourError(f"initial: there is no state {self.initial}")
        states = {
            name: self._prepared(name, state, cell, finder) for name, state in self.states.items()
        }
        part = StatesPart(cell, states, self.initial)
        if cell is not None:
            if cell.handler is not None or cell.mover is not None:
                raise BehaviourError(f"property: {cell} travels, or shows another machine already")
            cell.handler = part
        finder.register.awaiting.append(part)
        return part

    def awaited(self) -> Iterable[str]:
        """Return the inputs of its transitions."""
        ways = (way for state in self.states.values() for way in state.next)
        return (way.press for way in ways if way.press is not None)

    def _prepared(
        self, name: str, state: MachineState, cell: Cell | None, finder: Finder
    ) -> "PreparedState":
        """Return a state whose properties are found. Raises `BehaviourError` with its place."""
        where = f"states.{name}"
        shown: Any = name if state.shown is None else state.shown
        if cell is not None:
            shown = finder.constant(cell, shown, f"{where}.shown")
        ways = [
            self._transition(way, finder, f"{where}.next[{place}]")
            for place, way in enumerate(state.next)
        ]
        return PreparedState(shown, finder.action(state, where), ways, state.writable)

    def _transition(self, way: Transition, finder: Finder, where: str) -> "PreparedTransition":
        """Return a transition whose state exists and whose condition can be asked."""
        if way.to not in self.states:
            raise BehaviourError(f"{where}.to: there is no state {way.to}")
        after = None if way.after is None else finder.span(way.after, f"{where}.after")
        return PreparedTransition(way.to, after, finder.check(way.when, f"{where}.when"), way.press)


class PreparedTransition(NamedTuple):
    """A transition, ready to be tried."""

    to: str
    after: tuple[float, float] | None
    """The shortest and the longest time after which it is open; None: at once."""
    when: Check | None
    """None: no condition."""
    press: str | None
    """None: it needs no input."""


class PreparedState(NamedTuple):
    """A state, ready to be entered."""

    shown: Any
    """The value of the machine's property."""
    action: PreparedAction
    """What entering does."""
    ways: Sequence[PreparedTransition]
    """In the order in which they are tried."""
    is_writable: bool


class StatesPart(Part):
    """A machine, in one of its states."""

    __slots__ = ("_cell", "_due", "_initial", "_rests", "_states", "name")

    def __init__(
        self,
        cell: Cell | None,
        states: Mapping[str, PreparedState],
        initial: str,
    ) -> None:
        super().__init__()
        self._cell = cell
        self._states = states
        self._initial = initial
        self._due: list[float] = []
        """For each way out, when its time is over."""
        self._rests: float | None = None
        """When it was paused."""
        self.name = ""
        """The present state."""

    def inputs(self) -> Iterable[Signal]:
        """Return what the conditions are about, and the property."""
        checks = (way.when for state in self._states.values() for way in state.ways)
        found = [signal for check in checks if check is not None for signal in check.signals()]
        return found if self._cell is None else [self._cell, *found]

    def resume(self, world: WorldAccess) -> None:
        """Begin, or go on as if no time had passed."""
        if not self.name:
            self._enter(world, self._initial)
        elif self._rests is not None:
            slept = world.now - self._rests
            self._due = [due + slept for due in self._due]

    def pause(self, world: WorldAccess) -> None:
        """Stand still."""
        self._rests = world.now
        self.deadline = NEVER

    def changed(self, world: WorldAccess) -> None:
        """Follow the property if somebody else set it, and leave the state if that is possible."""
        if self._cell is not None and self._cell.value != self._states[self.name].shown:
            name = self._named(self._cell.value)
            if name is not None:
                self._enter(world, name)
        self.tick(world)

    def tick(self, world: WorldAccess) -> None:
        """Leave the state as long as there is a way."""
        # Transitions without time may follow each other; a cycle of them must end.
        for _ in range(MAX_STEPS):
            way = self._open_way(world.now, None)
            if way is None:
                waiting = (due for due in self._due if due > world.now)
                self.deadline = min(waiting, default=NEVER)
                return
            self._enter(world, way)
        self.deadline = world.now + SHORTEST

    def press(self, world: WorldAccess, name: str) -> None:
        """Take the way that waits for an input."""
        way = self._open_way(world.now, name) if self.is_running else None
        if way is not None:
            self._enter(world, way)
            self.tick(world)

    def admit(self, value: Any) -> None:
        """Raise `UpdateRefusedError` unless a client may bring about the state shown like this."""
        name = self._named(value)
        if name is None or not self._states[name].is_writable:
            raise refusal(4.03, f"{value} cannot be brought about by writing")

    def request(self, world: WorldAccess, value: Any) -> None:
        """Go to the state that a client asked for."""
        name = self._named(value)
        if name is not None and self.name:
            self._enter(world, name)
            self.tick(world)

    def _named(self, value: Any) -> str | None:
        """Return the first state that is shown as a value, None if none is."""
        # Several states may be shown alike; the first one is meant.
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

    def _enter(self, world: WorldAccess, name: str) -> None:
        """Go to a state: draw its times, show it, do what it does."""
        state = self._states[name]
        self.name = name
        self._due = [
            NEVER if way.after is None else world.now + world.chance.between(*way.after)
            for way in state.ways
        ]
        if self._cell is not None:
            world.show(self._cell, state.shown)
        world.perform(state.action)
