"""The whole of what one device keeps, and what a reset brings back of it.

One value for all, because changes of several resources belong together: naming an owner touches
doxm, pstat, cred and acl2, and a device that had done half of it when the power went would be owned
by nobody and closed to everybody. IoTivity writes each resource on its own and can end there.

A new member needs a default, so that a file of an earlier version can be read.
"""

import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from onboardee.svrdb.model.acl2 import ACL2, Acl2
from onboardee.svrdb.model.ael import AEL, Ael
from onboardee.svrdb.model.amacl import AMACL, Amacl
from onboardee.svrdb.model.computed import CSR, DPAIRING, ROLES
from onboardee.svrdb.model.con import Con
from onboardee.svrdb.model.created import CREATED, Created
from onboardee.svrdb.model.cred import CRED, Cred, PrivateData
from onboardee.svrdb.model.crl import CRL, Crl
from onboardee.svrdb.model.doxm import DOXM, Doxm
from onboardee.svrdb.model.owners import OWNERS, Owners
from onboardee.svrdb.model.pconf import PCONF, Pconf
from onboardee.svrdb.model.pstat import PSTAT, Pstat
from onboardee.svrdb.model.resource import DatabasePart, SecurityResource, State
from onboardee.svrdb.model.sdi import SDI, Sdi
from onboardee.svrdb.model.software import SOFTWARE, Software
from onboardee.svrdb.model.sp import SP, Sp

SECURITY_RESOURCES: Final[tuple[SecurityResource, ...]] = (
    DOXM,
    PSTAT,
    ACL2,
    CRED,
    CSR,
    ROLES,
    CRL,
    AEL,
    SP,
    SDI,
    PCONF,
    DPAIRING,
)
"""All that a device can have below `/oic/sec`, in the order in which they are listed."""

KEPT: Final = tuple(each for each in SECURITY_RESOURCES if each.model is not None)
"""Those that are a part of the database, as the field of their name."""

OWNED_RESOURCES: Final = tuple(
    each.name for each in KEPT if each.has_owner and not each.is_optional
)
"""The names of those that have an owner of their own, a `rowneruuid`, on every device."""

_PERMANENT: Final = DatabasePart(name="permanent", title="Identifiers that outlive a reset")

PARTS: Final[Mapping[str, DatabasePart]] = {
    each.name: each
    for each in (
        *KEPT,
        OWNERS,
        AMACL,
        CREATED,
        SOFTWARE,
        _PERMANENT,
    )
}
"""What people may look at and change of a database, by name: the words that follow `svr show` and
with which the paths of `svr set` begin."""


class Permanent(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"device": "piid", "platform": "pi", "original": "deviceuuid"},
):
    """Identifiers that a reset does not touch (OCF Core 11.1).

    `piid` is permanent for the device, `pi` for the platform it is part of. Both are what a tool
    has to recognise a device by after a reset gave it another `deviceuuid`.
    """

    device: uuid.UUID
    platform: uuid.UUID
    original: uuid.UUID
    """The device UUID it left the factory with."""


class ResetUuid(StrEnum):
    """Which device UUID a reset gives: the point on which stacks differ most.

    Tools that kept the old UUID lose a device that has a new one, and tools that expect a new one
    take a kept one for a reset that failed. Both are to be tried out against a simulated device.
    """

    KEEP = "keep"
    """The one of the reset profile (IoTivity since 1.3)."""
    NEW = "new"
    """A new random one (OCF 2.x, IoTivity-Lite, IoTivity 1.2)."""


class ResetProfile(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"is_uuid_hidden": "temporaryuuid", "uuid": "uuidpolicy"},
):
    """What a reset brings back (IoTivity's `resetpf`); nobody owns the device that it describes.

    What is not in it, a reset gives its default value.
    """

    doxm: Doxm
    """Its `deviceuuid` is the one that is restored; nil means a new one at each reset."""
    pstat: Pstat = Pstat()
    cred: Cred = Cred()
    acl2: Acl2 = Acl2()
    sp: Sp = Sp()
    uuid: ResetUuid = ResetUuid.KEEP
    is_uuid_hidden: bool = False
    """Whether the device shows a temporary UUID until it has an owner."""


class Foreign(msgspec.Struct, frozen=True, kw_only=True):
    """A part of another stack's database that means nothing here, kept for the way back.

    An import and an export of an unchanged database give the file that came in. Its `repr` has no
    content: what a foreign stack keeps may be secret.
    """

    place: tuple[str, ...]
    """A resource's name there, then property names; an entry by its id and subject."""
    content: bytes
    """One CBOR item; where the place is a resource, its octets as they were."""

    def __repr__(self) -> str:
        return f"<foreign {'/'.join(self.place)}, {len(self.content)} bytes>"


class Database(msgspec.Struct, frozen=True, kw_only=True, rename={"reset_profile": "resetpf"}):
    """Everything one device keeps over a restart.

    What is not here does not survive: sessions, observations, asserted roles, the audit log, values
    of simulated sensors.
    """

    doxm: Doxm
    permanent: Permanent
    pstat: Pstat = Pstat()
    cred: Cred = Cred()
    acl2: Acl2 = Acl2()
    sp: Sp = Sp()
    sdi: Sdi = Sdi()
    pconf: Pconf = Pconf()
    owners: Owners = Owners()
    amacl: Amacl = Amacl()
    crl: Crl = Crl()
    identity_key: PrivateData = PrivateData()
    """The private half of the device's key pair; without octets until it is first needed."""
    ael: Ael = Ael()
    next_uuid: uuid.UUID | None = None
    """What replaces a temporary device UUID as soon as the device has an owner."""
    reset_profile: ResetProfile | None = None
    """What a reset brings back; None: a device of an earlier version, or it was dropped."""
    foreign: tuple[Foreign, ...] = ()
    """What an import brought along and only an export needs; no device behaviour depends on it."""
    con: Con = Con()
    con_revision: int = 0
    """How often clients have changed `con`: what tells its state from one that looked the same."""
    created: Created = Created()
    created_changes: dict[str, int] = {}
    """How often resources were created or deleted, by the path of the collection."""
    software: Software = Software()
    values: dict[str, dict[str, Any]] = {}
    """What clients wrote to properties that the profile keeps, by path and name; as JSON has it."""
    curves: tuple[str, ...] = ("P-256",)
    """On which curves certificates may be, that of the device's own key pair first.

    As the transfer methods they follow the profile at each start.
    """

    @property
    def state(self) -> State:
        """The onboarding state."""
        # not by way of `Pstat.state`: it is asked for a dozen times in a request
        return self.pstat.dos.state
