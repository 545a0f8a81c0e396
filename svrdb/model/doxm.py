"""`/oic/sec/doxm`: who owns the device, and how it changes owners (OCF Security 13.2).

A tool reads `oxms`, writes its choice to `oxmsel` without security, performs the handshake that the
choice stands for, and over that session (the device ownership connection, DOC) writes
`devowneruuid`, `deviceuuid` if it wants another, `rowneruuid`, and at the end `owned`. What may be
written when, by whom the gate lets in:

    property       RFOTM                       SRESET   other states
    ------------   -------------------------   ------   ------------
    oxmsel         unsecured, before the DOC   no       no
    owned          over the DOC                no       no
    deviceuuid     over the DOC                no       no
    devowneruuid   over the DOC                no       no
    rowneruuid     over the DOC                yes      no
    oxms, sct      no                          no       no
"""

import uuid
from enum import IntEnum
from typing import Final

import msgspec

from onboardee.svrdb.model.cred import CredentialType
from onboardee.svrdb.model.numbers import NIL, Number
from onboardee.svrdb.model.resource import (
    IN_REPAIR,
    IN_RFOTM,
    OWNER,
    Lite,
    Over,
    Right,
    SecurityResource,
)


class TransferMethod(IntEnum):
    """Owner transfer methods, doxm `oxms` and `oxmsel` (OCF Security 7.3).

    SELF is what `oxmsel` says while none was chosen. Vendors have the numbers from 0xFF00 on. Other
    numbers than these can be kept, but no handshake here goes with them.
    """

    JUST_WORKS = 0
    RANDOM_PIN = 1
    MANUFACTURER_CERTIFICATE = 2
    SELF = 4
    PRECONFIGURED_PIN = 0xFF00
    """IoTivity's own: a PIN that device and tool have known before."""


PIN_METHODS: Final = frozenset({TransferMethod.RANDOM_PIN, TransferMethod.PRECONFIGURED_PIN})
"""Those whose session has the key of a PIN."""


class Doxm(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "methods": "oxms",
        "selected_method": "oxmsel",
        "credential_types": "sct",
        "owner_uuid": "devowneruuid",
        "device_uuid": "deviceuuid",
        "resource_owner": "rowneruuid",
    },
):
    """Device owner transfer methods, `/oic/sec/doxm` (OCF Security 13.2).

    `methods` stand in the order in which they are offered, and tools choose in different ways:
    IoTivity's takes the last that it allows, plgd's goes by an order of its own. `credential_types`
    are bits of `CredentialType`; 9, the default, is pairwise keys and certificates. Owners that are
    nobody are nil.
    """

    methods: tuple[Number, ...]
    selected_method: Number = TransferMethod.SELF
    credential_types: Number = CredentialType.SYMMETRIC_PAIRWISE | CredentialType.CERTIFICATE
    owned: bool = False
    owner_uuid: uuid.UUID = NIL
    device_uuid: uuid.UUID
    resource_owner: uuid.UUID = NIL


DOXM: Final = SecurityResource(
    name="doxm",
    title="Device owner transfer methods",
    model=Doxm,
    rights={
        "oxmsel": Right(IN_RFOTM.states, Over.BEFORE_OWNERSHIP),
        "owned": IN_RFOTM,
        "deviceuuid": IN_RFOTM,
        "devowneruuid": IN_RFOTM,
        OWNER: IN_REPAIR,
    },
    is_profiled=True,
    lite=Lite(
        ("oxmsel", "sct", "owned", "devowneruuid", "deviceuuid", "rowneruuid"), has_type=True
    ),
)
