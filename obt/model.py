"""The resources an onboarding tool reads and writes, typed once; unknown properties are ignored.

This is a second model of the security resources, on purpose. The devices of this repository have
their own (`onboardee.svrdb.model`), and a tool that shared it would agree with them in every
mistake; written again from the specification (OCF Security 13), it finds them out. So some classes
here have the names of classes there. They are not the same: a device has to have all properties and
to check what is written to it, a tool reads the few that it needs, from devices of any maker, and
is lenient about the rest.
"""

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


class TransferMethod(IntEnum):
    """Owner transfer methods (OCF Security 13.2, `oxms`)."""

    JUST_WORKS = 0
    RANDOM_PIN = 1
    MANUFACTURER_CERTIFICATE = 2


class State(IntEnum):
    """Onboarding states (OCF Security 13.8, `dos.s`).

    The tool leads a device from RFOTM by RFPRO to RFNOP. RESET and SRESET are states that a device
    passes through by itself.
    """

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
    """A part of a representation.

    Properties that a device tells beyond those named here are ignored, and one that is missing
    without a default makes the whole answer a wrong one (`PayloadError`).
    """


class Doxm(View, frozen=True, kw_only=True):
    """`/oic/sec/doxm` (OCF Security 13.2)."""

    methods: tuple[int, ...] = msgspec.field(name="oxms")
    """`oxms`: the transfer methods that the device offers, as numbers; unknown ones are left as
    they are."""
    selected: int = msgspec.field(name="oxmsel")
    """`oxmsel`: the method that was selected last, by whom ever; 4 where none was, in some
    devices."""
    credential_types: int = msgspec.field(name="sct")
    """`sct`: which kinds of credentials it can have, a bit each."""
    owned: bool
    device_uuid: UUID = msgspec.field(name="deviceuuid")
    """Who the device is; it may change with each transfer and each reset."""
    owner_uuid: UUID = msgspec.field(name="devowneruuid")
    """Nil as long as nobody owns it."""
    resource_owner: UUID = msgspec.field(name="rowneruuid")
    """Who may write this resource; the owner, once there is one."""


class Dos(View, frozen=True, kw_only=True):
    """The onboarding state and whether it is about to change."""

    state: int = msgspec.field(name="s")
    """A number of `State`; one that is not known there is left to whoever asks."""
    pending: bool = msgspec.field(name="p", default=False)
    """The device is still on the way into that state."""


class Pstat(View, frozen=True, kw_only=True):
    """`/oic/sec/pstat` (OCF Security 13.8)."""

    dos: Dos
    operational: bool = msgspec.field(name="isop")
    """The device serves its users."""
    current_mode: int = msgspec.field(name="cm")
    """What is being done to the device, a bit each (OCF Security 13.8); nothing looks at it today
    but tools of OIC 1.1."""
    target_mode: int = msgspec.field(name="tm")
    """What is to be done to it."""
    operation_mode: int = msgspec.field(name="om")
    """Who directs it; `CLIENT_DIRECTED` if we do."""
    supported_modes: int = msgspec.field(name="sm")
    """Who can."""
    resource_owner: UUID = msgspec.field(name="rowneruuid")
    """Who may write this resource."""


class EndpointView(View, frozen=True, kw_only=True):
    """One way to reach a resource."""

    uri: str = msgspec.field(name="ep")
    """Such as `coaps://[fe80::1]:5684`, unchecked."""


class LinkView(View, frozen=True, kw_only=True):
    """One element of `/oic/res` (OCF Core 7.8.2)."""

    href: str
    types: tuple[str, ...] = msgspec.field(name="rt")
    interfaces: tuple[str, ...] = msgspec.field(name="if")
    anchor: str = ""
    """`ocf://` and the UUID of the device that the link is of; empty in devices before OCF 1.0."""
    endpoints: tuple[EndpointView, ...] = msgspec.field(name="eps", default=())
    """All that the device tells, of both schemes."""


class DeviceView(View, frozen=True, kw_only=True):
    """`/oic/d` (OCF Core 11.3.4)."""

    device_uuid: UUID = msgspec.field(name="di")
    name: str = msgspec.field(name="n", default="")
    """Devices before OCF 1.0 may have none."""
    spec_version: str = msgspec.field(name="icv")
    """Such as `ocf.2.2.5`."""


