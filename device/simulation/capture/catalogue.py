"""What resources of a published type usually hold, as the built-in profiles have it.

A resource that may not be read and that introspection does not describe still has a published type.
The built-in profiles have most of these types, so their properties are taken, with values that say
nothing.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from onboardee.device.simulation.capture.neutral_values import neutral
from onboardee.device.simulation.profile import ResourceProfile, built_in_names, load_all

Plain = dict[str, Any]
"""What YAML can hold."""


def usual_properties(types: Sequence[str]) -> Plain:
    """Return the properties of a type with values that say nothing; none if it is not known."""
    for name in built_in_names():
        for profile in load_all(name):
            for resource in profile.resources:
                if resource.types[0] in types:
                    return _properties(resource)
    return {}


def _properties(resource: ResourceProfile) -> Plain:
    """Return the properties of a built-in resource; what clients write has neutral values."""
    found = {name: _brief(each) for name, each in msgspec.to_builtins(resource.properties).items()}
    for limits in found.values():
        value = neutral(limits)
        if value is not None and not limits.get("read_only"):
            limits["initial"] = value
    return found


def _brief(limits: Plain) -> Plain:
    """Return limits without those that are at their defaults."""
    found: Plain = {
        name: int(each) if isinstance(each, float) and each.is_integer() else each
        for name, each in limits.items()
        if name == "initial" or not (each is None or each is False or each in ([], (), {}))
    }
    if not found.get("min_items"):
        found.pop("min_items", None)
    if "fields" in found:
        found["fields"] = {name: _brief(each) for name, each in found["fields"].items()}
    return found
