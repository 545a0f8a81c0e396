"""Exporting the records as JSON, and taking over the devices of an export.

An export is a backup for people who want to read it: every record, with its keys, or without them
to be shown to others. An import adds devices that are not known yet and changes none that are, so
that an old export cannot bring back a key that has been replaced since. A database without devices
takes over who the owner is; any other one keeps its own owner, and each imported device the owner
that it has.

An export names the version of its tables. An import builds a database of that version in memory,
brings it up to date by the same migrations as any file, and copies rows from there; so an export
of any age is read by one piece of code, and what does not fit the tables is found by SQLite
before anything of ours is changed.
"""

import base64
import binascii
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from onboardee.obt.database import ProvisioningDatabase, schema
from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.database.making import OWNER

FORMAT: Final = "onboardee provisioning database"
"""What the first member of every export says."""
TABLES: Final = (
    "identities",
    "devices",
    "addresses",
    "operations",
    "steps",
    "pairwise_credentials",
    "access_rules",
    "certificates",
    "authorities",
    "direct_pairings",
    "pairings",
)
"""In an order in which each row finds what it refers to."""
SECRETS: Final = {"devices": "owner_key", "steps": "secret", "direct_pairings": "pin"}
"""The column of a table that has a key, left empty without leave to show it."""
NOTHING_BUT_KEYS: Final = frozenset({"authorities", "pairings"})
"""Tables that are of no use without their keys, and are left out whole."""
OCTETS: Final = "base64"
"""The only name of a map that stands for octets."""

_Row = dict[str, Any]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """An export."""

    format: str
    tables: int
    """How many migrations the database had had."""
    records: dict[str, list[_Row]]


@dataclass(frozen=True, slots=True)
class ImportedRecords:
    """What came of an import: UUIDs of devices that are new, and of those that were known.

    UUIDs are text here, as they stand in the export; a known device is one of which nothing was
    taken.
    """

    added: tuple[str, ...]
    known: tuple[str, ...]


