"""`/oic/sec/ael`: the audit log, what OCF Security calls auditable events."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import (
    Outcome,
    ReadOnly,
    Representation,
    with_common,
)
from onboardee.device.resources.secure.common import bad_request, merged, target, wire
from onboardee.device.security.audit import MAX_SPACE, AuditLog


class AelResource(ReadOnly):
    """What happened, and the filters that say what is taken down."""

    target = target("ael")

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def retrieve(self, call: Call) -> Representation:
        """Return the entries, the latest first, and the filters."""
        properties = {
            "events": [msgspec.to_builtins(entry) for entry in self._log.entries],
            "usedspace": self._log.used_space,
            "maxspace": MAX_SPACE,
            "unit": "Byte",
            **wire(call.database.ael),
        }
        return with_common(call, self.target, properties)

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Set both filters."""
        filters = wire(call.database.ael)
        if not filters.keys() <= payload.keys():
            raise bad_request("ael: an update has categoryfilter and priorityfilter")
        ael = merged("ael", call.database.ael, payload, call)
        return Outcome(database=replace(call.database, ael=ael))
