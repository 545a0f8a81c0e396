"""How a device changes owners, and what it leaves the factory with: a profile's `ownership`.

These are the profile's words; what they come to in a database is made in
`device/security/factory.py`. They are checked by the checks of the database itself, so that a
profile that loads is one whose device can start.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from onboardee.device.access.periods import parse as parse_validity
from onboardee.device.simulation.manufacturer import Manufacturer
from onboardee.device.simulation.section import MisplacedError, Section
from onboardee.device.simulation.security_profile import SecurityProfile
from onboardee.svrdb.check import problems
from onboardee.svrdb.findings import ProblemCode
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    Ace,
    Acl2,
    Cred,
    Credential,
    CredentialType,
    Database,
    Doxm,
    Permanent,
    TransferMethod,
)

_FACTORY_PROBLEMS: Final = {
    ProblemCode.DUPLICATE_ACEID: "factory_access",
    ProblemCode.BAD_SUBJECT: "factory_access",
    ProblemCode.DUPLICATE_CREDID: "factory_credentials",
    ProblemCode.BAD_KEY_LENGTH: "factory_credentials",
}
"""Problems of a database that the profile's lists can cause, and which list it is."""


class OwnerTransferMethod(StrEnum):
    """Owner transfer methods, as profiles and the command line name them."""

    JUST_WORKS = "jw"
    """Nothing proves who takes ownership."""
    RANDOM_PIN = "rdp"
    """The tool has to know the PIN that the device shows (OCF Security 7.3.4)."""
    MANUFACTURER_CERTIFICATE = "mfgcert"
    """The device proves who made it (OCF Security 7.3.6)."""
    PRECONFIGURED_PIN = "preconfpin"
    """The tool has to know a PIN that is always the same: IoTivity's method."""

    @property
    def number(self) -> TransferMethod:
        """The method's number on the wire."""
        return {
            OwnerTransferMethod.JUST_WORKS: TransferMethod.JUST_WORKS,
            OwnerTransferMethod.RANDOM_PIN: TransferMethod.RANDOM_PIN,
            OwnerTransferMethod.MANUFACTURER_CERTIFICATE: TransferMethod.MANUFACTURER_CERTIFICATE,
            OwnerTransferMethod.PRECONFIGURED_PIN: TransferMethod.PRECONFIGURED_PIN,
        }[self]


class UuidPolicy(StrEnum):
    """Which UUID a device has after a factory reset."""

    KEEP = "keep"
    """The one it left the factory with."""
    NEW = "new"
    """A new random one (OCF 2.x, IoTivity-Lite)."""


class PinSettings(Section, frozen=True, kw_only=True):
    """The PIN of the random PIN method: how one is made, or which one it always is."""

    length: Annotated[int, msgspec.Meta(ge=4, le=32)] = 8
    """How many characters a random one has."""
    alphabet: Annotated[
        str, msgspec.Meta(min_length=2, max_length=62, pattern="^[0-9A-Za-z]*$")
    ] = "0123456789"
    """The characters it is made of."""
    fixed: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z]{4,32}$")] | None = None
    """Always this one. For experiments: no PIN that is known before is worth anything."""
    bare_hint: bool = False
    """Announce 16 octets of UUID alone, as IoTivity 2 does, not with IoTivity-Lite's prefix."""


