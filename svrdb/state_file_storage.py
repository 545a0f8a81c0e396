"""The `Storage` of one device in a state file.

Its files are rows. What a store does in one exchange is one transaction. The single steps of
`Storage`, which snapshots and repairs take, are gathered and written by `sync_directory`, or before
the next look at what is there. So nothing is ever half done: a crash finds all steps since the last
sync, or none.
"""

import errno
import os
from collections.abc import Set as AbstractSet
from typing import Final

from onboardee.svrdb.atomic_storage import Change, Put, Remove, Rename
from onboardee.svrdb.errors import StoreLocked
from onboardee.svrdb.group_commit import Statement, Work
from onboardee.svrdb.next_generations import NOW, NextGeneration
from onboardee.svrdb.state_file import StateFile
from onboardee.svrdb.storage import Done, OpenFile

_PUT: Final = (
    f"INSERT INTO files (device, name, content, changed) VALUES (?1, ?2, ?3, {NOW})"  # noqa: S608 - ours
    " ON CONFLICT (device, name) DO UPDATE SET content = ?3, changed = excluded.changed"
)
_REMOVE: Final = "DELETE FROM files WHERE device = ? AND name = ?"
_RENAME: Final = "UPDATE OR REPLACE files SET name = ?3 WHERE device = ?1 AND name = ?2"


class StateFileStorage:
    """A `Storage`, and an `AtomicStorage`, in a state file that is there."""

    __slots__ = ("_file", "_is_locked", "_name", "_number", "_path", "_pending")

    def __init__(self, path: str | os.PathLike[str], name: str) -> None:
        """Name the file and the device in it."""
        self._path = os.path.abspath(path)  # noqa: PTH100 - a text, of which there are thousands
        self._name = name
        self._file: StateFile | None = None
        self._number = 0
        self._is_locked = False
        self._pending: tuple[Change, ...] = ()

    @property
    def location(self) -> str:
        """Return the path of the file, with the name of the device behind it."""
        return os.path.join(self._path, self._name)  # noqa: PTH118 - no real path

    def lock(self) -> None:
        """Take the device for this store alone. Raises StoreLocked, StoreDamaged and OSError."""
        self._take()
        try:
            self._opened.enter((self._name,))
            number = self._opened.number(self._name)
            assert number is not None, "it was entered"
            self._opened.locks.take(number, self.location)
            self._number, self._is_locked = number, True
        except BaseException:
            self.unlock()
            raise

    def look(self) -> None:
        """Take the device beside its holder. Raises OSError, FileNotFoundError without a device."""
        self._take()
        try:
            self._number = self._known_number()
        except BaseException:
            self.unlock()
            raise

    def unlock(self) -> None:
        """Give the device back, after writing what waits."""
        file, self._file = self._file, None
        if file is None:
            return
        pending, self._pending = self._pending, ()
        try:
            if pending:
                file.write(self._works(pending))
        finally:
            if self._is_locked:
                file.locks.free(self._number)
            self._is_locked = False
            file.release()

    def names(self) -> AbstractSet[str]:
        """Return the names of the device's files."""
        self.sync_directory()
        return self._opened.files(self._number)

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None if there is none."""
        self.sync_directory()
        content = self._opened.read(self._number, name)
        return content if isinstance(content, bytes) else None

    def changed(self, name: str) -> float:
        """Return when a file was written, in seconds since 1970. Raises FileNotFoundError."""
        self.sync_directory()
        at = self._opened.read(self._number, name, "changed")
        if not isinstance(at, float):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return at

    def create(self, name: str) -> OpenFile:
        """Begin a file, which is there once it is synced or closed."""
        return _File(self, name, b"", 0)

    def reopen(self, name: str, at: int) -> OpenFile:
        """Open a file to write over what it has."""
        content = self.read(name)
        if content is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return _File(self, name, content, at)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, with the next sync."""
        self.add(Rename(old, new))

    def remove(self, name: str) -> None:
        """Remove a file, with the next sync."""
        self.add(Remove(name))

    def sync_directory(self) -> None:
        """Write what waits; if that fails, none of it is seen."""
        if self._pending:
            pending, self._pending = self._pending, ()
            self.exchange(*pending)

    def exchange(self, *changes: Change) -> None:
        """Make changes, all or none; durable when this returns."""
        self.sync_directory()
        self._opened.write(self._works(changes))

    def begin(self, *changes: Change, done: Done) -> None:
        """Begin to make changes, with all that waits for the next sync."""
        pending, self._pending = self._pending, ()
        self._opened.begin(self._works((*pending, *changes)), done)

    def add(self, change: Change) -> None:
        """Let a change wait for the next sync."""
        self._pending += (change,)

    @property
    def _opened(self) -> StateFile:
        if self._file is None:
            raise ValueError("the storage is not locked")
        return self._file

    def _known_number(self) -> int:
        number = self._opened.number(self._name)
        if number is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.location)
        return number

    def _take(self) -> None:
        if self._file is not None:
            raise StoreLocked(self.location, os.getpid())
        self._file = StateFile.of(self._path)

    def _works(self, changes: tuple[Change, ...]) -> list[Work]:
        match changes:
            case (Rename(old, new), Put(name, content)) if name == old:
                return [NextGeneration(self._number, name, new, content)]
        return [self._statement(each) for each in changes]

    def _statement(self, change: Change) -> Statement:
        match change:
            case Put(name, content):
                return _PUT, (self._number, name, content)
            case Rename(old, new):
                return _RENAME, (self._number, old, new)
            case Remove(name):
                return _REMOVE, (self._number, name)


class _File:
    """An `OpenFile` of a state file: octets that become a row."""

    __slots__ = ("_at", "_content", "_is_written", "_name", "_storage")

    def __init__(self, storage: StateFileStorage, name: str, content: bytes, at: int) -> None:
        self._storage = storage
        self._name = name
        self._content = bytearray(content)
        self._at = at
        self._is_written = False

    def write(self, content: bytes) -> None:
        self._content[self._at : self._at + len(content)] = content
        self._at += len(content)
        self._is_written = False

    def sync(self) -> None:
        self._storage.add(Put(self._name, bytes(self._content)))
        self._is_written = True

    def close(self) -> None:
        if not self._is_written:
            self.sync()
