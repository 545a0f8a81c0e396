"""What is not copied from a device, although it shows it: who it is, and what is secret."""

from collections.abc import Mapping
from typing import Any, Final

from onboardee.device.simulation.secret_names import is_secret_name

NOBODY: Final = "00000000-0000-0000-0000-000000000000"


def is_secret(name: str, value: object) -> bool:
    """Tell whether a property, or a part of it, goes by a name that secrets have."""
    if is_secret_name(name):
        return not isinstance(value, bool)
    if isinstance(value, Mapping):
        return any(is_secret(str(part), each) for part, each in value.items())
    if isinstance(value, list | tuple):
        return any(is_secret("", each) for each in value)
    return False


def without(uuids: frozenset[str], value: Any) -> Any:
    """Return the value with the nil UUID in place of these, which are in lower case."""
    match value:
        case str() if value.lower() in uuids:
            return NOBODY
        case list() | tuple():
            return [without(uuids, each) for each in value]
        case Mapping():
            return {name: without(uuids, each) for name, each in value.items()}
    return value
