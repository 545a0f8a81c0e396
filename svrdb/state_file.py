"""One file with the states of many devices: an SQLite database.

A directory for each device is the form that people read, copy and compare. It needs two open files
a device and a sync for each change of each device. Of ten thousand devices in a process that is too
much. A state file has all of them in one file, with one writer (`svrdb.group_commit`):

    lamps.db          devices(id, name), files(device, name, content, changed)
    lamps.db-wal      SQLite's journal: what was committed since it was last folded in
    lamps.db-shm      SQLite's index of that
    lamps.db-lock     an octet for each device that a process has (`svrdb.record_locks`)

A device has in it what it has in a directory, under the same names: `svr.json`, the generation
before, its snapshots. So all that reads a device's files reads these too (`state_file_storage`),
and the checksums in them find damage as they do there.

`PRAGMA synchronous = FULL` lets SQLite sync its journal before COMMIT returns. Under WAL that one
sync is all a commit waits for. What a process before this one had written, but not yet synced when
it was killed, is synced when the file is opened (`wal_checkpoint`), before anybody sees it.

A process opens a file once, however many of its devices it has: `StateFile.of` counts.
"""

import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from onboardee.svrdb.errors import StoreDamaged, StoreUnavailable
from onboardee.svrdb.group_commit import GroupCommit, Work
from onboardee.svrdb.locations import APPLICATION, OPEN_FILES, is_state_file
from onboardee.svrdb.record_locks import RecordLocks
from onboardee.svrdb.storage import Done, make_directory, sync_path

_Result = TypeVar("_Result")

VERSION: Final = 1
"""`PRAGMA user_version`; a file of a higher one is refused."""
PATIENCE: Final = 60.0
"""Seconds for which another process may be writing."""
_SCHEMA: Final = """
CREATE TABLE devices (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE files (
    device INTEGER NOT NULL REFERENCES devices (id),
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    changed REAL NOT NULL,
    UNIQUE (device, name)
);
"""
_ERRNOS: Final = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
}
"""What SQLite says is wrong, as the system would say it; all else is an error of the disk."""


