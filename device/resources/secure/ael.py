"""`/oic/sec/ael`: the audit log, what OCF Security calls auditable events.

Entries are kept in memory by `device/security/audit_log.py`, in a ring of so many octets; the two
filters are in the database. A tool sets both filters at once, so an UPDATE with one of them is
refused, as OCF has it.
"""

from collections.abc import Mapping

import msgspec

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, Representation, with_common
from onboardee.device.resources.secure.common import bad_request, wire
from onboardee.device.resources.secure.stored import StoredResource
from onboardee.device.security.audit_log import MAX_SPACE, AuditLog
from onboardee.svrdb.model import AEL


class AelResource(StoredResource):
    """What happened, and the filters that say what is taken down.

    On the wire: `events`, each with its time, category, priority and message; `usedspace` and
    `maxspace` in octets; `categoryfilter` and `priorityfilter` as bit masks, 0 to let nothing in.
    """

    def __init__(self, log: AuditLog) -> None:
        super().__init__(AEL)
        self._log = log

    def version(self) -> object | None:
        """Promise nothing: what happens is in no database."""
        return None

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
        return super().update(call, payload)
