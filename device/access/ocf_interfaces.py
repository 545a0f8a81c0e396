"""OCF's interfaces: the views of a resource, and what each lets a client do (OCF Core 7.6)."""

from typing import Final

BASELINE: Final = "oic.if.baseline"
LINKS: Final = "oic.if.ll"
BATCH: Final = "oic.if.b"
READ: Final = "oic.if.r"
READ_WRITE: Final = "oic.if.rw"
WRITE: Final = "oic.if.w"
ACTUATOR: Final = "oic.if.a"
SENSOR: Final = "oic.if.s"

RETRIEVING: Final = frozenset({BASELINE, LINKS, BATCH, READ, READ_WRITE, ACTUATOR, SENSOR})
"""Those that a resource can be read by."""

UPDATING: Final = frozenset({BASELINE, BATCH, READ_WRITE, WRITE, ACTUATOR})
"""Those that a resource can be changed by."""

KNOWN: Final = RETRIEVING | UPDATING
OF_COLLECTIONS: Final = frozenset({LINKS, BATCH})
"""Those that need links."""