def export(database: ProvisioningDatabase, *, with_keys: bool = True) -> bytes:
    """Return all records; without keys nobody can do anything with the devices.

    The result is UTF-8 JSON with the version of the tables in it.
    """
    records: dict[str, list[_Row]] = {}
    with database.file.snapshot():
        for table in TABLES:
            if table in NOTHING_BUT_KEYS and not with_keys:
                continue
            rows = database.file.rows(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - ours
            hidden = None if with_keys else SECRETS.get(table)
            records[table] = [
                {name: _out(None if name == hidden else row[name]) for name in row.keys()}  # noqa: SIM118
                for row in rows
            ]
    document = Document(format=FORMAT, tables=database.file.version, records=records)
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def import_records(database: ProvisioningDatabase, content: bytes) -> ImportedRecords:
    """Add the devices of an export that are not known, with all that belongs to them.

    A database without devices takes over who the owner is. Raises `DatabaseError`; nothing is
    changed then.
    """
    with closing(_loaded(_document(content))) as source, database.transaction():
        taken = _Taking(database, source).run()
        _read_all(database)
    return taken


class _Taking:
    """Copies rows from one database to the other.

    Operations get numbers of this database, so what refers to them is translated on the way.
    """

    def __init__(self, database: ProvisioningDatabase, source: sqlite3.Connection) -> None:
        self._database = database
        self._source = source
        self._operations: dict[int, int] = {}

    def run(self) -> ImportedRecords:
        """Copy what is new, in an order in which each row finds what it refers to."""
        here = {str(each.uuid) for each in self._database.devices.all()}
        there = [row["uuid"] for row in self._rows("devices")]
        added = [each for each in there if each not in here]
        if not here:
            self._database.file.change("DELETE FROM identities WHERE name = ?", (OWNER,))
        for row in self._rows("identities"):
            self._insert("identities", row, "OR IGNORE ")
        for table in ("authorities", "pairings"):
            for row in self._rows(table):
                self._insert(table, row, "OR IGNORE ")
        self._take_history(set(added))
        for row in self._rows("devices"):
            if row["uuid"] in added:
                self._insert("devices", row)
        for table in ("addresses", "direct_pairings"):
            self._take(table, added)
        for table in ("pairwise_credentials", "access_rules", "certificates"):
            self._take(table, added)
        return ImportedRecords(tuple(added), tuple(each for each in there if each in here))

    def _take_history(self, added: set[str]) -> None:
        """Copy the operations that a new device was part of, with their steps."""
        for row in self._rows("operations"):
            number = row.pop("id")
            if added & set(msgspec.json.decode(row["devices"], type=list[str])):
                self._operations[number] = self._insert("operations", row)
        for row in self._rows("steps"):
            if row["operation"] in self._operations:
                self._insert("steps", {**row, "operation": self._operations[row["operation"]]})

    def _take(self, table: str, added: list[str]) -> None:
        """Copy the rows of one table that belong to new devices."""
        for row in self._rows(table):
            if row["device"] in added:
                row.pop("id", None)
                if "operation" in row:
                    row["operation"] = self._operations.get(row["operation"])
                self._insert(table, row)

    def _rows(self, table: str) -> list[_Row]:
        """Return the rows of one table, in the order in which they were made."""
        query = f"SELECT * FROM {table} ORDER BY rowid"  # noqa: S608 - one of ours
        return [dict(row) for row in self._source.execute(query)]

    def _insert(self, table: str, row: Mapping[str, Any], how: str = "") -> int:
        """Add a row to the database that is imported into; return its number."""
        return self._database.file.change(*_insertion(table, row, how))


def _document(content: bytes) -> Document:
    """Read an export, and check that it is one. Raises `DatabaseError`."""
    try:
        document = msgspec.json.decode(content, type=Document)
    except msgspec.DecodeError as error:
        raise DatabaseError(f"this is no export: {error}") from error
    if document.format != FORMAT:
        raise DatabaseError(f"this is no export: its format is {document.format!r}")
    if not 0 < document.tables <= len(schema.MIGRATIONS):
        raise DatabaseError(
            f"the export has tables of version {document.tables}, known are those up to "
            f"{len(schema.MIGRATIONS)}"
        )
    return document


def _loaded(document: Document) -> sqlite3.Connection:
    """Return the records in a database in memory, with the tables of today."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        for migration in schema.MIGRATIONS[: document.tables]:
            _run(connection, migration)
        for table in TABLES:
            columns = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
            for row in document.records.get(table, []):
                connection.execute(*_insertion(table, _values(table, row, columns)))
        for migration in schema.MIGRATIONS[document.tables :]:
            _run(connection, migration)
    except (sqlite3.Error, ValueError, binascii.Error) as error:
        connection.close()
        raise DatabaseError(f"the export does not fit together: {error}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _values(table: str, row: _Row, columns: set[str]) -> _Row:
    """Return a row with its octets. Raises `DatabaseError` for columns that no table has."""
    unknown = set(row) - columns
    if unknown:
        raise DatabaseError(f"the export has unknown columns in {table}")
    return {name: _in(value) for name, value in row.items()}


def _insertion(table: str, row: Mapping[str, Any], how: str = "") -> tuple[str, list[Any]]:
    """Return a statement; names of tables and columns are ours, values are not part of it."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    return f"INSERT {how}INTO {table} ({names}) VALUES ({marks})", [*row.values()]  # noqa: S608


def _run(connection: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    """Carry out the statements of one migration."""
    for statement in statements:
        connection.execute(statement)


def _read_all(database: ProvisioningDatabase) -> None:
    """Read each record, so that none comes in that is not one."""
    try:
        database.devices.all()
        database.credentials.all()
        database.rules.all()
        database.certificates.all()
        database.direct_pairings.all()
        database.pairings.all()
        for each in database.operations.unfinished():
            database.operations.steps(each.id)
        _ = database.owner
    except (ValueError, TypeError, KeyError, msgspec.MsgspecError) as error:
        raise DatabaseError(f"the export has a record that is none: {error}") from error


def _out(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, bytes):
        return {OCTETS: base64.b64encode(value).decode("ascii")}
    return value


def _in(value: object) -> object:
    """Return a value as SQLite has it. Raises `binascii.Error` for text that is not base64."""
    if isinstance(value, dict):
        return base64.b64decode(value.get(OCTETS, ""), validate=True)
    return value
