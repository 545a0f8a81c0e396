"""Who owns a device and which state it is in: `/oic/sec/doxm` and `/oic/sec/pstat`."""

import uuid
from enum import IntEnum

import msgspec

from onboardee.svrdb.model.credentials import CredentialType
from onboardee.svrdb.model.numbers import NIL, Number


class State(IntEnum):
    """Device onboarding state, pstat `dos.s` (OCF Security 8)."""

    RESET = 0
    RFOTM = 1
    RFPRO = 2
    RFNOP = 3
    SRESET = 4


class TransferMethod(IntEnum):
    """Owner transfer methods, doxm `oxms` and `oxmsel` (OCF Security 7.3)."""

    JUST_WORKS = 0
    RANDOM_PIN = 1
    MANUFACTURER_CERTIFICATE = 2
    SELF = 4


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
    """Device owner transfer methods, `/oic/sec/doxm` (OCF Security 13.2)."""

    methods: tuple[Number, ...]
    selected_method: Number = TransferMethod.SELF
    credential_types: Number = CredentialType.SYMMETRIC_PAIRWISE | CredentialType.CERTIFICATE
    owned: bool = False
    owner_uuid: uuid.UUID = NIL
    device_uuid: uuid.UUID
    resource_owner: uuid.UUID = NIL


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
