"""`/oic/sec/sdi`: the security domain that the device belongs to."""

from collections.abc import Mapping

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, ReadOnly, Representation, with_common
from onboardee.device.resources.secure.common import (
    bad_request,
    merged,
    require_short,
    target,
    wire,
)


class SdiResource(ReadOnly):
    """Security domain information."""

    target = target("sdi")

    def retrieve(self, call: Call) -> Representation:
        """Return sdi."""
        return with_common(call, self.target, wire(call.database.sdi))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write domain, name and privacy; unknown properties are nobody's business."""
        known = {name: payload[name] for name in wire(call.database.sdi) if name in payload}
        if not known:
            raise bad_request("sdi: nothing to write")
        sdi = merged("sdi", call.database.sdi, known, call)
        require_short("sdi", [sdi.name])
        return Outcome(database=replace(call.database, sdi=sdi))
