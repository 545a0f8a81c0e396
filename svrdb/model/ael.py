"""`/oic/sec/ael`: what the audit log takes up."""

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
    """What the audit log, `/oic/sec/ael`, takes up: bits of categories, and the least priority."""

    categories: Annotated[int, msgspec.Meta(ge=0, le=255)] = 255
    priority: Annotated[int, msgspec.Meta(ge=0, le=4)] = 4


AEL: Final = SecurityResource(
    name="ael",
    title="Audit log filters",
    model=Ael,
    rights={"categoryfilter": IN_PROVISIONING, "priorityfilter": IN_PROVISIONING},
    seasons={
        Permission.UPDATE: Season(
            frozenset({State.RFNOP}), "4.03", "the filters are not changed now"
        )
    },
    lite=Lite(has_type=True),
    is_iotivitys=False,
)
