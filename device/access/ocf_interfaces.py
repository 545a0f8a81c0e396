"""OCF's interfaces: the views of a resource, and what each lets a client do (OCF Core 7.6).

Not to be confused with network interfaces (`device/net/interfaces.py`). A request names one as
`?if=`; without that the first interface of the resource holds. The sets below say which operations
an interface allows, and are used where requests are read, where resources are described, and where
profiles are checked.
"""

from typing import Final

BASELINE: Final = "oic.if.baseline"
"""All properties, with `rt` and `if`."""
LINKS: Final = "oic.if.ll"
"""The links of a collection."""
BATCH: Final = "oic.if.b"
"""All linked resources in one request."""
CREATE: Final = "oic.if.create"
"""What clients create in a collection (OCF Core 7.6.3.9)."""
READ: Final = "oic.if.r"
"""Properties, to be read."""
READ_WRITE: Final = "oic.if.rw"
"""Properties, to be read and written."""
WRITE: Final = "oic.if.w"
"""Properties, to be written only."""
ACTUATOR: Final = "oic.if.a"
"""Properties of what acts, to be read and written."""
SENSOR: Final = "oic.if.s"
"""Properties of what measures, to be read."""

RETRIEVING: Final = frozenset({BASELINE, LINKS, BATCH, READ, READ_WRITE, ACTUATOR, SENSOR})
"""Those that a resource can be read by."""

UPDATING: Final = frozenset({BASELINE, BATCH, READ_WRITE, WRITE, ACTUATOR})
"""Those that a resource can be changed by."""

CREATING: Final = frozenset({CREATE})
"""Those by which a POST makes another resource, and changes none."""

KNOWN: Final = RETRIEVING | UPDATING | CREATING
"""All that the device has an idea of."""
OF_COLLECTIONS: Final = frozenset({LINKS, BATCH, CREATE})
"""Those that need links."""
