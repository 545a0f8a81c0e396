"""`/oic/sec/pstat`: the onboarding state and its modes (OCF Security 13.8).

`dos.s` is written to change the state, which is how each phase of onboarding ends; what the other
properties then become is in `svrdb.onboarding`. `om` and `tm` are from the time when a device could
provision itself from services (server-directed); they are stored as they are written and cause
nothing, but tools read them.

pstat can be observed, so that a tool that does not itself change the state learns of it.
"""

import uuid
from typing import Final

import msgspec

from onboardee.svrdb.model.numbers import NIL, Number
from onboardee.svrdb.model.resource import (
    IN_REPAIR,
    OWNER,
    UNLESS_RESETTING,
    Lite,
    SecurityResource,
    State,
)


class Dos(msgspec.Struct, frozen=True, kw_only=True, rename={"pending": "p", "state": "s"}):
    """Device onboarding state with the sign that a change is being carried out.

    A tool sends `s` alone, or `p` along with it, which is passed over. A new device waits for an
    owner: RFOTM.
    """

    pending: bool = False
    state: State = State.RFOTM


class Pstat(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "current_mode": "cm",
        "target_mode": "tm",
        "operation_mode": "om",
        "supported_modes": "sm",
        "is_operational": "isop",
        "resource_owner": "rowneruuid",
    },
):
    """Provisioning status, `/oic/sec/pstat` (OCF Security 13.8).

    `cm` and `tm` are the bits of the current and the target mode:

        1  manufacturer reset      16  provisioning of access management services
        2  take ownership          32  provisioning of local access rules
        8  provisioning of         64  software version validation
             credential services  128  secure software update

    `om` and `sm` those of the operational mode, chosen and supported (1 and 2 server-directed, 4
    client-directed). The default `om` 3 is IoTivity-Lite's.
    """

    dos: Dos = Dos()
    current_mode: Number = 2
    target_mode: Number = 0
    operation_mode: Number = 3
    supported_modes: Number = 4
    is_operational: bool = False
    resource_owner: uuid.UUID = NIL

    @property
    def state(self) -> State:
        """The onboarding state, without the wire's nesting."""
        return self.dos.state


PSTAT: Final = SecurityResource(
    name="pstat",
    title="Provisioning status",
    model=Pstat,
    rights={
        "dos": UNLESS_RESETTING,
        "tm": UNLESS_RESETTING,
        "om": UNLESS_RESETTING,
        OWNER: IN_REPAIR,
    },
    observable=True,
    is_profiled=True,
    lite=Lite(("dos", "cm", "tm", "om", "sm", "isop", "rowneruuid"), has_type=True),
)
