"""Things that break: an appliance's faults, not those of its protocols (`device/faults`).

A fault stands between a property and the clients that write it (`Breakage`): it refuses, or answers
as if all were well and does nothing. It comes on by chance when it is used, by an action of another
entry, or by `onboardee ctl fault`. One that stops what moves strikes at a random moment of the way,
which is known only when the way begins: until then it is looming.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

import msgspec

from onboardee.device.simulation.world.declaration import Called, GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    Cell,
    Flag,
    Part,
    PreparedAction,
    WorldAccess,
)
from onboardee.device.simulation.world.refusal import RefusalCode, check_refusal, refusal
from onboardee.device.simulation.world.terms import Assignments, Name, Ref, Span

_SOON: Final = 0.02
"""The part of a way on which nothing gets stuck, at its begin and at its end."""


class FaultBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """Something that breaks: at random when it is used, or on command, until it is repaired."""

    name: Name
    """By which conditions, actions and `onboardee ctl fault` know it."""
    properties: Annotated[tuple[Ref, ...], msgspec.Meta(max_length=32)] = ()
    """Those that do not do any more what clients want."""
    effect: Literal["refuse", "ignore", "stop"] = "refuse"
    """`refuse` answers with `code`; `ignore` answers 2.04 and changes nothing; `stop` ignores, too,
    and what travels stays where it is, at random on its way if the fault came by `chance`."""
    code: RefusalCode = 5.03
    """The CoAP code of the refusal: 4.00, 4.03, 4.05, 5.00 or 5.03."""
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    """The probability at each UPDATE that would change one of the properties."""
    lasts: Span | None = None
    """It goes away by itself after this time; otherwise when it is repaired."""
    set: Assignments = msgspec.field(default_factory=dict)
    """Set as it comes on: an alert, a state."""
    clear: Assignments = msgspec.field(default_factory=dict)
    """Set as it goes away."""

    def __post_init__(self) -> None:
        check_refusal(self.code)

    def make(self, finder: Finder) -> Part:
        """Enter the part under its name, and as a breakage of its properties."""
        cells = [finder.cell(ref, "properties") for ref in self.properties]
        on_set = PreparedAction(finder.settings(self.set, "set"))
        on_clear = PreparedAction(finder.settings(self.clear, "clear"))
        lasts = None if self.lasts is None else finder.span(self.lasts, "lasts")
        part = FaultPart(self, (finder.flag(self.name, "name"), cells), lasts, (on_set, on_clear))
        for cell in cells:
            cell.breakages += (part,)
        finder.register.faults[self.name] = part
        return part

    def called(self) -> Iterable[Called]:
        """Return its name."""
        return (("fault", self.name),)


class FaultPart(Part):
    """A fault, on or off; its deadline is when it goes, or strikes."""

    __slots__ = (
        "_kind",
        "_lasts",
        "_on_clear",
        "_on_set",
        "cells",
        "flag",
        "is_looming",
        "stops",
    )

    def __init__(
        self,
        kind: FaultBehaviour,
        reach: tuple[Flag, Sequence[Cell]],
        lasts: tuple[float, float] | None,
        actions: tuple[PreparedAction, PreparedAction],
    ) -> None:
        super().__init__()
        self._kind = kind
        self.flag, self.cells = reach
        self.stops = kind.effect == "stop"
        self._lasts = lasts
        self._on_set, self._on_clear = actions
        self.is_looming = False
        """It will catch what begins to move now."""

    def switch(self, world: WorldAccess, *, is_on: bool) -> None:
        """Let it come, or go."""
        if self.flag.is_on == is_on:
            return
        world.raise_flag(self.flag, is_on=is_on)
        lasts = self._lasts if is_on else None
        self.deadline = NEVER if lasts is None else world.now + world.chance.between(*lasts)
        world.perform(self._on_set if is_on else self._on_clear)

    def admit(self, world: WorldAccess, cell: Cell) -> bool:
        """Tell whether what a client wants of a property happens. Raises `UpdateRefusedError`."""
        self.is_looming = False
        if not self.flag.is_on and self.is_running and self._happens(world):
            # It strikes on the way, whose length is known when the way begins.
            if self.stops and cell.mover is not None:
                self.is_looming = True
                return True
            self.switch(world, is_on=True)
        if not self.flag.is_on:
            return True
        if self._kind.effect == "refuse":
            sentence = f"the fault {self._kind.name} is on"
            raise refusal(self._kind.code, sentence)
        return False

    def _happens(self, world: WorldAccess) -> bool:
        """Draw whether the fault comes at this use."""
        return self._kind.chance > 0 and world.chance.fraction() < self._kind.chance

    def strike_within(self, world: WorldAccess, seconds: float) -> None:
        """Come on at some moment of the next seconds, the length of a way."""
        self.is_looming = False
        if seconds <= 0:
            return
        # Not at the very ends: something that is stuck is seen to be on its way.
        share = world.chance.between(_SOON, 1 - _SOON)
        self.deadline = world.now + share * seconds

    def pause(self, world: WorldAccess) -> None:
        """Rest: what is broken stays so, and still goes away by itself."""

    def tick(self, world: WorldAccess) -> None:
        """Go away, or catch what is on its way, if it still is."""
        moves = any(cell.mover is not None and cell.mover.is_moving for cell in self.cells)
        if not self.flag.is_on and not moves:
            self.deadline = NEVER
            return
        self.switch(world, is_on=not self.flag.is_on)
