"""What the gate and discovery know of a resource of a profile, or of one that a client created."""

from typing import Final

from onboardee.device.access.target import Kind, Operation, Target
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.resource import OpenOperation

_OPERATIONS: Final = {
    OpenOperation.RETRIEVE: frozenset({Operation.RETRIEVE, Operation.OBSERVE}),
    OpenOperation.UPDATE: frozenset({Operation.UPDATE}),
}
"""What a profile's words mean for the gate."""


def target_of(profile: ResourceProfile) -> Target:
    """Return what the gate is to know of an application resource."""
    return Target(
        href=profile.href,
        kind=Kind.CORE if profile.configures_device else Kind.APPLICATION,
        types=profile.types,
        interfaces=profile.interfaces,
        discoverable=profile.discoverable,
        has_plain_endpoint=profile.plain,
        open_in_rfotm=_opened(profile),
        tags=tuple(profile.tags.parameters()),
    )


def _opened(profile: ResourceProfile) -> frozenset[Operation]:
    """Return what anybody may do with a resource before the device has an owner."""
    return frozenset[Operation]().union(*(_OPERATIONS[each] for each in profile.open_in_rfotm))