class CredentialView(View, frozen=True, kw_only=True):
    """A credential as a device shows it: without the secret."""

    credid: int
    """The number by which the device knows it; it chooses that itself."""
    kind: int = msgspec.field(name="credtype")
    """`PAIRWISE` or `CERTIFICATE`, or another bit of `sct`."""
    subject: str = msgspec.field(name="subjectuuid")
    """Whom the credential is about: a UUID, or `*` for a trust anchor."""
    usage: str = msgspec.field(name="credusage", default="")
    """What a certificate is for; empty for a key."""
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
    """Names of profiles, such as `oic.sec.sp.baseline`."""
    current: str = msgspec.field(name="currentprofile")
    """The one that the device works by."""


class RoleView(View, frozen=True, kw_only=True):
    """An asserted role: its credential."""

    credid: int
    kind: int = msgspec.field(name="credtype")


class Roles(View, frozen=True, kw_only=True):
    """`/oic/sec/roles` (OCF Security 13.7)."""

    roles: tuple[RoleView, ...]


class Subject(View, frozen=True, kw_only=True):
    """Whom a rule is for: a UUID, a role, or a kind of connection.

    Exactly one of UUID, role and connection is set in what we write; what devices show is taken as
    it is.
    """

    uuid: str | None = None
    """A device, or the owner; text, as some devices write `*` here."""
    role: str | None = None
    """Whoever has asserted a role of this name."""
    authority: str | None = None
    """Who gives that role, where the name alone does not say it."""
    connection: str | None = msgspec.field(name="conntype", default=None)
    """`anon-clear` for anybody in the clear, `auth-crypt` for anybody with a session."""


class Target(View, frozen=True, kw_only=True):
    """What a rule is about: a path or a wildcard, with optional filters."""

    href: str | None = None
    """A path; None where a wildcard stands instead."""
    wildcard: str | None = msgspec.field(name="wc", default=None)
    """`*` for all resources, `+` for all that are discoverable by a secured endpoint, `-` for those
    by an unsecured one."""
    types: tuple[str, ...] = msgspec.field(name="rt", default=())
    """Only resources of one of these types, if there are any."""
    interfaces: tuple[str, ...] = msgspec.field(name="if", default=())
    """Only by one of these interfaces, if there are any."""


class TimePattern(View, frozen=True, kw_only=True):
    """When a rule applies: a period, and how it recurs (RFC 5545 3.3.9 and 3.3.10)."""

    period: str
    """Two times, or a time and a duration, with a slash between them."""
    recurrence: tuple[str, ...] = ()
    """`RRULE` values; without any, the period alone counts."""


class Rule(View, frozen=True, kw_only=True):
    """An access control entry; a device gives those without `aceid` one.

    The same class is read from devices and written to them. Rules that are equal but for their
    number are one rule to us: a plan that is repeated finds what it gave (`says_the_same_as`).
    """

    subject: Subject
    targets: tuple[Target, ...] = msgspec.field(name="resources")
    permission: int
    """Bits of `Permission`."""
    validity: tuple[TimePattern, ...] = ()
    """Without any it always applies, otherwise while one of them does."""
    aceid: int | None = None
    """The number that the device gave to it; None in one that is about to be sent."""

    def says_the_same_as(self, other: "Rule") -> bool:
        """Tell whether two rules differ in their number at most."""
        return msgspec.structs.replace(self, aceid=other.aceid) == other


class Acl2(View, frozen=True, kw_only=True):
    """`/oic/sec/acl2` (OCF Security 13.5)."""

    rules: tuple[Rule, ...] = msgspec.field(name="aclist2")
    resource_owner: UUID = msgspec.field(name="rowneruuid", default=NIL)


def read(payload: bytes, kind: type[T]) -> T:
    """Decode an answer's payload. Raises `PayloadError`.

    `kind` is a `View`, or whatever msgspec converts to: `object` for a resource of which nothing is
    known, a list of views for `/oic/res`.
    """
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
