"""What a world consists of: properties and faults, and the parts that follow and change them.

`Signal` is what conditions can be about and parts listen to: a property (`Cell`) or a fault
(`Flag`). A `Part` is one entry of the list `behaviour`, running. A part may also take a place
between a property and those who write it, by entering itself at the `Cell`: as its mover, its
handler, one of its guards or one of its breakages. They know each other, hence one file.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from onboardee.device.simulation.value_limits import NUMBERS
from onboardee.device.simulation.values import Property, Values, ValueType
from onboardee.device.simulation.world.chance import Chance
from onboardee.device.simulation.world.quantities import DECIMALS, fitted

# A deadline that no moment passes: a part without anything to do, a world that needs no timer.
NEVER: Final = math.inf
SHORTEST: Final = 0.05
"""Seconds: nothing repeats more often than this."""


class Signal:
    """Something that conditions can be about."""

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: tuple[Part, ...] = ()
        """In the order of the list `behaviour`."""

    @property
    def value(self) -> Any:
        """The present value."""
        raise NotImplementedError


class Flag(Signal):
    """A fault: on or off."""

    __slots__ = ("is_on",)

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False

    @property
    def value(self) -> bool:
        """Whether the fault is on."""
        return self.is_on


class Cell(Signal):
    """A property of a resource, and what stands between it and those who write it."""

    __slots__ = ("breakages", "guards", "handler", "href", "mover", "name", "spec", "values")

    def __init__(self, href: str, name: str, spec: Property, values: Values) -> None:
        super().__init__()
        self.href = href
        self.name = name
        self.spec = spec
        self.values = values
        self.mover: Mover | None = None
        """By which it goes to its values in time, rather than at once."""
        self.handler: Handler | None = None
        """By which what a client writes comes true, rather than being set."""
        self.guards: tuple[Refuser, ...] = ()
        """They may refuse a new value; all are asked before anything changes."""
        self.breakages: tuple[Breakage, ...] = ()
        """Faults that keep the property from following clients."""

    @property
    def value(self) -> Any:
        """The present value."""
        return self.values.current[self.name]

    @property
    def is_number(self) -> bool:
        """Whether it is one number, not an array."""
        return self.spec.type in NUMBERS and isinstance(self.value, int | float)

    @property
    def step(self) -> float:
        """The smallest change that can be seen.

        In the unit of the property: its own step, 1 for integers, else the last digit that is kept.
        """
        if self.spec.step:
            return self.spec.step
        return 1.0 if self.spec.type is ValueType.INTEGER else 10.0**-DECIMALS

    def fit(self, value: Any) -> Any:
        """Bring a computed value into the property's range and step; leave others as they are.

        What has become too large for a number, as products of clients' numbers may, is the present
        value.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | tuple):
            return value
        if self.spec.type not in NUMBERS:
            return value
        try:
            if isinstance(value, tuple):
                return tuple(fitted(self.spec, element) for element in value)
            return fitted(self.spec, value)
        except (OverflowError, ValueError):
            return self.value

    def __str__(self) -> str:
        return f"{self.href}#{self.name}"


def amount(operand: Cell | float) -> Any:
    """Return a number, or the value of the property in its place.

    Declarations give a number or name a property; this reads either.
    """
    return operand.value if isinstance(operand, Cell) else operand


class Check:
    """A condition on signals, ready to be asked.

    Asking may change what is remembered (hysteresis), and never a value.
    """

    __slots__ = ()

    def holds(self) -> bool:
        """Tell whether it holds now."""
        raise NotImplementedError

    def signals(self) -> Iterable[Signal]:
        """Return all that it depends on."""
        raise NotImplementedError


Settings = tuple[tuple[Cell, Any], ...]
"""Properties with the constants that they get."""


class PreparedAction(NamedTuple):
    """What a `WorldAction` comes to: properties are found, constants are checked."""

    set: Settings = ()
    """Properties get these values, or begin to move there."""
    toggle: tuple[tuple[Cell, tuple[Any, Any]], ...] = ()
    """Properties with the two values between which they change."""
    press: str | None = None
    """The name of an input."""
    fault: str | None = None
    """The name of a fault that comes on."""
    repair: str | None = None
    """The name of a fault that goes."""


