"""What a device keeps: the secure virtual resources, typed once.

Attribute names are plain words; the names of the OCF Security Specification (`rowneruuid`,
`aclist2`, ...) appear only here, as the `rename` of each structure. All values are immutable: a
change makes a new `Database`, and a `Store` decides when that one becomes the truth.
"""

from onboardee.svrdb.model.access import (
    ANY_SUBJECT,
    WILDCARDS,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Permission,
    Subject,
    TimePattern,
)
from onboardee.svrdb.model.credentials import (
    KEY_SIZES,
    MAX_PIN,
    WITH_KEY_PAIRS,
    Cred,
    Credential,
    CredentialType,
    CredentialUsage,
    Encoding,
    OptionalData,
    PrivateData,
    PublicData,
    RoleId,
)
from onboardee.svrdb.model.database import (
    OWNED_RESOURCES,
    Database,
    Foreign,
    Permanent,
    ResetProfile,
    ResetUuid,
)
from onboardee.svrdb.model.numbers import NIL, is_same_identity
from onboardee.svrdb.model.others import BASELINE_PROFILE, Ael, Con, Crl, LocalName, Sdi, Sp
from onboardee.svrdb.model.ownership import Dos, Doxm, Pstat, State, TransferMethod

__all__ = [
    "ANY_SUBJECT",
    "BASELINE_PROFILE",
    "KEY_SIZES",
    "MAX_PIN",
    "NIL",
    "OWNED_RESOURCES",
    "WILDCARDS",
    "WITH_KEY_PAIRS",
    "Ace",
    "AceResource",
    "Acl2",
    "Ael",
    "Con",
    "Connection",
    "Cred",
    "Credential",
    "CredentialType",
    "CredentialUsage",
    "Crl",
    "Database",
    "Dos",
    "Doxm",
    "Encoding",
    "Foreign",
    "LocalName",
    "OptionalData",
    "Permanent",
    "Permission",
    "PrivateData",
    "Pstat",
    "PublicData",
    "ResetProfile",
    "ResetUuid",
    "RoleId",
    "Sdi",
    "Sp",
    "State",
    "Subject",
    "TimePattern",
    "TransferMethod",
    "is_same_identity",
]
