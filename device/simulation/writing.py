"""What a client's value makes of the present one: what it leaves out stays, and what is read-only.

Objects are changed field by field, and so are the elements of arrays of fixed length; an array of
variable length is replaced.

OCF's UPDATE is partial: what a client does not name keeps its value, in objects as
well. And clients send back whole representations that they have read, so a read-only part that
comes with its present value is no mistake; only another value is refused.
"""

from collections.abc import Mapping
from contextlib import suppress

from onboardee.device.simulation.value_limits import (
    Value,
    ValueLimits,
    ValueRefusedError,
    ValueType,
)


def written(spec: ValueLimits, name: str, new: object, old: Value) -> Value:
    """Return the value after an UPDATE. Raises `ValueRefusedError`."""
    if spec.read_only:
        return _unchanged(spec, name, new, old)
    value = spec.checked(name, completed(spec, new, old))
    if value != old:
        _permit(spec, name, value, old)
    return value


def _unchanged(spec: ValueLimits, name: str, new: object, old: Value) -> Value:
    """Return the present value; another one is refused as read-only, possible or not."""
    with suppress(ValueRefusedError):
        if spec.checked(name, completed(spec, new, old)) == old:
            return old
    raise ValueRefusedError(name, "is read-only", is_malformed=True)


def completed(spec: ValueLimits, new: object, old: object) -> object:
    """Fill in from the present value what a new one leaves out.

    An object gets the fields that the new value does not name, at every depth; anything else is
    taken as it is.
    """
    if spec.type is not ValueType.OBJECT:
        return new
    if not spec.is_array:
        return _filled(spec, new, old)
    if spec.length is None or not isinstance(new, list | tuple) or not isinstance(old, tuple):
        return new
    if len(new) != len(old):
        return new
    return tuple(_filled(spec, *pair) for pair in zip(new, old, strict=True))


def _filled(spec: ValueLimits, new: object, old: object) -> object:
    """Return an object with the fields that the new one names, and the others as they are."""
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return new
    changes = {
        part: completed(field, new[part], old.get(part))
        for part, field in spec.fields.items()
        if part in new
    }
    return {**old, **changes}


def _permit(spec: ValueLimits, name: str, value: Value, old: object) -> None:
    """Raise unless a client may put this value, which is another one, in the place of the old."""
    if spec.read_only:
        raise ValueRefusedError(name, "is read-only", is_malformed=True)
    if spec.writable_choices and value not in spec.writable_choices:
        allowed = ", ".join(map(str, spec.writable_choices))
        raise ValueRefusedError(name, f"can be set to {allowed} only", is_malformed=False)
    if isinstance(value, tuple):
        before = old if isinstance(old, tuple) else ()
        for place, element in enumerate(value):
            _permit_fields(spec, name, element, before[place] if place < len(before) else None)
    else:
        _permit_fields(spec, name, value, old)


def _permit_fields(spec: ValueLimits, name: str, value: Value, old: object) -> None:
    """Raise unless a client may change the fields of an object that it changes."""
    if not isinstance(value, Mapping):
        return
    before = old if isinstance(old, Mapping) else {}
    for part, new in value.items():
        if part not in before or new != before[part]:
            _permit(spec.fields[part], f"{name}.{part}", new, before.get(part))
