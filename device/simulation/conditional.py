"""Conditional observation: `oic.r.value.conditional` beside the type of what is observed.

OCF's model of it: a resource of both types, as [oic.r.temperature, oic.r.value.conditional], has
three more properties, by which clients say when its observers are told. When that is so is decided
in `device/machine/conditional.py`; what a profile has to say is checked here.

Where clients create resources, the type is one that they may ask for beside the first: who does not
gets a resource without the three, whose observers are told of each change.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from onboardee.device.simulation.resource import ResourceProfile
from onboardee.device.simulation.section import MisplacedError
from onboardee.device.simulation.value_limits import NUMBERS, ValueLimits
from onboardee.device.simulation.values import Property

CONDITIONAL: Final = "oic.r.value.conditional"
THRESHOLD: Final = "threshold"
"""By how much the value has to change; 0: any change counts."""
LEAST: Final = "minnotifyperiod"
"""Milliseconds between two notifications at least; 0: none."""
MOST: Final = "maxnotifyperiod"
"""Milliseconds after which there is one in any case; 0: there is none for that."""
CONDITIONS: Final = frozenset({THRESHOLD, LEAST, MOST})
_CLOSE: Final = 1 - 1e-9
"""Numbers that are computed miss a threshold by their last digits."""


def conditional_hrefs(resources: Iterable[ResourceProfile]) -> set[str]:
    """Return the paths of the resources whose observers are told by conditions."""
    return {each.href for each in resources if CONDITIONAL in each.types}


def check_conditional(resources: Iterable[ResourceProfile]) -> None:
    """Raise `MisplacedError` unless conditional observations are as OCF's model has them."""
    for number, each in enumerate(resources):
        if CONDITIONAL in each.types:
            for sentence, *name in _mistakes(each.href, each.properties):
                raise MisplacedError(sentence, "resources", number, "properties", *name)


def check_creatable(types: Sequence[str], properties: Mapping[str, ValueLimits]) -> None:
    """Raise `ValueError` unless that is so for what clients may create, of these types."""
    if CONDITIONAL not in types:
        return
    if types[0] == CONDITIONAL:
        raise ValueError(f"{CONDITIONAL} stands behind the type of what is observed")
    for sentence, *_name in _mistakes(types[0], properties):
        raise ValueError(sentence)


def held(
    properties: Mapping[str, Property], possible: Collection[str], types: Collection[str]
) -> dict[str, Property]:
    """Return what a created resource of some of the possible types holds."""
    has_conditions = CONDITIONAL in types or CONDITIONAL not in possible
    return {
        name: spec for name, spec in properties.items() if has_conditions or name not in CONDITIONS
    }


def _mistakes(
    name: str, properties: Mapping[str, ValueLimits]
) -> Iterator[tuple[str] | tuple[str, str]]:
    """Yield what is wrong with the properties of a conditional resource, and with which of them."""
    present = CONDITIONS & properties.keys()
    if not present:
        known = ", ".join(sorted(CONDITIONS))
        yield (f"{name} has none of {known}",)
    for each in sorted(present):
        if not _is_amount(properties[each]):
            yield f"{each} is one number that is not below 0", each
    if not properties.keys() - CONDITIONS:
        yield (f"{name} has no property that is observed",)


def _is_amount(spec: ValueLimits) -> bool:
    is_positive = spec.minimum is not None and spec.minimum >= 0
    return spec.type in NUMBERS and not spec.is_array and is_positive


def has_news(told: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether values differ from those that were told as much as their threshold asks for.

    What is no number counts at any change, and so do the conditions themselves.

    >>> has_news({"temperature": 20, "threshold": 2}, {"temperature": 21.9, "threshold": 2})
    False
    >>> has_news({"temperature": 20, "threshold": 2}, {"temperature": 18, "threshold": 2})
    True
    """
    threshold = now.get(THRESHOLD, 0)
    return any(
        _differs(told.get(name), value, 0 if name in CONDITIONS else threshold)
        for name, value in now.items()
    )


def _differs(told: Any, now: Any, threshold: float) -> bool:
    if told == now:
        return False
    if isinstance(told, tuple) and isinstance(now, tuple) and len(told) == len(now):
        return any(_differs(*pair, threshold) for pair in zip(told, now, strict=True))
    if isinstance(told, bool) or not isinstance(told, int | float):
        return True
    return not isinstance(now, int | float) or abs(now - told) >= threshold * _CLOSE
