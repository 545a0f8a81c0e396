"""`/oic/sec/pstat`: the onboarding state and its modes (OCF Security 13.8)."""

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
    """Device onboarding state with the sign that a change is being carried out."""

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
    """Provisioning status, `/oic/sec/pstat` (OCF Security 13.8)."""

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
