"""Conditions, ready to be asked.

A declared `Condition` names properties; here it holds their cells, so that asking it reads values
and finds no names. Conditions with a hysteresis remember whether they held, so each has to be asked
at each change of its signals: nothing here stops early.
"""

from collections.abc import Callable, Iterable

from msgspec import UNSET

from onboardee.device.simulation.world.parts import Cell, Check, Flag, Signal, amount
from onboardee.device.simulation.world.terms import Condition


class Group(Check):
    """Several conditions: `all`, or `any`, and possibly the contrary of that.

    `all` of no conditions holds, `any` of none does not, as in Python.
    """

    __slots__ = ("_checks", "_combine", "_negate")

    def __init__(
        self,
        checks: tuple[Check, ...],
        combine: Callable[[Iterable[bool]], bool] = all,
        *,
        negate: bool = False,
    ) -> None:
        self._checks = checks
        self._combine = combine
        self._negate = negate

    def holds(self) -> bool:
        """Ask every one of them: those with hysteresis have to see each value."""
        return self._combine([check.holds() for check in self._checks]) != self._negate

    def signals(self) -> Iterable[Signal]:
        """Return all that they depend on."""
        return [signal for check in self._checks for signal in check.signals()]


class FaultCheck(Check):
    """A fault is on."""

    __slots__ = ("_flag",)

    def __init__(self, flag: Flag) -> None:
        self._flag = flag

    def holds(self) -> bool:
        """Tell whether it is."""
        return self._flag.is_on

    def signals(self) -> Iterable[Signal]:
        """Return the fault."""
        return (self._flag,)


class Comparison(Check):
    """A property compared with constants or with another property.

    All comparisons that the declaration gives have to be true.
    """

    __slots__ = ("_above", "_below", "_cell", "_declared", "_held")

    def __init__(
        self,
        cell: Cell,
        declared: Condition,
        above: Cell | float | None,
        below: Cell | float | None,
    ) -> None:
        self._cell = cell
        self._declared = declared
        self._above = above
        self._below = below
        self._held = False

    def holds(self) -> bool:
        """Compare; what held before is given its hysteresis."""
        value, said = self._cell.value, self._declared
        slack = said.hysteresis if self._held else 0.0
        self._held = (
            (said.equals is UNSET or value == said.equals)
            and (said.differs is UNSET or value != said.differs)
            and (not said.one_of or value in said.one_of)
            and (said.contains is UNSET or said.contains in value)
            and (said.between is None or said.between[0] <= value <= said.between[1])
            and (self._above is None or value > amount(self._above) - slack)
            and (self._below is None or value < amount(self._below) + slack)
        )
        return self._held

    def signals(self) -> Iterable[Signal]:
        """Return the properties."""
        others = (self._above, self._below)
        return (self._cell, *(other for other in others if isinstance(other, Cell)))


class RisingEdge:
    """The moments at which a condition begins to hold.

    Whoever uses it asks at each change, since it compares with the answer of before.
    """

    __slots__ = ("_check", "_held")

    def __init__(self, check: Check) -> None:
        self._check = check
        self._held = False

    def is_passed(self) -> bool:
        """Tell whether the condition holds and did not when this was asked before."""
        held, self._held = self._held, self._check.holds()
        return self._held and not held

    def signals(self) -> Iterable[Signal]:
        """Return all that the condition depends on."""
        return self._check.signals()
