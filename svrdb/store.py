"""The store: one database, replaced as a whole, that survives whatever stops the program.

A change has two halves, so that whoever serves others need not wait for a disk:

    pending = store.stage(database)   # checks and encodes it; touches no file, never waits
    pending.sync()                    # writes it and waits for the disk; for a worker thread

What holds:

* `stage` raises ValueError for a database that could not be read back, and nothing else. The next
  change is to be made from `latest`, which is what was staged last. Who lets another thread sync
  says from what it was made: that may have been refused meanwhile.
* `sync` returns when the database is durable, and then `current` is that database. Until then
  `current` is the one before; nothing between is ever seen. What was staged before is durable with
  it. It may be called from any thread and more than once; several threads wait for one another.
* `sync` raises StoreUnavailable if the disk refused. Then nothing that was staged by then, before
  or during the `sync`, will ever be current, and every `sync` of it raises the same: what was
  made from a refused change is refused with it. `latest` is `current` again. Whatever a crash
  leaves after that is `current`, too, unless the disk failed even to take that back; then the
  next change, or `close`, writes it again. Nothing is synced a second time: what matters is written
  anew, from memory and into new files, as a system may forget what it failed to write.
* `commit` is both halves. `SyncGroup` (`svrdb.syncing`) is the second half for many stores.
* `close` leaves out what was staged and not synced.

Whatever the instant of a crash, the next opening finds the database before or after, and once
`sync` returned, only the one after. A missing database means a new device only where no device
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


class Pending:
    """A database that is to become the current one of a store."""

    __slots__ = ("_store", "body", "database", "error", "is_durable")

    def __init__(self, store: "Store", database: Database, body: bytes) -> None:
        self._store = store
        self.database: Final = database
        self.body: Final = body
        """The packed database."""
        self.is_durable = False
        """Whether it was synced; a later one may be current by now."""
        self.error: BaseException | None = None
        """Why it never will be."""

    def sync(self) -> None:
        """Wait until it is durable. Raises StoreUnavailable if it never will be."""
        self._store.sync(self)


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
        self._staged: list[Pending] = []
        self._staging = Lock()
        self._syncing = Lock()

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
        """The database as last synced."""
        return self._disk.current

    @property
    def latest(self) -> Database:
        """The database as last staged, from which the next change is to be made."""
        with self._staging:
            return self._latest()

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

    def stage(self, new: Database, made_from: Database | None = None) -> Pending:
        """Let `new` be the database after the next sync. Raises ValueError.

        If `made_from` is not `latest` any more, it is refused; its `sync` raises StoreUnavailable.
        """
        self._require_open()
        pending = Pending(self, new, self._codec.pack(new))
        with self._staging:
            if made_from is not None and made_from != self._latest():
                what = "has refused the change that this one was made from"
                pending.error = StoreUnavailable(self._storage.location, what, "make it again")
            else:
                self._staged.append(pending)
        return pending

    def sync(self, pending: Pending | None = None) -> None:
        """Wait until all that is staged is durable, or as far as `pending`.

        Raises StoreUnavailable, and ValueError when the store was closed before.
        """
        with self._syncing:
            if pending is None:
                with self._staging:
                    pending = self._staged[-1] if self._staged else None
            if pending is None or pending.is_durable:
                return
            if pending.error is None:
                self._require_open()
                self._sync_all()
            if pending.error is not None:
                raise pending.error

    def commit(self, new: Database) -> None:
        """Make `new` the current database; it is durable when this returns.

        Raises StoreUnavailable if it cannot be written, and ValueError as `stage`.
        """
        self.stage(new).sync()

    def close(self) -> None:
        """Give the storage back; `current` stays readable. Closing twice is harmless.

        All that is current is in the readable file then, if the disk lets it.
        """
        with self._syncing:
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

    def _latest(self) -> Database:
        return self._staged[-1].database if self._staged else self.current

    def _require_open(self) -> None:
        if not self._is_open:
            raise ValueError("the store is closed")

    def _sync_all(self) -> None:
        """Make durable what is staged now, or refuse it; what comes meanwhile waits."""
        with self._staging:
            batch = tuple(self._staged)
        newest = batch[-1]
        try:
            with explained(self._storage):
                if newest.database != self.current:
                    self._disk.keep(newest.database, newest.body)
                elif not self._is_settled:
                    self._disk.take_back()
        except StoreUnavailable as error:
            self._refuse(error)
            with suppress(OSError):
                self._disk.take_back()
                self._is_settled = True
            return
        except BaseException as error:
            self._refuse(error)
            raise
        self._is_settled = True
        with self._staging:
            del self._staged[: len(batch)]
        for pending in batch:
            pending.is_durable = True

    def _refuse(self, error: BaseException) -> None:
        """Give up all that is staged; the storage may hold some of it."""
        self._is_settled = False
        with self._staging:
            refused, self._staged = self._staged, []
        for pending in refused:
            pending.error = error


def _mark(storage: Storage) -> None:
    """Mark the place of a database that is durable."""
    if MARKER_NAME not in storage.names():
        place(storage, MARKER_NAME, _MARKER_TEXT)