class OwnershipSettings(Section, frozen=True, kw_only=True):
    """How the device changes owners."""

    methods: Annotated[tuple[OwnerTransferMethod, ...], msgspec.Meta(min_length=1)] = (
        OwnerTransferMethod.JUST_WORKS,
    )
    """`oxms`: the owner transfer methods, in the order in which they are offered."""
    pin: PinSettings = PinSettings()
    """How the PIN of the random PIN method is made."""
    manufacturer: Manufacturer | None = None
    """The certificate of the manufacturer certificate method."""
    security_profiles: Annotated[tuple[SecurityProfile, ...], msgspec.Meta(min_length=1)] = (
        SecurityProfile.BASELINE,
    )
    """Those that it supports; the first is in force on a new device (OCF Security 14.8)."""
    curve: Literal["P-256", "P-384"] = "P-256"
    """The curve of the device's key pair.

    With P-384 certificates of the device and of its peers may be on both curves, with the hashes
    SHA-256 and SHA-384, and the suite with AES-256-GCM and SHA-384 is offered first. OCF has P-256
    alone (Security 9.4.2); IoTivity-Lite can be told to take both.
    """
    uuid: UuidPolicy = UuidPolicy.KEEP
    """Which UUID the device has after a factory reset."""
    device_uuid: UUID | None = None
    """The UUID of a device that starts anew, instead of a random one.

    For the likeness of a certain device: two of them in one network could not be told apart.
    """
    temporary_uuid: bool = False
    """Hide the device UUID behind a temporary one until the device has an owner."""
    reset_delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 2.0
    """Seconds between the answer to a reset and the reset itself, so that the answer can leave."""
    idle_limit: Annotated[float, msgspec.Meta(ge=1, le=600)] = 180.0
    """Seconds that an ownership connection may say nothing before the transfer counts as given up.

    A CoAP exchange in a bad network is silent for up to 93 s (MAX_TRANSMIT_WAIT, RFC 7252 4.8.2).
    """
    transfer_limit: Annotated[float, msgspec.Meta(ge=10, le=3600)] = 300.0
    """Seconds that a transfer may take in all, until the device has an owner."""
    factory_access: tuple[Ace, ...] = ()
    """Access control entries of a device fresh from the factory, as in aclist2."""
    factory_credentials: Annotated[tuple[Credential, ...], msgspec.Meta(max_length=32)] = ()
    """Credentials of a device fresh from the factory, as in cred; octets are base64.

    The manufacturer's certificate is credential 1, and its trust anchors are credential 2.
    """

    @property
    def curves(self) -> tuple[str, ...]:
        """All curves on which certificates may be, that of the device's key pair first."""
        return ("P-384", "P-256") if self.curve == "P-384" else ("P-256",)

    def check(self) -> None:
        """Raise `ValueError` if a method lacks what it needs."""
        if (
            OwnerTransferMethod.MANUFACTURER_CERTIFICATE in self.methods
            and self.manufacturer is None
        ):
            raise ValueError("the method mfgcert needs ownership.manufacturer: chain and key")
        if OwnerTransferMethod.PRECONFIGURED_PIN in self.methods and self.pin.fixed is None:
            raise ValueError("the method preconfpin needs ownership.pin.fixed, or --pin")


def check_ownership(ownership: OwnershipSettings) -> None:
    """Raise `MisplacedError` for what the database of a device could not hold."""
    try:
        ownership.check()
    except ValueError as error:
        raise MisplacedError(str(error), "ownership", "methods") from error
    for problem in problems(_trial(ownership)):
        if problem.code in _FACTORY_PROBLEMS:
            part = _FACTORY_PROBLEMS[problem.code]
            raise MisplacedError(f"{part}: {problem.sentence}", "ownership", part)
    for place, entry in enumerate(ownership.factory_access):
        for pattern in entry.validity:
            try:
                parse_validity(pattern)
            except ValueError as error:
                path = ("ownership", "factory_access", place, "validity")
                raise MisplacedError(str(error), *path) from error


def _trial(ownership: OwnershipSettings) -> Database:
    """Make a database that has the factory's content, to see what is wrong with it."""
    nobody = Permanent(device=NIL, platform=NIL, original=NIL)
    taken = 0 if ownership.manufacturer is None else 2 - (ownership.manufacturer.trust is None)
    manufacturer = (
        Credential(credid=number, kind=CredentialType.CERTIFICATE, subject=ANY_SUBJECT)
        for number in range(1, taken + 1)
    )
    return Database(
        doxm=Doxm(methods=(), device_uuid=NIL),
        permanent=nobody,
        acl2=Acl2(entries=ownership.factory_access),
        cred=Cred(credentials=(*manufacturer, *ownership.factory_credentials)),
    )
