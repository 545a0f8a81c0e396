"""`/oic/sec/ael`: what the audit log takes up.

Only the filters are kept. The log itself is in memory (`onboardee.device.security.audit_log`): if
it were on the disk, each refused request of a stranger would be a write to it.

Filters are changed in the provisioning states; a POST in RFNOP is refused with 4.03, as
IoTivity-Lite does. IoTivity has no such resource.
"""

from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.resource import (
    IN_PROVISIONING,
    Lite,
    Permission,
    Season,
    SecurityResource,
    State,
)


class Ael(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"categories": "categoryfilter", "priority": "priorityfilter"},
):
    """What the audit log, `/oic/sec/ael`, takes up: bits of categories, and the least priority.

    Categories are the bits 1 (access control), 8 (authentication), 64 (communication) and others up
    to 128; priority 0 is the most urgent, and 4, the default, takes up everything.
    """

    categories: Annotated[int, msgspec.Meta(ge=0, le=255)] = 255
    priority: Annotated[int, msgspec.Meta(ge=0, le=4)] = 4


AEL: Final = SecurityResource(
    name="ael",
    title="Audit log filters",
    model=Ael,
    rights={"categoryfilter": IN_PROVISIONING, "priorityfilter": IN_PROVISIONING},
    # A POST is refused as a whole, before it is asked which properties are in it.
    seasons={
        Permission.UPDATE: Season(
            frozenset({State.RFNOP}), "4.03", "the filters are not changed now"
        )
    },
    lite=Lite(has_type=True),
    is_iotivitys=False,
)
