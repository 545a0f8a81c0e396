"""What a value may be: JSON types and the limits that OCF's data models know.

Limits are used three times: for the initial value when a profile is loaded, for each UPDATE of a
client, and for what the simulation shows. They are those that OCF's published data models have,
with two additions that peers make necessary: every text and array has a bound, and a pattern is
only taken if trying it cannot take long (`patterns`). Whether a client may write at all is another
question, answered by rights and by `read_only`.

    limits = ValueLimits(type="integer", minimum=0, maximum=100, step=5)
    40 and 40.0    kept as 40
    "40"           malformed (4.00)
    42, 105        out of the limits (4.03)
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Union

import msgspec

from onboardee.device.simulation.patterns import problem
from onboardee.device.simulation.section import Section

Scalar = bool | int | float | str
"""What CBOR and JSON both have."""
Value = Union[Scalar, tuple["Value", ...], dict[str, "Value"]]  # noqa: UP007 - it names itself

MAX_TEXT: Final = 1024
"""Characters of a text without `max_length`: a peer decides what is kept."""

MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
"""A date and time as in RFC 3339, with its zone."""
PERIOD: Final = re.compile(
    r"P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII
)
"""A duration as in ISO 8601."""

Count = Annotated[int, msgspec.Meta(ge=0, le=256)]
"""Elements of an array."""


class ValueRefusedError(Exception):
    """A written value is not possible; nothing was changed.

    A malformed value is answered with 4.00, one that is only out of its limits with 4.03.
    """

    def __init__(self, name: str, why: str, *, is_malformed: bool) -> None:
        super().__init__(f"{name} {why}")
        self.is_malformed = is_malformed
        """The type is wrong, rather than the value."""


class ValueType(StrEnum):
    """JSON types of OCF properties, and the two kinds of text that have a form of their own."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    DATE_TIME = "date-time"
    """A moment as in RFC 3339, for example 2026-06-01T12:00:00Z."""
    DURATION = "duration"
    """A duration as in ISO 8601, for example PT1H30M."""
    OBJECT = "object"
    """Named parts, described by `fields`."""


NUMBERS: Final = frozenset({ValueType.INTEGER, ValueType.NUMBER})
"""The types that arithmetic is for."""


