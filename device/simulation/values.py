"""The values that an application resource holds, and what may be written into them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec

Scalar = bool | int | float | str
Value = bool | int | float | str | tuple[int | float | str, ...]


class ValueRefusedError(Exception):
    """A written value is not possible; nothing was changed."""

    def __init__(self, name: str, why: str, *, is_malformed: bool) -> None:
        super().__init__(f"{name} {why}")
        self.is_malformed = is_malformed
        """The type is wrong, rather than the value."""


class ValueType(StrEnum):
    """JSON types of OCF properties."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"


class Property(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One property: its type, its limits and the value it starts with."""

    type: ValueType
    initial: Any
    length: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Set for an array: how many elements it has."""
    minimum: float | None = None
    maximum: float | None = None
    step: Annotated[float, msgspec.Meta(gt=0)] | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False

    def __post_init__(self) -> None:
        try:
            self.checked("initial", self.initial)
        except ValueRefusedError as error:
            raise ValueError(str(error)) from error

    def checked(self, name: str, value: object) -> Value:
        """Return the value as it is kept. Raises `ValueRefusedError`."""
        if self.length is None:
            return self._scalar(name, value)
        if not isinstance(value, list | tuple) or len(value) != self.length:
            raise ValueRefusedError(name, f"is not an array of {self.length}", is_malformed=True)
        return tuple(self._scalar(name, element) for element in value)

    def _scalar(self, name: str, value: object) -> Scalar:
        typed = self._typed(name, value)
        if isinstance(typed, int | float) and not isinstance(typed, bool):
            self._check_range(name, typed)
        elif self.choices and typed not in self.choices:
            allowed = ", ".join(self.choices)
            raise ValueRefusedError(name, f"is not one of {allowed}", is_malformed=False)
        return typed

    def _typed(self, name: str, value: object) -> Scalar:
        match self.type, value:
            case ValueType.BOOLEAN, bool():
                return value
            case ValueType.STRING, str():
                return value
            case ((ValueType.INTEGER | ValueType.NUMBER), bool()):
                pass
            case ValueType.INTEGER, int() | float() if value == value // 1:
                return int(value)
            case ValueType.NUMBER, int() | float() if value - value == 0:
                return value
        raise ValueRefusedError(name, f"is not of type {self.type}", is_malformed=True)

    def _check_range(self, name: str, value: float) -> None:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueRefusedError(name, f"is outside {low} to {high}", is_malformed=False)
        steps = (value - (low or 0)) / self.step if self.step else 0
        if abs(steps - round(steps)) > 1e-9:
            raise ValueRefusedError(name, f"is not a multiple of {self.step}", is_malformed=False)


class Values:
    """The current values of one resource. A write applies as a whole or not at all."""

    __slots__ = ("_properties", "_values")

    def __init__(self, properties: Mapping[str, Property]) -> None:
        self._properties = properties
        self._values: dict[str, Value] = {
            name: spec.checked(name, spec.initial) for name, spec in properties.items()
        }

    @property
    def current(self) -> Mapping[str, Value]:
        """All properties with their values."""
        return self._values

    def write(self, wanted: Mapping[str, object]) -> bool:
        """Write what a client sent, unknown names aside; tell whether anything changed.

        Clients repeat what they read, so a read-only property may come with the value it has.
        Raises `ValueRefusedError`.
        """
        for name, value in wanted.items():
            spec = self._properties.get(name)
            if spec and spec.read_only and spec.checked(name, value) != self._values[name]:
                raise ValueRefusedError(name, "is read-only", is_malformed=True)
        return self.set(wanted)

    def set(self, wanted: Mapping[str, object]) -> bool:
        """Write what the simulated world does, read-only properties included."""
        changes = {
            name: self._properties[name].checked(name, value)
            for name, value in wanted.items()
            if name in self._properties
        }
        if all(self._values[name] == value for name, value in changes.items()):
            return False
        self._values = {**self._values, **changes}
        return True

    def restore(self) -> None:
        """Go back to the initial values."""
        self.set({name: spec.initial for name, spec in self._properties.items()})