class StateFile:
    """An open state file, shared by all stores of this process that have a device in it."""

    _opened: Final[dict[str, "StateFile"]] = {}
    _opening: Final = Lock()

    def __init__(self, path: str) -> None:
        """Open a file that is there. Raises OSError, StoreDamaged or StoreUnavailable."""
        self.path: Final = path
        self._users = 0
        self._reading = Lock()
        _require_ours(path)
        self.locks: Final = RecordLocks(f"{path}-lock")
        try:
            self._identity = OPEN_FILES.add(path)
        except OSError:
            self.locks.close()
            raise
        try:
            self._reader = self.attempt(self._connection)
            self._writer = self.attempt(lambda: GroupCommit(self._connection))
            # syncs what the process before may have left in memory only; a reader somewhere keeps
            # it from nothing but from folding in all of it
            self.attempt(lambda: self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())
            self._numbers: dict[str, int] = dict(self._all("SELECT name, id FROM devices"))
        except BaseException:
            self.locks.close()
            OPEN_FILES.remove(self._identity)
            raise

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> "StateFile":
        """Return the file of a path, opened now or before; each call needs its `release`.

        Raises OSError, StoreDamaged or StoreUnavailable.
        """
        key = os.path.realpath(path)
        with cls._opening:
            file = cls._opened.get(key)
            if file is None:
                file = cls._opened[key] = cls(key)
            file._users += 1
            return file

    def release(self) -> None:
        """Be done with it; the last one closes it, and SQLite folds its journal in."""
        with self._opening:
            self._users -= 1
            if self._users > 0:
                return
            del self._opened[self.path]
            self._writer.close()
            self._reader.close()
            self.locks.close()
            OPEN_FILES.remove(self._identity)

    @classmethod
    def make(cls, path: str | os.PathLike[str], names: Iterable[str] = ()) -> None:
        """Make a file unless it is there, readable by its owner only, with room for devices.

        The names of devices that are known beforehand cost one sync together. Raises OSError,
        StoreDamaged or StoreUnavailable.
        """
        place = Path(path).absolute()
        if not place.exists():
            make_directory(place.parent)
            _make(place)
        file = cls.of(place)
        try:
            file.enter(names)
        finally:
            file.release()

    def names(self) -> list[str]:
        """Return the names of the devices, in order. Raises OSError or StoreDamaged."""
        found = self._all(
            "SELECT name FROM devices WHERE EXISTS"
            " (SELECT 1 FROM files WHERE device = devices.id) ORDER BY name"
        )
        return [name for (name,) in found]

    def number(self, name: str) -> int | None:
        """Return the number of a device, `None` if it has none. Raises OSError or StoreDamaged."""
        if name not in self._numbers:
            self._numbers.update(self._all("SELECT name, id FROM devices WHERE name = ?", name))
        return self._numbers.get(name)

    def enter(self, names: Iterable[str]) -> None:
        """Give devices numbers that have none. Raises OSError or StoreDamaged."""
        new = [name for name in names if self.number(name) is None]
        if new:
            sql = "INSERT OR IGNORE INTO devices (name) VALUES (?)"
            self.write([(sql, (name,)) for name in new])

    def read(self, number: int, name: str, column: str = "content") -> object:
        """Return what a column has of a device's file, `None` without such a file."""
        found = self._all(
            f"SELECT {column} FROM files WHERE device = ? AND name = ?",  # noqa: S608 - ours
            number,
            name,
        )
        return found[0][0] if found else None

    def files(self, number: int) -> frozenset[str]:
        """Return the names of a device's files."""
        found = self._all("SELECT name FROM files WHERE device = ?", number)
        return frozenset(name for (name,) in found)

    def write(self, works: Iterable[Work]) -> None:
        """Carry out a change, all or nothing; durable when this returns.

        Raises OSError or StoreDamaged.
        """
        self.attempt(lambda: self._writer.write(works))

    def begin(self, works: Iterable[Work], done: Done) -> None:
        """Have a change carried out, all or nothing; `done` is told, or of an sqlite3.Error."""
        self._writer.begin(works, done)

    def attempt(self, action: Callable[[], _Result]) -> _Result:
        """Do something with the database; what SQLite says is wrong is raised as OSError.

        Raises StoreDamaged for a file that is none of SQLite's, or is no longer whole.
        """
        try:
            return action()
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                raise self._damaged(f"is damaged ({error})") from error
            number = _ERRNOS.get(code, errno.EIO)
            raise OSError(number, f"{os.strerror(number)}: {error}", self.path) from error

    def _all(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self._reading:
            return self.attempt(lambda: self._reader.execute(sql, parameters).fetchall())

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA synchronous = FULL")
            # keys of a former owner are not to lie about in pages that are free
            connection.execute("PRAGMA secure_delete = ON")
            # 16 MiB of journal before it is folded in, of pages of 4 KiB
            connection.execute("PRAGMA wal_autocheckpoint = 4096")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except BaseException:
            connection.close()
            raise
        if version != VERSION:
            connection.close()
            raise StoreUnavailable(
                self.path,
                f"has version {version}, and this program knows version {VERSION} only",
                "run the program that made it",
            )
        return connection

    def _damaged(self, what: str) -> StoreDamaged:
        return StoreDamaged(self.path, what, "put back a copy of it, or choose another file")


def _make(path: Path) -> None:
    """Make an empty state file beside its place and rename it: nobody ever finds half of one.

    Two processes may do so at the same time: the second one finds the first one's.
    """
    beside = path.with_name(f"{path.name}-new-{os.getpid()}")
    with suppress(FileNotFoundError):
        beside.unlink()
    # before SQLite makes it, which would take the usual mode; its journal takes the file's
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        connection = sqlite3.connect(beside, isolation_level=None)
        try:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.executescript(_SCHEMA)
            # kept in the file; the last connection to close leaves no journal
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        sync_path(beside)
        _name(beside, path)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error), str(path)) from error
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    sync_path(path.parent)


def _name(beside: Path, path: Path) -> None:
    """Give a file a name that is free, as far as the file system can tell at the same instant."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return
    except OSError:
        # a file system without links
        if not path.exists():
            beside.rename(path)


def _require_ours(path: str) -> None:
    """Refuse what is no state file, and one that others may read, unless it can be tightened."""
    if not is_state_file(path):
        os.stat(path)  # noqa: PTH116 - raises what keeps it from being read
        raise StoreUnavailable(path, "is no file with states of devices", "choose another file")
    if stat.S_IMODE(os.stat(path).st_mode) & 0o077:  # noqa: PTH116 - a path as text
        os.chmod(path, 0o600)  # noqa: PTH101 - as above