class WorldAccess(Protocol):
    """What a part may ask of the world, and do to it.

    `Settling` is what implements it. Everything goes through here, so that the world knows what has
    changed and who listens.
    """

    @property
    def now(self) -> float:
        """The present moment."""

    @property
    def chance(self) -> Chance:
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
        """Let a property go to a value: at once, or at the pace at which it moves."""

    def raise_flag(self, flag: Flag, *, is_on: bool) -> None:
        """Let a fault be on or off."""

    def perform(self, action: PreparedAction) -> None:
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

    def __init__(self) -> None:
        self.gate: Check | None = None
        """The condition `only_while`; None: it always runs."""
        self.deadline = NEVER
        self.is_by_itself = True
        """Whether what it does at its next deadline is the device's own doing."""
        self.order = 0
        """Its place in the list: parts are visited in this order, which makes runs repeatable."""
        self.is_running = False
        """Whether the gate was open when the world looked last."""

    def inputs(self) -> Iterable[Signal]:
        """Return what it listens to, its gate aside."""
        return ()

    def resume(self, world: WorldAccess) -> None:
        """Begin or go on."""

    def pause(self, world: WorldAccess) -> None:
        """Rest."""
        self.deadline = NEVER

    def changed(self, world: WorldAccess) -> None:
        """Follow a change of one of the inputs."""

    def tick(self, world: WorldAccess) -> None:
        """Do what is due, and choose the next deadline.

        It sets `deadline` to a later moment or to `NEVER`; a deadline that stays in the past would
        be due again at once.
        """
        self.deadline = NEVER


class Mover(Protocol):
    """A part that brings a property to its values in time.

    `travel` is one. Clients' values and those of other parts are goals then.
    """

    @property
    def is_moving(self) -> bool:
        """Whether it is on its way."""

    def is_going_to(self, value: Any) -> bool:
        """Tell whether a value is where it goes or, at rest, where it is."""

    def remaining(self, now: float) -> float:
        """Return how many seconds its way still takes."""

    def aim(self, world: WorldAccess, goal: Any) -> None:
        """Go somewhere else from here."""

    def stop(self) -> None:
        """Stay here."""


class Refuser(Protocol):
    """A part that may refuse what clients write to a property."""

    def admit(self, value: Any) -> None:
        """Raise `UpdateRefusedError` if a client may not write this value now."""


class Handler(Refuser, Protocol):
    """A part that does what a client asks for by writing a property.

    `states` is one: what is written is a wish, and the machine decides what is shown.
    """

    def request(self, world: WorldAccess, value: Any) -> None:
        """Begin to do it."""


class Breakage(Protocol):
    """A part that is a fault: while it is on, properties do not do what clients want."""

    flag: Flag
    stops: bool
    """Whether what moves stays where it is, too."""
    is_looming: bool
    """It will catch what begins to move now."""

    def admit(self, world: WorldAccess, cell: Cell) -> bool:
        """Tell whether what a client wants of a property happens. Raises `UpdateRefusedError`."""

    def strike_within(self, world: WorldAccess, seconds: float) -> None:
        """Come on at some moment of the next seconds, the length of a way."""

    def switch(self, world: WorldAccess, *, is_on: bool) -> None:
        """Let it come, or go."""


class PressableInput(Protocol):
    """A part that is an input."""

    def press(self, world: WorldAccess) -> None:
        """Do what the input does."""


class Live(Protocol):
    """A part whose property goes by the time, more finely than it is shown by itself."""

    def refresh(self, moment: datetime) -> None:
        """Let the property be what it is at a moment, without anybody being told."""


class Awaiting(Protocol):
    """A part that may wait for an input."""

    def press(self, world: WorldAccess, name: str) -> None:
        """Follow the use of any input."""


class RecallableScene(Protocol):
    """A part that sets what belongs to a scene, when nobody else does."""

    def take(self, scene: str) -> None:
        """Note that whoever recalls a scene sets all that belongs to it."""
