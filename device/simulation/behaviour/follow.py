"""Properties that are made from another: a battery's text from its number, an alias.

The target is kept: the part listens to it, too, and sets it back when somebody else writes it. A
client that has to be able to write both needs two entries with `once`, or one property.
"""

import bisect
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Part, Signal, WorldAccess
from onboardee.device.simulation.world.quantities import number
from onboardee.device.simulation.world.terms import BehaviourError, Ref


class FollowBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A property is made from another: copied, looked up, or computed along a straight line.

    `table` gives values for texts and booleans (`{Open: true, "true": 5}`), `default` for those it
    lacks. `curve` gives points [source, target] joined by lines, level outside.
    Otherwise a number is source times `scale` plus `offset`, and anything else a copy.
    """

    source: Ref
    """The property from which the other is made."""
    target: Ref
    """The property that is made."""
    table: dict[str, Any] = msgspec.field(default_factory=dict)
    """The target's value for each value of the source, by its text."""
    default: Any = UNSET
    """For values that the table lacks; without it the target stays as it is."""
    curve: Annotated[tuple[tuple[float, float], ...], msgspec.Meta(max_length=64)] = ()
    """Points in the rising order of the source."""
    scale: float = 1.0
    """Factor of a number."""
    offset: float = 0.0
    """What is added to a number after the factor."""

    def __post_init__(self) -> None:
        if self.table and self.curve:
            raise ValueError("follow has a table or a curve, not both")
        places = [place for place, _ in self.curve]
        if places != sorted(set(places)):
            raise ValueError("the points of a curve are in rising order")

    def make(self, finder: Finder) -> Part:
        """Return the part if each value of the source has one that the target can have."""
        source = finder.cell(self.source, "source")
        target = finder.cell(self.target, "target")
        for value in self.table.values():
            finder.constant(target, value, "table")
        if self.default is not UNSET:
            finder.constant(target, self.default, "default")
        if self.curve or (source.is_number and not self.table):
            finder.numeric(self.source, "source")
            finder.numeric(self.target, "target")
        elif not self.table:
            _check_copy(source, target)
        return FollowPart(self, source, target)

    def keeps(self) -> Iterable[tuple[str, str]]:
        """Return the target, after the source."""
        return ((self.source, self.target),)

    def value_for(self, value: Any) -> Any:
        """Return what the target is for a value of the source; `UNSET` if nothing.

        >>> kind = FollowBehaviour(source="/a#x", target="/b#y", curve=((0, 0), (100, 10)))
        >>> kind.value_for(50), kind.value_for(200)
        (5.0, 10)
        """
        if self.table:
            return self.table.get(_key(value), self.default)
        if self.curve:
            return _on_curve(self.curve, number(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value * self.scale + self.offset
        return value


def _check_copy(source: Cell, target: Cell) -> None:
    """Raise `BehaviourError` unless the target can have each value of the source."""
    if type(source.value) is not type(target.value):
        raise BehaviourError(f"target: {target} is of another type than {source}; give a table")
    # A source without choices may take any value of its type.
    if set(source.spec.choices or target.spec.choices) - set(target.spec.choices):
        raise BehaviourError(f"target: {source} has values that {target} has not; give a table")
    if target.spec.choices and not source.spec.choices:
        raise BehaviourError(f"target: {source} may have values that {target} has not")


def _key(value: Any) -> str:
    """Return a value as the keys of tables are written."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _on_curve(curve: Sequence[tuple[float, float]], place: float) -> float:
    """Return the value at a place: on the line between two points, level before and behind them."""
    after = bisect.bisect_right([x for x, _ in curve], place)
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[after - 1], curve[after]
    return y0 + (place - x0) / (x1 - x0) * (y1 - y0)


class FollowPart(Part):
    """Makes one property from another."""

    __slots__ = ("_kind", "_source", "_target")

    def __init__(self, kind: FollowBehaviour, source: Cell, target: Cell) -> None:
        super().__init__()
        self._kind = kind
        self._source = source
        self._target = target

    def inputs(self) -> Iterable[Signal]:
        """Return both."""
        return (self._source, self._target)

    def changed(self, world: WorldAccess) -> None:
        """Follow, unless the table knows no value."""
        value = self._kind.value_for(self._source.value)
        if value is not UNSET:
            world.aim(self._target, self._target.fit(value))
