"""UPDATEs that are refused while something is so: no wash while the door is open.

A guard is asked before anything of an UPDATE has its effect, and only about a property that the
UPDATE would change: a client that writes back what it has read is not refused.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import Check, Part
from onboardee.device.simulation.world.refusal import RefusalCode, check_refusal, refusal
from onboardee.device.simulation.world.terms import Ref, When


class GuardBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A client's UPDATE that would change a property is refused while a condition holds.

    The simulated world itself (`set_values`, schedules, inputs) is not bound by guards.
    """

    property: Ref
    """The property that clients may not change."""
    to: tuple[Any, ...] = ()
    """Only these new values are refused; any, if left out."""
    when: When
    """While this holds."""
    code: RefusalCode = 4.03
    """The CoAP code of the refusal, 4.03 if left out."""
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """For the log; the peer sees the code alone."""

    def __post_init__(self) -> None:
        check_refusal(self.code)

    def make(self, finder: Finder) -> Part:
        """Enter the part as one of the property's guards."""
        cell = finder.cell(self.property, "property")
        values = [finder.constant(cell, value, "to") for value in self.to]
        part = GuardPart(self, values, finder.must(self.when, "when"))
        cell.guards += (part,)
        return part


class GuardPart(Part):
    """Refuses new values of a property; it is never due and listens to nothing."""

    __slots__ = ("_kind", "_values", "_when")

    def __init__(self, kind: GuardBehaviour, values: Sequence[Any], when: Check) -> None:
        super().__init__()
        self._kind = kind
        self._values = values
        self._when = when

    def admit(self, value: Any) -> None:
        """Raise `UpdateRefusedError` if a client may not write this value now."""
        is_meant = not self._values or value in self._values
        if self.is_running and is_meant and self._when.holds():
            raise refusal(self._kind.code, self._kind.reason)
