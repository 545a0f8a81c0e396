"""`/oic/sec/cred`: keys, PINs and certificates (OCF Security 13.3).

A credential is about a subject, and used for one thing:

    credtype   credusage          used for
    --------   ----------------   ------------------------------------------------------
    1          -                  the PSK of a peer, whose DTLS identity is its UUID
    8          trustca            the anchor of peers' identity and role certificates
    8          cert               what an owned device shows of itself
    8          mfgcert            what it shows without a `cert`, and in the owner transfer
    8          rolecert           what gives the device itself a role; kept for others
    8          mfgtrustca         kept: a device verifies no manufacturer certificates
    2, 4, 16,  any                kept, and told back
      32
    64, 128,   -                  kept, and told back: the device does not speak OSCORE
      256

The private part never leaves the device: it is in the file, and in no answer, log or error
(`PrivateData.__repr__`). A GET has an empty one in its place.

`kind` and `usage` are open in type, so that the database of another stack can be read whatever it
holds; `svrdb.content` tells what is not known here.
"""

import uuid
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from onboardee.svrdb.model.numbers import NIL, EntryId, Number
from onboardee.svrdb.model.resource import (
    IN_PROVISIONING,
    IN_REPAIR,
    OWNER,
    Lite,
    Permission,
    Season,
    SecurityResource,
    State,
)

KEY_SIZES: Final = (16, 32)
"""Octets of a symmetric key: 128 or 256 bits (OCF Security 13.3)."""

MAX_PIN: Final = 64
"""Octets of a PIN or password."""


class CredentialType(IntEnum):
    """Kinds of credentials, cred `credtype` (OCF Security 13.3).

    Each is a bit, as doxm `sct` is the sum of those that a device supports.
    """

    SYMMETRIC_PAIRWISE = 1
    SYMMETRIC_GROUP = 2
    ASYMMETRIC = 4
    CERTIFICATE = 8
    PIN = 16
    ASYMMETRIC_ENCRYPTION = 32
    OSCORE = 64
    OSCORE_GROUP_CLIENT = 128
    OSCORE_GROUP_SERVER = 256


FOR_OSCORE: Final = frozenset(
    {
        CredentialType.OSCORE,
        CredentialType.OSCORE_GROUP_CLIENT,
        CredentialType.OSCORE_GROUP_SERVER,
    }
)
"""Those that nothing here uses: messages are protected by DTLS alone."""
OSCORE_ID_DIGITS: Final = 14
"""Hexadecimal digits of a sender's or recipient's id: 7 octets (OCF Security 13.3)."""

WITH_KEY_PAIRS: Final = frozenset(
    {
        CredentialType.ASYMMETRIC,
        CredentialType.CERTIFICATE,
        CredentialType.ASYMMETRIC_ENCRYPTION,
    }
)
"""Those whose private part is the private half of a key pair."""


class CredentialUsage(StrEnum):
    """What a certificate is for, cred `credusage` (OCF Security 13.3).

    OIC 1.1 had other texts (`trust_ca`, `primary_cert`, ...), which its view translates.
    """

    TRUST_ANCHOR = "oic.sec.cred.trustca"
    IDENTITY = "oic.sec.cred.cert"
    ROLE = "oic.sec.cred.rolecert"
    MANUFACTURER_ANCHOR = "oic.sec.cred.mfgtrustca"
    MANUFACTURER = "oic.sec.cred.mfgcert"


class Encoding(StrEnum):
    """How the `data` of a credential is written.

    Raw and DER are octets, base64 and PEM are texts on the wire. The last four come from other
    stacks; nothing here reads them.
    """

    RAW = "oic.sec.encoding.raw"
    BASE64 = "oic.sec.encoding.base64"
    PEM = "oic.sec.encoding.pem"
    DER = "oic.sec.encoding.der"
    HANDLE = "oic.sec.encoding.handle"
    JWT = "oic.sec.encoding.jwt"
    CWT = "oic.sec.encoding.cwt"
    URI = "oic.sec.encoding.uri"


class PublicData(msgspec.Struct, frozen=True, kw_only=True):
    """The public part of a credential: certificates as PEM text, or base64 text of DER.

    A chain begins with the certificate itself and goes up from there.
    """

    data: str = ""
    encoding: Encoding = Encoding.PEM


class PrivateData(msgspec.Struct, frozen=True, kw_only=True):
    """The secret part of a credential, decoded: raw octets of a key, or PEM text of one.

    Whatever form a symmetric key was written in, its octets are kept, so that nobody who uses it
    has to decode. Its `repr` tells the length alone.
    """

    data: bytes = b""
    encoding: Encoding = Encoding.RAW

    def __repr__(self) -> str:
        return f"<secret {len(self.data)} bytes>"


class OptionalData(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"is_revoked": "revstat"}
):
    """What is known of a credential's revocation, and octets that another stack put beside it."""

    is_revoked: bool
    data: str | None = None
    encoding: Encoding | None = None


class RoleId(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role that a symmetric credential stands for; a session with that key has the role."""

    role: str
    authority: str | None = None


class OscoreContext(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename={
        "sender": "senderid",
        "recipient": "recipientid",
        "sequence_number": "ssn",
        "description": "desc",
    },
):
    """What an OSCORE security context has beside its secret, cred `oscore` (oic.sec.oscoretype).

    The ids are 14 hexadecimal digits in lower case. `sequence_number` is the next one that this
    device would send with (RFC 8613 3.2.2); it stays what it is, as nothing is ever sent. Which
    members there are follows from the type of the credential:

        type   senderid   recipientid   ssn   desc
        ----   --------   -----------   ---   ----
        64     yes        yes           yes   no      with one peer
        128    yes        no            yes   maybe   what a client sends to a group
        256    no         yes           no    maybe   what a server of the group receives
    """

    sender: str | None = None
    recipient: str | None = None
    sequence_number: Number | None = None
    description: str | None = None


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
        "entry_owner": "eowneruuid",
    },
):
    """One entry of `/oic/sec/cred` (OCF Security 13.3). `subject` is a UUID's text or `*`.

    `credid` is 1 or more and tells the entry from others; an UPDATE with a known one replaces the
    entry. `period` is an RFC 5545 period outside which the credential is not used; None is no
    limit. `role` belongs to a symmetric key, and every session that is opened with that key has it.
    `refresh_methods`, `tag` and `oscore` are kept for others. `entry_owner` is the sub-owner whose
    entry it is, None if it is the owner's.
    """

    credid: EntryId
    kind: Number
    subject: str
    usage: str | None = None
    public: PublicData | None = None
    private: PrivateData | None = None
    optional: OptionalData | None = None
    role: RoleId | None = None
    oscore: OscoreContext | None = None
    period: str | None = None
    refresh_methods: tuple[str, ...] = ()
    tag: str | None = None
    entry_owner: uuid.UUID | None = None

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
    """Credentials, `/oic/sec/cred`.

    Several keys of one subject are possible; how many entries a peer may write at all is bounded
    where it writes them.
    """

    credentials: tuple[Credential, ...] = ()
    resource_owner: uuid.UUID = NIL


CRED: Final = SecurityResource(
    name="cred",
    title="Credentials",
    model=Cred,
    entries="creds",
    entry="credential",
    rights={"creds": IN_PROVISIONING, OWNER: IN_REPAIR},
    seasons={
        Permission.DELETE: Season(
            frozenset({State.RFNOP, State.RESET}), "4.03", "credentials are not removed now"
        )
    },
    is_profiled=True,
    lite=Lite(has_type=True),
)
