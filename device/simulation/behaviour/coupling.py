"""What depends on what: couple, follow, exclusive."""

import bisect
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec import UNSET

from onboardee.device.simulation.behaviour.cells import Cell, Signal, number
from onboardee.device.simulation.behaviour.conditions import Check
from onboardee.device.simulation.behaviour.part import NEVER, Part, Stage
from onboardee.device.simulation.behaviour.rules import Follow

Settings = Sequence[tuple[Cell, Any]]


class CouplePart(Part):
    """Keeps properties at constants while a condition holds, or sets them once as it begins to."""

    __slots__ = ("_after", "_is_on", "_once", "_otherwise", "_set", "_when")

    def __init__(
        self,
        when: Check,
        settings: tuple[Settings, Settings],
        after: tuple[float, float],
        gate: Check | None,
        *,
        once: bool,
    ) -> None:
        super().__init__(gate)
        self._when = when
        self._set, self._otherwise = settings
        self._after = after
        self._once = once
        self._is_on: bool | None = None
        """Which side was applied last; None while it waits."""

    def inputs(self) -> Iterable[Signal]:
        """Return what the condition is about and, to keep it, what is set."""
        kept = () if self._once else (cell for cell, _ in (*self._set, *self._otherwise))
        return (*self._when.signals(), *kept)

    def resume(self, stage: Stage) -> None:
        """Begin with what is so: that is no moment at which anything begins."""
        if self._once:
            self._is_on = self._when.holds()

    def pause(self, stage: Stage) -> None:
        """Let go."""
        self._is_on = None
        self.deadline = NEVER

    def changed(self, stage: Stage) -> None:
        """Apply the side that counts now."""
        if not self._when.holds():
            self.deadline = NEVER
            self._apply(stage, is_on=False)
        elif self._is_on:
            self._apply(stage, is_on=True)
        elif self.deadline == NEVER:
            delay = stage.dice.between(*self._after)
            if delay == 0:
                self._apply(stage, is_on=True)
            else:
                self.deadline = stage.now + delay

    def tick(self, stage: Stage) -> None:
        """Apply what has been so for long enough."""
        self.deadline = NEVER
        self._apply(stage, is_on=True)

    def _apply(self, stage: Stage, *, is_on: bool) -> None:
        if self._once and self._is_on == is_on:
            return
        self._is_on = is_on
        for cell, value in self._set if is_on else self._otherwise:
            stage.aim(cell, value)


class FollowPart(Part):
    """Makes one property from another."""

    __slots__ = ("_kind", "_source", "_target")

    def __init__(self, kind: Follow, source: Cell, target: Cell, gate: Check | None) -> None:
        super().__init__(gate)
        self._kind = kind
        self._source = source
        self._target = target

    def inputs(self) -> Iterable[Signal]:
        """Return both."""
        return (self._source, self._target)

    def changed(self, stage: Stage) -> None:
        """Follow, unless the table knows no value."""
        value = followed(self._kind, self._source.value)
        if value is not UNSET:
            stage.aim(self._target, self._target.fit(value))


def followed(kind: Follow, value: Any) -> Any:
    """Return what the target of a `Follow` is for a value of its source; `UNSET` if nothing."""
    if kind.table:
        return kind.table.get(key(value), kind.default)
    if kind.curve:
        return _on_curve(kind.curve, number(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * kind.scale + kind.offset
    return value


def key(value: Any) -> str:
    """Return a value as the keys of tables are written."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _on_curve(curve: Sequence[tuple[float, float]], place: float) -> float:
    after = bisect.bisect_right([x for x, _ in curve], place)
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[after - 1], curve[after]
    return y0 + (place - x0) / (x1 - x0) * (y1 - y0)


class Member(NamedTuple):
    """One of those of which one is true: a property, or an element's part."""

    cell: Cell
    place: int | None = None


class ExclusivePart(Part):
    """Lets one be true at a time: the one that became so last."""

    __slots__ = ("_members", "_part", "_seen")

    def __init__(self, members: Sequence[Member], part: str | None, gate: Check | None) -> None:
        super().__init__(gate)
        self._members = members
        self._part = part
        self._seen = [self._is_true(member) for member in members]

    def inputs(self) -> Iterable[Signal]:
        """Return the properties."""
        return {member.cell: None for member in self._members}

    def changed(self, stage: Stage) -> None:
        """Make the others false if one became true."""
        present = [self._is_true(member) for member in self._members]
        new = [place for place, is_true in enumerate(present) if is_true and not self._seen[place]]
        chosen = (new or [place for place, is_true in enumerate(present) if is_true])[:1]
        for place, member in enumerate(self._members):
            if present[place] and place not in chosen:
                self._clear(stage, member)
        self._seen = [self._is_true(member) for member in self._members]

    def _is_true(self, member: Member) -> bool:
        value = member.cell.value
        if member.place is None:
            return bool(value)
        return member.place < len(value) and bool(value[member.place].get(self._part))

    def _clear(self, stage: Stage, member: Member) -> None:
        if member.place is None:
            stage.show(member.cell, False)
            return
        value = list(member.cell.value)
        value[member.place] = {**value[member.place], self._part: False}
        stage.show(member.cell, tuple(value))