class ValueLimits(Section, frozen=True, kw_only=True):
    """The type of a value and what it may be."""

    type: ValueType
    """The JSON type; of each element, if the value is an array."""
    unit: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    """What a number counts, for readers: W, %, lux."""
    length: Annotated[int, msgspec.Meta(ge=1, le=256)] | None = None
    """Makes it an array of exactly so many elements."""
    min_items: Count = 0
    """The least number of elements of an array of variable length."""
    max_items: Count | None = None
    """Makes it an array of variable length, of at most so many elements."""
    unique: bool = False
    """No element of the array comes twice."""
    minimum: float | None = None
    """The least number, of each element in an array."""
    maximum: float | None = None
    """The greatest number."""
    step: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """Numbers are `minimum` (or 0) plus a multiple of this."""
    choices: tuple[int | float | str, ...] = ()
    """The values that are possible: texts or numbers."""
    writable_choices: tuple[int | float | str, ...] = ()
    """Those of the choices that a client may write; all of them by default."""
    pattern: Annotated[str, msgspec.Meta(max_length=256)] | None = None
    """A regular expression that matches somewhere in the text, as in JSON Schema.

    One whose ways to match are too many for the longest text is refused.
    """
    max_length: Annotated[int, msgspec.Meta(ge=0, le=4096)] | None = None
    """The greatest number of characters of a text; 1024 by default."""
    fields: dict[str, "Field"] = msgspec.field(default_factory=dict)
    """The parts of an object."""
    read_only: bool = False
    """A client cannot change it: an UPDATE with another value is answered with 4.00."""

    def __post_init__(self) -> None:
        for sentence, is_wrong in self._contradictions():
            if is_wrong:
                raise ValueError(sentence)
        if self.pattern is not None and (why := problem(self.pattern, self.longest)):
            raise ValueError(why)

    def _contradictions(self) -> tuple[tuple[str, bool], ...]:
        """Return sentences about limits that do not go together, each with whether it applies."""
        is_number, is_text = self.type in NUMBERS, self.type is ValueType.STRING
        bounds = (self.minimum, self.maximum, self.step)
        lowest, highest = self.minimum, self.maximum
        return (
            ("minimum, maximum and step are for numbers", bounds != (None,) * 3 and not is_number),
            (
                "pattern and max_length are for type string",
                (self.pattern, self.max_length) != (None, None) and not is_text,
            ),
            ("choices are for numbers and texts", bool(self.choices) and not is_number | is_text),
            ("fields are for type object", bool(self.fields) and self.type is not ValueType.OBJECT),
            ("an object needs fields", not self.fields and self.type is ValueType.OBJECT),
            (
                "the maximum is below the minimum",
                lowest is not None and highest is not None and highest < lowest,
            ),
            (
                "an array has either a length or max_items",
                self.length is not None and self.max_items is not None,
            ),
            (
                "min_items needs max_items, and is not above it",
                self.min_items > (self.max_items or 0),
            ),
            ("unique is for arrays", self.unique and not self.is_array),
            (
                "writable_choices are some of the choices",
                not set(self.writable_choices) <= set(self.choices),
            ),
        )

    @property
    def longest(self) -> int:
        """How many characters a text may have."""
        return MAX_TEXT if self.max_length is None else self.max_length

    @property
    def is_array(self) -> bool:
        """Whether the value is an array of `type`."""
        return self.length is not None or self.max_items is not None

    def checked(self, name: str, value: object) -> Value:
        """Return the value as it is kept. Raises `ValueRefusedError`.

        `name` is what the sentence calls the value. Arrays come back as tuples, whole floats of an
        integer property as ints.

        >>> ValueLimits(type=ValueType.INTEGER, maximum=100).checked("level", 40.0)
        40
        """
        if not self.is_array:
            return self._element(name, value)
        if not isinstance(value, list | tuple):
            raise ValueRefusedError(name, "is not an array", is_malformed=True)
        if self.length is not None and len(value) != self.length:
            raise ValueRefusedError(name, f"is not an array of {self.length}", is_malformed=True)
        if self.max_items is not None and not self.min_items <= len(value) <= self.max_items:
            why = f"does not have {self.min_items} to {self.max_items} elements"
            raise ValueRefusedError(name, why, is_malformed=False)
        elements = tuple(self._element(name, element) for element in value)
        if self.unique and any(each in elements[:place] for place, each in enumerate(elements)):
            raise ValueRefusedError(name, "has an element twice", is_malformed=False)
        return elements

    def _element(self, name: str, value: object) -> Value:
        """Return one element of an array, or a value that is none. Raises `ValueRefusedError`."""
        if self.type is ValueType.OBJECT:
            return self._object(name, value)
        typed = self._typed(name, value)
        if isinstance(typed, str):
            self._check_text(name, typed)
        elif not isinstance(typed, bool):
            self._check_range(name, typed)
        if self.choices and typed not in self.choices:
            allowed = ", ".join(map(str, self.choices))
            raise ValueRefusedError(name, f"is not one of {allowed}", is_malformed=False)
        return typed

    def _object(self, name: str, value: object) -> dict[str, Value]:
        """Check the fields that are known; others are ignored as in an UPDATE."""
        if not isinstance(value, Mapping):
            raise ValueRefusedError(name, "is not an object", is_malformed=True)
        for part, field in self.fields.items():
            if part not in value and not field.optional:
                raise ValueRefusedError(name, f"lacks {part}", is_malformed=True)
        return {
            part: field.checked(f"{name}.{part}", value[part])
            for part, field in self.fields.items()
            if part in value
        }

    def _typed(self, name: str, value: object) -> Scalar:
        """Return a value of the declared type; 2.0 is a whole number, too."""
        match self.type, value:
            case ValueType.BOOLEAN, bool():
                return value
            case ValueType.STRING, str():
                return value
            case ValueType.DATE_TIME, str() if is_moment(value):
                return value
            case ValueType.DURATION, str() if len(value) <= 64 and PERIOD.fullmatch(value):
                return value
            case ((ValueType.INTEGER | ValueType.NUMBER), bool()):
                pass
            # A bool is an int in Python and was sorted out above.
            case ValueType.INTEGER, int() | float() if value == value // 1:
                return int(value)
            # Infinity and NaN are no numbers of JSON.
            case ValueType.NUMBER, int() | float() if value - value == 0:
                return value
        raise ValueRefusedError(name, f"is not of type {self.type}", is_malformed=True)

    def _check_text(self, name: str, value: str) -> None:
        """Raise `ValueRefusedError` for a text that is too long or does not match the pattern."""
        if len(value) > self.longest:
            raise ValueRefusedError(name, f"is longer than {self.longest}", is_malformed=False)
        if self.pattern is not None and not re.search(self.pattern, value):
            raise ValueRefusedError(name, f"does not match {self.pattern}", is_malformed=False)

    def _check_range(self, name: str, value: float) -> None:
        """Raise `ValueRefusedError` for a number out of its range or off its step."""
        low, high = self.minimum, self.maximum
        if low is not None and value < low:
            raise ValueRefusedError(name, f"is below {low:.12g}", is_malformed=False)
        if high is not None and value > high:
            raise ValueRefusedError(name, f"is above {high:.12g}", is_malformed=False)
        if isinstance(value, int) and not _fits(value):
            raise ValueRefusedError(name, "has more than 64 bits", is_malformed=False)
        # Steps are counted from the minimum, as JSON Schema's multipleOf cannot.
        steps = (value - (low or 0)) / self.step if self.step else 0
        # a great number of steps has few digits behind the point
        slack = max(1e-9, abs(steps) * 1e-15)
        if not math.isfinite(steps) or abs(steps - round(steps)) > slack:
            raise ValueRefusedError(name, f"is not a multiple of {self.step}", is_malformed=False)


class Field(ValueLimits, frozen=True, kw_only=True):
    """A part of an object."""

    optional: bool = False
    """It may be absent."""


def _fits(value: int) -> bool:
    """Tell whether a number is in the range of CBOR's integers (RFC 8949 3.1)."""
    return -(1 << 64) <= value < 1 << 64


def date_time_text(moment: datetime) -> str:
    """Write a moment as RFC 3339, to the second and with `Z` for UTC."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def is_moment(text: str) -> bool:
    """Tell whether a text is a moment as in RFC 3339.

    >>> is_moment("2026-06-01T12:00:00Z"), is_moment("2026-02-30T12:00:00Z")
    (True, False)
    """
    if not MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
