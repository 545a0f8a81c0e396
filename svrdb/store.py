"""The store: one database, replaced as a whole, that survives whatever stops the program.

A commit writes a temporary file, syncs it, renames it over the database and syncs the directory.
Whatever the instant of a crash, the next opening finds the database before or after, and once
`commit` returned, only the one after.

A missing database means a new device only where no device ever was. After the first commit is
durable, a marker file is written; while it is there, a missing database is damage. So is a
database in another format than the one asked for.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Self

from svrdb.codec import CODECS, JSON, Codec, Unreadable
from svrdb.errors import StoreDamaged, StoreUnavailable
from svrdb.model import Database
from svrdb.storage import DirectoryStorage, Storage

MARKER_NAME: Final = "svr.begun"
_MARKER_TEXT: Final = (
    b"A simulated device lives in this directory. While this file is here, a missing database\n"
    b"is reported as damage instead of being taken for a new device.\n"
)


class Store:
    """The database of one device and the place it is kept in; make it with `Store.open`.

    A store is for one thread. It is a context manager that closes itself.
    """

    def __init__(self, storage: Storage, codec: Codec, database: Database, *, is_new: bool) -> None:
        """Hold a storage that is already locked."""
        self._storage = storage
        self._codec = codec
        self._current = database
        self._is_new = is_new
        self._is_open = True
        # False while the storage may hold something else than `current`.
        self._is_settled = True

    @classmethod
    def open(
        cls, storage: Storage, factory: Callable[[], Database], *, codec: Codec = JSON
    ) -> Self:
        """Lock the storage and load its database, or commit `factory()` for a new device.

        Raises StoreLocked, StoreDamaged or StoreUnavailable, and then holds nothing.
        """
        with _explained(storage):
            storage.lock()
        try:
            with _explained(storage):
                found = _load(storage, codec)
            store = cls(storage, codec, found or factory(), is_new=found is None)
            store._begin()
        except BaseException:
            storage.unlock()
            raise
        return store

    @property
    def current(self) -> Database:
        """The database as last committed."""
        return self._current

    @property
    def is_new(self) -> bool:
        """Whether this opening made the device."""
        return self._is_new

    def commit(self, new: Database) -> None:
        """Make `new` the current database; it is durable when this returns.

        Raises StoreUnavailable if it cannot be written: `current` is unchanged, and so is the
        storage unless it fails even to take the old database back, which then is written again
        by the next commit. Raises ValueError for a database that could not be read back.
        """
        if not self._is_open:
            raise ValueError("the store is closed")
        if self._is_settled and new == self._current:
            return
        content = self._codec.encode(new)
        with _explained(self._storage):
            self._exchange(content)
        self._current = new
        self._is_settled = True

    def close(self) -> None:
        """Give the storage back; `current` stays readable. Closing twice is harmless."""
        if self._is_open:
            self._is_open = False
            self._storage.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        content = self._codec.encode(self._current) if self._is_new else None
        with _explained(self._storage):
            if content is not None:
                _create(self._storage, self._codec.file_name, content)
            else:
                # What was found may be a rename whose commit was never acknowledged. Those who
                # see it from now on must not see it undone by a power cut.
                self._storage.sync_directory()
            _clean_up(self._storage)

    def _exchange(self, content: bytes) -> None:
        name = self._codec.file_name
        _prepare(self._storage, name, content)
        self._is_settled = False
        try:
            _put_in_place(self._storage, name)
        except OSError:
            with suppress(OSError):
                _prepare(self._storage, name, self._codec.encode(self._current))
                _put_in_place(self._storage, name)
                self._is_settled = True
            raise


def open_directory(path: str | os.PathLike[str], factory: Callable[[], Database]) -> Store:
    """Open the store in a directory, which is made if need be: see `Store.open`."""
    return Store.open(DirectoryStorage(path), factory)


def _load(storage: Storage, codec: Codec) -> Database | None:
    names = storage.names()
    path = os.path.join(storage.location, codec.file_name)  # noqa: PTH118 - not always a real path
    for other in CODECS:
        if other.file_name != codec.file_name and other.file_name in names:
            raise StoreDamaged(
                storage.location,
                f"holds a database in another format ({other.file_name})",
                f"convert it to {codec.file_name}, or move it away if it is not needed",
            )
    content = storage.read(codec.file_name)
    if content is None and MARKER_NAME not in names:
        return None
    remedy = f"restore a copy of it, or remove {storage.location} to begin as a new device"
    if content is None:
        raise StoreDamaged(path, "is missing although a device has lived here", remedy)
    try:
        return codec.decode(content)
    except Unreadable as finding:
        raise StoreDamaged(path, str(finding), remedy) from None


def _temporary(name: str) -> str:
    return f"{name}.new"


def _prepare(storage: Storage, name: str, content: bytes) -> None:
    try:
        _write(storage, _temporary(name), content)
    except OSError:
        with suppress(OSError):
            storage.remove(_temporary(name))
        raise


def _put_in_place(storage: Storage, name: str) -> None:
    storage.rename(_temporary(name), name)
    storage.sync_directory()


def _write(storage: Storage, name: str, content: bytes) -> None:
    file = storage.create(name)
    try:
        file.write(content)
        file.sync()
    finally:
        file.close()


def _create(storage: Storage, name: str, content: bytes) -> None:
    _prepare(storage, name, content)
    try:
        _put_in_place(storage, name)
    except OSError:
        with suppress(OSError):
            storage.remove(name)
            storage.remove(_temporary(name))
        raise


def _clean_up(storage: Storage) -> None:
    """Remove what an interrupted commit left, and mark the place; the database is durable."""
    names = storage.names()
    for codec in CODECS:
        if _temporary(codec.file_name) in names:
            storage.remove(_temporary(codec.file_name))
    if MARKER_NAME not in names:
        _write(storage, MARKER_NAME, _MARKER_TEXT)
        storage.sync_directory()


_REASONS: Final = {
    errno.ENOSPC: ("is on a full disk", "free some space"),
    errno.EDQUOT: ("is over its disk quota", "free some space"),
    errno.EROFS: ("is on a read-only file system", "make it writable or choose another directory"),
    errno.EACCES: (
        "is not accessible to this user",
        "change its owner or choose another directory",
    ),
    errno.EPERM: ("is not accessible to this user", "change its owner or choose another directory"),
    errno.ENOTDIR: ("is not a directory", "choose another path"),
}


@contextmanager
def _explained(storage: Storage) -> Iterator[None]:
    """Turn an OSError of the storage into a sentence."""
    try:
        yield
    except OSError as error:
        what, remedy = _REASONS.get(
            error.errno or 0,
            (f"cannot be used ({error.strerror or error})", "check the disk it is on"),
        )
        raise StoreUnavailable(storage.location, what, remedy) from error
