"""One of several at a time: inputs of a television, programmes of a washer.

The part remembers which were true. So it can tell the one that has just become true, which stays,
from the one that was, which ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Cell, Part, Signal, WorldAccess
from onboardee.device.simulation.world.terms import BehaviourError, Ref


class ExclusiveBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """One of several at a time: as one becomes true, the others become false.

    `members` are boolean properties. Or `list` is an array of objects with the boolean `part`,
    such as `sources` with `status`.
    """

    members: Annotated[tuple[Ref, ...], msgspec.Meta(max_length=64)] = ()
    """The boolean properties of which one is true at a time."""
    list: Ref | None = None
    """An array of objects, instead of members."""
    part: str | None = None
    """The boolean in each of its elements."""

    def __post_init__(self) -> None:
        if (len(self.members) > 1) == (self.list is not None and self.part is not None):
            raise ValueError("exclusive has two members or more, or a list and a part")

    def make(self, finder: Finder) -> Part:
        """Return the part with its members."""
        if self.list is None:
            members = [Member(finder.boolean(ref, "members")) for ref in self.members]
            return ExclusivePart(members, None)
        cell = finder.cell(self.list, "list")
        elements = cell.value if isinstance(cell.value, tuple) else ()
        for element in elements:
            if not isinstance(element, Mapping) or self.part not in element:
                raise BehaviourError(f"part: the elements of {cell} have no {self.part}")
        if not elements:
            raise BehaviourError(f"list: {cell} is no array with elements")
        return ExclusivePart([Member(cell, place) for place in range(len(elements))], self.part)


class Member(NamedTuple):
    """One of those of which one is true: a property, or an element's part."""

    cell: Cell
    place: int | None = None
    """The index of the element; None: the property itself is boolean."""


class ExclusivePart(Part):
    """Lets one be true at a time: the one that became so last."""

    __slots__ = ("_members", "_part", "_seen")

    def __init__(self, members: Sequence[Member], part: str | None) -> None:
        super().__init__()
        self._members = members
        self._part = part
        self._seen = [self._is_true(member) for member in members]

    def inputs(self) -> Iterable[Signal]:
        """Return the properties."""
        return {member.cell: None for member in self._members}

    def changed(self, world: WorldAccess) -> None:
        """Make the others false if one became true."""
        present = [self._is_true(member) for member in self._members]
        new = [place for place, is_true in enumerate(present) if is_true and not self._seen[place]]
        # At the start several may be true: the first one stays.
        chosen = (new or [place for place, is_true in enumerate(present) if is_true])[:1]
        for place, member in enumerate(self._members):
            if present[place] and place not in chosen:
                self._clear(world, member)
        self._seen = [self._is_true(member) for member in self._members]

    def _is_true(self, member: Member) -> bool:
        """Tell whether a member is true; an element that the array has not any more is not."""
        value = member.cell.value
        if member.place is None:
            return bool(value)
        return member.place < len(value) and bool(value[member.place].get(self._part))

    def _clear(self, world: WorldAccess, member: Member) -> None:
        """Make a member false."""
        if member.place is None:
            world.show(member.cell, False)
            return
        value = list(member.cell.value)
        value[member.place] = {**value[member.place], self._part: False}
        world.show(member.cell, tuple(value))
