"""The tables of the provisioning database, and the migrations that lead to them.

`PRAGMA user_version` counts the migrations that a file has had. A migration is never changed after
it was released: a change of the tables is a further migration.

Where a value has a few forms only, the table says so (`CHECK`), so that a fault in the program
cannot write a state that no reader knows. What belongs to a device goes with it (`ON DELETE
CASCADE`) and follows its UUID; what others have for it only names it, and stays. Times are text
as `ProvisioningDatabase.now` returns it, UUIDs are text in lower case, keys are octets.
"""

from typing import Final

APPLICATION_ID: Final = 0x4F425444
"""In the header of the file (`PRAGMA application_id`): no other database is taken for one."""

_IDENTITIES: Final = """
CREATE TABLE identities (
    name TEXT PRIMARY KEY,
    uuid TEXT NOT NULL
)
"""
"""Who we are, by role: `owner`, and the one under which we pair."""

_DEVICES: Final = """
CREATE TABLE devices (
    uuid TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'owned', 'removing')),
    owner_key BLOB,
    name TEXT NOT NULL DEFAULT '',
    types TEXT NOT NULL DEFAULT '[]',
    method INTEGER,
    message_order TEXT NOT NULL DEFAULT 'lite',
    former_uuid TEXT,
    added_at TEXT NOT NULL,
    seen_at TEXT
)
"""
"""`owner_key` is NULL where it is not known, or was wiped with the device's removal."""

_ADDRESSES: Final = """
CREATE TABLE addresses (
    device TEXT NOT NULL REFERENCES devices (uuid) ON DELETE CASCADE ON UPDATE CASCADE,
    scheme TEXT NOT NULL CHECK (scheme IN ('coap', 'coaps')),
    number INTEGER NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    interface INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, scheme, number)
)
"""
"""`number` is the order in which they are tried."""

_OPERATIONS: Final = """
CREATE TABLE operations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    devices TEXT NOT NULL,
    options TEXT NOT NULL DEFAULT '{}',
    direction TEXT NOT NULL DEFAULT 'forward' CHECK (direction IN ('forward', 'undo')),
    result TEXT NOT NULL DEFAULT 'running'
        CHECK (result IN ('running', 'open', 'done', 'undone', 'failed', 'superseded')),
    message TEXT NOT NULL DEFAULT '',
    started_at TEXT NOT NULL,
    ended_at TEXT
)
"""
"""The history; `running` and `open` are those of which something remains."""

_STEPS: Final = """
CREATE TABLE steps (
    operation INTEGER NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    action TEXT NOT NULL,
    device TEXT NOT NULL,
    peer TEXT,
    body TEXT NOT NULL DEFAULT '{}',
    secret BLOB,
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'begun', 'done', 'undone')),
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (operation, number)
)
"""
"""Plans. A `begun` step may have been done: only the device knows."""

_CREDENTIALS: Final = """
CREATE TABLE pairwise_credentials (
    device TEXT NOT NULL REFERENCES devices (uuid) ON DELETE CASCADE ON UPDATE CASCADE,
    peer TEXT NOT NULL,
    credid INTEGER,
    bits INTEGER,
    state TEXT NOT NULL CHECK (state IN ('adding', 'present', 'deleting')),
    operation INTEGER REFERENCES operations (id) ON DELETE SET NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (device, peer)
)
"""
"""One side of a link in a row; `peer` need not be a device of ours."""

_RULES: Final = """
CREATE TABLE access_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL REFERENCES devices (uuid) ON DELETE CASCADE ON UPDATE CASCADE,
    subject TEXT,
    aceid INTEGER,
    rule TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('adding', 'present', 'deleting')),
    operation INTEGER REFERENCES operations (id) ON DELETE SET NULL,
    changed_at TEXT NOT NULL
)
"""
"""`rule` is the entry as it was sent, in JSON; `aceid` what the device called it."""

_CERTIFICATES: Final = """
CREATE TABLE certificates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('anchor', 'identity', 'role')),
    role TEXT NOT NULL DEFAULT '',
    role_authority TEXT NOT NULL DEFAULT '',
    serial TEXT NOT NULL,
    pem TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    revoked_at TEXT
)
"""
"""They name their device and do not refer to it, as they outlive its record."""

_AUTHORITIES: Final = """
CREATE TABLE authorities (
    name TEXT PRIMARY KEY,
    chain TEXT NOT NULL,
    private_key BLOB NOT NULL,
    crl_number INTEGER NOT NULL DEFAULT 0,
    made_at TEXT NOT NULL
)
"""
"""`crl_number` only grows: devices keep the list with the highest one."""

_DIRECT_PAIRINGS: Final = """
CREATE TABLE direct_pairings (
    device TEXT PRIMARY KEY REFERENCES devices (uuid) ON DELETE CASCADE ON UPDATE CASCADE,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    methods TEXT NOT NULL DEFAULT '[]',
    pin BLOB,
    rules TEXT NOT NULL DEFAULT '[]',
    configured_at TEXT NOT NULL
)
"""
"""How our own devices may be paired with."""

_PAIRINGS: Final = """
CREATE TABLE pairings (
    device TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    pairing_key BLOB NOT NULL,
    is_certain INTEGER NOT NULL CHECK (is_certain IN (0, 1)),
    host TEXT NOT NULL,
    secure_port INTEGER NOT NULL,
    plain_port INTEGER NOT NULL,
    interface INTEGER NOT NULL DEFAULT 0,
    paired_at TEXT NOT NULL
)
"""

_RELATION: Final = """
ALTER TABLE pairings ADD COLUMN relation TEXT NOT NULL DEFAULT 'paired'
    CHECK (relation IN ('paired', 'sub-owner'))
"""
"""Added for multiple ownership; what was there before was all paired."""

_INDEXES: Final = (
    "CREATE INDEX credentials_of_peer ON pairwise_credentials (peer)",
    "CREATE INDEX rules_of_device ON access_rules (device)",
    "CREATE INDEX rules_for_subject ON access_rules (subject)",
    "CREATE INDEX certificates_of_device ON certificates (device)",
    "CREATE INDEX unfinished_operations ON operations (result)",
)
"""For the questions that are asked of every device in turn."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        _IDENTITIES,
        _DEVICES,
        _ADDRESSES,
        _OPERATIONS,
        _STEPS,
        _CREDENTIALS,
        _RULES,
        _CERTIFICATES,
        _AUTHORITIES,
        _DIRECT_PAIRINGS,
        *_INDEXES,
    ),
    (_PAIRINGS,),
    (_RELATION,),
)
"""The statements of each migration, the first one from an empty file."""
