"""UPDATEs that are refused while something is so."""

from collections.abc import Sequence
from typing import Any

from onboardee.device.simulation.behaviour.conditions import Check
from onboardee.device.simulation.behaviour.errors import UpdateRefusedError, code_of
from onboardee.device.simulation.behaviour.part import Part


class GuardPart(Part):
    """Refuses new values of a property."""

    __slots__ = ("_code", "_reason", "_values", "_when")

    def __init__(
        self, values: Sequence[Any], when: Check, code: float, reason: str, gate: Check | None
    ) -> None:
        super().__init__(gate)
        self._values = values
        self._when = when
        self._code = code
        self._reason = reason

    def admit(self, value: Any) -> None:
        """Raise `UpdateRefusedError` if a client may not write this value now."""
        is_meant = not self._values or value in self._values
        if self.is_running and is_meant and self._when.holds():
            raise UpdateRefusedError(code_of(self._code), self._reason)
