"""What a device keeps: the secure virtual resources, typed once.

Attribute names are plain words; the names of the OCF Security Specification (`rowneruuid`,
`aclist2`, ...) appear only here, as the `rename` of each structure. All values are immutable: a
change makes a new `Database`, and a `Store` decides when that one becomes the truth.
"""

import uuid
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Final

import msgspec

NIL: Final = uuid.UUID(int=0)
"""The UUID that stands for "nobody". It is never equal to an identity: see `is_same_identity`."""

ANY_SUBJECT: Final = "*"


def is_same_identity(one: uuid.UUID | None, other: uuid.UUID | None) -> bool:
    """Compare two identities; nobody (None, nil) is not even the same as itself."""
    return one is not None and one == other and one != NIL


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


class CredentialType(IntEnum):
    """Kinds of credentials, cred `credtype` (OCF Security 13.3)."""

    SYMMETRIC_PAIRWISE = 1
    SYMMETRIC_GROUP = 2
    ASYMMETRIC = 4
    CERTIFICATE = 8
    PIN = 16
    ASYMMETRIC_ENCRYPTION = 32


class CredentialUsage(StrEnum):
    """What a certificate is for, cred `credusage` (OCF Security 13.3)."""

    TRUST_ANCHOR = "oic.sec.cred.trustca"
    IDENTITY = "oic.sec.cred.cert"
    ROLE = "oic.sec.cred.rolecert"
    MANUFACTURER_ANCHOR = "oic.sec.cred.mfgtrustca"
    MANUFACTURER = "oic.sec.cred.mfgcert"


class Permission(IntFlag):
    """Bits of an access control entry's `permission` (OCF Security 12.2)."""

    CREATE = 1
    RETRIEVE = 2
    UPDATE = 4
    DELETE = 8
    NOTIFY = 16


class Encoding(StrEnum):
    """How the `data` of a credential is written."""

    RAW = "oic.sec.encoding.raw"
    BASE64 = "oic.sec.encoding.base64"
    PEM = "oic.sec.encoding.pem"
    DER = "oic.sec.encoding.der"
    HANDLE = "oic.sec.encoding.handle"
    JWT = "oic.sec.encoding.jwt"
    CWT = "oic.sec.encoding.cwt"
    URI = "oic.sec.encoding.uri"


class Connection(StrEnum):
    """Connection types an access control entry may name as its subject."""

    AUTHENTICATED = "auth-crypt"
    ANYONE = "anon-clear"


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

    methods: tuple[int, ...]
    selected_method: int = TransferMethod.SELF
    credential_types: int = CredentialType.SYMMETRIC_PAIRWISE | CredentialType.CERTIFICATE
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
    current_mode: int = 2
    target_mode: int = 0
    operation_mode: int = 3
    supported_modes: int = 4
    is_operational: bool = False
    resource_owner: uuid.UUID = NIL

    @property
    def state(self) -> State:
        """The onboarding state, without the wire's nesting."""
        return self.dos.state


class PublicData(msgspec.Struct, frozen=True, kw_only=True):
    """The public part of a credential: certificates as PEM text, or base64 text of DER."""

    data: str = ""
    encoding: Encoding = Encoding.PEM


class PrivateData(msgspec.Struct, frozen=True, kw_only=True):
    """The secret part of a credential, decoded: raw octets of a key, or PEM text of one."""

    data: bytes = b""
    encoding: Encoding = Encoding.RAW

    def __repr__(self) -> str:
        return f"<secret {len(self.data)} bytes>"


class OptionalData(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"is_revoked": "revstat"}
):
    """What is known of a credential's revocation."""

    is_revoked: bool
    data: str | None = None
    encoding: Encoding | None = None


