"""The resources an onboarding tool reads and writes, typed once; unknown properties are ignored."""

from enum import IntEnum, IntFlag
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from onboardee.obt.cbor import decode
from onboardee.obt.errors import PayloadError

T = TypeVar("T")
V = TypeVar("V", bound="View")

NIL = UUID(int=0)

DOXM = "/oic/sec/doxm"
PSTAT = "/oic/sec/pstat"
CRED = "/oic/sec/cred"
ACL2 = "/oic/sec/acl2"
ACL = "/oic/sec/acl"
SDI = "/oic/sec/sdi"
CSR = "/oic/sec/csr"
ROLES = "/oic/sec/roles"
CRL = "/oic/sec/crl"
SP = "/oic/sec/sp"
RES = "/oic/res"
DEVICE = "/oic/d"
MAINTENANCE = "/oic/mnt"

DOXM_TYPE = "oic.r.doxm"


class Method(IntEnum):
    """Owner transfer methods (OCF Security 13.2, `oxms`)."""

    JUST_WORKS = 0
    RANDOM_PIN = 1
    MANUFACTURER_CERTIFICATE = 2


class State(IntEnum):
    """Onboarding states (OCF Security 13.8, `dos.s`)."""

    RESET = 0
    RFOTM = 1
    RFPRO = 2
    RFNOP = 3
    SRESET = 4


class Permission(IntFlag):
    """What an access control entry permits (OCF Security 13.5)."""

    CREATE = 1
    RETRIEVE = 2
    UPDATE = 4
    DELETE = 8
    NOTIFY = 16


CLIENT_DIRECTED = 4
"""The bit of `om` and `sm` for provisioning by the client."""
OLD_CLIENT_DIRECTED = 3
"""The same in IoTivity 1.0 and 1.1, where `om` and `sm` were numbers of a list (OIC 1.0)."""
TAKE_OWNER = 2
"""The bit of `cm` and `tm` for taking ownership."""
PAIRWISE = 1
"""The `credtype` of a symmetric key shared by two."""
CERTIFICATE = 8
"""The `credtype` of a certificate, with or without its private key."""

TRUST_ANCHOR = "oic.sec.cred.trustca"
IDENTITY_CERTIFICATE = "oic.sec.cred.cert"
ROLE_CERTIFICATE = "oic.sec.cred.rolecert"
ANY_SUBJECT = "*"
PEM = "oic.sec.encoding.pem"


