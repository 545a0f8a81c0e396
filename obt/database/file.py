"""One SQLite file: who may write it and when, and what is durable after which call.

The file is in WAL mode with `synchronous=FULL`, so what a transaction wrote is on the disk when the
transaction has ended, whatever happens to the process afterwards, and a transaction that did not
end leaves nothing. Who writes for many devices side by side lets them share syncs (`later_syncs`).
One process at a time changes the file; any number read it meanwhile.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from onboardee.obt.database import schema
from onboardee.obt.database.errors import DatabaseError
from onboardee.obt.database.later_syncs import LaterSyncs, sync_journal
from onboardee.obt.database.lock import WriterLock

PATIENCE: Final = 3.0
"""Seconds that another process's short change is waited for."""
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
"""The bits of a mode by which anybody but the owner of a file may use it."""
HEADER: Final = b"SQLite format 3\0"
"""What every SQLite file begins with."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    # keys that were deleted are not to be found in free pages
    "PRAGMA secure_delete = ON",
)
"""How each connection works; `fullfsync` makes a sync reach the disk on macOS, too."""

Row = sqlite3.Row


class DatabaseFile:
    """The connection. All methods raise `DatabaseError`.

    `writing` holds the lock of this process for as long as an operation lasts and may be entered
    again within; `transaction` is what makes changes durable. Reading needs neither.
    """

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        """Open the file, make it if there is none, and bring its tables up to date.

        `patience` are seconds that another process's change is waited for. Raises `DatabaseError`
        for what is no database, is another program's, or has tables of a later version.
        """
        self.path: Final = path
        self._lock = WriterLock(path, patience=patience)
        self._depth = 0
        self._later: LaterSyncs | None = None
        self._connection: sqlite3.Connection | None = None
        try:
            _prepare(path)
            self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
            self._connection.row_factory = Row
            self._require_ours()
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise DatabaseError(f"{path} cannot be read: {error}") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what transactions wrote is in it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._lock.release()

    @property
    def version(self) -> int:
        """How many migrations the file has had."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return what a query finds."""
        try:
            return self._open.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise DatabaseError(f"{self.path} cannot be read: {error}") from error

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Carry out a statement within a transaction; return the number of the row inserted."""
        assert self._open.in_transaction, "a change is part of a transaction"
        try:
            return self._open.execute(statement, values).lastrowid or 0
        except sqlite3.Error as error:
            raise DatabaseError(f"{self.path} cannot be written: {error}") from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep all other processes from changing the file.

        Raises `DatabaseBusyError` if one of them is about it and does not soon end.
        """
        if not self._depth:
            self._lock.acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes within durable at the end, or none if something is raised.

        A transaction within another one is part of it.
        """
        if self._open.in_transaction:
            yield
            return
        with self.writing():
            self._execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with suppress(sqlite3.Error):
                    self._open.execute("ROLLBACK")
                raise
            self._execute("COMMIT")
            if self._later is not None:
                self._later.note()
            self.committed()

    @contextmanager
    def syncing_later(self) -> Iterator[None]:
        """Let transactions end without a sync: who needs them durable waits for `synced`.

        It is for the running event loop. At the end all of them are synced. A commit still waits
        for the disk where SQLite moves its journal into the file. After a sync that failed none
        succeeds any more, and the file is closed at the end.
        """
        self._execute("PRAGMA synchronous = NORMAL")
        self._later = LaterSyncs(self.path)
        try:
            yield
        finally:
            later, self._later = self._later, None
            if later.has_failed:
                # what a system failed to sync it may forget, and say later that all is well
                self.close()
            else:
                self._execute("PRAGMA synchronous = FULL")
                self._sync()

    async def synced(self) -> None:
        """Return when all that was written so far is durable, which it is at once otherwise."""
        if self._later is not None:
            await self._later.wait()

    def _sync(self) -> None:
        try:
            sync_journal(self.path)
        except FileNotFoundError:
            return  # nothing was written
        except OSError as error:
            self.close()
            raise DatabaseError(f"{self.path} cannot be written: {error}") from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the file as it is now, whatever others write meanwhile."""
        self._execute("BEGIN")
        try:
            yield
        finally:
            self._execute("COMMIT")

    def committed(self) -> None:
        """Take note of a durable change; tests look here."""

    def _execute(self, statement: str) -> None:
        try:
            self._open.execute(statement)
        except sqlite3.Error as error:
            raise DatabaseError(f"{self.path} cannot be written: {error}") from error

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise DatabaseError(f"{self.path} is closed")
        return self._connection

    def _require_ours(self) -> None:
        """Check that the file is empty or has our tables, of a version that we know."""
        found = self.rows("PRAGMA application_id")[0][0]
        is_empty = not self.rows("SELECT 1 FROM sqlite_master")
        if found != schema.APPLICATION_ID and not (is_empty and found == 0):
            raise DatabaseError(f"{self.path} is a database of something else")
        if self.version > len(schema.MIGRATIONS):
            raise DatabaseError(
                f"{self.path} was written by a newer version of this program (tables of version "
                f"{self.version}, known are those up to {len(schema.MIGRATIONS)})"
            )

    def _migrate(self) -> None:
        if self.version == len(schema.MIGRATIONS):
            return
        with self.transaction():
            # another process may have done it while we waited
            for number in range(self.version, len(schema.MIGRATIONS)):
                for statement in schema.MIGRATIONS[number]:
                    self.change(statement)
                self.change(f"PRAGMA user_version = {number + 1}")
            self.change(f"PRAGMA application_id = {schema.APPLICATION_ID}")


def is_database(path: Path) -> bool:
    """Tell whether a file is one of SQLite's. Raises `OSError`."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prepare(path: Path) -> None:
    """Make the file before SQLite does, so that at no time anybody else can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
    else:
        sync_directory(path.parent)
