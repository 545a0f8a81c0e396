"""The values that an application resource holds, and what may be written into them.

All values of a resource are one mapping that is replaced as a whole, never changed. So a failed
UPDATE leaves nothing half written, and who holds the mapping can tell by its identity whether
anything has changed since (`Resource.version`).
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import msgspec

from onboardee.device.simulation.value_limits import (
    Scalar,
    Value,
    ValueLimits,
    ValueRefusedError,
    ValueType,
)
from onboardee.device.simulation.writing import completed, written

__all__ = ["Property", "Scalar", "Value", "ValueRefusedError", "ValueType", "Values"]


class Property(ValueLimits, frozen=True, kw_only=True):
    """One property: its type, its limits and the value it starts with."""

    initial: Any
    """The value after a start and after a reset; it obeys the limits."""
    required_in_update: bool = False
    """An UPDATE of the resource without it is answered with 4.00."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.required_in_update and self.read_only:
            raise ValueError("what is read-only cannot be required in an UPDATE")
        try:
            kept = self.checked("initial", self.initial)
        except ValueRefusedError as error:
            raise ValueError(str(error)) from error
        _refuse_unknown(self, "initial", self.initial)
        # all devices of a profile begin with this one value
        msgspec.structs.force_setattr(self, "initial", kept)


class Values:
    """The current values of one resource. A write applies as a whole or not at all.

    `properties` are the profile's, shared by all devices that have it; only the values are this
    device's.
    """

    __slots__ = ("_kept", "_properties", "current", "follow_time")

    def __init__(self, properties: Mapping[str, Property]) -> None:
        self._properties = properties
        self._kept: Mapping[str, Value] = {}
        """What is there again after a restart, in place of the profile's values."""
        self.current: Mapping[str, Value] = self._initial()
        """All properties with their values; never changed, but replaced by new ones."""
        self.follow_time = False
        """Whether some of them go by the time, and are other ones whenever they are read."""

    def write(self, wanted: Mapping[str, object]) -> bool:
        """Write what a client sent, unknown names aside; tell whether anything changed.

        Clients repeat what they read, so a read-only property may come with the value it has.
        Raises `ValueRefusedError`.
        """
        return self._apply(self._written(wanted))

    def tried(self, wanted: Mapping[str, object]) -> Mapping[str, Value]:
        """Return all properties as `write` would make them; nothing is changed.

        Raises `ValueRefusedError`.
        """
        return {**self.current, **self._written(wanted)}

    def set(self, wanted: Mapping[str, object]) -> bool:
        """Write what the simulated world does, read-only properties included.

        Tells whether anything changed. Raises `ValueRefusedError` for what the limits do not
        permit.
        """
        return self._apply({name: self._set(name, wanted[name]) for name in self._known(wanted)})

    @property
    def are_initial(self) -> bool:
        """Whether the values are those with which every life begins."""
        return self.current == self._initial()

    def keep(self, values: Mapping[str, object]) -> None:
        """Take these for what is there after a restart; what is not possible is passed over.

        The profile may be another one than that with which they were kept.
        """
        kept: dict[str, Value] = {}
        for name in self._known(values):
            with suppress(ValueRefusedError):
                kept[name] = self._properties[name].checked(name, values[name])
        self._kept = kept

    def restore(self) -> None:
        """Go back to the initial values."""
        self.current = self._initial()

    def _initial(self) -> dict[str, Value]:
        """Return the values of the profile, and what was kept."""
        return {**{name: spec.initial for name, spec in self._properties.items()}, **self._kept}

    def _known(self, wanted: Mapping[str, object]) -> list[str]:
        """Return the names that are properties; others are passed over."""
        return [name for name in wanted if name in self._properties]

    def _written(self, wanted: Mapping[str, object]) -> dict[str, Value]:
        """Return the properties that a client sent, within their limits."""
        for name, spec in self._properties.items():
            if spec.required_in_update and name not in wanted:
                raise ValueRefusedError(name, "has to be in the UPDATE", is_malformed=True)
        return {
            name: written(self._properties[name], name, value, self.current[name])
            for name, value in wanted.items()
            if name in self._properties
        }

    def _set(self, name: str, value: object) -> Value:
        """Return a value within its limits, completed from the present one."""
        spec = self._properties[name]
        return spec.checked(name, completed(spec, value, self.current[name]))

    def _apply(self, changes: dict[str, Value]) -> bool:
        """Replace the mapping if a value differs; tell whether one does."""
        if all(self.current[name] == value for name, value in changes.items()):
            return False
        self.current = {**self.current, **changes}
        return True


def _refuse_unknown(spec: ValueLimits, name: str, value: object) -> None:
    """Raise if an initial object has a part that its type has not: clients' are ignored."""
    elements = cast("tuple[object, ...]", value) if spec.is_array else (value,)
    for element in elements if spec.fields else ():
        for part, inner in cast("Mapping[str, object]", element).items():
            if part not in spec.fields:
                raise ValueError(f"{name} has {part}, which is none of its fields")
            _refuse_unknown(spec.fields[part], f"{name}.{part}", inner)
