"""The secure-virtual-resource database: what a device keeps, and how it keeps it safely.

A database (`Database`) is one immutable value with the security resources of a device, its
identifiers and its reset profile. A store (`Store`) holds one on the disk and exchanges it as a
whole. Everything else is functions from a database to another one, or to what can be said of it;
they read no file and know no time.

    model        the structures, one file a resource, with OCF's names and rights
    store        current database, commit; below it disk, journal, contents, files, storage
    state_file   the databases of many devices in one file of SQLite, in place of directories;
                   locations tells by a path which of the two it is, moving goes between them
    codec        a database as JSON or CBOR; damage tells where a file is damaged
    snapshots    databases kept under names; recovery puts one in place of the current
    check,       what is wrong with a database: what a device depends on; what is doubtful;
      advice,      entries of no use. repairs and mends do something about it
      content
    editor       changes as people write them: paths, entries, owners, states
    formats      the databases of IoTivity and IoTivity-Lite, in and out
    reset_profile, onboarding, seed, validity, acl_version1
                 what a reset leaves; what states begin with; UUIDs; periods; OIC 1.1

A device's database is looked at and changed in this way (`read_existing` takes no lock):

>>> from onboardee.svrdb import editor, open_existing, read_existing
>>> editor.get(read_existing("kitchen"), "doxm.owned")
False
>>> with open_existing("kitchen") as store:
...     store.commit(editor.put(store.current, "doxm.oxmsel", "0"))
"""

from onboardee.svrdb.advice import advise, worsened
from onboardee.svrdb.check import problems
from onboardee.svrdb.codec import CBOR, JSON, Codec
from onboardee.svrdb.difference import Difference, differences
from onboardee.svrdb.directories import open_directory, open_existing, read_existing
from onboardee.svrdb.errors import (
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreMissing,
    StoreUnavailable,
)
from onboardee.svrdb.findings import Finding, ProblemCode, Severity
from onboardee.svrdb.memory_storage import MemoryStorage, PowerCut
from onboardee.svrdb.model import (
    ANY_SUBJECT,
    NIL,
    Ace,
    AceResource,
    Acl2,
    Connection,
    Cred,
    Credential,
    CredentialType,
    Database,
    Dos,
    Doxm,
    Encoding,
    Foreign,
    Permanent,
    Permission,
    PrivateData,
    Pstat,
    PublicData,
    ResetProfile,
    ResetUuid,
    RoleId,
    Sdi,
    Sp,
    State,
    Subject,
    TransferMethod,
    is_same_identity,
)
from onboardee.svrdb.plain import plain
from onboardee.svrdb.recovery import restore
from onboardee.svrdb.repairs import RepairMeans, repair
from onboardee.svrdb.reset_profile import profile_of, reset
from onboardee.svrdb.seed import uuid_from_seed
from onboardee.svrdb.snapshots import (
    Snapshot,
    list_snapshots,
    read_journal,
    read_named,
    read_previous,
    read_snapshot,
    remove_snapshot,
    take_automatic,
    take_snapshot,
)
from onboardee.svrdb.storage import DirectoryStorage, Storage
from onboardee.svrdb.store import Store

__all__ = [
    "ANY_SUBJECT",
    "CBOR",
    "JSON",
    "NIL",
    "Ace",
    "AceResource",
    "Acl2",
    "Codec",
    "Connection",
    "Cred",
    "Credential",
    "CredentialType",
    "Database",
    "Difference",
    "DirectoryStorage",
    "Dos",
    "Doxm",
    "Encoding",
    "Finding",
    "Foreign",
    "MemoryStorage",
    "Permanent",
    "Permission",
    "PowerCut",
    "PrivateData",
    "ProblemCode",
    "Pstat",
    "PublicData",
    "RepairMeans",
    "ResetProfile",
    "ResetUuid",
    "RoleId",
    "Sdi",
    "Severity",
    "Snapshot",
    "Sp",
    "State",
    "Storage",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreLocked",
    "StoreMissing",
    "StoreUnavailable",
    "Subject",
    "TransferMethod",
    "advise",
    "differences",
    "is_same_identity",
    "list_snapshots",
    "open_directory",
    "open_existing",
    "plain",
    "problems",
    "profile_of",
    "read_existing",
    "read_journal",
    "read_named",
    "read_previous",
    "read_snapshot",
    "remove_snapshot",
    "repair",
    "reset",
    "restore",
    "take_automatic",
    "take_snapshot",
    "uuid_from_seed",
    "worsened",
]
