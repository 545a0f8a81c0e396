"""Atomic measurements: several resources that are read together or not at all (OCF Core 7.8.4).

A blood pressure without the time at which it was taken is worth little, and one with the time of
another measurement is wrong. So what belongs together is a collection of the type
oic.wk.atomicmeasurement, and its linked resources cannot be reached in any other way than by its
batch interface. What that means for a profile is checked here; how requests are answered is in
`device/resources/atomic_measurement.py`.
"""

from collections.abc import Sequence
from typing import Final

from onboardee.device.access.ocf_interfaces import (
    ACTUATOR,
    BASELINE,
    BATCH,
    LINKS,
    READ,
    READ_WRITE,
    SENSOR,
)
from onboardee.device.simulation.resource import ResourceProfile
from onboardee.device.simulation.section import MisplacedError

MANDATORY: Final = "rts-m"
"""The property that names the types without which there is no measurement."""
_INTERFACES: Final = (BATCH, LINKS, BASELINE)
_DEFAULTS: Final = (SENSOR, READ, ACTUATOR, READ_WRITE)
"""One of them is the default interface of what is linked (OCF Core 7.8.4.3)."""


def measured_in(resources: Sequence[ResourceProfile]) -> dict[str, str]:
    """Return for each resource that is a part of an atomic measurement which one that is."""
    return {href: each.href for each in resources if each.is_atomic for href in each.links}


def check_atomic(resources: Sequence[ResourceProfile]) -> None:
    """Raise `MisplacedError` unless atomic measurements are as OCF Core 7.8.4.3 has them."""
    by_href = {each.href: each for each in resources}
    whole = measured_in(resources)
    for number, each in enumerate(resources):
        place = ("resources", number)
        if each.is_atomic:
            _check_whole(each, by_href, place)
        for order, href in enumerate(each.links):
            if href in whole and whole[href] != each.href:
                sentence = f"{href} is read as a part of {whole[href]} only"
                raise MisplacedError(sentence, *place, "links", order)


def _check_whole(
    each: ResourceProfile, by_href: dict[str, ResourceProfile], place: tuple[str | int, ...]
) -> None:
    """Check one measurement: its interfaces, its types, what it links to."""
    if each.interfaces[0] != BATCH or set(each.interfaces) != set(_INTERFACES):
        sentence = f"an atomic measurement has the interfaces {', '.join(_INTERFACES)}"
        raise MisplacedError(sentence, *place, "interfaces")
    if each.creates is not None:
        raise MisplacedError("nothing is created in an atomic measurement", *place, "creates")
    if not each.links:
        raise MisplacedError("an atomic measurement has links", *place, "links")
    for order, href in enumerate(each.links):
        linked = by_href[href]
        if linked.is_collection or linked.interfaces[0] not in _DEFAULTS:
            sentence = f"{href} cannot be measured: its first interface is none of "
            raise MisplacedError(sentence + ", ".join(_DEFAULTS), *place, "links", order)
    mandatory = each.properties.get(MANDATORY)
    there = {kind for href in each.links for kind in by_href[href].types}
    for kind in () if mandatory is None else mandatory.initial:
        if kind not in there:
            sentence = f"no link is of the type {kind}"
            raise MisplacedError(sentence, *place, "properties", MANDATORY)