class View(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a representation."""


class Doxm(View, frozen=True, kw_only=True):
    """`/oic/sec/doxm` (OCF Security 13.2)."""

    methods: tuple[int, ...] = msgspec.field(name="oxms")
    selected: int = msgspec.field(name="oxmsel")
    credential_types: int = msgspec.field(name="sct")
    owned: bool
    device_uuid: UUID = msgspec.field(name="deviceuuid")
    owner_uuid: UUID = msgspec.field(name="devowneruuid")
    resource_owner: UUID = msgspec.field(name="rowneruuid")


class Dos(View, frozen=True, kw_only=True):
    """The onboarding state and whether it is about to change."""

    state: int = msgspec.field(name="s")
    pending: bool = msgspec.field(name="p", default=False)


class Pstat(View, frozen=True, kw_only=True):
    """`/oic/sec/pstat` (OCF Security 13.8)."""

    dos: Dos
    operational: bool = msgspec.field(name="isop")
    current_mode: int = msgspec.field(name="cm")
    target_mode: int = msgspec.field(name="tm")
    operation_mode: int = msgspec.field(name="om")
    supported_modes: int = msgspec.field(name="sm")
    resource_owner: UUID = msgspec.field(name="rowneruuid")


class EndpointView(View, frozen=True, kw_only=True):
    """One way to reach a resource."""

    uri: str = msgspec.field(name="ep")


class LinkView(View, frozen=True, kw_only=True):
    """One element of `/oic/res` (OCF Core 7.8.2)."""

    href: str
    types: tuple[str, ...] = msgspec.field(name="rt")
    interfaces: tuple[str, ...] = msgspec.field(name="if")
    anchor: str = ""
    endpoints: tuple[EndpointView, ...] = msgspec.field(name="eps", default=())


class DeviceView(View, frozen=True, kw_only=True):
    """`/oic/d` (OCF Core 11.3.4)."""

    device_uuid: UUID = msgspec.field(name="di")
    name: str = msgspec.field(name="n", default="")
    """Devices before OCF 1.0 may have none."""
    spec_version: str = msgspec.field(name="icv")


class CredentialView(View, frozen=True, kw_only=True):
    """A credential as a device shows it: without the secret."""

    credid: int
    kind: int = msgspec.field(name="credtype")
    subject: str = msgspec.field(name="subjectuuid")
    usage: str = msgspec.field(name="credusage", default="")
    public: Any = msgspec.field(name="publicdata", default=None)
    """A certificate, as the device writes it; unchecked."""


class Cred(View, frozen=True, kw_only=True):
    """`/oic/sec/cred` (OCF Security 13.3)."""

    credentials: tuple[CredentialView, ...] = msgspec.field(name="creds")
    resource_owner: UUID = msgspec.field(name="rowneruuid", default=NIL)


class Csr(View, frozen=True, kw_only=True):
    """`/oic/sec/csr`: a certificate signing request (OCF Security 13.6)."""

    request: Any = msgspec.field(name="csr")
    """Text, or octets if the encoding is DER."""
    encoding: str


class SecurityProfile(View, frozen=True, kw_only=True):
    """`/oic/sec/sp` (OCF Security 14.8)."""

    supported: tuple[str, ...] = msgspec.field(name="supportedprofiles")
    current: str = msgspec.field(name="currentprofile")


class RoleView(View, frozen=True, kw_only=True):
    """An asserted role: its credential."""

    credid: int
    kind: int = msgspec.field(name="credtype")


class Roles(View, frozen=True, kw_only=True):
    """`/oic/sec/roles` (OCF Security 13.7)."""

    roles: tuple[RoleView, ...]


class Subject(View, frozen=True, kw_only=True):
    """Whom a rule is for: a UUID, a role, or a kind of connection."""

    uuid: str | None = None
    role: str | None = None
    authority: str | None = None
    connection: str | None = msgspec.field(name="conntype", default=None)


class Target(View, frozen=True, kw_only=True):
    """What a rule is about: a path or a wildcard, with optional filters."""

    href: str | None = None
    wildcard: str | None = msgspec.field(name="wc", default=None)
    types: tuple[str, ...] = msgspec.field(name="rt", default=())
    interfaces: tuple[str, ...] = msgspec.field(name="if", default=())


class TimePattern(View, frozen=True, kw_only=True):
    """When a rule applies: a period, and how it recurs (RFC 5545 3.3.9 and 3.3.10)."""

    period: str
    recurrence: tuple[str, ...] = ()


class Rule(View, frozen=True, kw_only=True):
    """An access control entry; a device gives those without `aceid` one."""

    subject: Subject
    targets: tuple[Target, ...] = msgspec.field(name="resources")
    permission: int
    validity: tuple[TimePattern, ...] = ()
    """Without any it always applies, otherwise while one of them does."""
    aceid: int | None = None

    def says_the_same_as(self, other: "Rule") -> bool:
        """Tell whether two rules differ in their number at most."""
        return msgspec.structs.replace(self, aceid=other.aceid) == other


class Acl2(View, frozen=True, kw_only=True):
    """`/oic/sec/acl2` (OCF Security 13.5)."""

    rules: tuple[Rule, ...] = msgspec.field(name="aclist2")
    resource_owner: UUID = msgspec.field(name="rowneruuid", default=NIL)


def read(payload: bytes, kind: type[T]) -> T:
    """Decode an answer's payload. Raises `PayloadError`."""
    try:
        return msgspec.convert(decode(payload), kind)
    except msgspec.ValidationError as error:
        raise PayloadError(str(error)) from error


def wire(rule: Rule) -> dict[str, Any]:
    """Return the rule as it is sent."""
    body: dict[str, Any] = msgspec.to_builtins(rule)
    return body


def certificate(usage: str, pem: str) -> dict[str, Any]:
    """Return a certificate without a private key as it is sent; the device knows the key."""
    return {
        "credtype": CERTIFICATE,
        "credusage": usage,
        "subjectuuid": ANY_SUBJECT,
        "publicdata": {"data": pem, "encoding": PEM},
    }
