"""What a device keeps: the secure virtual resources, typed once.

    Database
      doxm   who owns the device               OCF Security 13.2
      pstat  in which onboarding state it is   OCF Security 13.8
      cred   keys, PINs, certificates          OCF Security 13.3
      acl2   who may do what                   OCF Security 12.2
      sp     the security profile              OCF Security 14.8
      sdi, crl, ael                            security domain, revocations, audit filters
      pconf  who may pair by a PIN             IoTivity 1.1
      owners who owns it beside its owner      IoTivity 1.3; shown as a part of doxm
      con    what clients configured           OCF Core 11.3; not below /oic/sec
      con_revision                             how often that was changed
      software                                 which software it has, and an update of it
      created_changes                          how often resources came and went, by collection
      values                                   what clients wrote that the profile keeps
      permanent                                identifiers that a reset does not touch
      identity_key                             the private half of the device's key pair
      curves                                   on which curves keys of certificates are
      next_uuid                                what a temporary device UUID is replaced by
      reset_profile                            what a reset brings back
      foreign                                  what an import brought along for an export

Each resource has a file: the structure of what is kept, and a descriptor with the rest that is
known of it (`svrdb.model.resource`). `csr`, `roles` and `dpairing` have a descriptor alone.

Attribute names are plain words; the names of the OCF Security Specification (`rowneruuid`,
`aclist2`, ...) appear only here, as the `rename` of each structure, so that they are translated in
one place and files, answers and the editor say the same.

All values are immutable: a change makes a new `Database`, and a `Store` decides when that one
becomes the current one. So a request that is refused half-way has changed nothing, and a reader in
another thread sees one database whole.

>>> from msgspec.structs import replace
>>> doxm = replace(database.doxm, owned=True)
>>> changed = replace(database, doxm=doxm)
>>> database.doxm.owned, changed.doxm.owned
(False, True)

The structures check types and ranges when a database is read; nothing checks what code builds,
which is why a store reads back what it writes. Whether the parts fit together is for `svrdb.check`.
"""

from onboardee.svrdb.model.acl2 import (
    ANY_SUBJECT,
    WILDCARDS,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Subject,
    TimePattern,
)
from onboardee.svrdb.model.ael import AEL, Ael
from onboardee.svrdb.model.con import Con, LocalName
from onboardee.svrdb.model.created import MAX_CREATED, MAX_REP, Created, CreatedResource
from onboardee.svrdb.model.cred import (
    FOR_OSCORE,
    KEY_SIZES,
    MAX_PIN,
    OSCORE_ID_DIGITS,
    WITH_KEY_PAIRS,
    Cred,
    Credential,
    CredentialType,
    CredentialUsage,
    Encoding,
    OptionalData,
    OscoreContext,
    PrivateData,
    PublicData,
    RoleId,
)
from onboardee.svrdb.model.crl import CRL, Crl
from onboardee.svrdb.model.database import (
    KEPT,
    OWNED_RESOURCES,
    PARTS,
    SECURITY_RESOURCES,
    Database,
    Foreign,
    Permanent,
    ResetProfile,
    ResetUuid,
)
from onboardee.svrdb.model.doxm import DOXM, PIN_METHODS, Doxm, TransferMethod
from onboardee.svrdb.model.numbers import NIL, is_same_identity
from onboardee.svrdb.model.owners import ENTRY_OWNER, Owners, SharingMode
from onboardee.svrdb.model.pconf import (
    PCONF,
    PairingMethod,
    PairingRule,
    PairingTarget,
    Pconf,
)
from onboardee.svrdb.model.pstat import PSTAT, Dos, Pstat
from onboardee.svrdb.model.resource import (
    IN_REPAIR,
    OWNER,
    UNLESS_RESETTING,
    DatabasePart,
    Over,
    Permission,
    Right,
    Season,
    SecurityResource,
    State,
)
from onboardee.svrdb.model.sdi import SDI, Sdi
from onboardee.svrdb.model.software import Software, UpdateAction, UpdateResult, UpdateState
from onboardee.svrdb.model.sp import BASELINE_PROFILE, BLACK_PROFILE, PROFILE_NAMES, SP, Sp

__all__ = [
    "AEL",
    "ANY_SUBJECT",
    "BASELINE_PROFILE",
    "BLACK_PROFILE",
    "CRL",
    "DOXM",
    "ENTRY_OWNER",
    "FOR_OSCORE",
    "IN_REPAIR",
    "KEPT",
    "KEY_SIZES",
    "MAX_CREATED",
    "MAX_PIN",
    "MAX_REP",
    "NIL",
    "OSCORE_ID_DIGITS",
    "OWNED_RESOURCES",
    "OWNER",
    "PARTS",
    "PCONF",
    "PIN_METHODS",
    "PROFILE_NAMES",
    "PSTAT",
    "SDI",
    "SECURITY_RESOURCES",
    "SP",
    "UNLESS_RESETTING",
    "WILDCARDS",
    "WITH_KEY_PAIRS",
    "Ace",
    "AceResource",
    "Acl2",
    "Ael",
    "Con",
    "Connection",
    "Created",
    "CreatedResource",
    "Cred",
    "Credential",
    "CredentialType",
    "CredentialUsage",
    "Crl",
    "Database",
    "DatabasePart",
    "Dos",
    "Doxm",
    "Encoding",
    "Foreign",
    "LocalName",
    "OptionalData",
    "OscoreContext",
    "Over",
    "Owners",
    "PairingMethod",
    "PairingRule",
    "PairingTarget",
    "Pconf",
    "Permanent",
    "Permission",
    "PrivateData",
    "Pstat",
    "PublicData",
    "ResetProfile",
    "ResetUuid",
    "Right",
    "RoleId",
    "Sdi",
    "Season",
    "SecurityResource",
    "SharingMode",
    "Software",
    "Sp",
    "State",
    "Subject",
    "TimePattern",
    "TransferMethod",
    "UpdateAction",
    "UpdateResult",
    "UpdateState",
    "is_same_identity",
]