class RoleId(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role that a symmetric credential stands for."""

    role: str
    authority: str | None = None


class Credential(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={
        "kind": "credtype",
        "subject": "subjectuuid",
        "usage": "credusage",
        "public": "publicdata",
        "private": "privatedata",
        "optional": "optionaldata",
        "role": "roleid",
        "refresh_methods": "crms",
    },
):
    """One entry of `/oic/sec/cred` (OCF Security 13.3). `subject` is a UUID's text or `*`."""

    credid: Annotated[int, msgspec.Meta(ge=1)]
    kind: int
    subject: str
    usage: str | None = None
    public: PublicData | None = None
    private: PrivateData | None = None
    optional: OptionalData | None = None
    role: RoleId | None = None
    period: str | None = None
    refresh_methods: tuple[str, ...] = ()
    tag: str | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether it was marked as no longer valid."""
        return self.optional is not None and self.optional.is_revoked


class Cred(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"credentials": "creds", "resource_owner": "rowneruuid"},
):
    """Credentials, `/oic/sec/cred`."""

    credentials: tuple[Credential, ...] = ()
    resource_owner: uuid.UUID = NIL


class Subject(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"connection": "conntype"}
):
    """Whom an access control entry is about: exactly one of UUID text, role or connection type."""

    uuid: str | None = None
    role: str | None = None
    authority: str | None = None
    connection: Connection | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.uuid, self.role, self.connection)) != 1:
            raise ValueError("a subject is exactly one of uuid, role and conntype")


class AceResource(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={"wildcard": "wc", "types": "rt", "interfaces": "if"},
):
    """What an access control entry is about: a path or a wildcard, with optional filters."""

    href: str | None = None
    wildcard: str | None = None
    types: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


class TimePattern(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When an entry applies: a period, and the rules by which it recurs (RFC 5545 3.3.9-10)."""

    period: str
    recurrence: tuple[str, ...] = ()


class Ace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access control entry of `/oic/sec/acl2` (OCF Security 12.2)."""

    aceid: Annotated[int, msgspec.Meta(ge=1)]
    subject: Subject
    resources: tuple[AceResource, ...]
    permission: Annotated[int, msgspec.Meta(ge=0, le=31)]
    validity: tuple[TimePattern, ...] = ()
    """Without any the entry always applies, otherwise while one of them does."""
    tag: str | None = None


class Acl2(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"entries": "aclist2", "resource_owner": "rowneruuid"},
):
    """Access control list, `/oic/sec/acl2`."""

    entries: tuple[Ace, ...] = ()
    resource_owner: uuid.UUID = NIL


BASELINE_PROFILE: Final = "1.3.6.1.4.1.51414.0.0.1.0"


class Sp(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"current": "currentprofile", "supported": "supportedprofiles"},
):
    """Security profile, `/oic/sec/sp` (OCF Security 14.8)."""

    current: str = BASELINE_PROFILE
    supported: tuple[str, ...] = (BASELINE_PROFILE,)


class Sdi(
    msgspec.Struct, frozen=True, kw_only=True, rename={"domain": "uuid", "is_private": "priv"}
):
    """Security domain information, `/oic/sec/sdi`."""

    domain: uuid.UUID = NIL
    name: str = ""
    is_private: bool = False


class Crl(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"number": "crlid", "updated": "thisupdate", "data": "crldata"},
):
    """Revoked certificates, `/oic/sec/crl`: base64 text of the list's DER."""

    number: int = 0
    updated: str = ""
    data: str = ""


class Ael(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"categories": "categoryfilter", "priority": "priorityfilter"},
):
    """What the audit log, `/oic/sec/ael`, takes up: bits of categories, and the least priority."""

    categories: Annotated[int, msgspec.Meta(ge=0, le=255)] = 255
    priority: Annotated[int, msgspec.Meta(ge=0, le=4)] = 4


ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class LocalName(msgspec.Struct, frozen=True, kw_only=True):
    """The device's name in one language (RFC 5646)."""

    language: ShortText
    value: ShortText


class Con(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={
        "name": "n",
        "location": "loc",
        "location_name": "locn",
        "currency": "c",
        "region": "r",
        "local_names": "ln",
        "default_language": "dl",
    },
):
    """What clients configured, `/oic/con` (OCF Core 11.3). None: as it left the factory."""

    name: ShortText | None = None
    location: tuple[Latitude, Longitude] | None = None
    location_name: ShortText | None = None
    currency: ShortText | None = None
    region: ShortText | None = None
    local_names: Annotated[tuple[LocalName, ...], msgspec.Meta(max_length=16)] | None = None
    default_language: ShortText | None = None


class Permanent(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"device": "piid", "platform": "pi", "original": "deviceuuid"},
):
    """Identifiers that a reset does not touch."""

    device: uuid.UUID
    platform: uuid.UUID
    original: uuid.UUID
    """The device UUID it left the factory with."""


class ResetUuid(StrEnum):
    """Which device UUID a reset gives."""

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
    """A part of another stack's database that means nothing here, kept for the way back."""

    place: tuple[str, ...]
    """A resource's name there, then property names; an entry by its id and subject."""
    content: bytes
    """One CBOR item; where the place is a resource, its octets as they were."""

    def __repr__(self) -> str:
        return f"<foreign {'/'.join(self.place)}, {len(self.content)} bytes>"


class Database(msgspec.Struct, frozen=True, kw_only=True, rename={"reset_profile": "resetpf"}):
    """Everything one device keeps over a restart."""

    doxm: Doxm
    permanent: Permanent
    pstat: Pstat = Pstat()
    cred: Cred = Cred()
    acl2: Acl2 = Acl2()
    sp: Sp = Sp()
    sdi: Sdi = Sdi()
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

    @property
    def state(self) -> State:
        """The onboarding state."""
        return self.pstat.state
