"""The store: one database, replaced as a whole, that survives whatever stops the program.

What holds:

* `commit` returns when the new database is durable, and then `current` is that one. Until then
  `current` is the one before; nothing between is ever seen. It waits for the disk, and may be
  called from any thread; several wait for one another.
* It raises ValueError for a database that could not be read back, and then nothing was touched.
* It raises StoreUnavailable if the disk refused. Then the new database will never be current, not
  after a crash either, unless the disk failed even to take it back; then the next change, or
  `close`, writes what is current again. Nothing is synced a second time: what matters is written
  anew, from memory and into new files, as a system may forget what it failed to write.

Whoever serves others while a disk works commits in a thread. Stores of many devices that commit at
the same time, each in a thread, share the flush of the disk: a file system serves several syncs
with one.

Whatever the instant of a crash, the next opening finds the database before or after, and once
`commit` returned, only the one after. A missing database means a new device only where no device
ever was: after the first one is durable, a marker file is written, and while it is there, a
missing database is damage. How that is done is told in `svrdb.disk`, `svrdb.journal` and
`svrdb.contents`. The generation before stays on the disk for a person who has to repair. It is
never used by itself: an update that was acknowledged may lack in it.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Final, Self

from onboardee.svrdb.codec import JSON, Codec
from onboardee.svrdb.contents import MARKER_NAME, find
from onboardee.svrdb.disk import Disk
from onboardee.svrdb.errors import StoreUnavailable
from onboardee.svrdb.files import explained, place
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import Storage

_MARKER_TEXT: Final = (
    b"A simulated device lives in this directory. While this file is here, a missing database\n"
    b"is reported as damage instead of being taken for a new device.\n"
)


class Store:
    """The database of one device and the place it is kept in; make it with `Store.open`.

    It is a context manager that closes itself.
    """

    def __init__(self, storage: Storage, disk: Disk, codec: Codec, *, is_new: bool) -> None:
        """Hold a storage that is already locked."""
        self._storage = storage
        self._disk = disk
        self._codec = codec
        self._is_new = is_new
        self._is_open = True
        # False while the storage may hold something else than `current`
        self._is_settled = True
        self._committing = Lock()

    @classmethod
    def open(
        cls,
        storage: Storage,
        factory: Callable[[], Database],
        *,
        codec: Codec = JSON,
        journal: bool = True,
    ) -> Self:
        """Lock the storage and load its database, or commit `factory()` for a new device.

        A new device is kept in the form of `codec`, a known one in the form in which it is found.
        Without `journal` each commit is in the readable file at once: for who changes one thing
        and leaves. Raises StoreLocked, StoreDamaged or StoreUnavailable, and then holds nothing.
        """
        with explained(storage):
            storage.lock()
        try:
            with explained(storage):
                found = find(storage)
            if found is None:
                made = factory()
                with explained(storage):
                    disk = Disk.make(storage, codec, made, journal=journal)
            else:
                codec, disk = found.codec, Disk(storage, found, journal=journal)
            with explained(storage):
                disk.settle()
                _mark(storage)
        except BaseException:
            storage.unlock()
            raise
        return cls(storage, disk, codec, is_new=found is None)

    @property
    def current(self) -> Database:
        """The database that is durable."""
        return self._disk.current

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

        Raises ValueError if it breaks the model or the store is closed, and StoreUnavailable if it
        cannot be written.
        """
        self._require_open()
        packed = self._codec.pack(new)
        with self._committing:
            self._require_open()
            try:
                with explained(self._storage):
                    if new != self.current:
                        self._disk.keep(new, packed)
                    elif not self._is_settled:
                        self._disk.take_back()
            except StoreUnavailable:
                self._is_settled = False
                with suppress(OSError):
                    self._disk.take_back()
                    self._is_settled = True
                raise
            except BaseException:
                self._is_settled = False
                raise
            self._is_settled = True

    def close(self) -> None:
        """Give the storage back; `current` stays readable. Closing twice is harmless.

        All that is current is in the readable file then, if the disk lets it.
        """
        with self._committing:
            if not self._is_open:
                return
            self._is_open = False
            try:
                # what cannot be put there is durable where it is
                with suppress(OSError):
                    self._disk.close(is_settled=self._is_settled)
            finally:
                self._storage.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_open(self) -> None:
        if not self._is_open:
            raise ValueError("the store is closed")


def _mark(storage: Storage) -> None:
    """Mark the place of a database that is durable."""
    if MARKER_NAME not in storage.names():
        place(storage, MARKER_NAME, _MARKER_TEXT)
