"""Atomic measurements as clients meet them: a whole that has parts, and parts that refuse.

    GET /measurement                      2.05 [{"href": "/pressure", "rep": {…}, "etag": …}, …]
    GET /measurement?if=oic.if.ll         2.05 the links
    GET /measurement?rt=oic.r.pulserate   4.03: a part of it is no measurement
    POST /measurement?if=oic.if.b         4.05
    GET /pressure                         4.03, whatever entry there is for it

(OCF Core 7.8.4.3.) The gate is asked about the measurement alone, as nobody can have any use of an
entry for a part (OCF Security 12.2). What is read is one state of the device's world, in which
nothing is half changed; that its parts are of one moment is the matter of what measures, such as
the behaviour `measurement`.
"""

from typing import Final

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.access.target import Operation
from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.resources.base import RefusedError, Resource
from onboardee.device.resources.collection import CollectionResource
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.world import World
from onboardee.wire.coap import Code

_READING: Final = frozenset({Operation.RETRIEVE, Operation.OBSERVE})
_SELECTING: Final = ("rt", "href", "ins")
"""Queries that pick links out of many."""


class AtomicMeasurementResource(CollectionResource):
    """A collection that is read as a whole."""

    is_atomic = True

    def admit(self, call: Call) -> None:
        """Refuse everything but reading, by all interfaces: what was measured was measured."""
        if call.operation not in _READING:
            raise RefusedError(Code.METHOD_NOT_ALLOWED, "a measurement is read and no more")

    def members(self, call: Call) -> list[Resource]:
        """Return the parts. Raises `RefusedError`, 4.03, for a query that asks for some of them."""
        if any(call.query.first(name) is not None for name in _SELECTING):
            raise RefusedError(Code.FORBIDDEN, "a query selects parts of a measurement")
        return super().members(call)


class MeasuredResource(ApplianceResource):
    """A part of an atomic measurement: it takes no request, and discovery does not list it."""

    takes_put = True

    def __init__(self, profile: ResourceProfile, values: Values, world: World | None) -> None:
        super().__init__(replace(profile, discoverable=False), values, world)

    def admit(self, call: Call) -> None:
        """Refuse: 4.03, also to owners. What reads it as a part does not ask here."""
        raise RefusedError(Code.FORBIDDEN, "a part of an atomic measurement is not reached alone")
