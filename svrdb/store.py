"""The store: one database, replaced as a whole, that survives whatever stops the program.

A commit writes a temporary file, syncs it, renames it over the database and syncs the directory.
Whatever the instant of a crash, the next opening finds the database before or after, and once
`commit` returned, only the one after.

A missing database means a new device only where no device ever was. After the first commit is
durable, a marker file is written; while it is there, a missing database is damage.

The generation before the last commit stays beside the database under a second name, for a person
who has to repair. It is never used by itself: an update that was acknowledged may lack in it.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from onboardee.svrdb.codec import CODECS, JSON, Codec
from onboardee.svrdb.errors import StoreDamaged, StoreMissing, StoreUnavailable
from onboardee.svrdb.files import (
    explained,
    is_temporary,
    place,
    previous_name,
    put_in_place,
    read_database,
    write,
)
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import DirectoryStorage, Storage

MARKER_NAME: Final = "svr.begun"
_MARKER_TEXT: Final = (
    b"A simulated device lives in this directory. While this file is here, a missing database\n"
    b"is reported as damage instead of being taken for a new device.\n"
)


class Store:
    """The database of one device and the place it is kept in; make it with `Store.open`.

    It is a context manager that closes itself. `commit` is for one thread at a time, which may
    be a worker: others see in `current` the old database until the new one is durable, and never
    anything between.
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

        A new device is kept in the form of `codec`, a known one in the form in which it is found.
        Raises StoreLocked, StoreDamaged or StoreUnavailable, and then holds nothing.
        """
        with explained(storage):
            storage.lock()
        try:
            with explained(storage):
                used = codec_in_use(storage)
                found = used and read_database(storage, used, used.file_name)
            store = cls(storage, used or codec, found or factory(), is_new=found is None)
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
    def codec(self) -> Codec:
        """The form in which the database is kept."""
        return self._codec

    @property
    def storage(self) -> Storage:
        """The locked storage, for what is kept beside the database."""
        return self._storage

    @property
    def is_new(self) -> bool:
        """Whether this opening made the device."""
        return self._is_new

    def commit(self, new: Database) -> None:
        """Make `new` the current database; it is durable when this returns.

        May be called from a worker thread, by one thread at a time; it waits for the disk.
        Raises StoreUnavailable if it cannot be written: `current` is unchanged, and so is the
        storage unless it fails even to take the old database back, which then is written again
        by the next commit. Raises ValueError for a database that could not be read back.
        """
        if not self._is_open:
            raise ValueError("the store is closed")
        if self._is_settled and new == self._current:
            return
        content = self._codec.encode(new)
        with explained(self._storage):
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
        with explained(self._storage):
            if content is not None:
                self._create(content)
            else:
                # What was found may be a rename whose commit was never acknowledged. Those who
                # see it from now on must not see it undone by a power cut.
                self._storage.sync_directory()
            _clean_up(self._storage)

    def _create(self, content: bytes) -> None:
        name = self._codec.file_name
        try:
            place(self._storage, name, content)
        except OSError:
            with suppress(OSError):
                self._storage.remove(name)
            raise

    def _exchange(self, content: bytes) -> None:
        name = self._codec.file_name
        temporary = write(self._storage, name, content)
        if self._is_settled:
            # Otherwise the file may hold what was refused; the generation before stays as it is.
            self._keep_previous(temporary)
        self._is_settled = False
        try:
            put_in_place(self._storage, temporary, name)
        except OSError:
            with suppress(OSError):
                place(self._storage, name, self._codec.encode(self._current))
                self._is_settled = True
            raise

    def _keep_previous(self, temporary: str) -> None:
        """Let the current file keep a second name. Its content is synced, so that is cheap."""
        try:
            self._storage.link(self._codec.file_name, previous_name(self._codec))
        except OSError:
            with suppress(OSError):
                self._storage.remove(temporary)
            raise


def open_directory(
    path: str | os.PathLike[str], factory: Callable[[], Database], *, codec: Codec = JSON
) -> Store:
    """Open the store in a directory, which is made if need be: see `Store.open`."""
    return Store.open(DirectoryStorage(path), factory, codec=codec)


def open_existing(path: str | os.PathLike[str]) -> Store:
    """Open the store in a directory in which a device lives; nothing is made.

    Raises StoreMissing where there is none, and what `Store.open` raises.
    """
    storage = look(DirectoryStorage(path))
    try:
        with explained(storage):
            required_codec(storage)
    finally:
        storage.unlock()

    def missing() -> Database:
        raise no_device(storage)

    return Store.open(storage, missing)


def read_existing(path: str | os.PathLike[str]) -> Database:
    """Read the database in a directory, also while a device runs on it.

    Raises StoreMissing, StoreDamaged or StoreUnavailable.
    """
    storage = look(DirectoryStorage(path))
    try:
        with explained(storage):
            return read_current(storage)
    finally:
        storage.unlock()


def look(storage: Storage) -> Storage:
    """Take a storage beside its holder. Raises StoreMissing or StoreUnavailable."""
    try:
        with explained(storage):
            storage.look()
    except StoreUnavailable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise no_device(storage) from None
        raise
    return storage


def read_current(storage: Storage) -> Database:
    """Read the database of a storage that was taken. Raises OSError, too."""
    codec = required_codec(storage)
    return read_database(storage, codec, codec.file_name)


def required_codec(storage: Storage) -> Codec:
    """Return the form in which the device here is kept. Raises StoreMissing and StoreDamaged."""
    codec = codec_in_use(storage)
    if codec is None:
        raise no_device(storage)
    return codec


def no_device(storage: Storage) -> StoreMissing:
    """Return the error that says that no device lives here."""
    return StoreMissing(
        storage.location, "holds no device", "name the directory that `run` was given"
    )


def codec_in_use(storage: Storage) -> Codec | None:
    """Find out in which form a device is kept here, None if there never was one.

    Raises StoreDamaged where one was and is not, or where there are two.
    """
    names = storage.names()
    found = [codec for codec in CODECS if codec.file_name in names]
    if len(found) > 1:
        files = " and ".join(codec.file_name for codec in found)
        remedy = "move away the one that is not needed"
        raise StoreDamaged(storage.location, f"holds two databases, {files}", remedy)
    if found or MARKER_NAME not in names:
        return found[0] if found else None
    # There was a device; let the reading of its database say what is missing.
    kept = [codec for codec in CODECS if previous_name(codec) in names]
    return kept[0] if kept else JSON


def _clean_up(storage: Storage) -> None:
    """Remove what an interrupted commit left, and mark the place; the database is durable."""
    names = storage.names()
    for name in sorted(names):
        if is_temporary(name):
            storage.remove(name)
    if MARKER_NAME not in names:
        temporary = write(storage, MARKER_NAME, _MARKER_TEXT)
        put_in_place(storage, temporary, MARKER_NAME)
