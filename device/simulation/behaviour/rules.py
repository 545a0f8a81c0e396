"""Declarations of what depends on what, and of what happens: couple, guard, states, fault."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET

from onboardee.device.simulation.behaviour.terms import (
    Action,
    Assignments,
    Duration,
    Entry,
    Name,
    Ref,
    Section,
    Span,
    TimeOfDay,
    When,
)

Chance = Annotated[float, msgspec.Meta(ge=0, le=1)]
REFUSALS: Final = (4.0, 4.03, 4.05, 5.0, 5.03)
RefusalCode = float
"""The CoAP code of a refusal, written as a number: 4.00, 4.03, 4.05, 5.00 or 5.03."""


class Appointment(Action, frozen=True, kw_only=True):
    """One line of a schedule: one of `at`, `every` and `after`, and what happens then."""

    at: TimeOfDay | None = None
    """Each day at this time."""
    every: Span | None = None
    """Again and again; the first time after one such interval."""
    after: Span | None = None
    """Once, so long after the start of the device."""

    def __post_init__(self) -> None:
        if sum(time is not None for time in (self.at, self.every, self.after)) != 1:
            raise ValueError("a line of a schedule has one of at, every and after")
        if not self.acts():
            raise ValueError("a line of a schedule does something: set, toggle, press, fault, …")


class Schedule(Entry, frozen=True, kw_only=True):
    """Things that happen at times. With `only_while`, what is due while it rests is left out."""

    lines: Annotated[tuple[Appointment, ...], msgspec.Meta(min_length=1, max_length=64)]


class Couple(Entry, frozen=True, kw_only=True):
    """While one thing is so, others are: switch off, no power; measurement high, alarm.

    While `when` holds the properties of `set` are kept at these values, and while it does not,
    those of `otherwise`. Both are free where nothing is said. With `once` they are set at the
    moment at which the condition begins (or ends) to hold, and may change afterwards.
    """

    when: When
    set: Assignments = msgspec.field(default_factory=dict)
    otherwise: Assignments = msgspec.field(default_factory=dict)
    after: Span = 0.0
    """The condition has to hold so long first; `otherwise` does not wait."""
    once: bool = False

    def __post_init__(self) -> None:
        if not self.set and not self.otherwise:
            raise ValueError("couple has set, otherwise or both")


class Follow(Entry, frozen=True, kw_only=True):
    """A property is made from another: copied, looked up, or computed along a straight line.

    `table` gives values for texts and booleans (`{Open: true, "true": 5}`), `default` for those it
    lacks. `curve` gives points [source, target] joined by lines, level outside.
    Otherwise a number is source times `scale` plus `offset`, and anything else a copy.
    """

    source: Ref
    target: Ref
    table: dict[str, Any] = msgspec.field(default_factory=dict)
    default: Any = UNSET
    curve: Annotated[tuple[tuple[float, float], ...], msgspec.Meta(max_length=64)] = ()
    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.table and self.curve:
            raise ValueError("follow has a table or a curve, not both")
        places = [place for place, _ in self.curve]
        if places != sorted(set(places)):
            raise ValueError("the points of a curve are in rising order")


class Exclusive(Entry, frozen=True, kw_only=True):
    """One of several at a time: as one becomes true, the others become false.

    `members` are boolean properties. Or `list` is an array of objects with the boolean `part`,
    such as `sources` with `status`.
    """

    members: Annotated[tuple[Ref, ...], msgspec.Meta(max_length=64)] = ()
    list: Ref | None = None
    part: str | None = None

    def __post_init__(self) -> None:
        if (len(self.members) > 1) == (self.list is not None and self.part is not None):
            raise ValueError("exclusive has two members or more, or a list and a part")


class Guard(Entry, frozen=True, kw_only=True):
    """A client's UPDATE that would change a property is refused while a condition holds.

    The simulated world itself (`set_values`, schedules, inputs) is not bound by guards.
    """

    property: Ref
    to: tuple[Any, ...] = ()
    """Only these new values are refused; any, if left out."""
    when: When
    code: RefusalCode = 4.03
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """For the log; the peer sees the code alone."""

    def __post_init__(self) -> None:
        _check_code(self.code)


class Transition(Section, frozen=True, kw_only=True):
    """A way out of a state: as soon as all that is given is the case."""

    to: Name
    after: Span | None = None
    """So long after the state was entered."""
    when: When | None = None
    press: Name | None = None
    """At the moment at which this input is used."""

    def __post_init__(self) -> None:
        if self.after is None and self.when is None and self.press is None:
            raise ValueError("a transition has after, when or press")


class MachineState(Action, frozen=True, kw_only=True):
    """A state: what it is shown as, what entering it does, and how it is left."""

    shown: str | int | float | bool | None = None
    """The value of the machine's property; the state's name, if left out."""
    next: Annotated[tuple[Transition, ...], msgspec.Meta(max_length=16)] = ()
    """The first that is possible is taken."""
    writable: bool = True
    """A client may bring it about by writing what it is shown as; if not, 4.03."""


class States(Entry, frozen=True, kw_only=True):
    """A machine with states: a robot's day, a washer's programme."""

    property: Ref | None = None
    """Shows the state. A client that writes it asks for the state that is shown so."""
    initial: Name
    states: Annotated[dict[Name, MachineState], msgspec.Meta(min_length=1, max_length=32)]


class Fault(Entry, frozen=True, kw_only=True):
    """Something that breaks: at random when it is used, or on command, until it is repaired."""

    name: Name
    properties: Annotated[tuple[Ref, ...], msgspec.Meta(max_length=32)] = ()
    """Those that do not do any more what clients want."""
    effect: Literal["refuse", "ignore", "stop"] = "refuse"
    """`refuse` answers with `code`; `ignore` answers 2.04 and changes nothing; `stop` ignores, too,
    and what travels stays where it is, at random on its way if the fault came by `chance`."""
    code: RefusalCode = 5.03
    chance: Chance = 0.0
    """The probability at each UPDATE that would change one of the properties."""
    lasts: Span | None = None
    """It goes away by itself after this time; otherwise when it is repaired."""
    set: Assignments = msgspec.field(default_factory=dict)
    """Set as it comes on: an alert, a state."""
    clear: Assignments = msgspec.field(default_factory=dict)
    """Set as it goes away."""

    def __post_init__(self) -> None:
        _check_code(self.code)


class Input(Action, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """Something that people can do to the device: press its button, open its door.

    Used by `Device.press(name)`, by schedules and by machines.
    """

    name: Name
    hold: Span | None = None
    """After this time, `release` is set."""
    release: Assignments = msgspec.field(default_factory=dict)


class Code(Entry, frozen=True, kw_only=True, rename={"type": "class"}):
    """Behaviour in Python: a class in a file in the profile's folder (see `code.Program`)."""

    file: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    type: Annotated[str, msgspec.Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
    """The name of the class."""
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    """Handed to the class as keyword arguments."""


class Notify(Section, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """How often observers hear of what changes by itself; the last value always reaches them."""

    interval: Duration
    """The shortest time between two notifications; 0.2 s where nothing is said."""
    resources: Annotated[tuple[str, ...], msgspec.Meta(max_length=64)] = ()
    """Paths; all resources, if left out."""


def _check_code(code: float) -> None:
    if code not in REFUSALS:
        raise ValueError("a refusal has the code 4.00, 4.03, 4.05, 5.00 or 5.03")
