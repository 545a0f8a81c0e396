"""Limits that a device tells as values: `range` and `step` beside the number that they are for.

OCF's models have `range: [lowest, highest]` and `step` as properties of the resource. Where the
resource has one number they are meant for that; where it has several nobody can tell.
"""

from typing import Any, Final

from onboardee.device.simulation.capture.neutral_values import permits

Plain = dict[str, Any]

_ABOUT: Final = frozenset({"range", "step", "precision", "units"})
"""Properties that are about another one."""
_NUMBERS: Final = frozenset({"integer", "number"})


def with_ranges(properties: Plain) -> Plain:
    """Give the one number of a resource the range and the step that stand beside it.

    What a description says goes before, and a limit that the present value breaks is none.
    """
    subjects = [
        name
        for name, limits in properties.items()
        if name not in _ABOUT and limits["type"] in _NUMBERS and not limits.get("choices")
    ]
    if len(subjects) != 1:
        return properties
    limits = properties[subjects[0]]
    for more in (_range(properties), _step(properties)):
        if not more.keys() & limits.keys() and permits({**limits, **more}, [limits["initial"]]):
            limits = {**more, **limits}
    initial = {"initial": limits.pop("initial")}
    ordered = {"type": limits.pop("type"), **limits, **initial}
    return {**properties, subjects[0]: ordered}


def _range(properties: Plain) -> Plain:
    """Return minimum and maximum, if the property `range` has such a pair."""
    pair = properties.get("range", {}).get("initial")
    if (
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and properties["range"]["type"] in _NUMBERS
    ):
        lowest, highest = pair
        return {"minimum": lowest, "maximum": highest} if lowest < highest else {}
    return {}


def _step(properties: Plain) -> Plain:
    """Return the step, if the property `step` has one that is above zero."""
    told = properties.get("step", {})
    value = told.get("initial")
    if told.get("type") not in _NUMBERS or isinstance(value, list) or not value > 0:
        return {}
    return {"step": value}
