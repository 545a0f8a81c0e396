"""`/oic/sec/pconf`: how a second client pairs with the device by a PIN (IoTivity 1.1)."""

import uuid
from enum import IntEnum
from typing import Annotated, Final

import msgspec

from onboardee.svrdb.model.numbers import NIL, Number
from onboardee.svrdb.model.resource import IN_REPAIR, OWNER, UNLESS_RESETTING, SecurityResource

PIN_SIZE: Final = 8
"""Octets of the PIN, which are characters that people type."""


class PairingMethod(IntEnum):
    """Where the PIN of Direct Pairing comes from, pconf `prm`."""

    PRE_CONFIGURED_PIN = 1
    RANDOM_PIN = 2


class PairingTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is about: a path, or `*` for all."""

    href: str


class PairingRule(msgspec.Struct, frozen=True, kw_only=True, rename={"periods": "prds"}):
    """What a paired device may do, and when: one element of pconf `pdacl`."""

    resources: tuple[PairingTarget, ...]
    permission: Annotated[int, msgspec.Meta(ge=0, le=31)]
    periods: tuple[str, ...] = ()
    recurrence: tuple[str, ...] = ()


class Pconf(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "is_enabled": "edp",
        "methods": "prm",
        "rules": "pdacl",
        "paired": "pddev",
        "resource_owner": "rowneruuid",
    },
):
    """Pairing configuration, `/oic/sec/pconf`."""

    is_enabled: bool = False
    methods: tuple[Number, ...] = ()
    pin: Annotated[bytes, msgspec.Meta(max_length=PIN_SIZE)] = b""
    """The pre-configured one."""
    rules: tuple[PairingRule, ...] = ()
    """What each device gets that pairs."""
    paired: tuple[uuid.UUID, ...] = ()
    """Those that have paired."""
    resource_owner: uuid.UUID = NIL


PCONF: Final = SecurityResource(
    name="pconf",
    title="Direct Pairing",
    model=Pconf,
    rights={
        "edp": UNLESS_RESETTING,
        "prm": UNLESS_RESETTING,
        "pin": UNLESS_RESETTING,
        "pdacl": UNLESS_RESETTING,
        OWNER: IN_REPAIR,
    },
    is_optional=True,
    is_iotivitys=False,
)
