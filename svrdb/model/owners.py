"""Multiple ownership: sub-owners beside the owner of the device (IoTivity 1.3).

IoTivity keeps and shows it as two properties of doxm, and marks entries of cred and acl2 with who
wrote them. It is a part of its own here, so that doxm is OCF's on a device that does without. What
is kept has the names of IoTivity 1.2, which have no dots; 1.3 put `x.org.iotivity.` before them.
"""

import uuid
from enum import IntEnum
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.numbers import Number
from onboardee.svrdb.model.resource import UNLESS_RESETTING, DatabasePart, Over, Right, State

MODE: Final = "x.org.iotivity.mom"
"""The property of doxm that says whether there may be further sub-owners."""
SUB_OWNERS: Final = "x.org.iotivity.subowneruuid"
"""The property of doxm that names them."""
ENTRY_OWNER: Final = "x.org.iotivity.eowneruuid"
"""The property of an entry of cred or acl2 that names the sub-owner whose entry it is."""
PREFIX: Final = "x.org.iotivity."
"""What IoTivity 1.3 put before the names of 1.2."""
PIN_USAGE: Final = "x.org.iotivity.sec.cred.pcp"
"""The `credusage` of the PIN by which sub-owners join, if it is a pre-configured one."""

MAX_SUB_OWNERS: Final = 16
"""The most that any database has room for; a profile may allow fewer."""


class SharingMode(IntEnum):
    """Whether further sub-owners may join, doxm `x.org.iotivity.mom`."""

    DISABLED = 0
    ENABLED = 1
    TIMELY = 2
    """IoTivity's client offers it as not supported yet; its servers take it for ENABLED."""


class Owners(
    msgspec.Struct, frozen=True, kw_only=True, rename={"mode": "mom", "sub_owners": "subowneruuid"}
):
    """Who owns the device beside its owner, and whether others may join them."""

    mode: Number = SharingMode.DISABLED
    sub_owners: Annotated[tuple[uuid.UUID, ...], msgspec.Meta(max_length=MAX_SUB_OWNERS)] = ()

    @property
    def is_open(self) -> bool:
        """Whether others may join."""
        return self.mode != SharingMode.DISABLED


OWNERS: Final = DatabasePart(name="owners", title="Multiple ownership")

SHARED_RIGHTS: Final = {
    MODE: UNLESS_RESETTING,
    SUB_OWNERS: UNLESS_RESETTING,
    "oxmsel": Right(frozenset({State.RFOTM, State.RFPRO}), Over.BEFORE_OWNERSHIP),
}
"""Rights of doxm on a device with multiple ownership that others do not have."""
