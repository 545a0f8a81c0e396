"""What a device keeps: the secure virtual resources, typed once.

Attribute names are plain words; the names of the OCF Security Specification (`rowneruuid`,
`aclist2`, ...) appear only here, as the `rename` of each structure. All values are immutable: a
change makes a new `Database`, and a `Store` decides when that one becomes the truth.
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
from onboardee.svrdb.model.cred import (
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
from onboardee.svrdb.model.doxm import DOXM, Doxm, TransferMethod
from onboardee.svrdb.model.numbers import NIL, is_same_identity
from onboardee.svrdb.model.pstat import PSTAT, Dos, Pstat
from onboardee.svrdb.model.resource import (
    IN_REPAIR,
    OWNER,
    UNLESS_RESETTING,
    Over,
    Part,
    Permission,
    Right,
    Season,
    SecurityResource,
    State,
)
from onboardee.svrdb.model.sdi import SDI, Sdi
from onboardee.svrdb.model.sp import BASELINE_PROFILE, SP, Sp

__all__ = [
    "AEL",
    "ANY_SUBJECT",
    "BASELINE_PROFILE",
    "CRL",
    "DOXM",
    "IN_REPAIR",
    "KEPT",
    "KEY_SIZES",
    "MAX_PIN",
    "NIL",
    "OWNED_RESOURCES",
    "OWNER",
    "PARTS",
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
    "Over",
    "Part",
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
    "Sp",
    "State",
    "Subject",
    "TimePattern",
    "TransferMethod",
    "is_same_identity",
]
